package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxStoreFile holds the bound of the store that was chosen last. The streams
// reserve their share of it, so that a folder opens only with as much.
const maxStoreFile = "max-store"

// RememberMaxStore keeps the bound of a folder's store, for whoever opens the
// folder without choosing one.
func RememberMaxStore(dir string, bytes int64) error {
	if err := replaceFile(filepath.Join(dir, maxStoreFile), strconv.FormatInt(bytes, 10)+"\n"); err != nil {
		return fmt.Errorf("remembering the bound of the store: %w", err)
	}
	return nil
}

// rememberedMaxStore returns the bound that was chosen for a folder's store, or
// zero if none was.
func rememberedMaxStore(dir string) (int64, error) {
	text, err := os.ReadFile(filepath.Join(dir, maxStoreFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the bound of the store: %w", err)
	}
	bytes, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading the bound of the store: %s holds no number; give --max-store to 'liaison serve'", filepath.Join(dir, maxStoreFile))
	}
	return bytes, nil
}
