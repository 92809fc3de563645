// Package table reads sets of CSV tables strictly, and reports every fault of
// a set at once, each with file and line. It knows nothing of what the tables
// say: the package policy does.
//
// Every row of a table ends with the columns of [RowColumns]: the days on
// which it holds, where it comes from and how sure it is.
package table

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxBytes bounds the bytes of one table.
const MaxBytes = 16 << 20

// RowColumns end every table that has rows of law.
var RowColumns = []string{"valid_from", "valid_to", "source", "confidence", "notes"}

// Row says where a row of a table stands, on which days it holds and how sure
// it is.
type Row struct {
	// File and Line are the row's place in the table set.
	File string
	Line int
	// ValidFrom and ValidTo bound the days on which the row holds; zero is no
	// bound. ValidTo is the first day on which it no longer holds.
	ValidFrom, ValidTo time.Time
	// Source and Confidence say where the row comes from and how sure it is:
	// "high", "medium" or "low".
	Source, Confidence string
	Notes              string
}

// Place gives the row's file and line, as "rules.csv:12".
func (r *Row) Place() string { return fmt.Sprintf("%s:%d", r.File, r.Line) }

// On says whether the row holds on the day.
func (r *Row) On(day time.Time) bool {
	return (r.ValidFrom.IsZero() || !day.Before(r.ValidFrom)) && (r.ValidTo.IsZero() || day.Before(r.ValidTo))
}

// Overlaps says whether both rows hold on some day.
func (r *Row) Overlaps(s *Row) bool {
	return (r.ValidTo.IsZero() || s.ValidFrom.Before(r.ValidTo)) && (s.ValidTo.IsZero() || r.ValidFrom.Before(s.ValidTo))
}

// Faults gathers what is wrong with a table set, each with its place.
type Faults struct{ list []error }

// Fault is one thing that is wrong with a table set. Its place is a file, or a
// file and a line, as "rules.csv:12".
type Fault struct{ Place, Problem string }

// Error gives the fault in one line.
func (f *Fault) Error() string { return f.Place + ": " + f.Problem }

// Add reports a fault at a place.
func (f *Faults) Add(place, format string, args ...any) {
	f.list = append(f.list, &Fault{place, fmt.Sprintf(format, args...)})
}

// Err joins all faults into one error, or returns nil if there are none.
func (f *Faults) Err() error { return errors.Join(f.list...) }

// Record is one row while it is read: its cells by column, and its faults.
type Record struct {
	file   string
	line   int
	cells  map[string]string
	faults *Faults
}

// Read reads a table: its header must be exactly the columns, or those that an
// earlier version gave it; every row must have as many cells, and no cell may
// begin or end with space.
func Read(tables fs.FS, name string, columns []string, f *Faults, earlier ...[]string) []Record {
	file, err := tables.Open(name)
	if err != nil {
		f.Add(name, "the table cannot be read: %v", err)
		return nil
	}
	defer file.Close()
	r := csv.NewReader(io.LimitReader(file, MaxBytes))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	for _, old := range earlier {
		if slices.Equal(header, old) {
			columns = old
		}
	}
	if err != nil || !slices.Equal(header, columns) {
		f.Add(name+":1", "the columns must be %s", strings.Join(columns, ","))
		return nil
	}
	var records []Record
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return records
		}
		if err != nil {
			f.Add(name, "%v", err)
			return records
		}
		line, _ := r.FieldPos(0)
		rec := Record{file: name, line: line, faults: f}
		if len(cells) != len(columns) {
			rec.Fault("the row has %d cells instead of %d", len(cells), len(columns))
			continue
		}
		rec.fill(columns, cells)
		records = append(records, rec)
	}
}

func (r *Record) fill(columns, cells []string) {
	r.cells = make(map[string]string, len(columns))
	for i, c := range columns {
		r.cells[c] = cells[i]
		if strings.TrimSpace(cells[i]) != cells[i] {
			r.Fault("%s begins or ends with space", c)
		}
	}
}

// Fault reports a fault of the row.
func (r Record) Fault(format string, args ...any) {
	r.faults.Add(fmt.Sprintf("%s:%d", r.file, r.line), format, args...)
}

