package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nkeys"

	"liaison/schemas"
)

// Registry knows every desk, and issues and revokes credentials. It may be
// used by any number of goroutines.
type Registry struct {
	// These never change after Open.
	root *os.Root
	lock *Lock
	keys keys

	// turn orders those who change the registry. It is held while the file is
	// written, so that the file and the state have the same history; readers
	// never take it.
	turn sync.Mutex
	// state is the newest durable state. A state never changes.
	state atomic.Pointer[state]
}

// state is everything that the registry file holds.
type state struct {
	operator, system, hub string
	desks                 []Desk // sorted
	byAccount             map[string]int
}

// Open opens the registry of a folder, or makes it (and the folder, the keys,
// the operator, the system account and the hub's account) on first use. It
// takes the folder's lock, which Close gives back. It refuses keys that others
// could read, and a folder of which a part is missing.
func Open(dir string) (*Registry, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the registry: %w", err)
	}
	lock, err := Acquire(dir, "lock")
	if err != nil {
		return nil, fmt.Errorf("opening the registry: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the registry: %w", err), lock.Release())
	}
	r := &Registry{root: root, lock: lock}
	if err := r.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the registry: %w", err), r.Close())
	}
	return r, nil
}

// CheckFolder refuses a folder that no broker has used. It changes nothing.
func CheckFolder(dir string) error {
	_, err := os.Stat(filepath.Join(dir, registryFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no broker's folder: %s has no %s; give the DIR of a broker, or start a new one with 'liaison serve --dir %s'",
			dir, registryFile, dir)
	}
	return err
}

// Close gives the folder back. The registry must not be changed afterwards.
func (r *Registry) Close() error { return errors.Join(r.root.Close(), r.lock.Release()) }

// Dir is the folder that the registry is in.
func (r *Registry) Dir() string { return r.root.Name() }

// Desks returns all desks, sorted by member and name. The slice is the
// caller's; the desks are snapshots.
func (r *Registry) Desks() []Desk { return slices.Clone(r.state.Load().desks) }

// DeskByAccount returns the desk with the public account key.
func (r *Registry) DeskByAccount(key string) (Desk, bool) {
	s := r.state.Load()
	i, ok := s.byAccount[key]
	if !ok {
		return Desk{}, false
	}
	return s.desks[i], true
}

// Desk returns the desk of a member with the name.
func (r *Registry) Desk(member schemas.MemberID, name string) (Desk, bool) {
	return r.state.Load().find(member, name)
}

func (r *Registry) load() error {
	b, err := readFile(r.root, registryFile, maxRegistry)
	if errors.Is(err, fs.ErrNotExist) {
		return r.create()
	}
	if err != nil {
		return err
	}
	s, err := decode(b)
	if err != nil {
		return fmt.Errorf("reading %s: %w; restore it from a backup", path.Join(r.Dir(), registryFile), err)
	}
	if r.keys, err = loadKeys(r.root, false); err != nil {
		return err
	}
	if operator, err := r.keys.operator.PublicKey(); err != nil || operator != s.operator {
		return errors.Join(err, fmt.Errorf("%s and %s/operator.nk belong to different operators: "+
			"restore both from the same backup", registryFile, keysFolder))
	}
	r.state.Store(s)
	return nil
}

// create makes a new registry. A crash before its last step leaves keys that
// nobody has used, and the next Open goes on with them.
func (r *Registry) create() error {
	if _, err := r.root.Lstat("jetstream"); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s has streams but no %s: restore it from a backup, "+
			"or nobody will ever be able to read them", r.Dir(), registryFile))
	}
	var err error
	if r.keys, err = loadKeys(r.root, true); err != nil {
		return err
	}
	s := new(state)
	if s.operator, err = r.keys.operator.PublicKey(); err != nil {
		return err
	}
	if s.system, err = publicAccount(); err != nil {
		return err
	}
	if s.hub, err = publicAccount(); err != nil {
		return err
	}
	return r.commit(s)
}

// commit makes a state durable, then current. The caller has the turn. After
// an error the old state stays current, and the next commit overwrites
// whatever reached the disk.
func (r *Registry) commit(s *state) error {
	if err := s.check(); err != nil {
		return err
	}
	b, err := encode(s)
	if err != nil {
		return err
	}
	if err := writeFile(r.root, registryFile, b); err != nil {
		return fmt.Errorf("writing %s: %w", path.Join(r.Dir(), registryFile), err)
	}
	r.state.Store(s)
	return nil
}

// check verifies a state and builds its index. It runs on what is read and on
// what is about to be written.
func (s *state) check() error {
	if !nkeys.IsValidPublicOperatorKey(s.operator) || !nkeys.IsValidPublicAccountKey(s.system) ||
		!nkeys.IsValidPublicAccountKey(s.hub) {
		return errors.New("it has a key that is no key")
	}
	s.byAccount = make(map[string]int, len(s.desks))
	for i, d := range s.desks {
		if i > 0 && compare(s.desks[i-1], d) == 0 {
			return fmt.Errorf("desk %s is in it twice", d)
		}
		if err := errors.Join(checkName("member", string(d.Member)), checkName("desk", d.Name)); err != nil {
			return err
		}
		if _, taken := s.byAccount[d.Account]; taken || d.Account == s.hub || d.Account == s.system ||
			!nkeys.IsValidPublicAccountKey(d.Account) {
			return fmt.Errorf("desk %s has no account key of its own", d)
		}
		s.byAccount[d.Account] = i
	}
	return nil
}

func (s *state) find(member schemas.MemberID, name string) (Desk, bool) {
	i, ok := slices.BinarySearchFunc(s.desks, Desk{Member: member, Name: name}, compare)
	if !ok {
		return Desk{}, false
	}
	return s.desks[i], true
}

// with returns a state in which the desk is added, or put in place of the
// desk of that name.
func (s *state) with(d Desk) *state {
	next := &state{operator: s.operator, system: s.system, hub: s.hub, desks: slices.Clone(s.desks)}
	if i, ok := slices.BinarySearchFunc(next.desks, d, compare); ok {
		next.desks[i] = d
	} else {
		next.desks = slices.Insert(next.desks, i, d)
	}
	return next
}
