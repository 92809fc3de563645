package docket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	bolt "go.etcd.io/bbolt"

	"liaison/broker/failpoint"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

func notThere(err error) bool {
	return errors.Is(err, ledger.ErrNotFound) || errors.Is(err, jetstream.ErrMsgNotFound)
}

func parseRef(s string) (schemas.MessageRef, error) {
	member, id, ok := strings.Cut(s, "/")
	if !ok {
		return schemas.MessageRef{}, fmt.Errorf("reading the docket: %q is no message", s)
	}
	return schemas.MessageRef{Originator: schemas.MemberID(member), ID: schemas.ID(id)}, nil
}

// apply takes up entries in one transaction, with the place behind them.
func (d *Docket) apply(ctx context.Context, entries []ledger.Stored) error {
	messages := make([]*schemas.Message, len(entries))
	for i := range entries {
		var err error
		if messages[i], err = d.message(ctx, &entries[i].Entry); err != nil {
			return err
		}
	}
	last := entries[len(entries)-1]
	at := place{Number: last.Number, Sequence: last.Sequence}
	err := d.db.Update(func(tx *bolt.Tx) error {
		for i := range entries {
			c := change{tx: tx, policy: d.cfg.Tables(entries[i].Policy), entry: &entries[i].Entry, sequence: entries[i].Sequence, message: messages[i]}
			if err := c.make(); err != nil {
				return fmt.Errorf("taking up ledger entry %d: %w", entries[i].Number, err)
			}
		}
		return tx.Bucket(metaBucket).Put(placeKey, encode(at))
	})
	if err == nil {
		d.at, d.kept = at, at.Number
	}
	failpoint.Here("docket.applied")
	return err
}

// message reads the message of an entry if the docket needs it: tips that
// somebody has, which are nearly all messages, have no clock but that of their
// review.
func (d *Docket) message(ctx context.Context, e *ledger.Entry) (*schemas.Message, error) {
	if !e.Matters() || e.Kind != ledger.DecisionEntry {
		return nil, nil
	}
	of := schemas.MessageRef{Originator: e.Originator, ID: e.Message}
	m, err := d.accepted(ctx, of)
	if notThere(err) {
		return d.bare(ctx, of)
	}
	return m, err
}

// accepted reads a message from the intake. It is nil if it was held as
// undecodable: there is nothing to owe. Of one that is not there, or not any more,
// notThere says so.
func (d *Docket) accepted(ctx context.Context, of schemas.MessageRef) (*schemas.Message, error) {
	s, err := d.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return nil, fmt.Errorf("reading an accepted message: %w", err)
	}
	raw, err := s.GetLastMsgForSubject(ctx, schemas.IntakeAddress(of.Originator, of.ID))
	if err != nil {
		return nil, fmt.Errorf("reading an accepted message: %w", err)
	}
	m, err := schemas.DecodeCopy(raw.Data)
	if err != nil {
		return nil, nil
	}
	return m, nil
}

// change is what one entry changes.
type change struct {
	tx     *bolt.Tx
	policy *policy.Policy
	entry  *ledger.Entry
	// sequence is where the entry lies in the stream.
	sequence uint64
	message  *schemas.Message
}

func (c *change) make() error {
	e, m := c.entry, c.message
	if e.Erased != nil {
		return c.erased()
	}
	if err := c.made(); err != nil {
		return err
	}
	if m == nil {
		return nil
	}
	if err := c.version(); err != nil {
		return err
	}
	if err := c.steps(); err != nil {
		return err
	}
	if err := c.held(); err != nil {
		return err
	}
	if err := c.encounter(); err != nil {
		return err
	}
	if err := c.weed(); err != nil {
		return err
	}
	switch {
	case m.Request != nil:
		return c.request()
	case m.Answer != nil:
		return c.answer()
	case m.Case != nil:
		return c.caseMessage()
	case m.Tasking != nil:
		return c.tasking()
	case m.Outcome != nil:
		return c.outcome()
	case m.Referral != nil:
		return c.referral()
	case m.Decision != nil:
		return c.decision()
	case m.Recall != nil:
		return c.recall()
	case m.RecallConfirmation != nil:
		return c.confirmation()
	case m.Notice != nil:
		return c.notice()
	}
	return nil
}

// self names the entry's message.
func (c *change) self() schemas.MessageRef {
	return schemas.MessageRef{Originator: c.entry.Originator, ID: c.entry.Message}
}

// reached are the members that have the message now.
func (c *change) reached() (list []schemas.MemberID) {
	for _, o := range c.entry.Outcomes {
		if o.Outcome == schemas.Disclosed && o.Member != "" {
			list = append(list, o.Member)
		}
	}
	return list
}

