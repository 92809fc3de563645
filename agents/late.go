package agents

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// A system that keeps its export open may go on writing to it after the agent
// thought that it was whole, read it and put it away: a pause says little. The
// folder therefore keeps an eye on what it has put away for a while, and takes
// back what still grows, to be read again; what was sent before is then known as
// sent.
//
// What was written while no agent watched is found at the next start: a file was
// last written to before it was read, and its receipts after that, so that a file
// that is younger than they are has grown since.
const (
	lateFor  = 10 * time.Minute
	lateMost = 256
	// lateAtStart is how old the receipts may be at a start.
	lateAtStart = 24 * time.Hour
)

// putAway is a file that was put away, and how it looked.
type putAway struct {
	name, at string
	size     int64
	mtime    time.Time
	until    time.Time
}

// watch keeps an eye on a file that has just been put away.
func (f *folder) watch(name, at string, s sight, now time.Time) {
	if len(f.late) >= lateMost {
		f.late = f.late[1:]
	}
	f.late = append(f.late, putAway{name, at, s.size, s.mtime, now.Add(lateFor)})
}

// takeBack puts what has grown back into the inbox.
func (f *folder) takeBack(now time.Time) {
	var left []putAway
	for _, p := range f.late {
		info, err := f.root.Lstat(p.at)
		switch {
		case errors.Is(err, fs.ErrNotExist) || now.After(p.until):
		case err == nil && (info.Size() != p.size || !info.ModTime().Equal(p.mtime)):
			if err := f.back(p); err != nil {
				f.log.Error("a file was written to after it was put away, and cannot be put back", "file", p.at, "err", err)
			}
		default:
			left = append(left, p)
		}
	}
	f.late = left
}

// takeBackMissed puts back what has grown while no agent watched.
func (f *folder) takeBackMissed(now time.Time) error {
	for _, sub := range []string{doneFolder, rejectedFolder} {
		entries, err := fs.ReadDir(f.root.FS(), sub)
		if err != nil {
			return fmt.Errorf("looking for files that have grown: %w", err)
		}
		for _, e := range entries {
			stem, isList := strings.CutSuffix(e.Name(), receiptsEnding)
			at := filepath.Join(sub, stem)
			if !isList || !f.grown(at, e, now) {
				continue
			}
			if err := f.back(putAway{name: stem, at: at}); err != nil {
				return fmt.Errorf("putting back %s, which has grown: %w", at, err)
			}
		}
	}
	return nil
}

// grown says whether a file was written to after its receipts were. A file from
// the future says nothing: its clock is not theirs.
func (f *folder) grown(at string, receipts fs.DirEntry, now time.Time) bool {
	list, err1 := receipts.Info()
	file, err2 := f.root.Lstat(at) // a list may be left of a file that was taken back
	return err1 == nil && err2 == nil && file.Mode().IsRegular() && now.Sub(list.ModTime()) < lateAtStart &&
		file.ModTime().After(list.ModTime()) && !file.ModTime().After(now)
}

// back puts a file back under its name, or a similar one if there is another.
func (f *folder) back(p putAway) error {
	name := p.name
	if there, err := exists(f.root, name); err != nil || there {
		stem, err := f.stem(p.name)
		if err != nil {
			return err
		}
		name = "again-" + filepath.Base(stem)
	}
	f.log.Warn("a file was written to after it was put away; it is read again", "file", p.name)
	return f.root.Rename(p.at, name)
}

// unended is how many times longer than others a file waits that does not end as
// text does: its last line may still be on its way.
const unended = 10

// ends says whether a file's last byte may be the last of an export. It is
// looked at once for each state of the file.
func (f *folder) ends(name string, s sight) sight {
	if s.looked {
		return s
	}
	s.looked, s.ended = true, true
	in, err := f.open(name)
	if err != nil {
		return s // whoever reads it will say so
	}
	defer in.Close()
	var last [1]byte
	if _, err := in.ReadAt(last[:], s.size-1); err != nil {
		return s // it is empty, or has just become shorter
	}
	switch last[0] {
	case '\n', '\r', '>', '}', ']', 0x1a: // the last is the mark of old systems
	default:
		s.ended = false
	}
	return s
}
