package agents

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The sub-folders of an inbox.
const (
	doneFolder     = "done"
	rejectedFolder = "rejected"
	stateFolder    = "state"
)

// folder is an inbox: the files in it are the spool. Everything is opened
// below its root, so that no name leads out of it. One goroutine owns it.
type folder struct {
	root   *os.Root
	state  *os.Root
	log    *slog.Logger
	settle time.Duration
	ids    Identity
	// seen says since when each file looks as it does now.
	seen map[string]sight
	// away are the files that are being read, or were given up.
	away map[string]bool
	// odd are the names already complained about.
	odd map[string]bool
	// late are the files that were put away not long ago.
	late []putAway
	lock *os.File
}

type sight struct {
	size    int64
	mtime   time.Time
	since   time.Time
	retryAt time.Time
	pause   backoff
	// looked says that the file's last byte was looked at, and ended that it
	// may be the last of an export.
	looked, ended bool
}

func openFolder(dir string, settle time.Duration, log *slog.Logger) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the inbox: %w", err)
	}
	f := &folder{root: root, log: log, settle: settle, seen: map[string]sight{}, away: map[string]bool{}, odd: map[string]bool{}}
	if err := f.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the inbox %s: %w", dir, err), f.close())
	}
	return f, nil
}

func (f *folder) prepare() error {
	for _, sub := range []string{doneFolder, rejectedFolder, stateFolder} {
		if err := f.root.Mkdir(sub, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if info, err := f.root.Lstat(sub); err != nil || !info.IsDir() {
			return fmt.Errorf("%s must be a folder, and no link: %w", sub, cmp.Or(err, fs.ErrInvalid))
		}
	}
	var err error
	if f.state, err = f.root.OpenRoot(stateFolder); err != nil {
		return err
	}
	if f.lock, err = lockFile(f.state, "lock"); err != nil {
		return fmt.Errorf("locking the inbox: %w", err)
	}
	if err := dropPartial(f.state); err != nil {
		return err
	}
	var made bool
	if f.ids, made, err = readIdentity(f.state); err != nil {
		return err
	}
	if made {
		f.log.Info("made the key from which message ids are derived; back it up", "file", filepath.Join(f.state.Name(), keyFile))
		f.warnIfUsed()
	}
	return nil
}

// warnIfUsed says so when the key was lost: what is delivered again from now
// on is no longer known as the same.
func (f *folder) warnIfUsed() {
	old, err := fs.ReadDir(f.root.FS(), doneFolder)
	if err == nil && len(old) > 0 {
		f.log.Error("the inbox was used before and its key is gone: records that are delivered again become new messages; restore the key from the backup if there is one")
	}
}

func (f *folder) close() error {
	var errs []error
	if f.lock != nil {
		errs = append(errs, f.lock.Close())
	}
	if f.state != nil {
		errs = append(errs, f.state.Close())
	}
	return errors.Join(append(errs, f.root.Close())...)
}

// ready returns the files that may be read now, oldest first, and how many
// others are still waited for. It leaves out those that are away.
func (f *folder) ready(now time.Time) (names []string, waiting int, err error) {
	f.takeBack(now)
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, 0, fmt.Errorf("listing the inbox: %w", err)
	}
	present := map[string]bool{}
	for _, e := range entries {
		if !f.wanted(e) {
			continue
		}
		if f.away[e.Name()] {
			present[e.Name()] = true
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // it has just been taken away
		}
		present[e.Name()] = true
		if f.settled(e.Name(), info, now) {
			names = append(names, e.Name())
		} else {
			waiting++
		}
	}
	for name := range f.seen {
		if !present[name] {
			delete(f.seen, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(f.seen[a].mtime.Compare(f.seen[b].mtime), strings.Compare(a, b))
	})
	return names, waiting, nil
}

// unread are the bytes of the files that are not away.
func (f *folder) unread() (n int64) {
	for name, s := range f.seen {
		if !f.away[name] {
			n += s.size
		}
	}
	return n
}

// unfinished are the endings that programs give to files still being written.
var unfinished = []string{".tmp", ".part", ".partial", ".filepart", ".crdownload"}

// wanted leaves out folders, hidden and unfinished files, and whatever is no
// regular file: a link could lead anywhere, a pipe could wait for ever.
func (f *folder) wanted(e fs.DirEntry) bool {
	name := e.Name()
	if e.IsDir() || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
		return false
	}
	for _, end := range unfinished {
		if strings.HasSuffix(strings.ToLower(name), end) {
			return false
		}
	}
	if !e.Type().IsRegular() {
		if !f.odd[name] {
			f.odd[name] = true
			f.log.Warn("left alone: not a regular file; put the file itself here, not a link", "file", name)
		}
		return false
	}
	return true
}

// settled says whether the file has looked the same for the settling time, as
// seen by us: modification times can lie. A file that ends within a line must
// have done so for longer.
func (f *folder) settled(name string, info fs.FileInfo, now time.Time) bool {
	s, known := f.seen[name]
	if !known || s.size != info.Size() || !s.mtime.Equal(info.ModTime()) {
		f.seen[name] = sight{size: info.Size(), mtime: info.ModTime(), since: now}
		return false
	}
	if now.Sub(s.since) < f.settle || now.Before(s.retryAt) {
		return false
	}
	s = f.ends(name, s)
	f.seen[name] = s
	return s.ended || now.Sub(s.since) >= unended*f.settle
}

// later puts a file off after a fault, longer each time.
func (f *folder) later(name string, now time.Time) {
	s, ok := f.seen[name]
	if !ok {
		return
	}
	s.pause.last = min(max(2*s.pause.last, time.Second), 5*time.Minute)
	s.retryAt = now.Add(s.pause.last)
	f.seen[name] = s
}

// unsettle makes a file wait anew: it changed while it was read.
func (f *folder) unsettle(name string) { delete(f.seen, name) }

// open opens a file of the inbox for reading.
func (f *folder) open(name string) (*os.File, error) {
	before, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	in, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	if after, err := in.Stat(); err != nil || !os.SameFile(before, after) {
		in.Close()
		return nil, fmt.Errorf("%s was replaced while it was opened: %w", name, cmp.Or(err, fs.ErrInvalid))
	}
	return in, nil
}

// unchanged says whether the file is still what was opened and looks as it did
// when it had settled.
func unchanged(root *os.Root, name string, in *os.File, s sight) bool {
	handle, err1 := in.Stat()
	named, err2 := root.Lstat(name)
	return err1 == nil && err2 == nil && os.SameFile(handle, named) &&
		handle.Size() == s.size && handle.ModTime().Equal(s.mtime)
}

// stem returns a name under which the file and its lists can be put away
// without overwriting anything.
func (f *folder) stem(name string) (string, error) {
	if len(name) > 180 {
		sum := sha256.Sum256([]byte(name))
		name = name[:150] + "-" + hex.EncodeToString(sum[:8])
	}
	ext := filepath.Ext(name)
	for n := 1; ; n++ {
		stem := name
		if n > 1 {
			stem = fmt.Sprintf("%s~%d%s", strings.TrimSuffix(name, ext), n, ext)
		}
		free := true
		for _, taken := range []string{
			filepath.Join(doneFolder, stem), filepath.Join(doneFolder, stem+receiptsEnding),
			filepath.Join(rejectedFolder, stem), filepath.Join(rejectedFolder, stem+receiptsEnding),
			filepath.Join(rejectedFolder, stem+rejectsEnding),
		} {
			there, err := exists(f.root, taken)
			if err != nil {
				return "", err
			}
			free = free && !there
		}
		if free {
			return stem, nil
		}
	}
}
