package accounts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CredsFile is a new, empty file that waits for credentials: whoever issues
// them knows beforehand that they can be written.
type CredsFile struct{ file *os.File }

// CreateCreds makes a credentials file for its owner alone. It must not be
// there yet. A crash before Write leaves it empty.
func CreateCreds(path string) (*CredsFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is there already: credentials are never overwritten; choose another file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the credentials could not be written, so none were issued: %w", err)
	}
	return &CredsFile{f}, nil
}

// Write makes the credentials durable in the file and closes it.
func (c *CredsFile) Write(creds []byte) error {
	_, err := c.file.Write(creds)
	if err := errors.Join(err, c.file.Sync(), c.file.Close()); err != nil {
		return err
	}
	folder, err := os.OpenRoot(filepath.Dir(c.file.Name()))
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(folder, "."), folder.Close())
}

// Discard removes the file, because nothing was issued.
func (c *CredsFile) Discard() error {
	return errors.Join(c.file.Close(), os.Remove(c.file.Name()))
}
