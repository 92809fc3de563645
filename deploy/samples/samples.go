// Package samples holds invented native records that make a demonstration move:
// exports of the six agencies and of the hub's sources, as their systems might
// write them. They tell a few connected stories (a farm near
// Boston and a house in Wisbech that three bodies see from three sides; a labour
// provider in Suffolk whose workers are in Cornwall and Scotland) and hold
// records that must not pass: badly graded ones, unsanitised ones, some above
// the ceiling, some that only the originator may keep, some that a statute bars.
//
// Every person, business, place and number is invented: names say so, telephone
// numbers are those that Ofcom keeps for drama, postcodes begin with ZZ99.
package samples

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Files holds one folder for each agency's inbox, by its name; below police one
// for each force, and below hmrc one for each of its two members.
//
//go:embed gla eas hmrc ukba soca police helpline crimestoppers
var Files embed.FS

// Lay writes the samples of a folder, such as "gla", into an inbox, each file
// under its final name only when it is whole.
func Lay(inbox, folder string) error {
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		return fmt.Errorf("laying out samples: %w", err)
	}
	files, err := fs.ReadDir(Files, folder)
	if err != nil {
		return fmt.Errorf("laying out samples: %w", err)
	}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		content, err := fs.ReadFile(Files, path.Join(folder, f.Name()))
		if err != nil {
			return fmt.Errorf("laying out samples: %w", err)
		}
		part := filepath.Join(inbox, "."+f.Name()+".part")
		if err := os.WriteFile(part, content, 0o600); err != nil {
			return fmt.Errorf("laying out samples: %w", err)
		}
		if err := os.Rename(part, filepath.Join(inbox, f.Name())); err != nil {
			return fmt.Errorf("laying out samples: %w", err)
		}
	}
	return nil
}
