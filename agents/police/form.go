package police

import (
	"bufio"
	"errors"
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

// readForms reads the flat form: "KEY: value" lines, of which a value goes on
// in indented lines, between FORM A and END OF REPORT.
func (a *Adapter) readForms(r io.Reader, take func(agents.Record) error) error {
	l := &lines{in: bufio.NewReaderSize(r, 64<<10)}
	any := false
	for {
		text, err := l.next()
		if err == io.EOF && !any {
			return &agents.FileFault{Line: max(l.n, 1), Problem: "the file has no report: no line begins with " + formBegins, Advice: "export it as form A or as XML"}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		if !strings.HasPrefix(text, formBegins) {
			return &agents.FileFault{Line: l.n, Problem: "a line stands outside of the reports", Advice: "begin each report with " + formBegins + " and end it with " + formEnds}
		}
		any = true
		rec, err := a.flat(l, text)
		if err != nil {
			return err
		}
		if err := take(rec); err != nil {
			return err
		}
	}
}

// flat reads one report up to its last line.
func (a *Adapter) flat(l *lines, first string) (agents.Record, error) {
	f := formReader{root: &native.Element{Name: "report", Line: l.n}}
	f.at = f.root
	raw := strings.Builder{}
	raw.WriteString(first + "\n")
	for {
		text, err := l.next()
		switch {
		case err == io.EOF:
			f.fault(l.n, "", "the report does not end with "+formEnds+": the file may have been cut short", "export it again")
			return f.rejected(raw.String()), nil
		case err != nil:
			return agents.Record{}, err
		case raw.Len()+len(text) > maxReport || l.over:
			f.fault(l.n, "", "the report has more than 256 KiB", "split it")
		default:
			raw.WriteString(text + "\n")
		}
		if strings.TrimSpace(text) == formEnds {
			break
		}
		f.line(l.n, text)
	}
	if clean := clean(f.root); clean != nil {
		f.faults = append(f.faults, *clean)
	}
	if len(f.faults) > 0 {
		return f.rejected(raw.String()), nil
	}
	return a.form.Record(f.root, raw.String()), nil
}

// formReader builds the same tree that the XML gives.
type formReader struct {
	root, at *native.Element // at is the report, or the item in hand
	last     *native.Element // what an indented line continues
	faults   []agents.Fault
	nodes    int
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
	if f.nodes++; !ok || len(name) > 40 || f.nodes > maxNodes {
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

// lines reads lines of bounded length.
type lines struct {
	in   *bufio.Reader
	n    int
	over bool
}

// next returns the next line without its break. Of a line that is too long it
// returns the beginning and sets over. A last line without a break counts.
func (l *lines) next() (string, error) {
	var b strings.Builder
	l.over = false
	for {
		part, err := l.in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
		if b.Len()+len(part) > maxReport {
			l.over = true
		} else {
			b.Write(part)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == io.EOF && b.Len() == 0 && !l.over {
			return "", io.EOF
		}
		l.n++
		return strings.TrimRight(b.String(), "\r\n"), nil
	}
}
