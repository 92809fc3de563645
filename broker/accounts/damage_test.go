package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpenRefuses damages a folder in one way at a time.
func TestOpenRefuses(t *testing.T) {
	registry, operator := registryFile, filepath.Join(keysFolder, "operator.nk")
	rewrite := func(name, old, new string) func(string) error {
		return func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, name))
			return errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(strings.Replace(string(b), old, new, 1)), 0o600))
		}
	}
	for name, tc := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"a key that others can read":    {func(dir string) error { return os.Chmod(filepath.Join(dir, operator), 0o640) }, "chmod go="},
		"keys that others can list":     {func(dir string) error { return os.Chmod(filepath.Join(dir, keysFolder), 0o755) }, "chmod go="},
		"a registry that others can":    {func(dir string) error { return os.Chmod(filepath.Join(dir, registry), 0o644) }, "chmod go="},
		"no keys":                       {func(dir string) error { return os.RemoveAll(filepath.Join(dir, keysFolder)) }, "restore"},
		"no operator":                   {func(dir string) error { return os.Remove(filepath.Join(dir, operator)) }, "operator"},
		"an empty key":                  {func(dir string) error { return os.Truncate(filepath.Join(dir, operator), 0) }, "operator"},
		"a key of another kind":         {swapKey, "another kind"},
		"a key that is a link":          {linkKey, "not a regular file"},
		"streams without a registry":    {loseRegistry, "backup"},
		"a registry cut short":          {func(dir string) error { return os.Truncate(filepath.Join(dir, registry), 40) }, "restore it from a backup"},
		"something after the end":       {rewrite(registry, "\"\n}\n", "\"\n}\n{}"), "after its end"},
		"an unknown field":              {rewrite(registry, `"hub"`, `"admin": "x", "hub"`), "unknown field"},
		"a registry of the future":      {rewrite(registry, `"version": 2`, `"version": 3`), "version 3"},
		"one bit of a desk's name":      {rewrite(registry, `"desk": "main"`, `"desk": "lain"`), "damaged"},
		"a registry without its hash":   {rewrite(registry, `"hash": "`, `"hash": "0`), "damaged"},
		"a desk with no key":            {rewrite(registry, `"account": "A`, `"account": "B`), "account key"},
		"a desk whose name is no token": {rewrite(registry, `"desk": "main"`, `"desk": "*"`), "lower-case"},
		"a registry of other keys":      {otherOperator, "different operators"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, dir)
			enrol(t, r, Enrolment{Member: "gla", Role: Both})
			r.Close()
			if err := tc.damage(dir); err != nil {
				t.Fatal(err)
			}
			if r, err := Open(dir); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("opening gives %v, %v; want an error that says %q", r, err, tc.want)
			}
			if lock, err := Acquire(dir, "lock"); err != nil {
				t.Errorf("the refused registry keeps the lock: %v", err)
			} else {
				lock.Release()
			}
		})
	}
}

func swapKey(dir string) error {
	keys := filepath.Join(dir, keysFolder)
	return os.Rename(filepath.Join(keys, "users-send.nk"), filepath.Join(keys, "operator.nk"))
}

func linkKey(dir string) error {
	key := filepath.Join(dir, keysFolder, "operator.nk")
	return errors.Join(os.Rename(key, key+".real"), os.Symlink(key+".real", key))
}

func loseRegistry(dir string) error {
	return errors.Join(os.Remove(filepath.Join(dir, registryFile)), os.Mkdir(filepath.Join(dir, "jetstream"), 0o700))
}

func otherOperator(dir string) error {
	if err := os.Remove(filepath.Join(dir, keysFolder, "operator.nk")); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	_, err = loadKeys(root, true)
	return err
}

// TestInterruptedFirstStart leaves what a crash leaves at each step of making
// a registry, and opens it again.
func TestInterruptedFirstStart(t *testing.T) {
	for name, leave := range map[string]func(dir string) error{
		"no registry": func(dir string) error { return os.Remove(filepath.Join(dir, registryFile)) },
		"a registry aside": func(dir string) error {
			return os.Rename(filepath.Join(dir, registryFile), filepath.Join(dir, registryFile+".new"))
		},
		"some of the keys": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, registryFile)), os.Remove(filepath.Join(dir, keysFolder, "users-both.nk")))
		},
		"an empty keys folder": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, registryFile)), os.RemoveAll(filepath.Join(dir, keysFolder)), os.Mkdir(filepath.Join(dir, keysFolder), 0o700))
		},
	} {
		dir := t.TempDir()
		open(t, dir).Close()
		if err := leave(dir); err != nil {
			t.Fatal(err)
		}
		r, err := Open(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		enrol(t, r, Enrolment{Member: "gla", Role: Both})
		r.Close()
	}
}

// A registry that was written before it had a hash is read, and has one from
// the next change on.
func TestOpenReadsARegistryWithoutAHash(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	enrol(t, r, Enrolment{Member: "gla", Role: Both})
	r.Close()
	name := filepath.Join(dir, registryFile)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(strings.Replace(string(b), `"version": 2`, `"version": 1`, 1), ",\n \"hash\"")
	if err := os.WriteFile(name, []byte(before+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = open(t, dir)
	enrol(t, r, Enrolment{Member: "kent", Role: Both})
	if b, err = os.ReadFile(name); err != nil || !strings.Contains(string(b), `"hash"`) {
		t.Errorf("after a change it has no hash: %v", err)
	}
}
