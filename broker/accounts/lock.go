package accounts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrInUse is wrapped by the error of [Open] and [Acquire] when another
// process, or another part of this one, has the folder. A command that meets
// it should speak to the running broker instead.
var ErrInUse = errors.New("in use")

// Lock is the sole right to use something in a folder. The kernel drops it
// when the process ends, however it ends, so it never has to be removed by
// hand.
type Lock struct{ file *os.File }

// Acquire takes the lock with the given file name in the folder, at once or
// not at all. The file says who holds it.
func Acquire(dir, name string) (*Lock, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	free, err := lockFile(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", filepath.Join(dir, name), err), f.Close())
	}
	if !free {
		defer f.Close()
		return nil, fmt.Errorf("%s is %w by %s; stop it, or let it do the work: "+
			"a running broker takes commands through its admin socket", dir, ErrInUse, holder(f))
	}
	if err := sign(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("signing %s: %w", filepath.Join(dir, name), err)
	}
	return &Lock{file: f}, nil
}

// Release gives the lock back. Releasing twice does nothing.
func (l *Lock) Release() error {
	if err := l.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// sign writes who holds the lock. It is for people only and need not be durable.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f, "%s (process %d, since %s)\n", filepath.Base(os.Args[0]), os.Getpid(),
		time.Now().UTC().Format(time.RFC3339))
	return err
}

func holder(f *os.File) string {
	b, err := io.ReadAll(io.LimitReader(f, 200))
	if text := strings.TrimSpace(string(b)); err == nil && text != "" {
		return text
	}
	return "a process that did not say its name"
}
