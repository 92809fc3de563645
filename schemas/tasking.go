package schemas

// TaskingAction is a step in passing on the lead of a case or a strand.
type TaskingAction string

// The steps. The lead offers; the member that is offered it accepts or
// declines; until then the lead may withdraw the offer. A case is never
// without a lead.
const (
	TaskingOffer    TaskingAction = "offer"
	TaskingAccept   TaskingAction = "accept"
	TaskingDecline  TaskingAction = "decline"
	TaskingWithdraw TaskingAction = "withdraw"
)

// Tasking is the body of a tasking: who leads a case, or one of its strands.
// It carries no information but that.
type Tasking struct {
	// Of names the case.
	Of     MessageRef    `json:"of"`
	Action TaskingAction `json:"action"`
	// To is the member that is offered the lead, or that offered it.
	To MemberID `json:"to"`
	// Strand is the crime type of the strand; empty is the case as a whole.
	Strand Code `json:"strand,omitempty"`
	// Reason says why it is declined.
	Reason Code `json:"reason,omitempty"`
}

// The reasons for declining a tasking.
const (
	DeclinedCapacity Code = "no-capacity"
	DeclinedRemit    Code = "outside-remit"
	DeclinedArea     Code = "outside-area"
	DeclinedConflict Code = "conflict-of-interest"
)
