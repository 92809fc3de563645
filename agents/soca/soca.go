package soca

import (
	"bufio"
	"io"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/fivebyfive"
	"liaison/agents/native/markup"
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
	x := markup.Export{Root: "sars", Names: []string{"sar"}, Reference: markup.InElement("elmer_no"), Record: sarRecord}
	if root, _ := native.XMLRoot(head); root == "reports" {
		x = markup.Export{Root: "reports", Names: []string{"report"}, Reference: markup.InElement("soca_ref"), Record: a.report}
	}
	return x.Read(in, take)
}
