package docket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/policy"
	"liaison/schemas"
)

// What may be done to a clock while it runs. The table of deadlines says of which
// clocks, and by whom; the intake refuses the rest, and what was recorded all the
// same changes nothing.

// concerns says whether a member owes or is owed what the clock runs for, and
// knows the matter by the clock's message: nobody else may learn from a refusal
// that there is such a clock, or how it stands.
func (c *Clock) concerns(tx *bolt.Tx, m schemas.MemberID) (bool, error) {
	known, err := c.knownAs(tx, m)
	return (m == c.Owes || m == c.To) && known == c.Of, err
}

// mayChange says why a notice of a member cannot change a clock; "" if it can.
func (c *Clock) mayChange(row policy.Deadline, n *schemas.Notice, from schemas.MemberID, at time.Time) string {
	switch {
	case !c.Running():
		return "the duty has ended"
	case c.Due.IsZero():
		return "the clock does not run yet"
	case c.isPeriod() && n.About != schemas.NoticeExtended:
		// Council of Europe Convention art. 13; Government Reply to HC 23.
		return "the reflection period is never stopped: it depends on nothing, and not on cooperation"
	case c.isPeriod() && !n.Due.After(c.Due):
		return "the reflection period is never shortened: it depends on nothing, and not on cooperation"
	case c.isPeriod() && !at.Before(c.Due):
		return "the reflection period is over"
	}
	if why := c.mayChangeBy(row.Extendable, n, from); why != "" {
		return why
	}
	switch paused := !c.Paused.IsZero(); {
	case n.About == schemas.NoticeResumed && !paused:
		return "the clock does not stand still"
	case n.About != schemas.NoticeResumed && paused:
		return "the clock stands still: resume it first"
	case n.About == schemas.NoticePaused && c.Overdue(at):
		return "the clock has run out: give the duty a new time"
	case n.About == schemas.NoticeExtended && (!n.Due.After(c.Due) || !n.Due.After(at)):
		return "more time ends later than the time there is: the duty is due at " + c.Due.Format(time.RFC3339)
	}
	return ""
}

// mayChangeBy says why it is not the member's to change the clock; "" if it is.
func (c *Clock) mayChangeBy(who policy.Extender, n *schemas.Notice, from schemas.MemberID) string {
	switch {
	case who == policy.ByOwed && c.To != "" && from == c.To:
		return ""
	case who == policy.ByOwes && from == c.Owes && n.About != schemas.NoticeExtended:
		return "whoever has a duty may give it a later day, and cannot stop its own clock"
	case who == policy.ByOwes && from == c.Owes && c.To != "" && !slices.Contains(n.To, c.To):
		return fmt.Sprintf("%s, to whom it is owed, must be told", c.To)
	case who == policy.ByOwes && from == c.Owes:
		return ""
	case who == policy.ByOwed && c.To != "":
		return fmt.Sprintf("only %s, to whom it is owed, may change it", c.To)
	case who == policy.ByOwes:
		return fmt.Sprintf("only %s, whose duty it is, may give it more time", c.Owes)
	}
	return "the protocol lets nobody change this clock"
}

// meant says whether a notice is about the clock: of those that are owed to one
// member it names who owes.
func (c *Clock) meant(who policy.Extender, n *schemas.Notice) bool {
	return c.Strand == n.Strand && (who != policy.ByOwed || slices.Contains(n.To, c.Owes))
}

// allowClock refuses a change of a clock that is not possible, and says why.
func (d *Docket) allowClock(ctx context.Context, m *schemas.Message) (*schemas.Refusal, error) {
	n, p, now := m.Notice, d.cfg.Policy(), d.cfg.Now()
	why := "there is no such clock of that message"
	var possible []string
	left := slices.Clone(n.To)
	err := d.db.View(func(tx *bolt.Tx) error {
		return eachClock(tx, n.Of, n.Clock, func(c *Clock) error {
			row, _ := p.Deadline(c.Name, c.Urgency, c.Started)
			if concerned, err := c.concerns(tx, m.Originator); err != nil || !concerned || !c.meant(row.Extendable, n) || !c.Running() {
				return err
			}
			if why = c.mayChange(row, n, m.Originator, now); why != "" {
				possible = append(possible, c.possible(row, n, m.Originator, now)...)
				return nil
			}
			left = slices.DeleteFunc(left, func(to schemas.MemberID) bool { return to == c.Owes || to == c.To })
			return nil
		})
	})
	if err == nil && why == "" {
		why, err = d.mayTell(ctx, m, left)
	}
	if err != nil || why == "" {
		return nil, err
	}
	advice := "nothing is possible with this clock: 'liaison docket list' shows those that your member owes or is owed, by their names, and to whom"
	if slices.Sort(possible); len(possible) > 0 {
		advice = "possible now: " + strings.Join(slices.Compact(possible), ", ")
	}
	return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: "notice.clock", Code: "not-now", Problem: why, Advice: advice}), nil
}

