package docket

import (
	"context"
	"strings"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/policy"
	"liaison/schemas"
)

// What is recalled is recalled with its originator's own corrections of it, and
// with the corrections of those: they say the same thing better, to the same members.

// made notes what the message is made of, and of which it is a correction.
func (c *change) made() error {
	e, self := c.entry, []byte(c.self().String())
	for _, of := range e.MadeOf {
		if err := c.tx.Bucket(madeBucket).Put(under(of, self), nil); err != nil {
			return err
		}
		if err := c.uses(of); err != nil {
			return err
		}
	}
	if e.Of == nil || e.Of.Originator != e.Originator || !strings.HasPrefix(e.Route, string(schemas.KindCorrection)+".") {
		return nil
	}
	return c.corrects()
}

// Corrected returns a message and its originator's corrections of it, however
// indirectly, by what is committed now. It brings the docket up to date first.
func (d *Docket) Corrected(ctx context.Context, of schemas.MessageRef) (messages []schemas.MessageRef, err error) {
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	err = d.db.View(func(tx *bolt.Tx) (err error) {
		messages, err = follow(tx, of, correctsBucket)
		return err
	})
	return messages, err
}

// Recalled says whether a message, or one that it corrects, is recalled by what is
// committed now. It brings the docket up to date first.
func (d *Docket) Recalled(ctx context.Context, of schemas.MessageRef) (recalled bool, err error) {
	if err := d.Advance(ctx); err != nil {
		return false, err
	}
	err = d.db.View(func(tx *bolt.Tx) (err error) {
		recalled, err = isRecalled(tx, of)
		return err
	})
	return recalled, err
}

func isRecalled(tx *bolt.Tx, of schemas.MessageRef) (bool, error) {
	t, err := readThread(tx, of)
	if err != nil {
		return false, err
	}
	if _, recalled := t.Recalls[of.ID]; recalled {
		return true, nil
	}
	k, err := correctionOf(tx, of)
	return k != nil && k.Late, err
}

// unreached are the members that the message is withheld from, with the first
// reason.
func (c *change) unreached() (list []schemas.Unreached) {
	for _, o := range c.entry.Outcomes {
		if o.Outcome == schemas.Withheld && o.Member != "" && len(o.Items) > 0 {
			list = append(list, schemas.Unreached{Member: o.Member, Reason: o.Items[0].Reason})
		}
	}
	return list
}

// recall takes up a recall: whoever it reached owes a confirmation.
func (c *change) recall() error {
	t, err := c.begin()
	if err != nil {
		return err
	}
	for _, m := range t.Parties {
		if err := c.start(t, policy.ClockRecall, m, c.entry.Originator, noTime); err != nil {
			return err
		}
	}
	if err := c.put(t); err != nil {
		return err
	}
	messages, err := follow(c.tx, c.message.Recall.Of, correctsBucket)
	for i := 0; err == nil && i < len(messages); i++ {
		err = c.recalled(messages[i])
	}
	return err
}

// recalled marks a message as recalled by this one. Of what it asked nobody owes an
// answer any more; of a case of which no version is left, nobody owes the review of a
// strand, or the outcome.
func (c *change) recalled(of schemas.MessageRef) error {
	recalled, err := c.thread(of)
	if err != nil {
		return err
	}
	if recalled.Recalls == nil {
		recalled.Recalls = map[schemas.ID]schemas.MessageRef{}
	}
	if _, done := recalled.Recalls[of.ID]; !done {
		recalled.Recalls[of.ID] = c.self()
	}
	var over []schemas.Code
	switch {
	case recalled.Kind == schemas.KindRequest:
		over = []schemas.Code{policy.ClockAcknowledge, policy.ClockAnswer}
	case recalled.takenBack():
		over = []schemas.Code{policy.ClockReview, policy.ClockOutcome}
	}
	for _, name := range over {
		if err := c.endThose(recalled.Of, name, schemas.EndFellAway, func(*Clock) bool { return true }); err != nil {
			return err
		}
	}
	return c.put(recalled)
}

func (c *change) confirmation() error {
	k := c.message.RecallConfirmation
	t, err := c.thread(k.Of)
	if err != nil {
		return err
	}
	if t.Answers == nil {
		t.Answers = map[schemas.MemberID]schemas.Code{}
	}
	t.Answers[c.entry.Originator] = schemas.Code(k.Answer)
	if err := c.end(k.Of, policy.ClockRecall, c.entry.Originator, schemas.EndMet); err != nil {
		return err
	}
	return c.put(t)
}
