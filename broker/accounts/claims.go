package accounts

import (
	"errors"
	"fmt"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// Limits of a desk's account. A desk is one application, seldom two.
const (
	// MaxDeskConnections is the most connections of all users of a desk.
	MaxDeskConnections = 16
	// MaxSubscriptions is the most subscriptions of one connection.
	MaxSubscriptions = 200
	// MaxPayload is the largest message in bytes; it bounds the server, too.
	MaxPayload = 2 << 20
	// maxHubConnections bounds the broker's own connections.
	maxHubConnections = 64
)

// Login is how the hub's user proves itself: the arguments of nats.UserJWT.
type Login struct {
	Token string
	Sign  func(nonce []byte) ([]byte, error)
}

// Operators returns the claims of the operator that signs every account.
func (r *Registry) Operators() ([]*jwt.OperatorClaims, error) {
	s := r.state.Load()
	claims := jwt.NewOperatorClaims(s.operator)
	claims.Name = "liaison"
	claims.SystemAccount = s.system
	token, err := claims.Encode(r.keys.operator)
	if err != nil {
		return nil, err
	}
	claims, err = jwt.DecodeOperatorClaims(token)
	return []*jwt.OperatorClaims{claims}, err
}

// SystemAccount is the key of the server's own account. Nobody can log in to it.
func (r *Registry) SystemAccount() string { return r.state.Load().system }

// HubAccount is the key of the account that has the streams.
func (r *Registry) HubAccount() string { return r.state.Load().hub }

// HubLogin makes a user of the hub's account that can connect only from
// within the process, for as long as the registry is open.
func (r *Registry) HubLogin() (Login, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return Login{}, err
	}
	key, err := pair.PublicKey()
	if err != nil {
		return Login{}, err
	}
	claims := jwt.NewUserClaims(key)
	claims.Name = "hub"
	claims.IssuerAccount = r.HubAccount()
	claims.SetScoped(true)
	token, err := claims.Encode(r.keys.session)
	return Login{Token: token, Sign: pair.Sign}, err
}

// AccountClaims works out what an account may do: the system account, the
// hub's, or a desk's. Any other key is unknown.
func (r *Registry) AccountClaims(key string) (*jwt.AccountClaims, error) {
	token, err := r.AccountJWT(key)
	if err != nil {
		return nil, err
	}
	return jwt.DecodeAccountClaims(token)
}

// AccountJWT is AccountClaims in its signed form.
func (r *Registry) AccountJWT(key string) (string, error) {
	s := r.state.Load()
	var claims *jwt.AccountClaims
	var err error
	switch i, isDesk := s.byAccount[key]; {
	case isDesk:
		claims, err = r.deskClaims(s.hub, s.desks[i])
	case key == s.hub:
		claims, err = r.hubClaims(key)
	case key == s.system:
		claims = systemClaims(key)
	default:
		err = ErrUnknownDesk
	}
	if err != nil {
		return "", fmt.Errorf("account %s: %w", key, err)
	}
	var found jwt.ValidationResults
	claims.Validate(&found)
	if errs := found.Errors(); len(errs) > 0 {
		return "", fmt.Errorf("account %s: %w", key, errors.Join(errs...))
	}
	return claims.Encode(r.keys.operator)
}

// systemClaims lets nobody in: the broker asks the server in Go, not by NATS.
func systemClaims(key string) *jwt.AccountClaims {
	claims := jwt.NewAccountClaims(key)
	claims.Name = "system"
	claims.Limits.Conn, claims.Limits.LeafNodeConn = 0, 0
	return claims
}

func (r *Registry) hubClaims(key string) (*jwt.AccountClaims, error) {
	claims := jwt.NewAccountClaims(key)
	claims.Name = "hub"
	claims.Limits.Conn, claims.Limits.LeafNodeConn, claims.Limits.Imports = maxHubConnections, 0, 0
	claims.Limits.DisallowBearer = true
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: jwt.NoLimit,
		DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}
	for _, g := range gatesOf(key) {
		claims.Exports.Add(g.export())
	}
	inProcess := jwt.UserPermissionLimits{Limits: jwt.Limits{NatsLimits: unlimited()}}
	inProcess.AllowedConnectionTypes.Add(jwt.ConnectionTypeInProcess)
	return claims, addScope(claims, r.keys.session, "hub", inProcess)
}

func (r *Registry) deskClaims(hub string, d Desk) (*jwt.AccountClaims, error) {
	claims := jwt.NewAccountClaims(d.Account)
	claims.Name = d.String()
	claims.Limits.Conn, claims.Limits.LeafNodeConn = MaxDeskConnections, 0
	claims.Limits.Exports, claims.Limits.WildcardExports, claims.Limits.DisallowBearer = 0, false, true
	claims.Limits.NatsLimits = deskLimits()
	for _, g := range gatesOf(hub) {
		claims.Imports.Add(g.importFor(hub, d.Account))
	}
	claims.Revocations = revocations(d)
	for _, role := range roles() {
		template := jwt.UserPermissionLimits{Permissions: permissions(role, hub),
			Limits: jwt.Limits{NatsLimits: deskLimits()}}
		template.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard)
		if err := addScope(claims, r.keys.users[role], string(role), template); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

// revocations refuses every revoked user of a desk by its key, and whoever
// was issued before the earliest user that is still good, or, when none is,
// up to the latest that there was. Both follow from the registry alone, so no
// clock can make a revocation miss, and a user issued within the second of a
// revocation is good.
func revocations(d Desk) jwt.RevocationList {
	if len(d.Users) == 0 {
		return nil
	}
	list := make(jwt.RevocationList)
	var earliest, latest int64
	for _, u := range d.Users {
		issued := u.Issued.Unix()
		latest = max(latest, issued)
		if !u.Live() {
			list[u.Key] = issued
		} else if earliest == 0 || issued < earliest {
			earliest = issued
		}
	}
	list[jwt.All] = latest
	if earliest != 0 {
		list[jwt.All] = earliest - 1
	}
	list.MaybeCompact()
	return list
}

// addScope lets a key sign users of an account that may do what the template says.
func addScope(claims *jwt.AccountClaims, signer nkeys.KeyPair, role string, may jwt.UserPermissionLimits) error {
	key, err := signer.PublicKey()
	if err != nil {
		return err
	}
	scope := jwt.NewUserScope()
	scope.Key, scope.Role, scope.Template = key, role, may
	claims.SigningKeys.AddScopedSigner(scope)
	return nil
}

func deskLimits() jwt.NatsLimits {
	return jwt.NatsLimits{Subs: MaxSubscriptions, Data: jwt.NoLimit, Payload: MaxPayload}
}

func unlimited() jwt.NatsLimits {
	return jwt.NatsLimits{Subs: jwt.NoLimit, Data: jwt.NoLimit, Payload: jwt.NoLimit}
}
