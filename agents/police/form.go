package police

import (
	"io"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/fivebyfive"
)

// The lines that begin and end a report in the flat form.
const (
	formBegins = "FORM A"
	formEnds   = "END OF REPORT"
)

// Bounds of one report in the flat form.
const (
	maxReport = 256 << 10
	maxFields = 4096
)

// readForms reads the flat form: "KEY: value" lines, of which a value goes on
// in indented lines, between FORM A and END OF REPORT.
func (a *Adapter) readForms(r io.Reader, take func(agents.Record) error) error {
	lines := native.NewLines(r, maxReport)
	for n := 0; ; n++ {
		first, err := lines.NextNotBlank()
		switch {
		case err == io.EOF && n == 0:
			return &agents.FileFault{Line: 1, Problem: "the file has no report: no line begins with " + formBegins, Advice: "export it as form A or as XML"}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case !strings.HasPrefix(first.Text, formBegins):
			return &agents.FileFault{Line: first.Number, Problem: "a line stands outside of the reports", Advice: "begin each report with " + formBegins + " and end it with " + formEnds}
		}
		rec, err := a.flat(lines, first)
		if err != nil {
			return err
		}
		if err := take(rec); err != nil {
			return err
		}
	}
}

// flat reads one report up to its last line. One that does not end ends where
// the next one begins.
func (a *Adapter) flat(lines *native.Lines, first native.Line) (agents.Record, error) {
	f := formReader{root: &native.Element{Name: "report", Line: first.Number}}
	f.at = f.root
	raw := strings.Builder{}
	raw.WriteString(first.Text + "\n")
	for over := first.Over; ; {
		line, err := lines.Next()
		switch {
		case err == io.EOF:
			f.fault(first.Number, "", "the report does not end with "+formEnds+": the file may have been cut short", "export it again")
			return f.rejected(raw.String()), nil
		case err != nil:
			return agents.Record{}, err
		case strings.HasPrefix(line.Text, formBegins):
			lines.PutBack(line)
			f.fault(first.Number, "", "the report does not end with "+formEnds+" before the next one begins", "export it again; the next one is dealt with")
			return f.rejected(raw.String()), nil
		case strings.TrimSpace(line.Text) == formEnds:
			raw.WriteString(line.Text + "\n")
			if over {
				f.fault(first.Number, "", "the report has more than 256 KiB", "split it")
			}
			return a.whole(f, raw.String()), nil
		}
		if over = over || line.Over || raw.Len()+len(line.Text) > maxReport; over {
			continue // nothing more of it is kept
		}
		raw.WriteString(line.Text + "\n")
		f.line(line.Number, strings.TrimRight(line.Text, "\r"))
	}
}

// whole makes a record of a report that has ended.
func (a *Adapter) whole(f formReader, raw string) agents.Record {
	if bad := f.root.Clean(); bad != nil {
		f.fault(bad.Line, bad.Field, bad.What, bad.Advice)
	}
	if len(f.faults) > 0 {
		return f.rejected(raw)
	}
	return a.form.Record(f.root, raw)
}

// formReader builds the same tree that the XML gives.
type formReader struct {
	root, at *native.Element // at is the report, or the item in hand
	last     *native.Element // what an indented line continues
	faults   []agents.Fault
	nodes    int // fields so far
}

func (f *formReader) fault(line int, field, problem, advice string) {
	if len(f.faults) < 20 {
		f.faults = append(f.faults, agents.Fault{Line: line, Field: field, Problem: problem, Advice: advice})
	}
}

func (f *formReader) rejected(raw string) agents.Record {
	return agents.Record{Line: f.root.Line, Reference: native.OneLine(f.root.Value("urn")), Raw: raw, Faults: f.faults}
}

func (f *formReader) line(n int, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if text[0] == ' ' || text[0] == '\t' {
		if f.last == nil {
			f.fault(n, "", "an indented line continues nothing", "begin the field with its name and a colon")
			return
		}
		f.last.Text += "\n" + strings.TrimSpace(text)
		return
	}
	key, value, ok := strings.Cut(text, ":")
	name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), " ", "_")
	if f.nodes++; !ok || len(name) > 40 || f.nodes > maxFields {
		f.fault(n, "", "the line is neither a field nor indented", "begin a field with its name and a colon, and indent the lines that continue it")
		return
	}
	f.add(n, name, strings.TrimSpace(value))
}

// parts are the fields of a subject, which stand on one line between bars.
var parts = map[string][]string{
	"nominal":  {"id", "name", "dob", "position", "nationality"},
	"business": {"id", "name", "address", "postcode", "number"},
	"address":  {"id", "name", "address", "postcode"},
	"vehicle":  {"id", "registration"},
	"phone":    {"id", "number"},
	"location": {"force_code", "place", "role"},
	"strand":   {"crime_type", "lead"},
}

func (f *formReader) add(n int, name, value string) {
	one := &native.Element{Name: name, Line: n, Text: value}
	f.last = one
	if fields, ok := parts[name]; ok {
		f.last, one.Text = nil, ""
		values := strings.Split(value, "|")
		if len(values) > len(fields) {
			f.fault(n, name, "the line has too many parts", "write "+strings.Join(fields, " | "))
			return
		}
		for i, v := range values {
			if v = strings.TrimSpace(v); v != "" {
				one.Attrs = append(one.Attrs, native.Attr{Name: fields[i], Value: v})
			}
		}
	}
	if name == "item" {
		f.at = one
		f.last, one.Text = nil, ""
		f.root.Kids = append(f.root.Kids, one)
		return
	}
	if fivebyfive.IsSubject(name) { // also behind the items they are the report's
		f.root.Kids = append(f.root.Kids, one)
		return
	}
	f.at.Kids = append(f.at.Kids, one)
}
