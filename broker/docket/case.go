package docket

import (
	"slices"
	"strings"

	"liaison/broker/policy"
	"liaison/schemas"
)

// A case is one thread, however many messages take the place of each other: the
// thread is kept under the first of them.

// version notes that a case takes the place of an earlier one of the same member.
func (c *change) version() error {
	before, ok := c.message.Replaces()
	if c.message.Case == nil || !ok {
		return nil
	}
	t, err := c.thread(before)
	if err != nil || t.Kind != schemas.KindCase || t.Of == c.self() {
		return err
	}
	return c.tx.Bucket(rootsBucket).Put([]byte(c.self().String()), []byte(t.Of.String()))
}

// caseMessage takes up a case, or what supersedes it. Whoever leads a strand is
// changed by taskings alone.
func (c *change) caseMessage() error {
	t, err := c.thread(c.self())
	if err != nil {
		return err
	}
	body := c.message.Case
	begins := t.Kind == ""
	if begins {
		t.Kind, t.Urgency, t.Nation, t.Protected = schemas.KindCase, c.message.Urgency, policy.NationOf(c.message), c.entry.Protected
		c.takeLead(t, "", body.Lead)
	}
	revived, led := t.takenBack(), t.inLead()
	if !slices.Contains(t.Versions, c.entry.Message) {
		t.Versions = append(t.Versions, c.entry.Message)
	}
	c.told(t)
	if err := c.name(t); err != nil {
		return err
	}
	if err := c.protect(t); err != nil {
		return err
	}
	if err := c.passOn(t, led); err != nil {
		return err
	}
	if !begins && c.entry.Replaces != 0 {
		return c.put(t) // decided again: how it stands is as it was
	}
	for _, s := range body.Strands {
		if _, ok := t.Leads[s.CrimeType]; !ok {
			c.takeLead(t, s.CrimeType, s.Lead)
		}
	}
	for _, of := range c.entry.MadeOf {
		if !slices.Contains(t.Promoted, of) {
			t.Promoted = append(t.Promoted, of)
		}
		if of.Originator != t.lead("") && !slices.Contains(t.Sources, of.Originator) {
			t.Sources = append(t.Sources, of.Originator)
		}
	}
	// What was possible when it was accepted may not be any more: its lead may have
	// closed the case since.
	if begins || slices.Contains(t.states(c.entry.Originator), wanted(c.message)) {
		if revived && t.Status == schemas.CaseClosed {
			t.Status, t.Closed = "", nil // its outcome is owed again
		}
		if err := c.stands(t, body.Status, body.Reason); err != nil {
			return err
		}
	}
	for _, s := range body.Strands {
		if err := c.review(t, s); err != nil {
			return err
		}
	}
	return c.put(t)
}

// told notes who got the case, and of which strands: its originator named them,
// and each of the others was told of those that it got items of.
func (c *change) told(t *Thread) {
	for _, s := range c.message.Case.Strands {
		t.learns(c.entry.Originator, s.CrimeType)
	}
	for _, o := range c.entry.Outcomes {
		if o.Outcome != schemas.Disclosed || o.Member == "" {
			continue
		}
		if !slices.Contains(t.Parties, o.Member) {
			t.Parties = append(t.Parties, o.Member)
		}
		if !c.policy.MayKnow(o.Member, policy.FieldStrands, c.entry.At) {
			continue
		}
		for _, it := range o.Items {
			if it.Outcome != schemas.Disclosed || it.Index >= len(c.message.Items) {
				continue
			}
			for _, crime := range c.message.ItemCrimeTypes(it.Index) {
				t.learns(o.Member, crime)
			}
		}
	}
}

// name enters the case under the name of its operation, and those who were told
// the name: only who got the whole of a message that has it.
func (c *change) name(t *Thread) error {
	name := c.message.Case.Operation
	if name == "" {
		return nil
	}
	if t.Operation != "" && t.Operation != name {
		t.Named = nil // another operation by now
		if err := c.tx.Bucket(namesBucket).Delete(operationKey(t.Operation, t.Of)); err != nil {
			return err
		}
	}
	t.Operation = name
	for _, o := range c.entry.Outcomes {
		disclosed := 0
		for _, it := range o.Items {
			if it.Outcome == schemas.Disclosed {
				disclosed++
			}
		}
		if o.Member != "" && disclosed == len(c.message.Items) && !slices.Contains(t.Named, o.Member) &&
			c.policy.MayKnow(o.Member, policy.FieldOperation, c.entry.At) {
			t.Named = append(t.Named, o.Member)
		}
	}
	return c.tx.Bucket(namesBucket).Put(operationKey(name, t.Of), nil)
}