// possible are the changes of the clock that the member could make now.
func (c *Clock) possible(row policy.Deadline, n *schemas.Notice, from schemas.MemberID, now time.Time) (words []string) {
	for _, about := range []schemas.NoticeAbout{schemas.NoticeExtended, schemas.NoticePaused, schemas.NoticeResumed} {
		try := *n
		try.About, try.Due = about, schemas.At(now.AddDate(100, 0, 0))
		if c.mayChange(row, &try, from, now) == "" {
			words = append(words, "notice "+string(about))
		}
	}
	return words
}

// mayTell says why somebody who has no part in a clock cannot be told that it is
// changed: who has not got the message must not learn that there is one.
func (d *Docket) mayTell(ctx context.Context, m *schemas.Message, to []schemas.MemberID) (string, error) {
	if len(to) == 0 {
		return "", nil
	}
	e, err := d.ledger.Decision(ctx, m.Notice.Of.Originator, m.Notice.Of.ID)
	if err != nil && !notThere(err) {
		return "", fmt.Errorf("finding who has a message: %w", err)
	}
	for _, member := range to {
		if !got(e.Outcomes, member) && member != m.Notice.Of.Originator && (e.Protected || !d.cfg.Policy().IsHub(member)) {
			return fmt.Sprintf("%s has no part in it, and must not be told of it", member), nil
		}
	}
	return "", nil
}

// notice takes up a notice that changes a clock, or that tells of one.
func (c *change) notice() error {
	n := c.message.Notice
	changes := n.About.ChangesClock()
	if !changes && n.About != schemas.NoticeLapsed && n.About != schemas.NoticeEscalated {
		return nil
	}
	var changed []*Clock
	err := eachClock(c.tx, n.Of, n.Clock, func(k *Clock) error {
		row, _ := c.policy.Deadline(k.Name, k.Urgency, k.Started)
		switch {
		case !changes && !k.tells(c.entry.Message):
			return nil
		case changes && (!k.meant(row.Extendable, n) || k.mayChange(row, n, c.entry.Originator, c.entry.At) != ""):
			return nil
		case changes:
			c.changeClock(row, k)
		}
		changed = append(changed, k)
		return nil
	})
	for i := 0; err == nil && i < len(changed); i++ {
		err = putClock(c.tx, changed[i])
	}
	return err
}

// tells marks the step of the clock's escalation that a notice told of: a docket
// that is made anew knows from the ledger what was said.
func (c *Clock) tells(notice schemas.ID) bool {
	for step := range c.Ladder {
		if c.noticeID(step) == notice {
			c.Told, c.Lapsed = max(c.Told, step+1), c.Due
			c.schedule()
			return true
		}
	}
	return false
}

// changeClock gives a clock more time, stops it, or lets it go on. A clock that
// has run out begins anew, and that it lapsed stays on record.
func (c *change) changeClock(row policy.Deadline, k *Clock) {
	n, at := c.message.Notice, c.entry.At
	made := schemas.ClockChange{Entry: c.entry.Number, At: at, By: c.entry.Originator, About: n.About, Was: k.Due, Reason: n.Reason}
	k.lapse(at)
	switch n.About {
	case schemas.NoticePaused:
		k.Paused = at
	case schemas.NoticeResumed:
		k.Due, k.Paused = c.policy.Resumed(row, k.Nation, k.Due, k.Paused, at), time.Time{}
	default:
		k.Due = n.Due.Time
	}
	if n.About != schemas.NoticePaused {
		k.Round, k.Told, k.Ladder = k.Round+1, 0, c.policy.Escalation(row, k.Nation, k.Due)
	}
	made.Due = k.Due
	if k.Changes = append(k.Changes, made); len(k.Changes) > maxChanges {
		k.Changes = k.Changes[1:]
	}
	k.schedule()
}
