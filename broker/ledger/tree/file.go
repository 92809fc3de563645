package tree

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"

	"golang.org/x/mod/sumdb/tlog"
)

// hashes is the file of the tree's hashes. Those up to the published head may
// be read by anybody; everything else is for whoever has the turn.
type hashes struct {
	file *os.File
	// count is how many hashes are in the file, and pending those behind them
	// that are not written yet.
	count   int64
	pending []tlog.Hash
}

// openHashes opens the file, or makes it, and cuts off what is behind the
// hashes of a tree of that size: nobody was shown a head with them.
func openHashes(root *os.Root, name string, size uint64) (*hashes, error) {
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	h := &hashes{file: f, count: tlog.StoredHashCount(int64(size))}
	info, err := f.Stat()
	if err == nil && info.Size() < h.count*tlog.HashSize {
		err = fmt.Errorf("%w: the file of hashes has %d bytes, and the signed head needs %d", ErrDamaged, info.Size(), h.count*tlog.HashSize)
	}
	if err == nil {
		err = errors.Join(f.Truncate(h.count*tlog.HashSize), syncFolder(root, path.Dir(name)))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return h, nil
}

// ReadHashes returns hashes by their indexes, also those that are pending.
func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at >= h.count && at-h.count < int64(len(h.pending)) {
			out[i] = h.pending[at-h.count]
			continue
		}
		if err := h.read(out[i][:], at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// read fills b with the hash at an index of the file.
func (h *hashes) read(b []byte, at int64) error {
	if _, err := h.file.ReadAt(b, at*tlog.HashSize); err != nil {
		return fmt.Errorf("reading hash %d of the tree: %w", at, err)
	}
	return nil
}

// add appends the leaf of the next entry, in memory.
func (h *hashes) add(size uint64, leaf tlog.Hash) error {
	next, err := tlog.StoredHashesForRecordHash(int64(size), leaf, h)
	if err != nil {
		return err
	}
	h.pending = append(h.pending, next...)
	return nil
}

// flush writes what is pending. After an error it is pending still, and is
// written to the same place the next time.
func (h *hashes) flush() error {
	b := make([]byte, 0, len(h.pending)*tlog.HashSize)
	for _, p := range h.pending {
		b = append(b, p[:]...)
	}
	if _, err := h.file.WriteAt(b, h.count*tlog.HashSize); err != nil {
		return fmt.Errorf("appending to the tree: %w", err)
	}
	h.count, h.pending = h.count+int64(len(h.pending)), h.pending[:0]
	return nil
}

// settled are the hashes that a published head covers, for readers.
func (h *hashes) settled() tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			if err := h.read(out[i][:], at); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
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
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
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
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", full, limit)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s can be reached by others than its owner (mode %04o): run chmod go= %s", full, mode, full)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}
