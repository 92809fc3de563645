package schemas

import "time"

// Thread is what one member may know of a matter: of the message that began it,
// and of every step since.
type Thread struct {
	Of   MessageRef `json:"of"`
	Kind Kind       `json:"kind,omitempty"`
	// Status and Leads are a case's: its state, and who leads it ("") and its
	// strands, by crime type.
	Status CaseStatus        `json:"status,omitempty"`
	Leads  map[Code]MemberID `json:"leads,omitempty"`
	// Steps are those that the member took or got, in order.
	Steps []Step `json:"steps"`
	// Clocks are those that the member owes, or that are owed to it.
	Clocks []Clock `json:"clocks,omitempty"`
}

// Step is one step of a thread, as the ledger records it.
type Step struct {
	// Entry is the number of the ledger entry, and At its time.
	Entry uint64    `json:"entry"`
	At    time.Time `json:"at"`
	// Message is the step's message, and Kind its kind.
	Message MessageRef `json:"message"`
	Kind    Kind       `json:"kind"`
	// Words are the codes that say what was done.
	Words []Code `json:"words,omitempty"`
	// To are the members that got it; whoever did not send it sees itself alone.
	To []MemberID `json:"to,omitempty"`
}
