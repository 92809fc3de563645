package schemas

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Schema is the version of the message that this package reads and writes.
const Schema = 1

// MemberID names a member of the protocol, such as "gla" or "lincolnshire".
type MemberID string

// Code is a term of one of the code lists, such as "forced-labour".
type Code string

// ID is the UUID that the sender chose for a message, in its canonical
// lower-case form of 36 characters.
type ID string

// Kind names the body that a message carries.
type Kind string

// The kinds of message that the contract knows.
const (
	// KindTip is unverified information that nobody has yet taken on.
	KindTip Kind = "tip"
	// KindCase is an accepted matter with a lead, strands and a state.
	KindCase Kind = "case"
	// KindConsent is an answer about items of another message: see Consent.
	KindConsent Kind = "consent"
	// KindRequest asks other members for information: see Request.
	KindRequest Kind = "request"
	// KindAnswer answers a request: see Reply.
	KindAnswer Kind = "answer"
	// KindTasking passes on the lead of a case: see Tasking.
	KindTasking Kind = "tasking"
	// KindOutcome tells what came of a matter: see Feedback.
	KindOutcome Kind = "outcome"
	// KindReferral refers a possible victim: see Referral.
	KindReferral Kind = "referral"
	// KindDecision is a competent authority's: see Finding.
	KindDecision Kind = "decision"
	// KindNotice tells of something that others must act on: see Notice.
	KindNotice Kind = "notice"
	// KindRecall takes a message back: see Recall.
	KindRecall Kind = "recall"
	// KindRecallConfirmation says what was done about a recall: see Confirmation.
	KindRecallConfirmation Kind = "recall-confirmation"
	// KindCorrection corrects a message: see Correction.
	KindCorrection Kind = "correction"
)

// Urgency says how soon a recipient must look at a message.
type Urgency string

// The urgencies, in rising order.
const (
	Routine   Urgency = "routine"
	Priority  Urgency = "priority"
	Immediate Urgency = "immediate"
)

// Message is the envelope of every message, and its body. The same type
// describes what a sender submits and what a recipient gets; the fields that
// only the broker sets say so.
type Message struct {
	// Schema is the version of the contract: 1.
	Schema int `json:"schema"`
	// ID is chosen by the sender; the same record always has the same ID.
	ID ID `json:"id"`
	// Kind names the body that is present.
	Kind Kind `json:"kind"`
	// Originator is the member that submits; it must be the member whose
	// credentials publish the message.
	Originator MemberID `json:"originator"`
	// Reference is the originator's own reference. A recipient gets it only
	// when nothing of the message is withheld from it.
	Reference string `json:"reference,omitempty"`
	// Created is when the originator made the message, in UTC.
	Created Time `json:"created"`
	// Marking is the protective marking of the whole message.
	Marking Marking `json:"marking"`
	Urgency Urgency `json:"urgency"`
	// Purpose is a code of the list of purposes: why it is shared.
	Purpose Code `json:"purpose"`
	// Jurisdictions are the areas concerned; the first is the primary one.
	// Left empty, they are derived from the items.
	Jurisdictions []Jurisdiction `json:"jurisdictions,omitempty"`
	// CrimeTypes are codes of the list of crime types; the first is the
	// primary one. Left empty, they are derived from the items.
	CrimeTypes []Code `json:"crime_types,omitempty"`
	// Sectors are codes of the list of sectors. They are a legal input: some
	// gateways exist for one sector only.
	Sectors []Code `json:"sectors,omitempty"`
	// Items are the graded items, at least one; a bare step has none.
	Items []Item `json:"items"`
	// Subjects are the persons, businesses, places and things that items
	// refer to by position.
	Subjects []Subject `json:"subjects,omitempty"`
	// Links name other messages that this one has to do with.
	Links []Link `json:"links,omitempty"`
	// Review is the day by which the message must be reviewed or weeded.
	Review Date `json:"review,omitzero"`
	// WithheldItems is how many items the recipient did not get, where the
	// protocol lets it know; absent, it says nothing. Only the broker sets it.
	WithheldItems int `json:"withheld_items,omitzero"`
	// Tip is the body of a tip, else nil.
	Tip *Tip `json:"tip,omitempty"`
	// Case is the body of a case, else nil.
	Case *Case `json:"case,omitempty"`
	// Consent is the body of a consent, else nil.
	Consent *Consent `json:"consent,omitempty"`
	// Request is the body of a request, else nil.
	Request *Request `json:"request,omitempty"`
	// Answer is the body of an answer, else nil.
	Answer *Reply `json:"answer,omitempty"`
	// The bodies of the other kinds, each nil unless it is of that kind.

	Tasking            *Tasking      `json:"tasking,omitempty"`
	Outcome            *Feedback     `json:"outcome,omitempty"`
	Referral           *Referral     `json:"referral,omitempty"`
	Decision           *Finding      `json:"decision,omitempty"`
	Notice             *Notice       `json:"notice,omitempty"`
	Recall             *Recall       `json:"recall,omitempty"`
	RecallConfirmation *Confirmation `json:"recall-confirmation,omitempty"`
	Correction         *Correction   `json:"correction,omitempty"`
}

