package schemas

// CaseStatus is the state of a case.
type CaseStatus string

// The states of a case.
const (
	CaseOpen CaseStatus = "open"
	// CaseMonitoring: nothing is done now, and what comes in is looked at.
	CaseMonitoring CaseStatus = "monitoring"
	// CaseClosed needs a reason, and ends with it every strand.
	CaseClosed CaseStatus = "closed"
)

// CaseReopened is the one reason for opening what was closed.
const CaseReopened Code = "reopened"

// Case is the body of a case: an accepted matter with a lead member, one
// strand for each line of enquiry, and a state.
type Case struct {
	Status CaseStatus `json:"status"`
	// Reason is a code of the list of results: why it is closed, or that it is
	// open again.
	Reason Code `json:"reason,omitempty"`
	// Lead is the member that leads the case as a whole.
	Lead MemberID `json:"lead"`
	// Opened is the day on which the lead took the matter on.
	Opened Date `json:"opened,omitzero"`
	// Operation is the name of the operation the case belongs to, if any.
	Operation string `json:"operation,omitempty"`
	// Strands are the lines of enquiry, each with its own lead.
	Strands []Strand `json:"strands,omitempty"`
}

// Strand is one line of enquiry within a case.
type Strand struct {
	// CrimeType is one of the message's crime types. A recipient sees only
	// the strands whose crime type one of its items has.
	CrimeType Code     `json:"crime_type"`
	Lead      MemberID `json:"lead"`
	// Gateway is the row of the protocol's gateways under which its lead works. It
	// is a claim, and opens nothing.
	Gateway Code `json:"gateway,omitempty"`
	// Review is the day by which its lead looks at it again; zero leaves it to
	// the protocol.
	Review Date `json:"review,omitzero"`
}

// Replaces returns the originator's own earlier message that this one takes the
// place of, if there is one.
func (m *Message) Replaces() (MessageRef, bool) {
	for _, l := range m.Links {
		if l.Relation == Supersedes && l.Originator == m.Originator {
			return MessageRef{Originator: l.Originator, ID: l.ID}, true
		}
	}
	return MessageRef{}, false
}
