package accounts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"liaison/schemas"
)

// Bounds of the registry.
const (
	// MaxDesks is the most desks that there may be in all, so that a decision
	// and its copies always fit one atomic batch.
	MaxDesks = 1000
	// MaxUsers is the most users that a desk may ever be issued, revoked ones
	// included.
	MaxUsers = 1000
	// maxName is the longest name of a member or desk.
	maxName = 48
)

// Role says what a user of a desk may do.
type Role string

// The roles of a user.
const (
	// Send may submit, and ask after what was submitted.
	Send Role = "send"
	// Read may read the desk's copies, and ask.
	Read Role = "read"
	// Both may do what Send and Read may.
	Both Role = "both"
)

// roles are all the roles; each has its own signing key.
func roles() []Role { return []Role{Send, Read, Both} }

// ParseRole reads the name of a role.
func ParseRole(s string) (Role, error) {
	if !slices.Contains(roles(), Role(s)) {
		return "", fmt.Errorf("role %q is not one of send, read, both", s)
	}
	return Role(s), nil
}

// Desk is where a member reads and from where it sends: one NATS account. A
// desk is a snapshot; its slices are shared and must not be changed.
type Desk struct {
	Member schemas.MemberID
	// Name is "main" for the desk that every member has, or such as
	// "labour-east".
	Name string
	// Account is the public key of the desk's account, 56 characters. It is
	// also the name of the desk's consumer.
	Account string
	// Filter says which of the member's copies this desk wants.
	Filter schemas.Filter
	// Encoding of the copies: schemas.TypeMsgPack or schemas.TypeJSON.
	Encoding string
	// Enrolled is when the desk was first enrolled, as its enrolment said.
	Enrolled time.Time
	// Users are all users ever issued, in the order of issue.
	Users []User
}

// User is one set of credentials for a desk.
type User struct {
	// Key is the user's public key, 56 characters.
	Key  string
	Role Role
	// Issued is when the credentials were made, by the clock of this machine.
	Issued time.Time
	// By names who enrolled the user.
	By string
	// Revoked is when the user was revoked, or zero.
	Revoked time.Time
}

// Live says whether the user has not been revoked.
func (u User) Live() bool { return u.Revoked.IsZero() }

// Live says whether anyone can still connect as the desk. A desk that is not
// live still exists: its copies wait for whoever is enrolled next.
func (d Desk) Live() bool { return slices.ContainsFunc(d.Users, User.Live) }

// String names the desk, such as "ukhtc/labour-east".
func (d Desk) String() string { return string(d.Member) + "/" + d.Name }

// compare orders desks by member, then name.
func compare(a, b Desk) int {
	if c := strings.Compare(string(a.Member), string(b.Member)); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// CheckNames returns what is wrong with the names of a member and of its desk.
func CheckNames(member schemas.MemberID, desk string) error {
	return errors.Join(checkName("member", string(member)), checkName("desk", desk))
}

// checkName says whether a member or desk name may stand in an address.
func checkName(what, s string) error {
	if s == "" || len(s) > maxName || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("%s %q is not 1 to %d lower-case letters, digits and hyphens", what, s, maxName)
	}
	return nil
}

// checkFilter refuses a filter with a term that no message can have: the desk
// would wait in vain, silently.
func checkFilter(f schemas.Filter) error {
	for _, k := range f.Kinds {
		if !slices.Contains(schemas.DeliveredKinds(), k) {
			return fmt.Errorf("filter: kind %q is not known", k)
		}
	}
	for _, u := range f.Urgencies {
		if u != schemas.Routine && u != schemas.Priority && u != schemas.Immediate {
			return fmt.Errorf("filter: urgency %q is not known", u)
		}
	}
	for _, c := range f.CrimeTypes {
		if _, ok := schemas.CrimeTypes().Lookup(c); !ok {
			return fmt.Errorf("filter: crime type %q is not in the list of crime types", c)
		}
	}
	for _, c := range f.Areas {
		if _, ok := schemas.Jurisdictions().Lookup(c); !ok {
			return fmt.Errorf("filter: area %q is not in the list of jurisdictions", c)
		}
	}
	return nil
}

// tidy returns the filter with each list sorted and without repeats, so that
// two filters that want the same are equal.
func tidy(f schemas.Filter) schemas.Filter {
	return schemas.Filter{Kinds: set(f.Kinds), CrimeTypes: set(f.CrimeTypes),
		Areas: set(f.Areas), Urgencies: set(f.Urgencies)}
}

func set[T ~string](list []T) []T { return slices.Compact(slices.Sorted(slices.Values(list))) }

func sameFilter(a, b schemas.Filter) bool {
	return slices.Equal(a.Kinds, b.Kinds) && slices.Equal(a.CrimeTypes, b.CrimeTypes) &&
		slices.Equal(a.Areas, b.Areas) && slices.Equal(a.Urgencies, b.Urgencies)
}

func isZero(f schemas.Filter) bool { return sameFilter(f, schemas.Filter{}) }
