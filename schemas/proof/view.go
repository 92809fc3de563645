package proof

import (
	"encoding/json"
	"time"

	"liaison/schemas"
)

// Received is the "member" view: what was disclosed to one member.
type Received struct {
	// Entry is the number of the entry.
	Entry uint64    `json:"entry"`
	At    time.Time `json:"at"`
	// Policy is the hash of the tables that decided.
	Policy     string           `json:"policy"`
	Message    schemas.ID       `json:"message"`
	Originator schemas.MemberID `json:"originator"`
	Member     schemas.MemberID `json:"member"`
	Desks      []string         `json:"desks,omitempty"`
	// Items has one element for each item that the member has, in the order of
	// its copy. Items that it does not have leave no trace.
	Items []ReceivedItem `json:"items"`
}

// ReceivedItem is one disclosed item.
type ReceivedItem struct {
	Gateway string `json:"gateway"`
	Statute string `json:"statute,omitempty"`
}

// Sent is the "sender" view: what an originator may know about what was decided
// about its message or its consent.
type Sent struct {
	Entry      uint64           `json:"entry"`
	Kind       string           `json:"kind"`
	At         time.Time        `json:"at"`
	Policy     string           `json:"policy"`
	Message    schemas.ID       `json:"message"`
	Originator schemas.MemberID `json:"originator"`
	// Commitment binds the message's content: see schemas/proof.
	Commitment string    `json:"commitment"`
	Day        string    `json:"day,omitempty"`
	Held       bool      `json:"held,omitempty"`
	Waiting    []int     `json:"waiting,omitempty"`
	Due        time.Time `json:"due,omitzero"`
	Closed     bool      `json:"closed,omitempty"`
	Replaces   uint64    `json:"replaces,omitempty"`
	// Void says that a consent does not count. Why is not for its sender.
	Void bool `json:"void,omitempty"`
	// Outcomes are as the entry has them, word for word.
	Outcomes json.RawMessage `json:"outcomes,omitempty"`
}

// stored is what the views need of an entry as it is stored.
type stored struct {
	Number     uint64           `json:"entry"`
	Kind       string           `json:"kind"`
	At         time.Time        `json:"at"`
	Policy     string           `json:"policy"`
	Message    schemas.ID       `json:"message"`
	Originator schemas.MemberID `json:"originator"`
	Commitment string           `json:"commitment"`
	Day        string           `json:"day"`
	Held       bool             `json:"held"`
	Waiting    []int            `json:"waiting"`
	Due        time.Time        `json:"due"`
	Closed     bool             `json:"closed"`
	Replaces   uint64           `json:"replaces"`
	Void       string           `json:"void"`
	Outcomes   json.RawMessage  `json:"outcomes"`
}

// views are the parts of an entry, without their salts.
func (e *stored) views(raw []byte) ([]Part, error) {
	parts := []Part{{View: EntryView, Text: raw}}
	if e.Originator == "" {
		return parts, nil // about no message: nobody's but the broker's
	}
	text, err := json.Marshal(e.sent())
	if err != nil {
		return nil, err
	}
	parts = append(parts, Part{View: SenderView, Text: text})
	if len(e.Outcomes) == 0 {
		return parts, nil
	}
	var outcomes []schemas.Outcome
	if err := json.Unmarshal(e.Outcomes, &outcomes); err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if o.Member == "" || o.Outcome != schemas.Disclosed {
			continue // not even that the message exists
		}
		if text, err = json.Marshal(e.received(o)); err != nil {
			return nil, err
		}
		parts = append(parts, Part{View: MemberView, Text: text})
	}
	return parts, nil
}

func (e *stored) sent() Sent {
	return Sent{Entry: e.Number, Kind: e.Kind, At: e.At, Policy: e.Policy, Message: e.Message, Originator: e.Originator,
		Commitment: e.Commitment, Day: e.Day, Held: e.Held, Waiting: e.Waiting, Due: e.Due, Closed: e.Closed,
		Replaces: e.Replaces, Void: e.Void != "", Outcomes: e.Outcomes}
}

func (e *stored) received(o schemas.Outcome) Received {
	r := Received{Entry: e.Number, At: e.At, Policy: e.Policy, Message: e.Message, Originator: e.Originator, Member: o.Member, Desks: o.Desks}
	for _, it := range o.Items {
		if it.Outcome == schemas.Disclosed {
			r.Items = append(r.Items, ReceivedItem{Gateway: it.Gateway, Statute: it.Statute})
		}
	}
	return r
}
