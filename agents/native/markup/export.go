package markup

import (
	"errors"
	"io"
	"regexp"

	"liaison/agents"
	"liaison/agents/native"
)

// Export is one kind of XML export.
type Export struct {
	// Root is its first element and Names are its records, directly below.
	Root  string
	Names []string
	// Reference finds the reference in the text of a record that cannot be
	// read, so that somebody can look it up and mend it; see [InElement].
	Reference *regexp.Regexp
	// Record makes a record of an element. raw is its text in the file.
	Record func(e *native.Element, raw string) agents.Record
}

// InElement finds a reference in elements of these names, which must need no
// quoting in a regular expression.
func InElement(names string) *regexp.Regexp {
	return regexp.MustCompile(`<(?:` + names + `)>\s*([A-Za-z0-9/-]{1,40})\s*<`)
}

// Read hands on every record of a file. One that cannot be read has its fault.
func (x Export) Read(in io.Reader, take func(agents.Record) error) error {
	records, err := native.NewXMLRecords(in, x.Root, x.Names...)
	for err == nil {
		var r native.XMLRecord
		if r, err = records.Next(); err == nil {
			err = take(x.record(r))
		}
	}
	var fault *native.XMLFault
	switch {
	case err == io.EOF:
		return nil
	case errors.As(err, &fault):
		return &agents.FileFault{Line: fault.Line, Problem: fault.What, Advice: fault.Advice}
	}
	return err
}

func (x Export) record(r native.XMLRecord) agents.Record {
	if r.Fault == nil {
		return x.Record(r.Element, r.Raw)
	}
	one := agents.Record{Line: r.Line, Raw: r.Raw, Faults: []agents.Fault{{Line: r.Fault.Line, Field: r.Fault.Field, Problem: r.Fault.What, Advice: r.Fault.Advice}}}
	if m := x.Reference.FindStringSubmatch(r.Raw); m != nil {
		one.Reference = m[1]
	}
	return one
}
