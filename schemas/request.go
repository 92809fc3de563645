package schemas

// Request is the body of a request for information: its items say what is
// known and what is asked, and are graded and disclosed like any others. It
// goes to the members that it names, and to each only as far as the law lets
// its sender tell that member. There is no duty to have or to give an answer,
// but one to answer.
type Request struct {
	// To are the members asked.
	To []MemberID `json:"to"`
	// Gateway is the row of the protocol's gateways under which its sender
	// thinks that it may be answered. It is a claim, and opens nothing.
	Gateway Code `json:"gateway,omitempty"`
	// NeededBy is the day after which an answer is of no use any more; zero
	// means that the protocol's time for its urgency will do.
	NeededBy Date `json:"needed_by,omitzero"`
}

// AnswerStatus is how far a request is answered.
type AnswerStatus string

// How far a request is answered.
const (
	// AnswerAcknowledged says that a person has the request in hand; it has no
	// items, and another answer follows.
	AnswerAcknowledged AnswerStatus = "acknowledged"
	// AnswerFull and AnswerPartial give what was asked, or some of it.
	AnswerFull    AnswerStatus = "full"
	AnswerPartial AnswerStatus = "partial"
	// AnswerNoTrace says that the member holds nothing about it, which is
	// information itself.
	AnswerNoTrace AnswerStatus = "no-trace"
	// AnswerRefused is a valid answer, with its reason in an item.
	AnswerRefused AnswerStatus = "refused"
)

// Reply is the body of an answer to a request. It goes to the member that
// asked, and to nobody else; its items need a gateway of their own, since
// having been asked is none.
type Reply struct {
	// Of names the request.
	Of     MessageRef   `json:"of"`
	Status AnswerStatus `json:"status"`
}
