package crimestoppers

import (
	"fmt"
	"io"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// Bounds of one report. A message is smaller.
const (
	maxReport = 256 << 10
	maxFields = 200
)

// The lines that begin and end a report.
const (
	begins = "==== CRIMESTOPPERS REPORT "
	closes = " ===="
	ends   = "==== END OF REPORT ===="
)

// reference returns the reference in a line that begins a report.
func reference(text string) (ref string, ok bool) {
	if ref, ok = strings.CutPrefix(text, begins); !ok {
		return "", false
	}
	ref, ok = strings.CutSuffix(ref, closes)
	return native.OneLine(ref), ok
}

// field is a field of a report.
type field struct {
	name, value string
	line        int
}

// report is one report, taken apart and cleaned.
type report struct {
	line   int
	ref    string
	fields []field
	// text are the lines behind INFORMATION.
	text   []string
	raw    string
	faults []agents.Fault
}

// reports finds the reports of a log one by one.
type reports struct {
	in  *native.Lines
	any bool
}

func newReports(r io.Reader) *reports {
	return &reports{in: native.NewLines(native.Text(r), maxReport)}
}

// next returns the next report, which may have faults, io.EOF, or a
// *agents.FileFault.
func (rs *reports) next() (report, error) {
	first, err := rs.first()
	if err != nil {
		return report{}, err
	}
	rs.any = true
	one := report{line: first.Number}
	one.ref, _ = reference(strings.TrimSpace(first.Text)) // it is such a line
	var raw strings.Builder
	raw.WriteString(first.Text)
	for {
		line, err := rs.in.Next()
		text := strings.TrimSpace(line.Text)
		_, another := reference(text)
		switch {
		case err == io.EOF:
			one.fault(one.line, "", "the report is not ended: the file may have been cut short", "export it again")
		case err != nil:
			return report{}, err
		case another:
			one.fault(one.line, "", "the report is not ended before the next one begins", "end it with "+ends)
			rs.in.PutBack(line)
		case line.Over || raw.Len()+len(line.Text) > maxReport:
			one.fault(line.Number, "", fmt.Sprintf("the report has more than %d bytes", maxReport), "shorten it")
			continue
		default:
			raw.WriteString("\n" + line.Text)
			if text != ends {
				one.add(line)
				continue
			}
		}
		one.raw = raw.String()
		one.clean()
		return one, nil
	}
}

// first returns the line with which the next report begins.
func (rs *reports) first() (native.Line, error) {
	last := 1
	for {
		line, err := rs.in.Next()
		text := strings.TrimSpace(line.Text)
		_, found := reference(text)
		switch {
		case err == io.EOF && !rs.any:
			return line, &agents.FileFault{Line: last, Problem: "the file has no report", Advice: "export the log again; a report begins with a line like ==== CRIMESTOPPERS REPORT CS/09/0000001 ===="}
		case err != nil:
			return line, err
		case text == "":
			last = line.Number
		case found:
			return line, nil
		default:
			return line, &agents.FileFault{Line: line.Number, Problem: "a line stands outside of the reports", Advice: "begin each report with its line of separation and end it with " + ends}
		}
	}
}

func (r *report) fault(line int, name, problem, advice string) {
	if len(r.faults) < 20 {
		r.faults = append(r.faults, agents.Fault{Line: line, Field: name, Problem: problem, Advice: advice})
	}
}

// information is the field whose text goes on to the end of the report.
const information = "information"

// add takes in a line of the report.
func (r *report) add(line native.Line) {
	if strings.HasPrefix(strings.TrimSpace(line.Text), "====") {
		r.fault(line.Number, "", "the line of separation is neither that which begins a report nor that which ends one", "end the report with "+ends)
		return
	}
	if n := len(r.fields); n > 0 && r.fields[n-1].name == information {
		r.text = append(r.text, line.Text)
		return
	}
	if strings.TrimSpace(line.Text) == "" {
		return
	}
	key, value, ok := strings.Cut(line.Text, ":")
	name := strings.ToLower(native.OneLine(key))
	if !ok || len(r.fields) >= maxFields {
		r.fault(line.Number, "", "the line is no field, or there are too many", "write NAME: value, and free text behind INFORMATION: alone")
		return
	}
	r.fields = append(r.fields, field{name: name, value: value, line: line.Number})
}

// clean cleans the values, and refuses fields that are not in the layout.
func (r *report) clean() {
	seen := map[string]bool{}
	for i, f := range r.fields {
		use, ok := layout[f.name]
		switch {
		case !ok:
			r.fault(f.line, "", "a field is not in the layout: it may tell who called, and that must not leave", "take it out of the export; known are "+known)
		case seen[f.name] && !use.repeated:
			r.fault(f.line, f.name, "the field stands twice", "leave one of them out")
		}
		seen[f.name] = true
		if f.name == information {
			f.value += "\n" + strings.Join(r.text, "\n")
		}
		clean, p := native.Clean(f.value)
		if p != nil {
			name := f.name
			if !ok {
				name = ""
			}
			r.fault(f.line, name, p.What, p.Advice)
		}
		r.fields[i].value = clean
	}
}

// field returns a field that stands once.
func (r *report) field(name string) field {
	for _, f := range r.fields {
		if f.name == name {
			return f
		}
	}
	return field{name: name, line: r.line}
}

// all returns every field of a name that says something.
func (r *report) all(name string) []field {
	var out []field
	for _, f := range r.fields {
		if f.name == name && !native.Unknown(f.value) {
			out = append(out, f)
		}
	}
	return out
}
