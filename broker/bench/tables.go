package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"liaison/broker/policy"
	"liaison/schemas"
)

// crime is the crime type of the tips: the police of the area hear of it, and
// nobody else.
const crime schemas.Code = "assault"

// elsewhere are areas in which no tip happens.
var elsewhere = []schemas.Code{"psni", "strathclyde", "tayside", "fife", "grampian"}

// larger writes a set of tables to a folder, with so many more rules and members
// whom they name, and loads it: every other rule is about the tips' own crime
// type where no tip happens, the others about other crimes. None of them
// concerns a tip, so that only the size differs.
func larger(dir string, tables fs.FS, more int, areas []schemas.Code) (*policy.Policy, error) {
	if err := os.CopyFS(dir, tables); err != nil {
		return nil, fmt.Errorf("enlarging the tables: %w", err)
	}
	var crimes []schemas.Code
	for _, e := range schemas.CrimeTypes().All() {
		if !schemas.CrimeTypes().Within(crime, e.Code) {
			crimes = append(crimes, e.Code)
		}
	}
	var members, rules strings.Builder
	for n := range more {
		area, about := elsewhere[n%len(elsewhere)], crime
		if n%2 == 1 {
			area, about = areas[n%len(areas)], crimes[n%len(crimes)]
		}
		fmt.Fprintf(&members, "more-%d,Another,law-enforcement,other,%s,,,restricted,no,Desk,,,,bench,low,\n", n, area)
		fmt.Fprintf(&rules, "more-%d,more-%d,,%s,%s,,,,,bench,,,bench,low,\n", n, n, about, area)
	}
	err := errors.Join(appendTo(filepath.Join(dir, "members.csv"), members.String()), appendTo(filepath.Join(dir, "rules.csv"), rules.String()))
	if err != nil {
		return nil, fmt.Errorf("enlarging the tables: %w", err)
	}
	p, err := policy.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("enlarging the tables: %w", err)
	}
	return p, nil
}

func appendTo(file, rows string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(rows)
	return errors.Join(err, f.Close())
}
