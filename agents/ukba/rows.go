package ukba

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// Columns are the columns of a civil penalty, in their order. The first sixteen
// must be there.
var Columns = []string{
	"notice_no", "employer", "company_no", "premises", "visit_ref", "workers_illegal", "docs_checked", "statutory_excuse",
	"penalty_per_worker", "total", "issued", "objection", "appeal", "paid", "victim_screening", "marking",
	"region", "sectors", "source_evaluation", "intelligence_evaluation", "handling_code", "conditions",
}

const required = 16

// maxRow bounds the bytes of one row. A message is smaller.
const maxRow = 64 << 10

// beginsRow finds the number of a notice with which a row begins. It ends the
// row before it even where a quote was left open, so that one row cannot
// swallow those after it.
var beginsRow = regexp.MustCompile(`^"?CP/[0-9]{2}/[0-9]{1,8}"?,`)

// row is one penalty, its values by column name.
type row struct {
	line   int
	values map[string]string
	// lines is where each field begins.
	lines map[string]int
	raw   string
	ref   string
	fault *agents.Fault
}

// rows finds the rows of an export one by one.
type rows struct {
	in      *native.Lines
	columns []string
}

func newRows(r io.Reader) (*rows, error) {
	rs := &rows{in: native.NewLines(native.Text(r), maxRow)}
	header, err := rs.in.NextNotBlank()
	if err == io.EOF {
		return nil, &agents.FileFault{Line: 1, Problem: "the file is empty", Advice: "export it again"}
	}
	if err != nil {
		return nil, err
	}
	names, bad := csv.NewReader(strings.NewReader(header.Text)).Read()
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	if bad != nil || !header.Ended || header.Over || len(names) < required || len(names) > len(Columns) || !slices.Equal(names, Columns[:len(names)]) {
		return nil, &agents.FileFault{Line: header.Number, Problem: "the first line is neither XML nor the header of civil penalties",
			Advice: "export these columns in this order, the first sixteen at least (a penalty without victim_screening is not shared): " + strings.Join(Columns, ", ")}
	}
	rs.columns = names
	return rs, nil
}

// next returns the next row, which may have a fault, or io.EOF. A row goes on
// while a quote is open.
func (rs *rows) next() (row, error) {
	last, err := rs.in.NextNotBlank()
	if err != nil {
		return row{}, err
	}
	one := row{line: last.Number}
	var text strings.Builder
	text.WriteString(last.Text)
	over := last.Over
	for quotes := strings.Count(last.Text, `"`); quotes%2 == 1; {
		line, err := rs.in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return row{}, err
		}
		if beginsRow.MatchString(line.Text) {
			rs.in.PutBack(line)
			break
		}
		last = line
		if over = over || line.Over || text.Len()+len(line.Text) > maxRow; !over {
			text.WriteString("\n" + line.Text)
		}
		quotes += strings.Count(line.Text, `"`)
	}
	one.raw = text.String()
	one.set(rs.columns, last.Ended, over)
	return one, nil
}

// set takes the row apart, cleans the values and notes where each begins.
func (r *row) set(columns []string, ended, over bool) {
	in := csv.NewReader(strings.NewReader(r.raw))
	in.FieldsPerRecord = -1
	values, err := in.Read()
	switch {
	case over:
		r.fault = &agents.Fault{Line: r.line, Problem: fmt.Sprintf("the row has more than %d bytes, or a quote that is never closed", maxRow), Advice: "close the quote; what followed, up to the next notice, was not read"}
	case err != nil:
		r.fault = &agents.Fault{Line: r.line, Problem: "the row is no CSV: a quote stands where none may, or is not closed", Advice: "double the quotes inside a quoted field and export again"}
	case len(values) != len(columns):
		r.fault = &agents.Fault{Line: r.line, Problem: fmt.Sprintf("the row has %d fields and the header %d", len(values), len(columns)),
			Advice: "put fields with commas in quotes; if it is the last row, the file may have been cut short"}
	case !ended:
		r.fault = &agents.Fault{Line: r.line, Problem: "the last row does not end with a line break: the file may have been cut short", Advice: "export it again; if the row is whole, end it with a line break"}
	}
	if r.fault != nil {
		return
	}
	fields, bad, p := native.FieldsOf(r.line, columns, values)
	r.values, r.lines = fields.Values, fields.Lines
	if p != nil {
		r.fault = &agents.Fault{Line: r.lines[bad], Field: bad, Problem: p.What, Advice: p.Advice}
		return
	}
	r.ref = native.OneLine(r.values["notice_no"])
}
