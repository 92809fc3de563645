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
	// Erased says that the message was erased since, or copies of it.
	Erased *Erased `json:"erased,omitempty"`
}

// Erased says that a message, or copies of it, are no longer in the broker. The
// ledger's entries about it stay.
type Erased struct {
	// Entry is the number of the ledger entry that says what was erased, and At
	// its time.
	Entry uint64    `json:"entry"`
	At    time.Time `json:"at"`
	// Why is recall, retention or operator.
	Why Code `json:"why"`
	// Message says that the accepted message itself is gone, and not only
	// copies in feeds.
	Message bool `json:"message,omitempty"`
}

// Clock is a duty: who owes what about which matter, by when.
type Clock struct {
	// Of is the message that began the matter.
	Of MessageRef `json:"of"`
	// Name is the clock's in the protocol's table of deadlines.
	Name Code `json:"clock"`
	// Owes is the member whose duty it is, and To the one that it is owed to,
	// if it is one member's.
	Owes MemberID `json:"owes"`
	To   MemberID `json:"to,omitempty"`
	// Started and Due are by the ledger's times and the tables of that time.
	Started time.Time `json:"started"`
	Due     time.Time `json:"due"`
	// Ended is when the duty was met, or fell away; zero while it runs.
	Ended time.Time `json:"ended,omitzero"`
}

// Running says whether the duty is still open.
func (c *Clock) Running() bool { return c.Ended.IsZero() }

// Overdue says whether the duty was not met in its time.
func (c *Clock) Overdue(now time.Time) bool { return c.Running() && !now.Before(c.Due) }
