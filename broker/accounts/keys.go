package accounts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/nats-io/nkeys"
)

const (
	keysFolder = "keys"
	maxKey     = 256
)

// keys are the private keys of a registry. They never change after Open.
type keys struct {
	// operator signs accounts.
	operator nkeys.KeyPair
	// users has a key for each role, which signs users of that role in any
	// desk's account; the account says what the role may do.
	users map[Role]nkeys.KeyPair
	// session signs the hub's user. It is made anew at every Open and is
	// never stored.
	session nkeys.KeyPair
}

// loadKeys reads the stored keys; with create, it makes those that are
// missing. A crash in between leaves some keys, and the next call goes on.
func loadKeys(root *os.Root, create bool) (keys, error) {
	k := keys{users: make(map[Role]nkeys.KeyPair)}
	if err := keyFolder(root, create); err != nil {
		return k, err
	}
	var err error
	if k.operator, err = loadKey(root, "operator", nkeys.PrefixByteOperator, create); err != nil {
		return k, err
	}
	for _, role := range roles() {
		if k.users[role], err = loadKey(root, "users-"+string(role), nkeys.PrefixByteAccount, create); err != nil {
			return k, err
		}
	}
	k.session, err = nkeys.CreateAccount()
	return k, err
}

// keyFolder makes sure that the folder of keys is there and closed to others.
func keyFolder(root *os.Root, create bool) error {
	if create {
		if err := root.Mkdir(keysFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncFolder(root, "."); err != nil {
			return err
		}
	}
	info, err := root.Lstat(keysFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing: restore it from the backup that %s is from",
			path.Join(root.Name(), keysFolder), registryFile)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path.Join(root.Name(), keysFolder))
	}
	return checkMode(path.Join(root.Name(), keysFolder), info)
}

func loadKey(root *os.Root, name string, prefix nkeys.PrefixByte, create bool) (nkeys.KeyPair, error) {
	file := path.Join(keysFolder, name+".nk")
	seed, err := readFile(root, file, maxKey)
	if errors.Is(err, fs.ErrNotExist) && create {
		return makeKey(root, file, prefix)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", name, err)
	}
	defer clear(seed)
	kind, _, err := nkeys.DecodeSeed(bytes.TrimSpace(seed))
	if err == nil && kind != prefix {
		err = fmt.Errorf("it is a key of another kind (%s)", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key %s: %w", path.Join(root.Name(), file), err)
	}
	return nkeys.FromSeed(bytes.TrimSpace(seed))
}

func makeKey(root *os.Root, file string, prefix nkeys.PrefixByte) (nkeys.KeyPair, error) {
	pair, err := nkeys.CreatePair(prefix)
	if err != nil {
		return nil, err
	}
	seed, err := pair.Seed() // the pair's own bytes
	if err != nil {
		return nil, err
	}
	line := append(slices.Clone(seed), '\n')
	defer clear(line)
	return pair, writeFile(root, file, line)
}

// publicAccount makes the key of an account, throws the private half away and
// returns the public one: an account's own key never signs anything.
func publicAccount() (string, error) {
	pair, err := nkeys.CreateAccount()
	if err != nil {
		return "", err
	}
	defer pair.Wipe()
	return pair.PublicKey()
}
