package accounts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"time"

	"liaison/broker/failpoint"
	"liaison/schemas"
)

// The stored form of the registry. Its field names are a promise: a later
// version must read what an earlier one wrote. Fields may be added, with a
// higher version; an older program refuses what it does not know.
type (
	storedRegistry struct {
		Version  int          `json:"version"`
		Operator string       `json:"operator"`
		System   string       `json:"system"`
		Hub      string       `json:"hub"`
		Desks    []storedDesk `json:"desks"`
		// Hash is the SHA-256 of the rest in its stored form: one wrong bit in a
		// desk's name would send its copies elsewhere.
		Hash string `json:"hash,omitempty"`
	}
	storedDesk struct {
		Member   schemas.MemberID `json:"member"`
		Name     string           `json:"desk"`
		Account  string           `json:"account"`
		Filter   schemas.Filter   `json:"filter"`
		Encoding string           `json:"encoding"`
		Enrolled time.Time        `json:"enrolled"`
		Users    []storedUser     `json:"users"`
	}
	storedUser struct {
		Key     string    `json:"key"`
		Role    Role      `json:"role"`
		Issued  time.Time `json:"issued"`
		By      string    `json:"by,omitempty"`
		Revoked time.Time `json:"revoked,omitzero"`
	}
)

const (
	registryFile    = "accounts.json"
	registryVersion = 2 // version 1 had no hash
	// maxRegistry bounds what is read; 1,000 desks with ten users are 2 MB.
	maxRegistry = 64 << 20
)

// encode writes a state in its stored form.
func encode(s *state) ([]byte, error) {
	out := storedRegistry{Version: registryVersion, Operator: s.operator, System: s.system, Hub: s.hub,
		Desks: make([]storedDesk, len(s.desks))}
	for i, d := range s.desks {
		users := make([]storedUser, len(d.Users))
		for j, u := range d.Users {
			users[j] = storedUser(u)
		}
		out.Desks[i] = storedDesk{Member: d.Member, Name: d.Name, Account: d.Account,
			Filter: d.Filter, Encoding: d.Encoding, Enrolled: d.Enrolled, Users: users}
	}
	var err error
	if out.Hash, err = out.hash(); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(out, "", " ")
	return append(b, '\n'), err
}

// hash is what Hash must be.
func (r storedRegistry) hash() (string, error) {
	r.Hash = ""
	b, err := json.Marshal(r)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

// decode reads a stored registry, strictly, and checks that it is whole.
func decode(b []byte) (*state, error) {
	var in storedRegistry
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has something after its end")
	}
	if in.Version != registryVersion && in.Version != 1 {
		return nil, fmt.Errorf("it has version %d and this program reads version %d", in.Version, registryVersion)
	}
	s := &state{operator: in.Operator, system: in.System, hub: in.Hub}
	for _, d := range in.Desks {
		users := make([]User, len(d.Users))
		for i, u := range d.Users {
			users[i] = User(u)
		}
		s.desks = append(s.desks, Desk{Member: d.Member, Name: d.Name, Account: d.Account,
			Filter: d.Filter, Encoding: d.Encoding, Enrolled: d.Enrolled, Users: users})
	}
	slices.SortFunc(s.desks, compare)
	if err := s.check(); err != nil {
		return nil, err
	}
	if hash, err := in.hash(); err != nil || in.Version > 1 && in.Hash != hash {
		return nil, errors.Join(err, errors.New("it is damaged: it does not have the hash with which it was written"))
	}
	return s, nil
}

// writeFile makes a file durable under its name: whoever opens it, after a
// crash or a power cut at any moment, finds the old content or the new one.
func writeFile(root *os.Root, name string, content []byte) error {
	aside := name + ".new"
	f, err := root.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	// A crash here leaves the file aside, which the next write overwrites.
	failpoint.Here("accounts.written")
	if err := root.Rename(aside, name); err != nil {
		return err
	}
	return syncFolder(root, path.Dir(name))
}

// syncFolder makes the names in a folder durable. Windows has no such call and
// needs none.
func syncFolder(root *os.Root, name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readFile reads a file that nobody else may read, of at most limit bytes.
func readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	full := path.Join(root.Name(), name)
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", full)
	}
	if err := checkMode(full, info); err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", full, limit)
	}
	return b, err
}

// checkMode refuses what others than its owner can reach, and says what to do.
// Windows has access lists instead of modes: what the folder inherits holds.
func checkMode(full string, info os.FileInfo) error {
	mode := info.Mode().Perm()
	if mode&0o077 == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return fmt.Errorf("%s can be reached by others than its owner (mode %04o): run chmod go= %s, "+
		"and if anyone may have read it, enrol every desk again in a new folder", full, mode, full)
}
