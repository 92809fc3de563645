package docket

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/policy"
	"liaison/schemas"
)

// The reflection period: a time that a victim is given, which nothing shortens,
// and in which nobody is removed. (Council of Europe Convention on Action against
// Trafficking in Human Beings arts 10 and 13.)

// reflect begins the period of a positive decision, and the time for conclusive
// grounds that ends with it. A period that still runs goes on, to the later of
// both days; one that is over is given again.
func (c *change) reflect(t *Thread, authority schemas.MemberID) error {
	f := c.message.Decision
	period := schemas.Clock{Of: t.Of, Name: policy.ClockReflection, Owes: authority, To: f.Of.Originator,
		Due: c.later(policy.ClockReflection, t, c.endOfDay(f.ReflectionUntil, t.Nation))}
	before, err := getClock(c.tx, (&Clock{Clock: period}).key())
	switch {
	case err != nil:
		return err
	case before != nil && before.runsAt(c.entry.At):
		if before.Due.After(period.Due) {
			period.Due = before.Due
		}
		before.Due = period.Due
		err = c.run(before)
	default:
		err = c.startAnew(t, period, true)
	}
	if err != nil {
		return err
	}
	period.Name = policy.ClockConclusive
	return c.startAnew(t, period, true)
}

// mayLift refuses to lift a hold on removal while a decision is awaited, and
// while the reflection period runs. It is asked of whoever may place one: nobody
// else learns how the referral stands.
func (d *Docket) mayLift(t *Thread, m *schemas.Message) (*schemas.Refusal, error) {
	if m.Notice == nil || m.Notice.About != schemas.NoticeRemovalHoldLifted {
		return nil, nil
	}
	why := t.awaited()
	if why == "" {
		now := d.cfg.Now()
		err := d.db.View(func(tx *bolt.Tx) error {
			return eachClock(tx, t.Of, policy.ClockReflection, func(c *Clock) error {
				if c.runsAt(now) {
					why = "the reflection period runs until " + c.Due.Format(time.RFC3339)
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	if why == "" {
		return nil, nil
	}
	const advice = "nobody is removed until the decision is made and the reflection period is over"
	return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: "notice.about", Code: "not-now", Problem: why, Advice: advice}), nil
}

// awaited says which decision about a referral is still to be made; "" if none is.
func (t *Thread) awaited() string {
	switch {
	case t.Result == "" || t.Result == schemas.Reopened:
		return "the decision on reasonable grounds is awaited"
	case t.Stage == schemas.ReasonableGrounds && t.Result == schemas.Positive:
		return "the decision on conclusive grounds is awaited"
	}
	return ""
}
