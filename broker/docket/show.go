package docket

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"liaison/schemas"
)

// visible says whether a member took part in the step: it sent it or got it. No
// member stands for the operator.
func visible(s *schemas.Step, m schemas.MemberID) bool {
	return m == "" || s.Message.Originator == m || slices.Contains(s.To, m)
}

// Show returns what a member sees of a thread: the steps that it sent or got,
// in the order of the ledger, and its clocks. With no member it is everything,
// for the operator. It is empty if there is nothing that the member may know.
func (d *Docket) Show(ctx context.Context, of schemas.MessageRef, m schemas.MemberID) (v schemas.Thread, err error) {
	if err := d.Advance(ctx); err != nil {
		return v, err
	}
	var t *Thread
	err = d.db.View(func(tx *bolt.Tx) error {
		if t, err = readThread(tx, of); err != nil {
			return err
		}
		v.Of = t.Of
		if v.Steps, err = stepsFor(tx, t.Of, m); err != nil || len(v.Steps) == 0 {
			return err
		}
		if v.Earlier, err = seen(tx, t.Earlier, m); err != nil {
			return err
		}
		if err := markErased(tx, &v); err != nil {
			return err
		}
		v.Clocks, err = d.clocksFor(tx, t.Of, m)
		return err
	})
	if err != nil || len(v.Steps) == 0 {
		return v, err
	}
	v.Kind, v.Status = t.Kind, t.Status
	t.showTo(m, &v)
	if m != "" && len(v.Closed) > 0 {
		v.Closed = told(v.Closed, v.Steps)
	}
	own := slices.IndexFunc(v.Steps, func(s schemas.Step) bool { return s.Message == v.Of })
	for i := own + 1; i < len(v.Steps); i++ { // of corrections, those that came later
		if s := &v.Steps[i]; s.Kind == schemas.KindCorrection && s.Message != v.Of && s.Message.Originator != m {
			v.Superseded = append(v.Superseded, s.Message)
		}
	}
	v.Promoted, err = d.heldBy(ctx, t.Promoted, m)
	return v, err
}

// notStated stands for a reason that the member was not told.
const notStated schemas.Code = "not-stated"

// told are the reasons for which a case, or a strand of it, is closed, as far as the
// steps say them that a member took or got: how a matter stands may be known to all
// who have a part in it, and what came of it to those whom the outcome was for.
func told(closed map[schemas.Code]schemas.Code, steps []schemas.Step) map[schemas.Code]schemas.Code {
	shown := map[schemas.Code]schemas.Code{}
	for strand, why := range closed {
		shown[strand] = notStated
		if slices.ContainsFunc(steps, func(s schemas.Step) bool {
			return (s.Kind == schemas.KindCase || s.Kind == schemas.KindOutcome) && slices.Contains(s.Words, why)
		}) {
			shown[strand] = why
		}
	}
	return shown
}

// seen returns those of the matters of which a member took or got a step.
func seen(tx *bolt.Tx, of []schemas.MessageRef, m schemas.MemberID) (list []schemas.MessageRef, err error) {
	for _, ref := range of {
		some := m == ""
		err := eachUnder(tx.Bucket(stepsBucket), ref, func(_, raw []byte) error {
			var s schemas.Step
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("reading the docket: %w", err)
			}
			some = some || visible(&s, m)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if some {
			list = append(list, ref)
		}
	}
	return list, nil
}

// stepsFor are the steps of a thread that a member may know. Of a correction they
// are those of what it corrects, if one of them is, or is about, the correction.
func stepsFor(tx *bolt.Tx, of schemas.MessageRef, m schemas.MemberID) (steps []schemas.Step, err error) {
	root, err := stepsOf(tx, of)
	if err != nil {
		return nil, err
	}
	knows := root == of
	err = eachUnder(tx.Bucket(stepsBucket), root, func(_, raw []byte) error {
		var s schemas.Step
		if err := json.Unmarshal(raw, &s); err != nil {
			return fmt.Errorf("reading the docket: %w", err)
		}
		if !visible(&s, m) {
			return nil
		}
		knows = knows || s.Message == of || s.Of != nil && *s.Of == of
		if m != "" && s.Message.Originator != m {
			s.To = []schemas.MemberID{m} // who else got it is not its business
			s.Unreached = nil
		}
		steps = append(steps, s)
		return nil
	})
	if !knows {
		return nil, err
	}
	return steps, err
}

// showTo fills in what a member may know of how a case stands: who leads it, and
// those strands that it named, leads, or was told of. To lead the case opens none
// that was withheld.
func (t *Thread) showTo(m schemas.MemberID, v *schemas.Thread) {
	if m == "" || t.Of.Originator == m || slices.Contains(t.Named, m) {
		v.Operation = t.Operation
	}
	if m != "" && t.Of.Originator != m && !slices.Contains(t.Parties, m) {
		return
	}
	knows := func(strand schemas.Code) bool {
		return strand == "" || m == "" || t.lead(strand) == m || slices.Contains(t.Strands[m], strand)
	}
	v.Leads, v.Closed = only(t.Leads, knows), only(t.Closed, knows)
	for _, l := range t.Led {
		if knows(l.Strand) {
			v.Led = append(v.Led, l)
		}
	}
}

// only keeps the entries of those strands that may be known.
func only[T any](all map[schemas.Code]T, knows func(schemas.Code) bool) map[schemas.Code]T {
	var kept map[schemas.Code]T
	for strand, v := range all {
		if knows(strand) {
			if kept == nil {
				kept = map[schemas.Code]T{}
			}
			kept[strand] = v
		}
	}
	return kept
}

// heldBy are those messages of which a member has anything.
func (d *Docket) heldBy(ctx context.Context, refs []schemas.MessageRef, m schemas.MemberID) (held []schemas.MessageRef, err error) {
	for _, ref := range refs {
		if m == "" || ref.Originator == m {
			held = append(held, ref)
			continue
		}
		e, err := d.ledger.Decision(ctx, ref.Originator, ref.ID)
		if notThere(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("finding who has a message: %w", err)
		}
		if slices.ContainsFunc(e.Outcomes, func(o schemas.Outcome) bool { return o.Member == m && o.Outcome == schemas.Disclosed }) {
			held = append(held, ref)
		}
	}
	return held, nil
}