// operationKey is where a case stands under the name of its operation, which is
// read without regard to capitals.
func operationKey(name string, of schemas.MessageRef) []byte {
	return append(append([]byte(strings.ToLower(name)), 0), of.String()...)
}

// takeLead puts on record who leads a strand from now on.
func (c *change) takeLead(t *Thread, strand schemas.Code, m schemas.MemberID) {
	if t.Leads == nil {
		t.Leads = map[schemas.Code]schemas.MemberID{}
	}
	t.Leads[strand] = m
	t.Led = append(t.Led, schemas.Lead{Strand: strand, Member: m, Since: c.entry.At, Entry: c.entry.Number})
}

// stands takes up the state of a case. To close it closes its strands, and from
// then on each member whose message it is made of is owed the outcome, unless not
// even the existence of the case may be known. (Proceeds of Crime Act 2002 s.333A.)
func (c *change) stands(t *Thread, status schemas.CaseStatus, reason schemas.Code) error {
	was := t.Status
	t.Status = status
	switch {
	case status == schemas.CaseClosed && was != schemas.CaseClosed:
		for strand := range t.Leads {
			if err := c.closeStrand(t, strand, reason); err != nil {
				return err
			}
		}
		if t.Protected {
			return nil
		}
		for _, source := range t.Sources {
			k := schemas.Clock{Of: t.Of, Name: policy.ClockOutcome, Owes: t.lead(""), To: source}
			if k.Owes == source {
				continue // it leads by now
			}
			if err := c.startAnew(t, k, true); err != nil {
				return err
			}
		}
	case was == schemas.CaseClosed && status != schemas.CaseClosed:
		strands := t.Closed
		t.Closed = nil
		for strand := range strands {
			if strand != "" {
				if err := c.review(t, schemas.Strand{CrimeType: strand}); err != nil {
					return err
				}
			}
		}
		return c.endThose(t.Of, policy.ClockOutcome, schemas.EndFellAway, func(*Clock) bool { return true })
	}
	return nil
}

// closeStrand closes a strand, unless it is closed already.
func (c *change) closeStrand(t *Thread, strand, reason schemas.Code) error {
	if _, done := t.Closed[strand]; done {
		return nil
	}
	if t.Closed == nil {
		t.Closed = map[schemas.Code]schemas.Code{}
	}
	t.Closed[strand] = reason
	delete(t.Offers, strand)
	if strand == "" {
		return nil // it has no clock of its own but the outcomes'
	}
	return c.endThose(t.Of, policy.ClockReview, schemas.EndMet, func(k *Clock) bool { return k.Strand == strand })
}

// review starts the clock of a strand that is open: its lead looks at it again by
// its day, or by the protocol's.
func (c *change) review(t *Thread, s schemas.Strand) error {
	by := c.endOfDay(s.Review, t.Nation)
	if _, closed := t.Closed[s.CrimeType]; closed || !by.IsZero() && !by.After(c.entry.At) {
		return nil
	}
	k := schemas.Clock{Of: t.Of, Name: policy.ClockReview, Owes: t.lead(s.CrimeType), Strand: s.CrimeType, Due: by}
	return c.startAnew(t, k, true)
}

// outcome takes up what came of a case or of a strand. Whoever it did not reach
// has not been told, and is owed it still.
func (c *change) outcome() error {
	o := c.message.Outcome
	t, err := c.thread(o.Of)
	if err != nil || t.Kind != schemas.KindCase {
		return err
	}
	if c.entry.Replaces == 0 && t.lead(o.Strand) == c.entry.Originator && !t.takenBack() {
		if err := c.came(t, o); err != nil {
			return err
		}
	}
	reached := c.reached()
	err = c.endThose(t.Of, policy.ClockOutcome, schemas.EndMet, func(k *Clock) bool {
		return o.Strand == "" && k.Owes == c.entry.Originator && slices.Contains(reached, k.To)
	})
	if err != nil {
		return err
	}
	return c.put(t)
}

// came puts the case, or the strand, into the state that an outcome says.
func (c *change) came(t *Thread, o *schemas.Feedback) error {
	reason := o.Results[0]
	_, closed := t.Closed[o.Strand]
	switch {
	case o.Strand == "":
		return c.stands(t, o.Status, reason)
	case o.Status == schemas.CaseClosed:
		return c.closeStrand(t, o.Strand, reason)
	case closed && t.Status != schemas.CaseClosed:
		delete(t.Closed, o.Strand)
		return c.review(t, schemas.Strand{CrimeType: o.Strand})
	}
	return nil
}
