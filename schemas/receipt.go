package schemas

import "fmt"

// Receipt says that the intake has a message, durably.
type Receipt struct {
	ID ID `json:"id"`
	// Sequence is the message's place in the intake.
	Sequence uint64 `json:"sequence,omitempty"`
	// Duplicate says that the same message had been accepted before; the
	// sequence is the first one.
	Duplicate bool `json:"duplicate,omitempty"`
	// Refusal is present when the message was not accepted.
	Refusal *Refusal `json:"refusal,omitempty"`
}

// Refusal says why a message was not accepted and what to do about it.
type Refusal struct {
	// Code is one of the refusal codes, such as "invalid".
	Code Code `json:"code"`
	// Number is the same as a NATS error code of 16 bits.
	Number uint16 `json:"number"`
	// Faults are all the faults found, each with its path.
	Faults []Fault `json:"faults,omitempty"`
	// Advice says what the sender can do.
	Advice string `json:"advice"`
}

// Error makes a refusal an error that names the first fault.
func (r *Refusal) Error() string {
	if len(r.Faults) > 0 {
		return fmt.Sprintf("refused (%s): %s", r.Code, r.Faults[0])
	}
	return fmt.Sprintf("refused (%s): %s", r.Code, r.Advice)
}

// Fault is one thing that is wrong with a message.
type Fault struct {
	// Path is where: "items[0].source", or "" for the message as a whole.
	Path string `json:"path"`
	// Code names the kind of fault, such as "unknown-code".
	Code Code `json:"code"`
	// Problem says what is wrong, in words. It quotes codes and numbers, and
	// never text that could identify a person.
	Problem string `json:"problem"`
	// Advice says what to do.
	Advice string `json:"advice"`
}

// String gives the fault in one line.
func (f Fault) String() string {
	path := f.Path
	if path == "" {
		path = "message"
	}
	return fmt.Sprintf("%s: %s (%s); %s", path, f.Problem, f.Code, f.Advice)
}

// The refusals of the intake. Numbers are part of the contract and are never
// used again for something else.
const (
	RefusedMalformed  Code = "malformed"   // the bytes are no message
	RefusedOversize   Code = "oversize"    // larger than a message or bundle may be
	RefusedInvalid    Code = "invalid"     // a message with faults
	RefusedOriginator Code = "originator"  // the originator is not the publisher
	RefusedMember     Code = "member"      // the originator is not a member on that day
	RefusedMarking    Code = "marking"     // above the system's ceiling
	RefusedConflict   Code = "conflict"    // the id was used for other content
	RefusedErased     Code = "erased"      // the record was accepted and erased
	RefusedAddress    Code = "address"     // published to an address that does not fit
	RefusedHeader     Code = "header"      // has a header that senders may not set
	RefusedFull       Code = "full"        // the store is full: try later
	RefusedStorage    Code = "unavailable" // the store does not work: try later
	RefusedPartly     Code = "partly"      // some messages of a bundle were refused
	RefusedPermission Code = "permission"  // the credentials may not do that
	RefusedUnknown    Code = "not-found"   // asked for a message that is not there
	RefusedRecipient  Code = "recipient"   // goes to somebody who is no member on that day
	RefusedStep       Code = "step"        // the protocol does not allow this step now
	RefusedWaiting    Code = "waiting"     // what it is about is not decided yet: try later
)

var refusalNumbers = map[Code]uint16{
	RefusedMalformed: 20001, RefusedOversize: 20002, RefusedInvalid: 20003,
	RefusedOriginator: 20004, RefusedMember: 20005, RefusedMarking: 20006,
	RefusedConflict: 20007, RefusedErased: 20008, RefusedAddress: 20009,
	RefusedHeader: 20010, RefusedFull: 20011, RefusedStorage: 20012,
	RefusedPartly: 20013, RefusedPermission: 20014, RefusedUnknown: 20015,
	RefusedRecipient: 20016, RefusedStep: 20017, RefusedWaiting: 20018,
}

// Refuse makes a refusal with the number that belongs to the code.
func Refuse(code Code, advice string, faults ...Fault) *Refusal {
	return &Refusal{Code: code, Number: refusalNumbers[code], Advice: advice, Faults: faults}
}

// Answer is the reply to a submission. It has the shape of a JetStream publish
// acknowledgement, so that any NATS client's JetStream publish understands it.
type Answer struct {
	Stream    string `json:"stream,omitempty"`
	Sequence  uint64 `json:"seq,omitempty"`
	Duplicate bool   `json:"duplicate,omitempty"`
	// Error is set when anything of the submission was refused.
	Error *AnswerError `json:"error,omitempty"`
	// Receipts has one receipt for every message, in the order of submission.
	Receipts []Receipt `json:"receipts,omitempty"`
}

// AnswerError is a refusal in the shape of a JetStream error.
type AnswerError struct {
	// Status is like an HTTP status: 400 for the sender to mend, 503 to try later.
	Status      int    `json:"code"`
	Number      uint16 `json:"err_code"`
	Description string `json:"description"`
}

// Later says whether the same submission may succeed later, unchanged.
func (r *Refusal) Later() bool {
	return r.Code == RefusedFull || r.Code == RefusedStorage || r.Code == RefusedWaiting
}

// Answered builds the reply to a submission out of its receipts. A single
// refusal answers an error that says it; a bundle with refusals answers an
// error that counts them and names the first, with all receipts.
func Answered(receipts []Receipt) Answer {
	a := Answer{Stream: IntakeName, Receipts: receipts}
	refused, later := 0, false
	var first *Refusal
	for i := range receipts {
		r := &receipts[i]
		if r.Refusal == nil {
			a.Sequence, a.Duplicate = r.Sequence, r.Duplicate
			continue
		}
		if refused++; first == nil {
			first = r.Refusal
		}
		later = later || r.Refusal.Later()
	}
	if refused == 0 {
		a.Duplicate = a.Duplicate && len(receipts) == 1
		return a
	}
	a.Stream, a.Sequence, a.Duplicate = "", 0, false
	a.Error = &AnswerError{Status: 400, Number: first.Number, Description: first.Error()}
	if len(receipts) > 1 {
		a.Error.Number = refusalNumbers[RefusedPartly]
		a.Error.Description = fmt.Sprintf("%d of %d messages refused; the first: %s", refused, len(receipts), first.Error())
	}
	if later {
		a.Error.Status = 503
	}
	return a
}
