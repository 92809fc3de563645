package docket

import (
	"context"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

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

// lead is who leads a strand: its own lead, or else that of the case.
func (t *Thread) lead(strand schemas.Code) schemas.MemberID {
	if m, ok := t.Leads[strand]; ok {
		return m
	}
	return t.Leads[""]
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

// Holders returns the members that got anything of a message by what is
// committed now, directly or through a message made of it. It brings the docket
// up to date first.
func (d *Docket) Holders(ctx context.Context, of schemas.MessageRef) ([]schemas.MemberID, error) {
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	var messages []schemas.MessageRef
	err := d.db.View(func(tx *bolt.Tx) (err error) {
		messages, err = madeOf(tx, of)
		return err
	})
	if err != nil {
		return nil, err
	}
	var holders []schemas.MemberID
	for _, ref := range messages {
		if ref != of {
			holders = append(holders, ref.Originator)
		}
		e, err := d.ledger.Decision(ctx, ref.Originator, ref.ID)
		if notThere(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("finding who has a message: %w", err)
		}
		for _, o := range e.Outcomes {
			if o.Outcome == schemas.Disclosed {
				holders = append(holders, o.Member)
			}
		}
	}
	slices.Sort(holders)
	return slices.Compact(holders), nil
}

// madeOf returns a message, its corrections, and all that are made of either,
// however indirectly.
func madeOf(tx *bolt.Tx, of schemas.MessageRef) ([]schemas.MessageRef, error) {
	return follow(tx, of, madeBucket, correctsBucket)
}

// follow returns a message and all to which the buckets lead from it.
func follow(tx *bolt.Tx, of schemas.MessageRef, buckets ...[]byte) ([]schemas.MessageRef, error) {
	messages := []schemas.MessageRef{of}
	seen := map[schemas.MessageRef]bool{of: true}
	for n := 0; n < len(messages); n++ {
		for _, b := range buckets {
			err := eachUnder(tx.Bucket(b), messages[n], func(rest, _ []byte) error {
				ref, err := parseRef(string(rest))
				if err == nil && !seen[ref] {
					seen[ref] = true
					messages = append(messages, ref)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return messages, nil
}
