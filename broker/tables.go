package broker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"liaison/broker/failpoint"
	"liaison/broker/policy"
)

// A broker keeps every set of tables that it ever decided under, below its
// folder, by its hash: the ledger names them, and whoever verifies a decision
// needs them. The file "loaded" names the set that an operator brought into
// force, if any; it outlives a restart.
const (
	tablesFolder = "protocol"
	loadedFile   = "loaded"
)

// inForce is a set of tables and who brought it into force.
type inForce struct {
	policy *policy.Policy
	by     string
}

// chooseTables returns the tables that the configuration names, or else those
// that an operator loaded, or else the default.
func chooseTables(cfg Config) (fs.FS, error) {
	if cfg.Tables != nil {
		return cfg.Tables, nil
	}
	hash, err := os.ReadFile(filepath.Join(cfg.Dir, tablesFolder, loadedFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cfg.Default, nil
	case err != nil:
		return nil, fmt.Errorf("reading which tables were loaded: %w", err)
	}
	name := filepath.Base(strings.TrimSpace(string(hash)))
	tables := os.DirFS(filepath.Join(cfg.Dir, tablesFolder, name))
	p, err := policy.Load(tables)
	if err != nil {
		return nil, fmt.Errorf("the tables that were loaded cannot be read; give --protocol: %w", err)
	}
	if p.Hash() != name {
		return nil, fmt.Errorf("the tables that were loaded have been changed since: they are %s and were %s; give --protocol", p.Hash(), name)
	}
	return tables, nil
}

// readTables reads a set of tables and keeps it below the folder, by its hash.
// What is read is the copy that is kept, so that a set that changes meanwhile
// cannot be one thing in force and another on record.
func readTables(dir string, tables fs.FS) (*policy.Policy, error) {
	parent := filepath.Join(dir, tablesFolder)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("keeping the tables: %w", err)
	}
	// A crash leaves a folder that begins with a dot and is never read.
	part, err := os.MkdirTemp(parent, ".part-")
	if err != nil {
		return nil, fmt.Errorf("keeping the tables: %w", err)
	}
	defer os.RemoveAll(part)
	if err := copyTables(part, tables); err != nil {
		return nil, fmt.Errorf("keeping the tables: %w", err)
	}
	failpoint.Here("tables.copied")
	p, err := policy.Load(os.DirFS(part))
	if err != nil {
		return nil, err
	}
	to := filepath.Join(parent, p.Hash())
	if kept, err := policy.Load(os.DirFS(to)); err == nil && kept.Hash() == p.Hash() {
		return p, nil
	}
	// Not there, or not what its name says.
	if err := os.RemoveAll(to); err != nil {
		return nil, fmt.Errorf("keeping the tables: %w", err)
	}
	if err := errors.Join(os.Rename(part, to), syncFolder(parent)); err != nil {
		return nil, fmt.Errorf("keeping the tables: %w", err)
	}
	return p, nil
}

func copyTables(to string, tables fs.FS) error {
	names, err := fs.Glob(tables, "*.csv")
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := fs.ReadFile(tables, name)
		if err != nil {
			return err
		}
		if err := writeSynced(filepath.Join(to, name), content); err != nil {
			return err
		}
	}
	return syncFolder(to)
}

// markLoaded records which set is in force by an operator's word.
func markLoaded(dir, hash string) error {
	if err := replaceFile(filepath.Join(dir, tablesFolder, loadedFile), hash+"\n"); err != nil {
		return fmt.Errorf("recording which tables are loaded: %w", err)
	}
	return nil
}

// replaceFile gives a file new content. A crash leaves the old or the new one.
func replaceFile(name, content string) error {
	if err := writeSynced(name+".part", []byte(content)); err != nil {
		return err
	}
	return errors.Join(os.Rename(name+".part", name), syncFolder(filepath.Dir(name)))
}

func writeSynced(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes the names in a folder durable. Windows has no such call and
// needs none.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// adoptWait bounds the wait until the router has taken up what was changed.
const adoptWait = 15 * time.Second

// awaitTurn waits until the router has taken up what was changed.
func (b *Broker) awaitTurn(ctx context.Context, taken func() bool) error {
	for end := time.Now().Add(adoptWait); !taken(); {
		if time.Now().After(end) {
			return errors.Join(errors.New("no turn in time"), b.Ready())
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Load brings a set of tables into force, as a whole or not at all: it is read
// and cross-checked, kept, recorded in the ledger with its hash, and in force
// when Load returns. Nothing is decided under the old set after that. A faulty
// set changes nothing.
func (b *Broker) Load(ctx context.Context, tables fs.FS, by string) (*policy.Policy, error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	p, err := readTables(b.cfg.Dir, tables)
	if err != nil {
		return nil, fmt.Errorf("the tables cannot be used, and the old ones stay in force: %w", err)
	}
	if err := markLoaded(b.cfg.Dir, p.Hash()); err != nil {
		return nil, err
	}
	// A crash from here on leaves the new set in force with the next start.
	failpoint.Here("tables.marked")
	before := b.router.Turns()
	b.policy.Store(&inForce{policy: p, by: by})
	failpoint.Here("tables.swapped")
	b.router.Changed()
	b.retention.Look() // other times may be due
	// A batch that was filled under another set may be on its way: that the
	// hash is right is not enough, it must be so after a turn.
	err = b.awaitTurn(ctx, func() bool { return b.router.Turns() != before && b.router.InForce() == p.Hash() })
	if err != nil {
		return nil, fmt.Errorf("the tables are loaded, and the router has not taken them up yet: %w", err)
	}
	b.cfg.Log.Info("tables came into force", "policy", p.Hash(), "by", by)
	return p, nil
}
