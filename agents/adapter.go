package agents

import (
	"fmt"
	"io"
	"log/slog"
	"slices"

	"liaison/schemas"
)

// Adapter knows how one agency's system writes its records. An adapter keeps
// no state between files and may be used by several goroutines.
type Adapter interface {
	// Name is the name by which the command line knows the adapter.
	Name() string
	// Read reads one export and hands on every record, in the order of the
	// file, as soon as it has been read: it never holds the whole file. The
	// name is for messages to people and must not be opened.
	//
	// A record that cannot be turned into a message is handed on with its
	// faults, one that is not for sharing with the reason why it is kept, and
	// the reading goes on. When the file cannot be read, or not to
	// its end, Read reports a *FileFault. It passes on an error of r or of
	// take as it is.
	Read(r io.Reader, name string, take func(Record) error) error
}

// Record is one native record as an adapter read it.
type Record struct {
	// Line is where it begins in the file, counted from 1.
	Line int
	// Reference is the agency's own, if it could be read.
	Reference string
	// Content is what the record says, in a form that does not change with
	// the file's layout. The message's id is derived from it, so that it must
	// be the same for the same record in every version of the adapter.
	Content []byte
	// Message is the message, still without an id. A record has a message, or
	// faults, or a reason why it is kept: exactly one of the three.
	Message *schemas.Message
	// Areas say by which rule each area of the message was found.
	Areas []FoundArea
	// Dropped lists what the record says and the message does not.
	Dropped []Dropped
	// Faults say why no message could be made.
	Faults []Fault
	// Kept says why the record stays with the agency although nothing is wrong
	// with it: it is not for sharing.
	Kept string
	// Raw is the record as it stands in the file, decoded to UTF-8.
	Raw string
}

// FoundArea is an area of a message, and what led to it.
type FoundArea struct {
	Code schemas.Code
	// By is the rule in words, such as "force code" or "table of towns"; for
	// the whole country it is "unknown" where nothing led to an area.
	By string
}

// Found notes by which rule an area of the message was found.
func (r *Record) Found(code schemas.Code, by string) {
	if one := (FoundArea{code, by}); !slices.Contains(r.Areas, one) {
		r.Areas = append(r.Areas, one)
	}
}

// Dropped is a field for which a message has no place, or which must not leave
// the agency.
type Dropped struct {
	// Field is the native field's name.
	Field string `json:"field"`
	// Reason says why it stays behind.
	Reason string `json:"reason"`
}

// Fault is one thing that is wrong with a native record.
type Fault struct {
	// Line is where the field stands in the file.
	Line int `json:"line"`
	// Field is the native field's name, or empty for the whole record.
	Field string `json:"field,omitempty"`
	// Problem says what is wrong and why that matters. It may quote codes and
	// dates and never text that could identify a person.
	Problem string `json:"problem"`
	// Advice says what to do.
	Advice string `json:"advice"`
}

// String gives the fault in one line.
func (f Fault) String() string {
	field := f.Field
	if field == "" {
		field = "record"
	}
	return fmt.Sprintf("line %d, %s: %s; %s", f.Line, field, f.Problem, f.Advice)
}

// FileFault says why a file could not be read, or not beyond a line. What came
// before that line has been handed on.
type FileFault struct {
	Line    int
	Problem string
	Advice  string
}

// Error gives the fault in one line.
func (f *FileFault) Error() string {
	return fmt.Sprintf("line %d: %s; %s", f.Line, f.Problem, f.Advice)
}

// Reject is a record that did not become an accepted message, and all that is
// needed to mend it. It is written to the folder of rejects, inside the agency.
type Reject struct {
	// File is the export's name and Line where the record begins.
	File string `json:"file"`
	Line int    `json:"line"`
	// Reference is the agency's own, if it could be read.
	Reference string `json:"reference,omitempty"`
	// ID is the message's, if one was made.
	ID schemas.ID `json:"id,omitempty"`
	// Faults say what is wrong with the native record.
	Faults []Fault `json:"faults,omitempty"`
	// Refusal is the broker's, if it was the broker that refused.
	Refusal *schemas.Refusal `json:"refusal,omitempty"`
	// Record is the native record, and Cut says that it was too long to be
	// given whole.
	Record string `json:"record,omitempty"`
	Cut    bool   `json:"cut,omitempty"`
}

// LogValue makes a logged reject show where it is and never what it says.
func (r Reject) LogValue() slog.Value {
	return slog.GroupValue(slog.String("file", r.File), slog.Int("line", r.Line), slog.Int("faults", len(r.Faults)))
}

// String says where the record is and what is first wrong with it, without
// the record itself.
func (r Reject) String() string {
	switch {
	case len(r.Faults) > 0:
		return fmt.Sprintf("%s: %s", r.File, r.Faults[0])
	case r.Refusal != nil:
		return fmt.Sprintf("%s: line %d: %s", r.File, r.Line, r.Refusal.Error())
	}
	return fmt.Sprintf("%s: line %d", r.File, r.Line)
}

// LogValue makes a logged record show where it is and never what it says.
func (r Record) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("line", r.Line), slog.Int("faults", len(r.Faults)))
}

// String says where the record is, without its content.
func (r Record) String() string { return fmt.Sprintf("record at line %d", r.Line) }
