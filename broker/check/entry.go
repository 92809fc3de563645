package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// entry holds one entry against the chain, and what it says against the intake.
func (c *checker) entry(rec Record) error {
	sum := sha256.Sum256(rec.Data)
	before := c.hash
	c.number, c.hash = c.number+1, hex.EncodeToString(sum[:])
	e, err := ledger.Parse(rec.Data)
	if err != nil {
		c.find(Finding{Kind: Rot, Stream: ledger.Stream, Sequence: rec.Sequence, Entry: c.number, Problem: "the entry cannot be decoded"})
		return nil
	}
	found := c.about(rec.Sequence, &e)
	if e.Number != c.number {
		found(Chain, fmt.Sprintf("stands where entry %d must be", c.number))
	}
	if e.Previous != before {
		found(Chain, "does not name the hash of the entry before it")
	}
	c.number = e.Number
	if c.answer != nil && (e.Kind != ledger.DecisionEntry || e.Replaces == 0) {
		c.noAnswerWaits()
	}
	c.afterRecall(&e)
	switch e.Kind {
	case ledger.PolicyEntry:
		c.inForce(rec, &e)
		return nil
	case ledger.ErasedEntry:
		return c.erased(rec, &e)
	case ledger.GapEntry:
		c.acceptedGap(rec, &e)
		return nil
	case ledger.DecisionEntry, ledger.ConsentEntry:
		return c.decided(rec, &e)
	}
	found(Chain, "is of a kind that is not known: "+string(e.Kind))
	return nil
}

// about returns how findings about an entry are made.
func (c *checker) about(sequence uint64, e *ledger.Entry) func(Kind, string) {
	return func(kind Kind, problem string) {
		c.find(Finding{Kind: kind, Stream: ledger.Stream, Sequence: sequence, Entry: e.Number, Message: e.Message, Problem: problem})
	}
}

// inForce takes up the tables that an entry brings into force.
func (c *checker) inForce(rec Record, e *ledger.Entry) {
	found := c.act(rec, e, ledger.PolicyEntry, c.place)
	c.policy = e.Policy
	if _, ok := c.tables[e.Policy]; ok {
		return
	}
	t, err := c.readTables(e.Policy)
	if err != nil {
		found(Tables, "its tables cannot be read, so that nothing decided under them can be judged: "+err.Error())
	}
	c.tables[e.Policy] = t
}

// decided holds a decision, or the record of an answer, against the message.
func (c *checker) decided(rec Record, e *ledger.Entry) error {
	found := c.about(rec.Sequence, e)
	if rec.Address != "decision."+string(e.Originator)+"."+string(e.Message) {
		found(Chain, "stands at an address that is not its own")
	}
	if e.Policy != c.policy {
		found(Tables, "is decided under tables that were not in force")
	}
	if e.Replaces != 0 {
		return c.decidedAgain(rec, e)
	}
	if e.Intake != c.place+1 && e.Intake != c.passed(c.place)+1 {
		found(Order, fmt.Sprintf("decides the accepted message %d behind message %d", e.Intake, c.place))
	}
	if c.mayPass(e.Intake) {
		found(Order, fmt.Sprintf("decides message %d, whose loss was accepted before", e.Intake))
	}
	a, err := c.messageOf(e)
	if err != nil {
		return err
	}
	c.place = max(c.place, e.Intake)
	if a == nil {
		if erased, err := c.isGone(e.Intake); err != nil {
			return err
		} else if erased {
			return c.decidedGone(rec, e)
		}
		found(Phantom, "decides a message that is not in the intake")
		c.startBlock(rec, e, nil, nil)
		return nil
	}
	k := keyOf(a.originator, a.id)
	was := c.known[k]
	if was.decided != 0 {
		found(Doubled, "decides a message that was decided before")
	}
	was.decided = rec.Sequence
	c.known[k] = was
	c.sameRecord(found, e, a)
	if e.Kind == ledger.ConsentEntry {
		c.report.Recorded++
		return c.consented(rec, e, a)
	}
	return c.decidedFirst(rec, e, a)
}

// decidedFirst holds the first decision about a message against it.
func (c *checker) decidedFirst(rec Record, e *ledger.Entry, a *accepted) error {
	found := c.about(rec.Sequence, e)
	c.report.Decisions++
	j := &judged{entry: e, message: a.message, tables: c.tables[e.Policy], found: found}
	if m := a.message; m != nil && m.Kind == schemas.KindConsent {
		j.message = nil // reported already: nothing of it can be disclosed
	}
	if m := j.message; m != nil {
		c.clockChange(found, m, e)
		same, err := c.sameLinks(e, m)
		if err != nil {
			return err
		}
		if !same {
			found(Entry, "names other messages that it is about or made of than its message does")
		}
		if of, _ := m.Of(); m.Recall != nil || m.Correction != nil {
			if j.holders, err = c.holders(of); err != nil {
				return err
			}
		}
		j.takenBack = c.takenBack(e)
	}
	if err := c.mentioned(j); err != nil {
		return err
	}
	if err := c.tellsOnlyParties(j); err != nil {
		return err
	}
	if j.message != nil {
		if err := c.takesPart(e, j.message.Links); err != nil {
			return err
		}
	}
	c.madeOf(e)
	if err := c.recalls(rec, e); err != nil {
		return err
	}
	j.day = c.dayOf(j, a.Stored)
	c.judge(j)
	c.startBlock(rec, e, j, nil)
	return nil
}

// messageOf returns the accepted message that an entry decides, or nil.
func (c *checker) messageOf(e *ledger.Entry) (*accepted, error) {
	if e.Intake > c.place {
		return c.intake.upTo(e.Intake)
	}
	return c.one(e.Intake)
}

// one reads an accepted message again, or returns nil.
func (c *checker) one(sequence uint64) (*accepted, error) {
	rec, ok, err := c.src.One(c.ctx, schemas.IntakeName, sequence)
	if err != nil || !ok {
		return nil, err
	}
	a := parse(rec)
	return &a, nil
}

// sameRecord holds what an entry says of its message against the message.
func (c *checker) sameRecord(found func(Kind, string), e *ledger.Entry, a *accepted) {
	if e.Message != a.id || e.Originator != a.originator {
		found(Entry, "names another message than the one at its place in the intake")
	}
	if e.Account != a.header(ledger.HeaderAccount) {
		found(Entry, "names another account than the one that submitted the message")
	}
	if e.Commitment != a.commitment() {
		found(Rot, "its commitment does not bind the message")
	}
	if m := a.message; m != nil && (m.Kind == schemas.KindConsent) != (e.Kind == ledger.ConsentEntry) {
		found(Entry, "is an entry of another kind than its message needs")
	}
	if m := a.message; m != nil && e.Kind == ledger.DecisionEntry && e.Route != schemas.Route(m) {
		found(Entry, "names another route than the message has")
	}
}

// dayOf returns the day on which a message is judged, by the tables, and holds
// the entry's against it. Without tables it is the entry's own.
func (c *checker) dayOf(j *judged, received time.Time) time.Time {
	day, err := time.Parse(time.DateOnly, j.entry.Day)
	if j.message == nil {
		return day
	}
	if err != nil {
		j.found(Entry, "names no day")
	}
	if j.tables == nil {
		return day
	}
	if right := j.tables.day(j.message.Created.Time, received); !right.Equal(day) {
		j.found(Entry, "is judged on another day than the tables say")
		return right
	}
	return day
}
