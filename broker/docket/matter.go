package docket

import (
	"slices"
	"time"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// What each kind of message changes.

// noTime leaves a due time to the tables.
var noTime time.Time

// sooner is the tables' due time of a clock, or another if that is sooner.
func (c *change) sooner(name schemas.Code, t *Thread, by time.Time) time.Time {
	due, ok := c.policy.Due(name, t.Urgency, t.Nation, c.entry.At)
	if !by.IsZero() && (!ok || by.Before(due)) {
		return by
	}
	return due
}

// later is the tables' due time of a clock, or another if that is later.
func (c *change) later(name schemas.Code, t *Thread, by time.Time) time.Time {
	due, _ := c.policy.Due(name, t.Urgency, t.Nation, c.entry.At)
	if by.After(due) {
		return by
	}
	return due
}

// held starts or ends the originator's clock for what nobody gets, and starts
// that of the message's review, unless the day has passed already: an old record
// that comes in late begins no duty.
func (c *change) held() error {
	e, m := c.entry, c.message
	t := &Thread{Of: c.self(), Urgency: m.Urgency, Nation: policy.NationOf(m), Protected: e.Protected}
	if by := c.endOfDay(e.Review, t.Nation); by.After(e.At) && e.Replaces == 0 {
		if err := c.start(t, policy.ClockReview, e.Originator, "", by); err != nil {
			return err
		}
	}
	if (e.Held || len(e.Waiting) > 0) && !e.Closed && !e.Due.IsZero() {
		return c.start(t, policy.ClockHeld, e.Originator, "", e.Due)
	}
	return c.end(t.Of, policy.ClockHeld, e.Originator, howHeldEnds(e))
}

// howHeldEnds: a consent that releases is an answer, and so is a refusal.
func howHeldEnds(e *ledger.Entry) schemas.ClockEnd {
	if e.Closed || e.Replaces != 0 {
		return schemas.EndMet
	}
	return schemas.EndFellAway
}

func (c *change) request() error {
	t, err := c.begin()
	if err != nil {
		return err
	}
	by := c.endOfDay(c.message.Request.NeededBy, t.Nation)
	for _, m := range t.Parties {
		if err := c.start(t, policy.ClockAcknowledge, m, c.entry.Originator, c.sooner(policy.ClockAcknowledge, t, by)); err != nil {
			return err
		}
		if err := c.start(t, policy.ClockAnswer, m, c.entry.Originator, c.sooner(policy.ClockAnswer, t, by)); err != nil {
			return err
		}
	}
	return c.put(t)
}

func (c *change) answer() error {
	t, err := c.thread(c.message.Answer.Of)
	if err != nil {
		return err
	}
	from, status := c.entry.Originator, c.message.Answer.Status
	if c.entry.Replaces != 0 {
		return nil // decided again: what was answered was taken up before
	}
	if t.Answers == nil {
		t.Answers = map[schemas.MemberID]schemas.Code{}
	}
	t.Answers[from] = schemas.Code(status)
	if err := c.end(t.Of, policy.ClockAcknowledge, from, schemas.EndMet); err != nil {
		return err
	}
	if status != schemas.AnswerAcknowledged {
		if err := c.end(t.Of, policy.ClockAnswer, from, schemas.EndMet); err != nil {
			return err
		}
	}
	return c.put(t)
}

// referral starts the clock of the competent authority, which is who may
// decide.
func (c *change) referral() error {
	t, err := c.begin()
	if err != nil {
		return err
	}
	t.Earlier = c.message.Referral.Earlier
	if slices.ContainsFunc(t.Parties, c.policy.Decides) {
		if err := c.referred(); err != nil {
			return err
		}
	}
	for _, m := range t.Parties {
		if c.policy.Decides(m) {
			if err := c.start(t, policy.ClockReasonable, m, c.entry.Originator, noTime); err != nil {
				return err
			}
		}
	}
	return c.put(t)
}

func (c *change) decision() error {
	f := c.message.Decision
	t, err := c.thread(f.Of)
	if err != nil {
		return err
	}
	t.Stage, t.Result = f.Stage, f.Result
	authority := c.entry.Originator
	switch {
	case f.Result == schemas.Reopened:
		err = c.startAnew(t, schemas.Clock{Of: t.Of, Name: policy.ClockReasonable, Owes: authority, To: f.Of.Originator}, true)
	case f.Stage == schemas.ConclusiveGrounds:
		// The reflection period goes on: no decision shortens it.
		err = c.end(f.Of, policy.ClockConclusive, authority, schemas.EndMet)
	default:
		err = c.end(f.Of, policy.ClockReasonable, authority, schemas.EndMet)
		if err == nil && f.Result == schemas.Positive {
			err = c.reflect(t, authority)
		}
	}
	if err != nil {
		return err
	}
	return c.put(t)
}
