package accounts

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"liaison/broker/failpoint"
	"liaison/schemas"
)

// Enrolment asks for a user of a desk.
type Enrolment struct {
	Member schemas.MemberID
	// Desk is the desk's name; empty means schemas.MainDesk.
	Desk string
	Role Role
	// Filter says which copies a new desk wants; the zero filter wants all.
	// For a desk that exists it must be the desk's, or zero.
	Filter schemas.Filter
	// Encoding is schemas.TypeMsgPack or schemas.TypeJSON; empty means
	// MessagePack for a new desk and no change for one that exists.
	Encoding string
	// At is when the desk is enrolled; it is recorded for a new desk.
	At time.Time
	// By names who enrols; it is recorded with the user.
	By string
}

// Issued is what an enrolment made.
type Issued struct {
	Desk Desk
	// User is the user that was made, as it stands in Desk.Users.
	User User
	// Creds is the content of a standard .creds file. This is the only copy.
	Creds []byte
	// Inbox is the inbox prefix that only this user may use; using it is
	// optional (nats.CustomInboxPrefix, nats --inbox-prefix).
	Inbox string
	// New says whether the enrolment made the desk.
	New bool
}

// ErrUnknownDesk is wrapped by the error of [Registry.Revoke] and
// [Registry.RevokeUser] when there is no such desk or user.
var ErrUnknownDesk = errors.New("not enrolled")

// ErrOtherDesk is wrapped by the error of [Registry.Enrol] when the desks that
// there are do not allow it.
var ErrOtherDesk = errors.New("not possible beside the desks that there are")

