package helpline

import (
	"io"

	"liaison/agents"
	"liaison/schemas"
)

// Member is whose records these are: the hub's, of which the helpline is a
// source.
const Member schemas.MemberID = "ukhtc"

// Adapter reads the helpline's calls.
type Adapter struct{}

// New returns the adapter.
func New() *Adapter { return &Adapter{} }

// Name returns "helpline".
func (*Adapter) Name() string { return "helpline" }

// Read reads one export.
func (*Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	calls, err := newCalls(r)
	if err != nil {
		return err
	}
	for {
		next, err := calls.next()
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
