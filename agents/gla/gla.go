package gla

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// Member is whose records these are.
const Member schemas.MemberID = "gla"

// Adapter reads the Authority's three exports, and tells them apart by their
// headers.
type Adapter struct{}

// New returns the adapter.
func New() *Adapter { return &Adapter{} }

// Name returns "gla".
func (*Adapter) Name() string { return "gla" }

// maxRow bounds the bytes of one row. A message is smaller.
const maxRow = 256 << 10

// maxRows bounds the rows of one report: as many as a message has items.
const maxRows = schemas.MaxItems

// row is one row of the export, its values by column name.
type row struct {
	line   int
	values map[string]string
	// lines is where each field begins.
	lines map[string]int
	raw   string
	fault *agents.Fault
	// ref is the reference, as far as it can be made out; cut says that the
	// file ends in the row.
	ref string
	cut bool
}

// Read reads one export.
func (a *Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	rows, err := newRows(r)
	if err != nil {
		return err
	}
	var report []row
	for {
		next, err := rows.next()
		if err != nil && err != io.EOF {
			return err
		}
		if len(report) > 0 && (err == io.EOF || !rows.layout.sameReport(report, next)) {
			if err := take(rows.layout.record(report)); err != nil {
				return err
			}
			report = nil
		}
		if err == io.EOF {
			return nil
		}
		report = append(report, next)
	}
}

// rows reads rows one by one.
type rows struct {
	lines   *lineReader
	layout  *layout
	columns []string
}

func newRows(r io.Reader) (*rows, error) {
	rs := &rows{lines: &lineReader{in: bufio.NewReaderSize(native.Text(r), 64<<10)}}
	text, line, complete, err := rs.lines.row()
	if errors.Is(err, io.EOF) {
		return nil, &agents.FileFault{Line: 1, Problem: "the file is empty", Advice: "export it again"}
	}
	if err != nil {
		return nil, err
	}
	names, bad := parse(text)
	if !complete || bad != nil || len(text) > maxRow {
		return nil, &agents.FileFault{Line: line, Problem: "the first line is no header of a CSV export", Advice: "export it again with a header"}
	}
	for i, name := range names {
		names[i] = strings.ToLower(strings.TrimSpace(name))
	}
	rs.columns, rs.layout = names, layoutOf(names)
	if fault := rs.layout.fits(names); fault != nil {
		fault.Line = line
		return nil, fault
	}
	return rs, nil
}

// next returns the next row, which may have a fault, or io.EOF.
func (rs *rows) next() (row, error) {
	text, line, complete, err := rs.lines.row()
	if err != nil {
		return row{}, err
	}
	one := row{line: line, raw: text, cut: !complete}
	if rs.columns[0] == rs.layout.key {
		one.ref, _, _ = strings.Cut(text, ",")
		one.ref = native.OneLine(strings.Trim(one.ref, " \"\r\n"))
	}
	if rs.lines.oversize {
		one.fault = &agents.Fault{Line: line, Problem: fmt.Sprintf("the row has more than %d bytes, or a quote that is never closed", maxRow),
			Advice: "close the quote or split the report; what followed in these bytes was not read as rows"}
		return one, nil
	}
	values, bad := parse(text)
	switch {
	case bad != nil:
		one.fault = &agents.Fault{Line: line, Problem: fmt.Sprintf("lines %d to %d are no row of CSV: a quote stands where none may, or is not closed", line, rs.lines.line),
			Advice: "double the quotes inside a quoted field and export again; none of these lines was read"}
	case len(values) != len(rs.columns):
		one.fault = &agents.Fault{Line: line, Problem: fmt.Sprintf("the row has %d fields and the header %d", len(values), len(rs.columns)),
			Advice: "put fields with commas or line breaks in quotes; if it is the last row, the file may have been cut short"}
	case !complete:
		one.fault = &agents.Fault{Line: line, Problem: "the last row does not end with a line break: the file may have been cut short", Advice: "export it again; if the row is whole, end it with a line break"}
	}
	if one.fault == nil {
		one.set(rs.columns, values)
		one.ref = native.OneLine(one.values[rs.layout.key])
	}
	return one, nil
}

// set cleans the values and notes where each begins.
func (r *row) set(columns, values []string) {
	fields, bad, p := native.FieldsOf(r.line, columns, values)
	r.values, r.lines = fields.Values, fields.Lines
	if p != nil {
		r.fault = &agents.Fault{Line: r.lines[bad], Field: bad, Problem: p.What, Advice: p.Advice}
	}
}

// parse takes one row apart.
func parse(text string) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	values, err := r.Read()
	if err != nil {
		return nil, err
	}
	if _, err := r.Read(); err != io.EOF {
		return nil, errors.New("more than one row")
	}
	return values, nil
}