// Row reads the cells that every table has.
func (r Record) Row() Row {
	row := Row{File: r.file, Line: r.line, ValidFrom: r.Date("valid_from"), ValidTo: r.Date("valid_to"),
		Source: r.Need("source"), Confidence: r.OneOf("confidence", "high", "medium", "low"), Notes: r.Cell("notes")}
	if !row.ValidFrom.IsZero() && !row.ValidTo.IsZero() && !row.ValidFrom.Before(row.ValidTo) {
		r.Fault("valid_to %s is not after valid_from %s", r.Cell("valid_to"), r.Cell("valid_from"))
	}
	return row
}

// Has says whether the table has the column: one that an earlier version wrote
// may lack it.
func (r Record) Has(column string) bool {
	_, ok := r.cells[column]
	return ok
}

// Cell returns a cell as it stands.
func (r Record) Cell(column string) string { return r.cells[column] }

// Need reads a cell that must not be empty.
func (r Record) Need(column string) string {
	cell := r.cells[column]
	if cell == "" {
		r.Fault("%s is empty", column)
	}
	return cell
}

// ID reads the name of a row: lower-case letters, digits and hyphens.
func (r Record) ID(column string) string {
	cell := r.Need(column)
	for _, c := range cell {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			r.Fault("%s %q may have only lower-case letters, digits and hyphens", column, cell)
			break
		}
	}
	return cell
}

// OneOf reads a cell that must be one of the words.
func (r Record) OneOf(column string, words ...string) string {
	cell := r.cells[column]
	if !slices.Contains(words, cell) {
		r.Fault("%s is %q and must be one of: %s", column, cell, strings.Join(words, ", "))
	}
	return cell
}

// Yes reads a cell that must be yes or no.
func (r Record) Yes(column string) bool { return r.OneOf(column, "yes", "no") == "yes" }

// Number reads a number within bounds.
func (r Record) Number(column string, from, to int) int {
	n, err := strconv.Atoi(r.cells[column])
	if err != nil || n < from || n > to {
		r.Fault("%s is %q and must be a number from %d to %d", column, r.cells[column], from, to)
		return from
	}
	return n
}

// Words reads a list: words with one space between them, none of them twice.
func (r Record) Words(column string) []string {
	cell := r.cells[column]
	if cell == "" {
		return nil
	}
	list := strings.Split(cell, " ")
	for i, w := range list {
		if w == "" || slices.Contains(list[:i], w) {
			r.Fault("%s has %q twice, or two spaces", column, w)
		}
	}
	return list
}

// WordsOf reads a list of words that must all be among those known.
func WordsOf[T ~string](r Record, column string, known ...T) []T {
	var list []T
	for _, w := range r.Words(column) {
		if !slices.Contains(known, T(w)) {
			r.Fault("%s has the unknown word %q", column, w)
		}
		list = append(list, T(w))
	}
	return list
}

// Date reads a full date, or the zero time from an empty cell. A day begins at
// midnight in UTC.
func (r Record) Date(column string) time.Time {
	cell := r.cells[column]
	if cell == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, cell)
	if err != nil {
		r.Fault("%s is %q and must be a date such as 2009-04-01", column, cell)
	}
	return day
}

// CheckNames reports names that stand twice among the rows of a table.
func CheckNames[T any](f *Faults, rows []T, name func(*T) (string, *Row)) {
	first := map[string]*Row{}
	for n := range rows {
		id, row := name(&rows[n])
		if before, twice := first[id]; twice {
			f.Add(row.Place(), "%q stands already at %s", id, before.Place())
			continue
		}
		first[id] = row
	}
}

// Hash is the SHA-256 of every table's name, length and content, in the order
// of the names. A table that is not known is a fault: it would be law that
// nobody applies.
func Hash(tables fs.FS, known []string, f *Faults) string {
	names, err := fs.Glob(tables, "*.csv")
	if err != nil {
		f.Add("tables", "%v", err)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		if !slices.Contains(known, name) {
			f.Add(name, "there is no such table")
		}
		content, err := fs.ReadFile(tables, name)
		if err != nil {
			f.Add(name, "the table cannot be read: %v", err)
		}
		if len(content) > MaxBytes {
			f.Add(name, "the table is larger than %d bytes", MaxBytes)
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(content))
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
