package crimestoppers

import (
	"io"

	"liaison/agents"
	"liaison/schemas"
)

// Member is whose records these are: the hub's, of which Crimestoppers is a
// source.
const Member schemas.MemberID = "ukhtc"

// Adapter reads the log of reports.
type Adapter struct{}

// New returns the adapter.
func New() *Adapter { return &Adapter{} }

// Name returns "crimestoppers".
func (*Adapter) Name() string { return "crimestoppers" }

// Read reads one log.
func (*Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	reports := newReports(r)
	for {
		next, err := reports.next()
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
