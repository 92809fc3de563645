package schemas

// CaseStatus is the state of a case.
type CaseStatus string

// The states of a case.
const (
	CaseOpen      CaseStatus = "open"
	CaseSuspended CaseStatus = "suspended"
	CaseClosed    CaseStatus = "closed"
)

// Case is the body of a case: an accepted matter with a lead member, one
// strand for each line of enquiry, and a state.
type Case struct {
	Status CaseStatus `json:"status"`
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
}
