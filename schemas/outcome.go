package schemas

import "time"

// Result says what became of an item or of a message for one member.
type Result string

// The results.
const (
	// Disclosed: the member gets it (of a message: at least one item).
	Disclosed Result = "disclosed"
	// Withheld: the member is concerned and does not get it.
	Withheld Result = "withheld"
	// Held: no member gets anything of the message.
	Held Result = "held"
)

// Outcome is what was decided about one message for one member concerned.
// With an empty Member and the result Held it says that nobody gets the
// message. It carries no content.
type Outcome struct {
	Message ID            `json:"message"`
	Member  MemberID      `json:"member"`
	Outcome Result        `json:"outcome"`
	Items   []ItemOutcome `json:"items,omitempty"`
	// Desks are the member's desks whose filter took the copy.
	Desks []string `json:"desks,omitempty"`
	// Reason says why a message is held where no item could be judged.
	Reason Code `json:"reason,omitempty"`
}

// ItemOutcome is what was decided about one item for one member.
type ItemOutcome struct {
	// Index is the item's position in the message as submitted.
	Index int `json:"index"`
	// Outcome is Disclosed or Withheld.
	Outcome Result `json:"outcome"`
	// Reason is the code of the test that decided.
	Reason Code `json:"reason"`
	// Rule is the id of the table row that decided; of a disclosure, the row
	// that makes the member concerned.
	Rule Code `json:"rule,omitempty"`
	// Gateway lists the ids of the gateways relied upon, the sender's first,
	// separated by "+" where the item's origin needs another one.
	Gateway string `json:"gateway,omitempty"`
	// Statute names the law of the gateway, or of the bar that withheld it.
	Statute string `json:"statute,omitempty"`
}

// Self is the answer to the question whose desk asks.
type Self struct {
	Member MemberID `json:"member"`
	Desk   string   `json:"desk"`
}

// Status is the answer to a sender who asks what became of its message.
type Status struct {
	ID ID `json:"id"`
	// Originator is the member whose message it is.
	Originator MemberID `json:"originator,omitempty"`
	// Sequence is the message's place in the intake.
	Sequence uint64 `json:"sequence,omitempty"`
	// Accepted is when the intake stored it.
	Accepted time.Time `json:"accepted,omitzero"`
	// Routed says whether it has been decided; until then there are no outcomes.
	Routed bool `json:"routed"`
	// Held says that no member got it.
	Held bool `json:"held"`
	// Waiting are the positions of items that nobody got, of a message of which
	// somebody got others.
	Waiting []int `json:"waiting,omitempty"`
	// Due is the time by which somebody should have answered for a message
	// that is held; Closed says that its originator has refused to share it.
	Due    time.Time `json:"due,omitzero"`
	Closed bool      `json:"closed,omitempty"`
	// Void says why a consent does not count.
	Void Code `json:"void,omitempty"`
	// Decision is the number of the ledger entry that records the outcomes.
	Decision uint64 `json:"decision,omitempty"`
	// Outcomes has one outcome for each member concerned.
	Outcomes []Outcome `json:"outcomes,omitempty"`
	// Erased says that the message was erased since, or copies of it.
	Erased *Erased `json:"erased,omitempty"`
}
