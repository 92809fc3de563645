package schemas

// ConsentAnswer is what is answered to the question whether items may be disclosed.
type ConsentAnswer string

// The answers.
const (
	// Given releases the items as far as the authority reaches.
	Given ConsentAnswer = "given"
	// Refused is a valid answer too, and needs a reason. It withdraws what the
	// same authority gave before; what was disclosed meanwhile stays disclosed.
	Refused ConsentAnswer = "refused"
)

// AuthorityRecipient is the authority of a recipient that accepts the
// conditions of an item (handling code 5). All other authorities are those of
// the protocol tables, such as "commissioners".
const AuthorityRecipient Code = "recipient"

// AuthorityOriginator is the authority of the originator, which may refuse to
// share what is held at its desk. It can only be answered with Refused: what
// the originator gives, it gives by the handling codes of its items.
const AuthorityOriginator Code = "originator"

// Consent is the body of a consent: the recorded answer of whoever may release
// items of another message. A message of this kind carries no items of its
// own, and is never delivered to anybody: it re-decides the message it is about.
type Consent struct {
	// Of names the message whose items it is about.
	Of MessageRef `json:"of"`
	// Items are the items' positions in that message. The originator's refusal
	// is about the whole message, and needs none.
	Items []int `json:"items"`
	// Authority is whose answer it is.
	Authority Code          `json:"authority"`
	Answer    ConsentAnswer `json:"answer"`
	// To limits what is given to these recipients; empty means all.
	To []MemberID `json:"to,omitempty"`
	// Until is the first day on which it no longer counts; zero is no bound.
	Until Date `json:"until,omitzero"`
	// Reason is why, in words. A refusal needs one.
	Reason string `json:"reason,omitempty"`
}

// MessageRef names a message.
type MessageRef struct {
	Originator MemberID `json:"originator"`
	ID         ID       `json:"id"`
}

// String names the message as originator/id.
func (r MessageRef) String() string { return string(r.Originator) + "/" + string(r.ID) }
