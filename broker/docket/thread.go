package docket

import (
	"context"
	"encoding/json"
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
	// Urgency, Nation and Protected are the first message's.
	Urgency   schemas.Urgency `json:"urgency"`
	Nation    schemas.Code    `json:"nation"`
	Protected bool            `json:"protected,omitempty"`

	// Of a case: its state, who leads it and each strand (by crime type, ""
	// being the case), to whom each lead is offered, and the members whose
	// messages it is made of.
	Status  schemas.CaseStatus                `json:"status,omitempty"`
	Leads   map[schemas.Code]schemas.MemberID `json:"leads,omitempty"`
	Offers  map[schemas.Code]schemas.MemberID `json:"offers,omitempty"`
	Sources []schemas.MemberID                `json:"sources,omitempty"`

	// Answers has how far each member that was asked has answered a request, or
	// confirmed a recall.
	Answers map[schemas.MemberID]schemas.Code `json:"answers,omitempty"`

	// Of a referral: the last stage that was decided, and the result.
	Stage  schemas.Stage         `json:"stage,omitempty"`
	Result schemas.FindingResult `json:"result,omitempty"`

	// Recalled is the recall of the message, if there was one.
	Recalled *schemas.MessageRef `json:"recalled,omitempty"`
}

// lead is who leads a strand: its own lead, or else that of the case.
func (t *Thread) lead(strand schemas.Code) schemas.MemberID {
	if m, ok := t.Leads[strand]; ok {
		return m
	}
	return t.Leads[""]
}

// visible says whether a member took part in the step: it sent it or got it.
func visible(s *schemas.Step, m schemas.MemberID) bool {
	return s.Message.Originator == m || slices.Contains(s.To, m)
}

// Show returns what a member sees of a thread: the steps that it sent or got,
// in the order of the ledger, and its clocks. With no member it is everything,
// for the operator. It is empty if there is nothing that the member may know.
func (d *Docket) Show(ctx context.Context, of schemas.MessageRef, m schemas.MemberID) (schemas.Thread, error) {
	v := schemas.Thread{Of: of}
	if err := d.Advance(ctx); err != nil {
		return v, err
	}
	err := d.db.View(func(tx *bolt.Tx) error {
		err := eachUnder(tx.Bucket(stepsBucket), of, func(_, raw []byte) error {
			var s schemas.Step
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("reading the docket: %w", err)
			}
			if m == "" || visible(&s, m) {
				if m != "" && s.Message.Originator != m {
					s.To = []schemas.MemberID{m} // who else got it is not its business
				}
				v.Steps = append(v.Steps, s)
			}
			return nil
		})
		if err != nil || len(v.Steps) == 0 {
			return err
		}
		if err := markErased(tx, &v); err != nil {
			return err
		}
		var t Thread
		if err := read(tx.Bucket(threadsBucket), []byte(of.String()), &t); err != nil {
			return err
		}
		v.Kind, v.Status = t.Kind, t.Status
		if m == "" || of.Originator == m || slices.Contains(t.Parties, m) {
			v.Leads = t.Leads
		}
		return eachUnder(tx.Bucket(clocksBucket), of, func(_, raw []byte) error {
			var c Clock
			if err := json.Unmarshal(raw, &c); err != nil {
				return fmt.Errorf("reading the docket: %w", err)
			}
			if m == "" || c.Owes == m || c.To == m {
				v.Clocks = append(v.Clocks, c.Clock)
			}
			return nil
		})
	})
	return v, err
}

// Selection says which clocks to list.
type Selection struct {
	// Member is who owes, or is owed; empty is everybody, for the operator.
	Member schemas.MemberID
	// Overdue wants only those whose time has run out; All wants also those
	// that have ended.
	Overdue, All bool
}

// List calls fn with the clocks that are wanted, in the order of their threads.
func (d *Docket) List(ctx context.Context, want Selection, fn func(schemas.Clock) error) error {
	if err := d.Advance(ctx); err != nil {
		return err
	}
	now := d.cfg.Now()
	return d.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(clocksBucket).ForEach(func(_, raw []byte) error {
			var c Clock
			if err := json.Unmarshal(raw, &c); err != nil {
				return fmt.Errorf("reading the docket: %w", err)
			}
			switch {
			case want.Member != "" && c.Owes != want.Member && c.To != want.Member, want.Overdue && !c.Overdue(now), !want.All && !c.Running():
				return nil
			}
			return fn(c.Clock)
		})
	})
}

// Holders returns the members that got anything of a message by what is
// committed now, directly or through a message made of it. It brings the docket
// up to date first.
func (d *Docket) Holders(ctx context.Context, of schemas.MessageRef) ([]schemas.MemberID, error) {
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	messages, err := d.madeOf(of)
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

// madeOf returns a message and all that are made of it, however indirectly.
func (d *Docket) madeOf(of schemas.MessageRef) (messages []schemas.MessageRef, err error) {
	messages = []schemas.MessageRef{of}
	err = d.db.View(func(tx *bolt.Tx) error {
		for n := 0; n < len(messages); n++ {
			err := eachUnder(tx.Bucket(madeBucket), messages[n], func(rest, _ []byte) error {
				ref, err := parseRef(string(rest))
				if err == nil && !slices.Contains(messages, ref) {
					messages = append(messages, ref)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return messages, err
}

// Owed calls fn with the clocks that a member owes or is owed and that run, or
// only with those whose time has run out.
func (d *Docket) Owed(ctx context.Context, m schemas.MemberID, overdue bool, fn func(schemas.Clock) error) error {
	return d.List(ctx, Selection{Member: m, Overdue: overdue}, fn)
}
