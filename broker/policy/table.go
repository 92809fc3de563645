package policy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"liaison/schemas"
)

// maxTable bounds the bytes of one table.
const maxTable = 16 << 20

// Row says where a row of a table stands, on which days it holds and how sure
// it is. Every member, rule, gateway, bar and handling code is one.
type Row struct {
	// File and Line are the row's place in the table set.
	File string
	Line int
	// ValidFrom and ValidTo bound the days on which the row holds; zero is no
	// bound. ValidTo is the first day on which it no longer holds.
	ValidFrom, ValidTo schemas.Date
	// Source and Confidence say where the row comes from and how sure it is:
	// "high", "medium" or "low".
	Source, Confidence string
	Notes              string

	from, to time.Time
}

// Place gives the row's file and line, as "rules.csv:12".
func (r Row) Place() string { return fmt.Sprintf("%s:%d", r.File, r.Line) }

// On says whether the row holds on the day.
func (r Row) On(day time.Time) bool {
	return (r.from.IsZero() || !day.Before(r.from)) && (r.to.IsZero() || day.Before(r.to))
}

// faults gathers what is wrong with a table set, each with its place.
type faults struct{ list []error }

func (f *faults) add(place, format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

func (f *faults) join() error { return errors.Join(f.list...) }

// record is one row while it is read: its cells by column, and its faults.
type record struct {
	file   string
	line   int
	cells  map[string]string
	faults *faults
}

// rowColumns end every table but the settings.
var rowColumns = []string{"valid_from", "valid_to", "source", "confidence", "notes"}

// readTable reads a table strictly: its header must be exactly the columns,
// every row must have as many cells, and no cell may begin or end with space.
func readTable(tables fs.FS, name string, columns []string, f *faults) []record {
	file, err := tables.Open(name)
	if err != nil {
		f.add(name, "the table cannot be read: %v", err)
		return nil
	}
	defer file.Close()
	r := csv.NewReader(io.LimitReader(file, maxTable))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil || !slices.Equal(header, columns) {
		f.add(name+":1", "the columns must be %s", strings.Join(columns, ","))
		return nil
	}
	var records []record
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return records
		}
		if err != nil {
			f.add(name, "%v", err)
			return records
		}
		line, _ := r.FieldPos(0)
		rec := record{file: name, line: line, faults: f}
		if len(cells) != len(columns) {
			rec.fault("the row has %d cells instead of %d", len(cells), len(columns))
			continue
		}
		rec.cells = byColumn(columns, cells)
		rec.checkCells(columns)
		records = append(records, rec)
	}
}

func byColumn(columns, cells []string) map[string]string {
	m := make(map[string]string, len(columns))
	for i, c := range columns {
		m[c] = cells[i]
	}
	return m
}

func (r record) place() string { return fmt.Sprintf("%s:%d", r.file, r.line) }

func (r record) fault(format string, args ...any) { r.faults.add(r.place(), format, args...) }

func (r record) checkCells(columns []string) {
	for _, c := range columns {
		if cell := r.cells[c]; strings.TrimSpace(cell) != cell {
			r.fault("%s begins or ends with space", c)
		}
	}
}

// row reads the cells that every table has.
func (r record) row() Row {
	row := Row{File: r.file, Line: r.line, ValidFrom: r.date("valid_from"), ValidTo: r.date("valid_to"),
		Source: r.need("source"), Confidence: r.oneOf("confidence", "high", "medium", "low"), Notes: r.cells["notes"]}
	row.from, row.to = midnight(row.ValidFrom), midnight(row.ValidTo)
	if !row.from.IsZero() && !row.to.IsZero() && !row.from.Before(row.to) {
		r.fault("valid_to %s is not after valid_from %s", row.ValidTo, row.ValidFrom)
	}
	return row
}

// need reads a cell that must not be empty.
func (r record) need(column string) string {
	cell := r.cells[column]
	if cell == "" {
		r.fault("%s is empty", column)
	}
	return cell
}

// id reads the name of a row: lower-case letters, digits and hyphens.
func (r record) id(column string) schemas.Code {
	cell := r.need(column)
	for _, c := range cell {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			r.fault("%s %q may have only lower-case letters, digits and hyphens", column, cell)
			break
		}
	}
	return schemas.Code(cell)
}

// oneOf reads a cell that must be one of the words.
func (r record) oneOf(column string, words ...string) string {
	cell := r.cells[column]
	if !slices.Contains(words, cell) {
		r.fault("%s is %q and must be one of: %s", column, cell, strings.Join(words, ", "))
	}
	return cell
}

// words reads a list: words with one space between them, none of them twice.
func (r record) words(column string) []string {
	cell := r.cells[column]
	if cell == "" {
		return nil
	}
	list := strings.Split(cell, " ")
	for i, w := range list {
		if w == "" || slices.Contains(list[:i], w) {
			r.fault("%s has %q twice, or two spaces", column, w)
		}
	}
	return list
}

// wordsOf reads a list of words that must all be among those known.
func wordsOf[T ~string](r record, column string, known ...T) []T {
	var list []T
	for _, w := range r.words(column) {
		if !slices.Contains(known, T(w)) {
			r.fault("%s has the unknown word %q", column, w)
		}
		list = append(list, T(w))
	}
	return list
}

// codes reads a list of codes of a code list.
func (r record) codes(column string, known *schemas.CodeList) []schemas.Code {
	var list []schemas.Code
	for _, w := range r.words(column) {
		if _, ok := known.Lookup(schemas.Code(w)); !ok {
			r.fault("%s has %q, which is not in the list of %s", column, w, known.Name())
		}
		list = append(list, schemas.Code(w))
	}
	return list
}

// date reads a full date, or the zero date from an empty cell.
func (r record) date(column string) schemas.Date {
	cell := r.cells[column]
	if cell == "" {
		return schemas.Date{}
	}
	d, err := schemas.ParseDate(cell)
	if err != nil || !d.Full() {
		r.fault("%s is %q and must be a date such as 2009-04-01", column, cell)
		return schemas.Date{}
	}
	return d
}

// midnight is the instant at which a day begins, or the zero time.
func midnight(d schemas.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	year, month, day := d.Parts()
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}
