package eas

import (
	"io"

	"liaison/agents"
	"liaison/schemas"
)

// Member is whose records these are.
const Member schemas.MemberID = "eas"

// Columns are the names of the columns, in their order.
var Columns = []string{
	"complaint_ref", "received", "channel", "complainant_type", "consent_name_disclosed", "agency_name", "agency_address",
	"branch", "hirer", "sector", "issue_codes", "reg_breached", "fee_paid", "amount_withheld", "worker_count", "narrative",
	"inspector", "visit_date", "result", "obtained_by",
}

// Adapter reads the Inspectorate's complaints.
type Adapter struct{}

// New returns the adapter.
func New() *Adapter { return &Adapter{} }

// Name returns "eas".
func (*Adapter) Name() string { return "eas" }

// Read reads one export.
func (*Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	rows, err := newRows(r)
	if err != nil {
		return err
	}
	for {
		next, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(record(next)); err != nil {
			return err
		}
	}
}
