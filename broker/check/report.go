package check

import (
	"fmt"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// Kind says what sort of thing is off.
type Kind string

// The kinds of finding.
const (
	// Gap: a stream lacks a message that it once stored.
	Gap Kind = "gap"
	// Rot: bytes are not those that were stored: a digest or a commitment
	// differs, or something cannot be decoded.
	Rot Kind = "rot"
	// Chain: the ledger's numbers, hashes or addresses do not hold.
	Chain Kind = "chain"
	// Tables: an entry's tables are not those in force, or are not kept.
	Tables Kind = "tables"
	// Lost: an accepted message without a decision, or a decided copy that is
	// not there.
	Lost Kind = "lost"
	// Doubled: a message decided or accepted twice, or an item held twice.
	Doubled Kind = "doubled"
	// Order: out of order for a sender and a desk, or within a decision.
	Order Kind = "order"
	// Phantom: a copy or a decision of something that was not accepted, or a
	// copy that no decision releases.
	Phantom Kind = "phantom"
	// Entry: an entry says of its message what is not so.
	Entry Kind = "entry"
	// Leak: a copy holds what its decision withheld, or what its recipient may
	// not have.
	Leak Kind = "leak"
	// Altered: a copy is not what the accepted message makes of it.
	Altered Kind = "altered"
	// Desks: a copy lies at a desk that was never enrolled.
	Desks Kind = "desk"
	// Unlawful: the tables do not support a disclosure.
	Unlawful Kind = "unlawful"
	// Consents: a consent was recorded, counted or left out wrongly.
	Consents Kind = "consent"
	// Erasing: something was erased wrongly, or is recorded as erased and was not.
	Erasing Kind = "erasing"
	// Overcautious is a note: withheld, and the tables would disclose it.
	Overcautious Kind = "overcautious"
	// Reasons is a note: rightly withheld or disclosed, for another reason or
	// under another row than the tables give first.
	Reasons Kind = "reason"
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	// Severe: somebody has, or may have, what is not theirs.
	Severe Severity = "severe"
	// Fault: a promise is broken, and nobody has too much.
	Fault Severity = "fault"
	// Note: worth a look; the balance holds.
	Note Severity = "note"
)

// severity returns how bad a kind is.
func (k Kind) severity() Severity {
	switch k {
	case Leak, Unlawful, Phantom, Desks:
		return Severe
	case Overcautious, Reasons:
		return Note
	}
	return Fault
}

// Finding is one thing that is off. It holds ids and codes, and no content.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Stream and Sequence are the place, if there is one.
	Stream   string `json:"stream,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"`
	// Entry is the number of the ledger entry that it is about.
	Entry   uint64     `json:"entry,omitempty"`
	Message schemas.ID `json:"message,omitempty"`
	// Desk is the desk, or the member, that it concerns.
	Desk    string `json:"desk,omitempty"`
	Problem string `json:"problem"`
}

// String gives the finding in one line.
func (f Finding) String() string {
	s := fmt.Sprintf("%s %s: %s", f.Severity, f.Kind, f.Problem)
	if f.Entry > 0 {
		s += fmt.Sprintf(", entry %d", f.Entry)
	}
	if f.Message != "" {
		s += ", message " + string(f.Message)
	}
	if f.Desk != "" {
		s += ", " + f.Desk
	}
	if f.Sequence > 0 {
		s += fmt.Sprintf(", %s %d", f.Stream, f.Sequence)
	}
	return s
}

// maxFindings bounds the findings of a report; all are counted.
const maxFindings = 1000

// Report is what a check found.
type Report struct {
	Checked time.Time `json:"checked"`
	// Accepted counts the messages of the intake, and Waiting those of them
	// that are behind the last that is decided.
	Accepted uint64 `json:"accepted"`
	Waiting  uint64 `json:"waiting"`
	// Decisions counts the decisions and Again those of them that take the
	// place of an earlier one; Recorded counts the answers on record.
	Decisions uint64 `json:"decisions"`
	Again     uint64 `json:"decided_again"`
	Recorded  uint64 `json:"recorded"`
	// Copies counts the copies in the feeds, and Bytes their bytes.
	Copies uint64 `json:"copies"`
	Bytes  uint64 `json:"bytes"`
	// Judged counts the triples of message, item and member that were held
	// against the tables, and Open those of them that are disclosed.
	Judged uint64 `json:"judged"`
	Open   uint64 `json:"open"`
	// Erasures counts the entries that say what was erased, Erased the accepted
	// messages and ErasedCopies the copies that they name. Unjudged counts the
	// decisions that can only be held against themselves, because what they were
	// about was erased.
	Erasures     uint64 `json:"erasures"`
	Erased       uint64 `json:"erased"`
	ErasedCopies uint64 `json:"erased_copies"`
	Unjudged     uint64 `json:"unjudged"`
	// Gaps are those that an operator accepted. They are no findings.
	Gaps []AcceptedGap `json:"accepted_gaps,omitempty"`
	// Entries is the number of the last entry, and Head its hash.
	Entries uint64 `json:"entries"`
	Head    string `json:"head"`
	// Severe, Faults and Notes count all findings; Findings has the first 1,000.
	Severe   uint64    `json:"severe"`
	Faults   uint64    `json:"faults"`
	Notes    uint64    `json:"notes"`
	Findings []Finding `json:"findings,omitempty"`
}

// AcceptedGap is a gap in a stream that an operator accepted, and why.
type AcceptedGap struct {
	Entry uint64 `json:"entry"`
	ledger.Gap
	By string `json:"by"`
}

// Sound says whether nothing is off but notes.
func (r *Report) Sound() bool { return r.Severe+r.Faults == 0 }

// add counts a finding, and keeps it if there is room.
func (r *Report) add(f Finding) {
	f.Severity = f.Kind.severity()
	switch f.Severity {
	case Severe:
		r.Severe++
	case Fault:
		r.Faults++
	default:
		r.Notes++
	}
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, f)
	}
}
