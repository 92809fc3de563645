package eas

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// maxRow bounds the bytes of one row. A message is smaller.
const maxRow = 256 << 10

// beginsRow finds the reference and the bar with which a row begins.
var beginsRow = regexp.MustCompile(`^\s*[A-Za-z]{2,6}/[0-9]{2,4}/[0-9]{1,8}\s*\|`)

// row is one complaint, its values by column name.
type row struct {
	line   int
	values map[string]string
	// lines is where each field begins.
	lines map[string]int
	raw   string
	ref   string
	fault *agents.Fault
}

// rows finds the rows of an export one by one. Memo fields come out of the
// database with their line breaks and without quotes, so that the beginning of
// the next row is what ends one.
type rows struct {
	in *native.Lines
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
	names := strings.Split(header.Text, "|")
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	if !slices.Equal(names, Columns) || !header.Ended || header.Over {
		return nil, &agents.FileFault{Line: header.Number, Problem: "the first line is not the header of a complaints export",
			Advice: "export exactly these columns, and none that names a complainant: " + strings.Join(Columns, "|")}
	}
	return rs, nil
}

// next returns the next row, which may have a fault, or io.EOF.
func (rs *rows) next() (row, error) {
	last, err := rs.in.NextNotBlank()
	if err != nil {
		return row{}, err
	}
	one := row{line: last.Number}
	var text strings.Builder
	text.WriteString(last.Text)
	bars, over := strings.Count(last.Text, "|"), last.Over
	for {
		line, err := rs.in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return row{}, err
		}
		if begins(line, bars) {
			rs.in.PutBack(line)
			break
		}
		last = line
		over = over || line.Over || text.Len()+len(line.Text) >= maxRow
		if !over {
			text.WriteString("\n" + line.Text)
			bars += strings.Count(line.Text, "|")
		}
	}
	one.raw = text.String()
	one.set(last.Ended, over)
	return one, nil
}

// begins says whether a line begins a row, when the row in hand has so many
// bars. A row is over with its last column: what follows is no part of it,
// blank lines apart, and neither is the beginning of a row that was cut short.
func begins(line native.Line, bars int) bool {
	here := strings.Count(line.Text, "|")
	whole := bars >= len(Columns)-1
	return beginsRow.MatchString(line.Text) || here >= len(Columns)-1 || whole && (here > 0 || !line.Ended)
}

// set takes the row apart, cleans the values and notes where each begins.
func (r *row) set(ended, over bool) {
	values := strings.Split(strings.TrimRight(r.raw, "\n"), "|")
	r.ref = native.OneLine(values[0])
	switch n := len(values); {
	case over:
		r.fault = &agents.Fault{Line: r.line, Problem: fmt.Sprintf("the row has more than %d bytes", maxRow), Advice: "shorten its narrative or split it; what followed, up to the next reference, was not read"}
	case n != len(Columns):
		r.fault = &agents.Fault{Line: r.line, Problem: fmt.Sprintf("the row has %d fields and the header %d", n, len(Columns)),
			Advice: "write no bar in a text and leave no column out; if it is the last row, the file may have been cut short"}
	case strings.Contains(values[n-1], "\n"):
		r.fault = &agents.Fault{Line: r.line, Problem: "text follows the last column of the row", Advice: "put line breaks into the narrative only, and begin each row with its reference"}
	case !ended:
		r.fault = &agents.Fault{Line: r.line, Problem: "the last row does not end with a line break: the file may have been cut short", Advice: "export it again; if the row is whole, end it with a line break"}
	}
	if r.fault != nil {
		return
	}
	fields, bad, p := native.FieldsOf(r.line, Columns, values)
	r.values, r.lines = fields.Values, fields.Lines
	if p != nil {
		r.fault = &agents.Fault{Line: r.lines[bad], Field: bad, Problem: p.What, Advice: p.Advice}
		return
	}
	r.ref = native.OneLine(r.values["complaint_ref"])
}
