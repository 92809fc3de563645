package soca

import (
	"bufio"
	"errors"
	"io"
	"regexp"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/fivebyfive"
	"liaison/schemas"
)

// Member is whose records these are.
const Member schemas.MemberID = "soca"

// Adapter reads the Agency's SARs and intelligence reports.
type Adapter struct{ reports fivebyfive.Form }

// New returns the adapter.
func New() *Adapter {
	return &Adapter{fivebyfive.Form{Member: Member, Body: "agency", Reference: "soca_ref", Fields: []string{"consent_required_onward"}, Own: own}}
}

// Name returns "soca".
func (*Adapter) Name() string { return "soca" }

// Read reads one export: intelligence reports if the root element says so, else
// SARs.
func (a *Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(4096)
	if err != nil && err != io.EOF {
		return err
	}
	if root, _ := native.XMLRoot(head); root == "reports" {
		return each(in, "reports", "report", a.report, take)
	}
	return each(in, "sars", "sar", sarRecord, take)
}

// each hands on every record of a file. One that cannot be read has its fault.
func each(in io.Reader, root, name string, record func(*native.Element, string) agents.Record, take func(agents.Record) error) error {
	records, err := native.NewXMLRecords(in, root, name)
	for err == nil {
		var r native.XMLRecord
		r, err = records.Next()
		switch {
		case err != nil:
		case r.Fault != nil:
			err = take(agents.Record{Line: r.Line, Raw: r.Raw, Reference: referenceIn(r.Raw), Faults: []agents.Fault{{Line: r.Fault.Line, Field: r.Fault.Field, Problem: r.Fault.What, Advice: r.Fault.Advice}}})
		default:
			err = take(record(r.Element, r.Raw))
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

var findReference = regexp.MustCompile(`<(?:elmer_no|soca_ref)>\s*([A-Za-z0-9/-]{1,40})\s*<`)

// referenceIn finds the reference of a record that cannot be read, so that
// somebody can look it up and mend it.
func referenceIn(raw string) string {
	if m := findReference.FindStringSubmatch(raw); m != nil {
		return m[1]
	}
	return ""
}
