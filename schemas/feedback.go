package schemas

// Feedback is the body of an outcome: what came of a matter, told to those whose
// information it rests on. It is owed when a case is closed.
type Feedback struct {
	// Of names the case, or the tip that no case came of.
	Of MessageRef `json:"of"`
	// Strand is the crime type of the strand that it is about, one of the
	// message's; empty is the matter as a whole.
	Strand Code `json:"strand,omitempty"`
	// To are the members told: those whose tips the case was made of.
	To []MemberID `json:"to"`
	// Results are codes of the list of results; a disruption counts beside a
	// prosecution.
	Results []Code `json:"results"`
	// ChargedAs and AssessedAs are crime types. They are kept apart: what was
	// trafficking may have been charged as something else.
	ChargedAs  []Code `json:"charged_as,omitempty"`
	AssessedAs []Code `json:"assessed_as,omitempty"`
	// Status is the state that the matter, or the strand, is in now.
	Status CaseStatus `json:"status"`
}