// steps records the message as a step of its own thread, of the one that it is
// about, and of those that it is made of. A recall and a correction are steps of
// whatever is made of their message too, and a correction has no steps beside those
// of what it corrects.
func (c *change) steps() error {
	e, m := c.entry, c.message
	s := schemas.Step{Entry: e.Number, At: e.At, Message: c.self(), Kind: m.Kind, Of: e.Of, Words: wordsOf(m), To: c.reached()}
	refs := slices.Clone(e.MadeOf)
	switch {
	case e.Of != nil && (m.Recall != nil || m.Correction != nil):
		made, err := madeOf(c.tx, *e.Of)
		if err != nil {
			return err
		}
		refs = append(append(refs, made...), s.Message)
		s.Unreached = c.unreached()
	case e.Of != nil:
		refs = append(refs, *e.Of)
	case m.Kind != schemas.KindTip || len(e.MadeOf) > 0 || !e.Due.IsZero():
		refs = append(refs, s.Message)
	default:
		refs = nil
	}
	for _, of := range refs {
		root, err := stepsOf(c.tx, of)
		if err != nil {
			return err
		}
		if err := c.tx.Bucket(stepsBucket).Put(under(root, numberKey(e.Number)), encode(s)); err != nil {
			return err
		}
	}
	return nil
}

// wordsOf are the codes that say what a step does.
func wordsOf(m *schemas.Message) (words []schemas.Code) {
	add := func(list ...schemas.Code) {
		for _, w := range list {
			if w != "" {
				words = append(words, w)
			}
		}
	}
	switch {
	case m.Case != nil:
		add(schemas.Code(m.Case.Status), m.Case.Reason)
	case m.Tasking != nil:
		add(schemas.Code(m.Tasking.Action), m.Tasking.Strand, m.Tasking.Reason)
	case m.Outcome != nil:
		add(m.Outcome.Results...)
		add(schemas.Code(m.Outcome.Status), m.Outcome.Strand)
	case m.Decision != nil:
		add(schemas.Code(m.Decision.Stage), schemas.Code(m.Decision.Result))
	case m.Referral != nil:
		add(schemas.Code(m.Referral.Form))
	case m.Notice != nil:
		add(schemas.Code(m.Notice.About), m.Notice.Clock, m.Notice.Strand, m.Notice.Step, m.Notice.Reason)
	case m.Recall != nil:
		add(m.Recall.Reason)
	case m.RecallConfirmation != nil:
		add(schemas.Code(m.RecallConfirmation.Answer), m.RecallConfirmation.Reason)
	default:
		add(m.Action())
	}
	return words
}

// thread returns a thread, new if there is none.
func (c *change) thread(of schemas.MessageRef) (*Thread, error) {
	return readThread(c.tx, of)
}

func (c *change) put(t *Thread) error {
	return c.tx.Bucket(threadsBucket).Put([]byte(t.Of.String()), encode(t))
}

// begin returns the thread that the message begins, with its parties as they
// are now.
func (c *change) begin() (*Thread, error) {
	t, err := c.thread(c.self())
	if err != nil {
		return nil, err
	}
	m := c.message
	t.Kind, t.Parties, t.Urgency, t.Nation, t.Protected = m.Kind, c.reached(), m.Urgency, policy.NationOf(m), c.entry.Protected
	return t, nil
}

// start starts a clock of a thread, unless it runs or has ended already; the
// due time is the tables' unless one is given.
func (c *change) start(t *Thread, name schemas.Code, owes, to schemas.MemberID, due time.Time) error {
	return c.startAnew(t, schemas.Clock{Of: t.Of, Name: name, Owes: owes, To: to, Due: due}, false)
}

// startAnew starts a clock; one that has ended only if it may run again.
func (c *change) startAnew(t *Thread, clock schemas.Clock, again bool) error {
	clock.Started = c.entry.At
	k := &Clock{Clock: clock, Urgency: t.Urgency, Nation: t.Nation, Protected: t.Protected}
	before, err := getClock(c.tx, k.key())
	if err != nil || before != nil && (before.runsAt(c.entry.At) || !again) {
		return err
	}
	return c.run(k)
}

// run lets a clock run from now on, by the tables.
func (c *change) run(k *Clock) error {
	row, ok := c.policy.Deadline(k.Name, k.Urgency, c.entry.At)
	if !ok {
		return nil // the tables know no such clock
	}
	if k.Due.IsZero() {
		k.Due, _ = c.policy.Due(k.Name, k.Urgency, k.Nation, c.entry.At)
	}
	k.Ladder = c.policy.Escalation(row, k.Nation, k.Due)
	k.schedule()
	return putClock(c.tx, k)
}

// end ends the clock of a member, if it runs.
func (c *change) end(of schemas.MessageRef, name schemas.Code, owes schemas.MemberID, how schemas.ClockEnd) error {
	return c.endThose(of, name, how, func(k *Clock) bool { return k.Owes == owes })
}

// endThose ends those clocks of a thread that run and that are meant.
func (c *change) endThose(of schemas.MessageRef, name schemas.Code, how schemas.ClockEnd, meant func(*Clock) bool) error {
	var ended []*Clock
	err := eachClock(c.tx, of, name, func(k *Clock) error {
		if k.Running() && meant(k) {
			ended = append(ended, k)
		}
		return nil
	})
	for i := 0; err == nil && i < len(ended); i++ {
		k := ended[i]
		k.lapse(c.entry.At)
		k.Ended, k.End, k.EndedBy, k.Next = c.entry.At, how, c.entry.Number, time.Time{}
		err = putClock(c.tx, k)
	}
	return err
}

// endOfDay is the end of a day that a sender named, by the calendar of a nation.
func (c *change) endOfDay(d schemas.Date, nation schemas.Code) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return c.policy.Calendar(nation).EndOf(d.Start())
}
