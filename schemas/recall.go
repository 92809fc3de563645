package schemas

// Recall is the body of a recall: a message must no longer be used, and no
// correction of it by its originator. It goes to every member that got anything of
// them, directly or through a message made of them, and each confirms.
type Recall struct {
	// Of names the message, one of the originator's own.
	Of MessageRef `json:"of"`
	// Reason is why.
	Reason Code `json:"reason"`
}

// The reasons for a recall.
const (
	RecallInaccurate Code = "inaccurate"
	RecallUnlawful   Code = "unlawful"
	RecallSource     Code = "source-at-risk"
	RecallError      Code = "sent-in-error"
	RecallRetention  Code = "retention-ended"
)

// ConfirmationAnswer is what a holder did with what was recalled.
type ConfirmationAnswer string

// What a holder did.
const (
	Deleted ConfirmationAnswer = "deleted"
	// Kept needs a lawful reason.
	Kept ConfirmationAnswer = "kept"
)

// Confirmation is the body of a recall-confirmation.
type Confirmation struct {
	// Of names the recall.
	Of     MessageRef         `json:"of"`
	Answer ConfirmationAnswer `json:"answer"`
	// Reason is why it is kept.
	Reason Code `json:"reason,omitempty"`
}

// The lawful reasons for keeping what was recalled. What was used in a case may
// not be weeded silently (Criminal Procedure and Investigations Act 1996).
const (
	KeptCPIA        Code = "cpia-1996"
	KeptProceedings Code = "proceedings"
	KeptSafety      Code = "safety-of-a-person"
)

// Correction is the body of a correction: its items take the place of those of
// an earlier message, for everybody who got anything of that. The
// Commissioner can order that recipients be told (Data Protection Act 1998
// s.40(5)).
type Correction struct {
	// Of names the message, one of the originator's own.
	Of MessageRef `json:"of"`
}
