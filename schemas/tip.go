package schemas

// Tip is the body of a tip: unverified information about a person, business
// or place. Nobody owes more than triage for it.
type Tip struct {
	// Channel is a code of the list of channels: how it came in.
	Channel Code `json:"channel"`
	// Received is the day on which the originator got it, as far as known.
	Received Date `json:"received,omitzero"`
}
