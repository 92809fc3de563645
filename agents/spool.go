package agents

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"liaison/schemas"
)

// The endings of the lists that stand beside a file that was put away.
const (
	receiptsEnding = ".receipts.jsonl"
	rejectsEnding  = ".rejects.jsonl"
)

// maxRejected bounds the native record in a list of rejects.
const maxRejected = 64 << 10

// receiptLine is one line of a list of receipts: a message that the broker has,
// or a record that is kept and why.
type receiptLine struct {
	File      string     `json:"file"`
	Line      int        `json:"line"`
	Reference string     `json:"reference,omitempty"`
	ID        schemas.ID `json:"id,omitempty"`
	Sequence  uint64     `json:"sequence,omitempty"`
	Duplicate bool       `json:"duplicate,omitempty"`
	Kept      string     `json:"kept,omitempty"`
}

// lists are the receipts and rejects of a file that is being read. They grow in
// the state folder; a crash leaves them there until the agent begins again.
type lists struct {
	folder   *folder
	receipts list
	rejects  list
}

type list struct {
	name  string
	file  *os.File
	w     *bufio.Writer
	lines int
}

// partialEnding ends the names of lists that still grow.
const partialEnding = ".partial"

// beginLists begins the lists of a file, under names that no other file's have.
func (f *folder) beginLists(name string) (*lists, error) {
	sum := sha256.Sum256([]byte(name))
	stem := hex.EncodeToString(sum[:12])
	l := &lists{folder: f, receipts: list{name: stem + ".receipts" + partialEnding}, rejects: list{name: stem + ".rejects" + partialEnding}}
	for _, one := range []*list{&l.receipts, &l.rejects} {
		file, err := f.state.OpenFile(one.name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("beginning a list: %w", err), l.close())
		}
		one.file, one.w = file, bufio.NewWriter(file)
	}
	return l, nil
}

func (l *list) add(line any) error {
	e := json.NewEncoder(l.w)
	e.SetEscapeHTML(false)
	if err := e.Encode(line); err != nil {
		return fmt.Errorf("writing a list: %w", err)
	}
	l.lines++
	return nil
}

func (l *list) close() error {
	if l.file == nil {
		return nil
	}
	err := errors.Join(l.w.Flush(), l.file.Sync(), l.file.Close())
	l.file = nil
	return err
}

func (l *lists) close() error { return errors.Join(l.receipts.close(), l.rejects.close()) }

// discard removes lists that have not taken their places.
func (l *lists) discard() {
	for _, one := range []list{l.receipts, l.rejects} {
		l.folder.state.Remove(one.name) // gone already, or the next start does it
	}
}

// dropPartial removes the lists that a crash left behind.
func dropPartial(state *os.Root) error {
	names, err := fs.Glob(state.FS(), "*"+partialEnding)
	for _, name := range names {
		err = errors.Join(err, state.Remove(name))
	}
	return err
}

// putAway ends the work on a file: the lists take their places, then the file
// leaves the inbox. A crash in between leaves the lists of a file that is still
// in the inbox; it is then read again and put away under the next free name. It
// returns where the file is now, or nothing if somebody took it away. The
// receipts lie beside it even if there are none: they tell when it was read.
func (l *lists) putAway(name string, whole bool) (at string, err error) {
	if err := l.close(); err != nil {
		return "", fmt.Errorf("ending the lists of %s: %w", name, err)
	}
	f := l.folder
	stem, err := f.stem(name)
	if err != nil {
		return "", fmt.Errorf("putting %s away: %w", name, err)
	}
	to := doneFolder
	if !whole {
		to = rejectedFolder
	}
	if l.rejects.lines > 0 {
		if err := f.place(l.rejects, filepath.Join(rejectedFolder, stem+rejectsEnding)); err != nil {
			return "", err
		}
	}
	if err := f.place(l.receipts, filepath.Join(to, stem+receiptsEnding)); err != nil {
		return "", err
	}
	at = filepath.Join(to, stem)
	err = f.root.Rename(name, at)
	if errors.Is(err, fs.ErrNotExist) {
		f.log.Warn("the file was taken away while it was read; its receipts are kept", "file", name)
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("putting %s away: %w", name, err)
	}
	return at, errors.Join(syncFolder(f.root, to), syncFolder(f.root, "."))
}

// place moves a list to where people look for it.
func (f *folder) place(l list, to string) error {
	if err := f.root.Rename(filepath.Join(stateFolder, l.name), to); err != nil {
		return fmt.Errorf("placing a list: %w", err)
	}
	return syncFolder(f.root, filepath.Dir(to))
}

// bounded cuts a native record to what a list of rejects may hold, and makes
// it text.
func bounded(raw string) (string, bool) {
	cut := len(raw) > maxRejected
	if cut {
		raw = raw[:maxRejected]
	}
	return strings.ToValidUTF8(raw, "\uFFFD"), cut
}