// Enrol makes the desk if it is new, and issues a user for it. Both are
// durable when it returns. A running node must then be told (node.Refresh).
func (r *Registry) Enrol(e Enrolment) (Issued, error) {
	if e.Desk == "" {
		e.Desk = schemas.MainDesk
	}
	e.Filter = tidy(e.Filter)
	if err := e.check(); err != nil {
		return Issued{}, fmt.Errorf("enrolling %s/%s: %w", e.Member, e.Desk, err)
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	out, err := r.enrol(e)
	if err != nil {
		return Issued{}, fmt.Errorf("enrolling %s/%s: %w", e.Member, e.Desk, err)
	}
	return out, nil
}

func (r *Registry) enrol(e Enrolment) (Issued, error) {
	now := r.state.Load()
	desk, exists := now.find(e.Member, e.Desk)
	var err error
	if exists {
		err = e.agreesWith(desk)
	} else {
		desk, err = e.newDesk(len(now.desks))
	}
	if err != nil {
		return Issued{}, err
	}
	user, creds, err := r.issue(desk, e)
	if err != nil {
		return Issued{}, err
	}
	failpoint.Here("accounts.issued")
	desk.Users = append(slices.Clip(desk.Users), user)
	// A crash from here on may leave a user in the registry whose credentials
	// nobody has: harmless, and revoked with the desk.
	if err := r.commit(now.with(desk)); err != nil {
		return Issued{}, err
	}
	failpoint.Here("accounts.enrolled")
	return Issued{Desk: desk, User: user, Creds: creds, Inbox: inbox(user.Key), New: !exists}, nil
}

// Revoke revokes all users of a desk. It is durable when it returns; a
// running node must then be told (node.Refresh). The desk remains, with its
// copies, and can be enrolled again.
func (r *Registry) Revoke(member schemas.MemberID, desk string, at time.Time) (Desk, error) {
	return r.revoke(member, desk, "", at)
}

// RevokeUser revokes one user of a desk, by its public key.
func (r *Registry) RevokeUser(member schemas.MemberID, desk, key string, at time.Time) (Desk, error) {
	if key == "" {
		return Desk{}, errors.New("revoking a user: no key given")
	}
	return r.revoke(member, desk, key, at)
}

func (r *Registry) revoke(member schemas.MemberID, name, key string, at time.Time) (Desk, error) {
	if at.IsZero() {
		return Desk{}, fmt.Errorf("revoking %s/%s: no time given", member, name)
	}
	r.turn.Lock()
	defer r.turn.Unlock()
	now := r.state.Load()
	desk, ok := now.find(member, name)
	if !ok {
		return Desk{}, fmt.Errorf("revoking %s/%s: %w; see the list of desks", member, name, ErrUnknownDesk)
	}
	desk.Users = slices.Clone(desk.Users)
	found := key == ""
	for i, u := range desk.Users {
		if key != "" && u.Key != key {
			continue
		}
		found = true
		if u.Live() {
			desk.Users[i].Revoked = at.UTC()
		}
	}
	if !found {
		return Desk{}, fmt.Errorf("revoking user %s of %s: %w; see the list of desks", key, desk, ErrUnknownDesk)
	}
	if err := r.commit(now.with(desk)); err != nil {
		return Desk{}, fmt.Errorf("revoking %s: %w", desk, err)
	}
	failpoint.Here("accounts.revoked")
	return desk, nil
}

// check validates an enrolment by itself; its error joins every fault.
func (e Enrolment) check() error {
	_, role := ParseRole(string(e.Role))
	var encoding, at error
	if e.Encoding != "" && e.Encoding != schemas.TypeMsgPack && e.Encoding != schemas.TypeJSON {
		encoding = fmt.Errorf("encoding %q is not one of %s, %s", e.Encoding, schemas.TypeMsgPack, schemas.TypeJSON)
	}
	if e.At.IsZero() {
		at = errors.New("no time given")
	}
	return errors.Join(CheckNames(e.Member, e.Desk),
		role, checkFilter(e.Filter), encoding, at)
}

// agreesWith says whether the enrolment may issue a user for a desk that exists.
func (e Enrolment) agreesWith(d Desk) error {
	switch {
	case !isZero(e.Filter) && !sameFilter(e.Filter, d.Filter):
		return fmt.Errorf("%w: the desk exists with another filter, and a filter never changes, "+
			"or nobody could say what the desk should hold: leave the filter out, or enrol a desk of another name", ErrOtherDesk)
	case e.Encoding != "" && e.Encoding != d.Encoding:
		return fmt.Errorf("%w: the desk exists with the encoding %s: leave the encoding out, "+
			"or enrol a desk of another name", ErrOtherDesk, d.Encoding)
	case len(d.Users) >= MaxUsers:
		return fmt.Errorf("%w: the desk has been issued %d users: enrol a desk of another name", ErrOtherDesk, MaxUsers)
	}
	return nil
}

func (e Enrolment) newDesk(existing int) (Desk, error) {
	if existing >= MaxDesks {
		return Desk{}, fmt.Errorf("%w: there are %d desks, the most that there may be", ErrOtherDesk, existing)
	}
	account, err := publicAccount()
	if err != nil {
		return Desk{}, err
	}
	d := Desk{Member: e.Member, Name: e.Desk, Account: account, Filter: e.Filter,
		Encoding: e.Encoding, Enrolled: e.At.UTC()}
	if d.Encoding == "" {
		d.Encoding = schemas.TypeMsgPack
	}
	return d, nil
}

// issue makes a user and its credentials. The user's token names its account
// and is signed with the key of its role; what the role may do is said by the
// account (see scopes), not by the token.
func (r *Registry) issue(d Desk, e Enrolment) (User, []byte, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return User{}, nil, err
	}
	defer pair.Wipe()
	key, err := pair.PublicKey()
	if err != nil {
		return User{}, nil, err
	}
	seed, err := pair.Seed()
	if err != nil {
		return User{}, nil, err
	}
	claims := jwt.NewUserClaims(key)
	claims.Name = d.String()
	claims.IssuerAccount = d.Account
	claims.SetScoped(true)
	token, err := claims.Encode(r.keys.users[e.Role])
	if err != nil {
		return User{}, nil, err
	}
	creds, err := jwt.FormatUserConfig(token, seed)
	issued := time.Unix(claims.IssuedAt, 0).UTC()
	return User{Key: key, Role: e.Role, Issued: issued, By: e.By}, creds, err
}
