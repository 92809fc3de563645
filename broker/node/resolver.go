package node

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"sync"

	server "github.com/nats-io/nats-server/v2/server"

	"liaison/broker/accounts"
)

// resolver tells the server what an account may do, from the registry. There
// is no copy that could be older than the registry.
type resolver struct {
	registry *accounts.Registry

	mu sync.Mutex
	// shown holds, for each account that the server has, the fingerprint of
	// the claims that it was last given. Guarded by mu.
	shown map[string]string
}

var _ server.AccountResolver = (*resolver)(nil)

// Fetch is called by the server when it meets an account for the first time.
func (r *resolver) Fetch(account string) (string, error) {
	claims, err := r.registry.AccountClaims(account)
	if err != nil {
		return "", err
	}
	token, err := r.registry.AccountJWT(account)
	if err != nil {
		return "", err
	}
	// If the registry changed between the two, the older fingerprint makes
	// the next refresh give the claims once more.
	r.show(account, fingerprint(claims.Account))
	return token, nil
}

// fingerprint is the same for two claims that allow the same, whenever they
// were signed.
func fingerprint(claims any) string {
	b, err := json.Marshal(claims)
	if err != nil {
		panic(err) // the server reads the same claims as JSON
	}
	sum := sha256.Sum256(b)
	return string(sum[:])
}

func (r *resolver) show(account, print string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown[account] = print
}

func (r *resolver) current(account, print string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shown[account] == print
}

// Store refuses: accounts are changed in the registry and nowhere else.
func (r *resolver) Store(string, string) error {
	return errors.New("accounts are changed in the registry")
}

// IsReadOnly tells the server not to try.
func (r *resolver) IsReadOnly() bool { return true }

// IsTrackingUpdate tells the server that it is not told of changes by NATS.
func (r *resolver) IsTrackingUpdate() bool { return false }

// Start has nothing to do.
func (r *resolver) Start(*server.Server) error { return nil }

// Reload has nothing to do.
func (r *resolver) Reload() error { return nil }

// Close has nothing to do.
func (r *resolver) Close() {}
