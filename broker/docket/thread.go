package docket

import (
	"slices"

	"liaison/schemas"
)

// Thread is how a matter stands: what steps are possible now follows from it.
type Thread struct {
	// Of is the message that began it, and Kind that message's.
	Of   schemas.MessageRef `json:"of"`
	Kind schemas.Kind       `json:"kind"`
	// Parties are the members that got it.
	Parties []schemas.MemberID `json:"parties,omitempty"`
	// Urgency, Nation and Protected are the first message's; a case is protected
	// once any version of it was.
	Urgency   schemas.Urgency `json:"urgency"`
	Nation    schemas.Code    `json:"nation"`
	Protected bool            `json:"protected,omitempty"`

	// Of a case: its state; who leads it and each strand (by crime type, "" being
	// the case), and who did; to whom each lead is offered; which of them are
	// closed, and why; the messages that it is made of, and the members whose those
	// are.
	Status   schemas.CaseStatus                `json:"status,omitempty"`
	Leads    map[schemas.Code]schemas.MemberID `json:"leads,omitempty"`
	Led      []schemas.Lead                    `json:"led,omitempty"`
	Offers   map[schemas.Code]schemas.MemberID `json:"offers,omitempty"`
	Closed   map[schemas.Code]schemas.Code     `json:"closed,omitempty"`
	Promoted []schemas.MessageRef              `json:"promoted,omitempty"`
	Sources  []schemas.MemberID                `json:"sources,omitempty"`
	// Tasked are the members that sent or got a tasking about it.
	Tasked []schemas.MemberID `json:"tasked,omitempty"`
	// Strands are those that each member may know of, by what it got or wrote.
	Strands map[schemas.MemberID][]schemas.Code `json:"strands,omitempty"`
	// Operation is the name of the operation, and Named are the members that
	// were told it.
	Operation string             `json:"operation,omitempty"`
	Named     []schemas.MemberID `json:"named,omitempty"`

	// Answers has how far each member that was asked has answered a request, or
	// confirmed a recall.
	Answers map[schemas.MemberID]schemas.Code `json:"answers,omitempty"`

	// Of a referral: the last stage that was decided, and the result.
	Stage  schemas.Stage         `json:"stage,omitempty"`
	Result schemas.FindingResult `json:"result,omitempty"`

	// Earlier are, of a referral, the earlier ones of the same person.
	Earlier []schemas.MessageRef `json:"earlier,omitempty"`

	// Versions are the messages of a case, the first one and those that took its
	// place.
	Versions []schemas.ID `json:"versions,omitempty"`

	// Recalls are the recalls of the thread's messages, by the id of what was
	// recalled: a case's versions, which are one member's, are recalled one by one.
	Recalls map[schemas.ID]schemas.MessageRef `json:"recalls,omitempty"`
}

// takenBack says whether no version of a case is left that is not recalled: nothing
// is owed of it, or done about it, until another version begins it again.
func (t *Thread) takenBack() bool {
	return len(t.Versions) > 0 && !slices.ContainsFunc(t.Versions, func(id schemas.ID) bool {
		_, recalled := t.Recalls[id]
		return !recalled
	})
}

// learns notes that a member may know of a strand.
func (t *Thread) learns(m schemas.MemberID, strand schemas.Code) {
	if t.Strands == nil {
		t.Strands = map[schemas.MemberID][]schemas.Code{}
	}
	if !slices.Contains(t.Strands[m], strand) {
		t.Strands[m] = append(t.Strands[m], strand)
	}
}
