package schemas

// Operation is what one member may know of a named operation: the cases under
// its name of which it was told the name, and what came of them as far as it was
// told. An operation has no record of its own.
type Operation struct {
	Name  string          `json:"name"`
	Cases []OperationCase `json:"cases"`
	// Members are those that lead the cases or their strands; for the operator,
	// also those that got them.
	Members []MemberID `json:"members,omitempty"`
	// States counts the cases by their state, and Results what came of them.
	States  map[CaseStatus]int `json:"states,omitempty"`
	Results map[Code]int       `json:"results,omitempty"`
	// More says that there are more cases than one answer holds.
	More bool `json:"more,omitempty"`
}

// OperationCase is one case of an operation.
type OperationCase struct {
	Of     MessageRef `json:"of"`
	Status CaseStatus `json:"status"`
	Lead   MemberID   `json:"lead"`
	// Promoted are the messages that it is made of, as far as the member has
	// them.
	Promoted []MessageRef `json:"promoted,omitempty"`
	// Results are what came of it.
	Results []Code `json:"results,omitempty"`
}
