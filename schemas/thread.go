package schemas

import "time"

// Thread is what one member may know of a matter: of the message that began it,
// and of every step since.
type Thread struct {
	Of   MessageRef `json:"of"`
	Kind Kind       `json:"kind,omitempty"`
	// Status and Leads are a case's: its state, and who leads it ("") and its
	// strands, by crime type. Closed has those that are closed, and why, and Led
	// who led since when.
	Status CaseStatus        `json:"status,omitempty"`
	Leads  map[Code]MemberID `json:"leads,omitempty"`
	Closed map[Code]Code     `json:"closed,omitempty"`
	Led    []Lead            `json:"led,omitempty"`
	// Operation is the name of the operation it belongs to, for who was told.
	Operation string `json:"operation,omitempty"`
	// Promoted are the messages it is made of, as far as the member has them.
	Promoted []MessageRef `json:"promoted,omitempty"`
	// Superseded are the corrections of the message, or of what it is made of,
	// that the member got: its own copy is no longer right.
	Superseded []MessageRef `json:"superseded,omitempty"`
	// Earlier are a referral's earlier ones of the same person, of which the member
	// may see something.
	Earlier []MessageRef `json:"earlier,omitempty"`
	// Steps are those that the member took or got, in order.
	Steps []Step `json:"steps"`
	// Clocks are those that the member owes, or that are owed to it.
	Clocks []Clock `json:"clocks,omitempty"`
}

// Lead is a change of who leads a case, or a strand of it.
type Lead struct {
	// Strand is the strand's crime type; empty is the case as a whole.
	Strand Code      `json:"strand,omitempty"`
	Member MemberID  `json:"member"`
	Since  time.Time `json:"since"`
	Entry  uint64    `json:"entry"`
}

// Step is one step of a thread, as the ledger records it.
type Step struct {
	// Entry is the number of the ledger entry, and At its time.
	Entry uint64    `json:"entry"`
	At    time.Time `json:"at"`
	// Message is the step's message, and Kind its kind.
	Message MessageRef `json:"message"`
	Kind    Kind       `json:"kind"`
	// Of is the message that the step is about.
	Of *MessageRef `json:"of,omitempty"`
	// Words are the codes that say what was done.
	Words []Code `json:"words,omitempty"`
	// To are the members that got it; whoever did not send it sees itself alone.
	To []MemberID `json:"to,omitempty"`
	// Unreached are, of a recall and a correction, the holders that it did not
	// reach; only its sender sees them, who must tell them by other means.
	Unreached []Unreached `json:"unreached,omitempty"`
	// Erased says that the message was erased since, or copies of it.
	Erased *Erased `json:"erased,omitempty"`
}

// Unreached is a member that a step was withheld from, and the reason.
type Unreached struct {
	Member MemberID `json:"member"`
	Reason Code     `json:"reason"`
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