// Role says what happened in a jurisdiction.
type Role string

// The roles of a jurisdiction.
const (
	RoleIncident    Role = "incident"
	RoleResidence   Role = "residence"
	RoleBusiness    Role = "business"
	RoleRecoveredAt Role = "recovered-at"
	RoleTransit     Role = "transit"
)

// Jurisdiction is an area that a message or an item concerns.
type Jurisdiction struct {
	// Code is a code of the list of jurisdictions.
	Code Code `json:"code"`
	Role Role `json:"role"`
}

// Relation says what another message is to this one.
type Relation string

// The relations of a link.
const (
	Supersedes Relation = "supersedes"
	PartOf     Relation = "part-of"
	SeeAlso    Relation = "see-also"
	Promotes   Relation = "promotes"
)

// Link names another message.
type Link struct {
	Originator MemberID `json:"originator"`
	ID         ID       `json:"id"`
	Relation   Relation `json:"relation"`
}

// ItemCrimeTypes returns the crime types of the item at index i: its own, or
// else the message's.
func (m *Message) ItemCrimeTypes(i int) []Code {
	if own := m.Items[i].CrimeTypes; len(own) > 0 {
		return own
	}
	return m.CrimeTypes
}

// ItemJurisdictions returns the jurisdictions of the item at index i: its own,
// or else the message's.
func (m *Message) ItemJurisdictions(i int) []Jurisdiction {
	if own := m.Items[i].Jurisdictions; len(own) > 0 {
		return own
	}
	return m.Jurisdictions
}

// ItemLinks returns the links of the item at index i: its own, or else the
// message's.
func (m *Message) ItemLinks(i int) []Link {
	if own := m.Items[i].Links; len(own) > 0 {
		return own
	}
	return m.Links
}

// ItemOrigin returns the member whose information the item at index i is: its
// own origin, or else the originator.
func (m *Message) ItemOrigin(i int) MemberID {
	if own := m.Items[i].Origin; own != "" {
		return own
	}
	return m.Originator
}

// Derive fills in the message's crime types and jurisdictions from its items
// where the sender left them out. It must run before validation, hashing and
// routing; running it twice changes nothing.
func (m *Message) Derive() {
	if len(m.CrimeTypes) == 0 {
		for _, it := range m.Items {
			m.CrimeTypes = appendNew(m.CrimeTypes, it.CrimeTypes)
		}
	}
	if len(m.Jurisdictions) == 0 {
		for _, it := range m.Items {
			m.Jurisdictions = appendNew(m.Jurisdictions, it.Jurisdictions)
		}
	}
}

// LogValue makes a logged message show what it is and never what it says.
func (m *Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", string(m.ID)),
		slog.String("kind", string(m.Kind)),
		slog.String("originator", string(m.Originator)),
		slog.Int("items", len(m.Items)))
}

// String describes the message without its content.
func (m *Message) String() string {
	return fmt.Sprintf("%s %s of %s (%d items)", m.Kind, m.ID, m.Originator, len(m.Items))
}

// Time is an instant with a precision of one second, always in UTC and
// written as RFC 3339, such as "2009-08-14T09:30:00Z".
type Time struct{ time.Time }

// At returns t as a Time: in UTC, cut to the second.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Second)} }

// timeLayout is the one form of a time in the contract.
const timeLayout = "2006-01-02T15:04:05Z"

func (t Time) text() string { return t.UTC().Format(timeLayout) }

// MarshalText writes the time as RFC 3339 in UTC, without fractions.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.text()), nil }

// AppendText appends what MarshalText writes.
func (t Time) AppendText(b []byte) ([]byte, error) { return t.UTC().AppendFormat(b, timeLayout), nil }

// MarshalJSON writes the text between quotes. Without it the embedded time's
// own form would come through, with fractions and other offsets.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.text() + `"`), nil }

// UnmarshalText reads an RFC 3339 time that is in UTC (its offset is Z) and
// has no fraction of a second.
func (t *Time) UnmarshalText(b []byte) error {
	v, err := parseTime(string(b))
	if err != nil {
		return err
	}
	*t = v
	return nil
}

// errTimeForm does not quote the text: it may have come into the wrong field.
var errTimeForm = errors.New("a time has the form 2009-08-14T09:30:00Z")

// parseTime reads a time. The length is compared because the standard library
// takes a fraction of a second even where the layout has none.
func parseTime(s string) (Time, error) {
	v, err := time.Parse(timeLayout, s)
	if err != nil || len(s) != len(timeLayout) {
		return Time{}, errTimeForm
	}
	return Time{v}, nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return errors.New("a time is a text of the form 2009-08-14T09:30:00Z")
	}
	return t.UnmarshalText(b[1 : len(b)-1])
}

func appendNew[T comparable](to, from []T) []T {
next:
	for _, v := range from {
		for _, have := range to {
			if have == v {
				continue next
			}
		}
		to = append(to, v)
	}
	return to
}
