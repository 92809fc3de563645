package docket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/failpoint"
	"liaison/broker/policy"
	"liaison/schemas"
)

// tellSize is how many clocks are told of before the ledger is looked at again.
const tellSize = 100

// tell tells of the clocks that have run out, and returns when the next one
// will; zero if there is none. A crash in here leaves notices that are stored
// and not marked as told: told again, they are duplicates.
func (d *Docket) tell(ctx context.Context) (next time.Time, err error) {
	due, next, err := d.ranOut()
	if err != nil {
		return time.Time{}, err
	}
	p := d.cfg.Policy()
	for _, c := range due {
		if err := d.tellOf(ctx, p, &c); err != nil {
			return time.Time{}, err
		}
	}
	if len(due) == tellSize {
		next = d.cfg.Now() // there may be more
	}
	return next, nil
}

// ranOut returns clocks whose next step is due, and when the one after them is.
func (d *Docket) ranOut() (due []Clock, next time.Time, err error) {
	now := d.cfg.Now()
	err = d.db.View(func(tx *bolt.Tx) error {
		cursor := tx.Bucket(dueBucket).Cursor()
		for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
			at, key := dueOf(k)
			if at.After(now) || len(due) == tellSize {
				next = at
				return nil
			}
			c, err := getClock(tx, key)
			if err != nil {
				return err
			}
			if c != nil {
				due = append(due, *c)
			}
		}
		return nil
	})
	return due, next, err
}

// tellOf sends what is said of one step of a clock, and marks it as told.
func (d *Docket) tellOf(ctx context.Context, p *policy.Policy, c *Clock) error {
	own, ok := p.Broker()
	if !ok || c.Told >= len(c.Ladder) {
		return d.mark(c)
	}
	var known schemas.MessageRef
	err := d.db.View(func(tx *bolt.Tx) (err error) {
		known, err = c.knownAs(tx, c.To)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range c.notices(p, known) {
		m.Originator, m.Created = own, schemas.At(c.Ladder[c.Told].At)
		if err := d.say(ctx, p, m); err != nil {
			return err
		}
	}
	failpoint.Here("docket.told")
	return d.mark(c)
}

// say submits one notice. Who is no member any more cannot be told, and must not
// keep the others from hearing.
func (d *Docket) say(ctx context.Context, p *policy.Policy, m *schemas.Message) error {
	day := p.Day(m.Created.Time, d.cfg.Now())
	m.Notice.To = slices.DeleteFunc(m.Notice.To, func(to schemas.MemberID) bool { return !p.MemberOn(to, day) })
	if len(m.Notice.To) == 0 {
		return nil
	}
	var refused *schemas.Refusal
	switch err := d.cfg.Submit(ctx, m); {
	case errors.As(err, &refused) && !refused.Later():
		// Told before under the same id by a clock that ran otherwise: said
		// once, and passed.
		d.cfg.Log.Error("a notice was refused", "id", m.ID, "rule", refused.Code)
	case err != nil:
		return fmt.Errorf("telling of a clock that ran out: %w", err)
	}
	return nil
}

// mark marks a step of a clock as told.
func (d *Docket) mark(c *Clock) error {
	err := d.db.Update(func(tx *bolt.Tx) error {
		now, err := getClock(tx, c.key())
		if err != nil || now == nil || !now.Started.Equal(c.Started) || now.Round != c.Round {
			return err
		}
		now.Told, now.Lapsed = max(now.Told, c.Told+1), c.Due
		now.schedule()
		if err := putClock(tx, now); err != nil {
			return err
		}
		return lapsedUntil(tx, c.Due)
	})
	failpoint.Here("docket.marked")
	return err
}

// lapsedUntil keeps the latest due time that anybody was told of: a clock on the
// wall that is put back does not undo it.
func lapsedUntil(tx *bolt.Tx, due time.Time) error {
	var latest time.Time
	b := tx.Bucket(metaBucket)
	if err := read(b, lapsedKey, &latest); err != nil || !due.After(latest) {
		return err
	}
	return b.Put(lapsedKey, encode(due))
}

// notices are what is said of the step that is due, to who owes and to who is
// owed; at the last step the hub hears of it, for the protocol board, unless
// nobody else may know of the matter. Whoever is owed it and knows the matter by
// another message is told apart, and first: a rebuilt docket knows by the last
// of them that the step was told.
func (c *Clock) notices(p *policy.Policy, known schemas.MessageRef) []*schemas.Message {
	to := []schemas.MemberID{c.Owes}
	add := func(m schemas.MemberID) {
		if m != "" && !slices.Contains(to, m) {
			to = append(to, m)
		}
	}
	apart := known != c.Of
	if !apart {
		add(c.To)
	}
	if c.Ladder[c.Told].To == policy.StepBoard && !c.Protected {
		for _, m := range p.Members() {
			if m.Kind == "hub" && !(apart && m.ID == c.To) {
				add(m.ID)
			}
		}
	}
	all := []*schemas.Message{c.notice(c.noticeID(c.Told), c.Of, to)}
	if apart {
		all = slices.Insert(all, 0, c.notice(c.noticeID(c.Told, c.To), known, []schemas.MemberID{c.To}))
	}
	return all
}

// notice says that the clock has run out, or that its escalation has come to the
// step that is due.
func (c *Clock) notice(id schemas.ID, of schemas.MessageRef, to []schemas.MemberID) *schemas.Message {
	n := &schemas.Notice{About: schemas.NoticeEscalated, Of: of, To: to, Clock: c.Name, Due: schemas.At(c.Due), Step: c.Ladder[c.Told].To, Strand: c.Strand}
	if c.Told == 0 {
		n.About = schemas.NoticeLapsed
	}
	return &schemas.Message{Schema: schemas.Schema, ID: id, Kind: schemas.KindNotice, Marking: schemas.Protect, Urgency: c.Urgency,
		Purpose: "prevent-detect-crime", Notice: n}
}
