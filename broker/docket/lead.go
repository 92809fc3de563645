package docket

import (
	"slices"

	"liaison/broker/policy"
	"liaison/schemas"
)

// Who leads a case and each of its strands, and how that changes.

// lead is who leads a strand: its own lead, or else that of the case. As long as
// whoever is named as the lead has no part in the case, which may be withheld from
// it, the originator leads it and owes what is owed.
func (t *Thread) lead(strand schemas.Code) schemas.MemberID {
	m, ok := t.Leads[strand]
	if !ok {
		m = t.Leads[""]
	}
	if !t.hasPart(m) {
		return t.Of.Originator
	}
	return m
}

// hasPart says whether a member may know that there is such a matter: it began it,
// got it, or got a tasking about it. To be named as a lead is not to know of it.
func (t *Thread) hasPart(m schemas.MemberID) bool {
	return t.Of.Originator == m || slices.Contains(t.Parties, m) || slices.Contains(t.Tasked, m)
}

// inLead is who leads the case and each of its strands now.
func (t *Thread) inLead() map[schemas.Code]schemas.MemberID {
	leads := map[schemas.Code]schemas.MemberID{}
	for strand := range t.Leads {
		leads[strand] = t.lead(strand)
	}
	return leads
}

// tasking takes up a step about who leads a case or a strand. Whoever was named as
// its lead and had no part in it leads it once it hears of it: nothing is left to be
// offered to it.
func (c *change) tasking() error {
	k := c.message.Tasking
	t, err := c.thread(k.Of)
	if err != nil || t.Kind != schemas.KindCase {
		return err
	}
	led, leads := t.inLead(), t.lead(k.Strand) == c.entry.Originator
	for _, m := range append(c.reached(), c.entry.Originator) {
		if !slices.Contains(t.Tasked, m) {
			t.Tasked = append(t.Tasked, m)
		}
	}
	if _, closed := t.Closed[k.Strand]; !closed && !t.takenBack() {
		c.task(t, leads)
	}
	if err := c.passOn(t, led); err != nil {
		return err
	}
	return c.put(t)
}

// task does what a tasking says; leads says whether its sender led what it is about.
func (c *change) task(t *Thread, leads bool) {
	k, from := c.message.Tasking, c.entry.Originator
	if t.Offers == nil {
		t.Offers = map[schemas.Code]schemas.MemberID{}
	}
	switch {
	case k.Action == schemas.TaskingOffer && leads && t.lead(k.Strand) != k.To:
		t.Offers[k.Strand] = k.To
	case k.Action == schemas.TaskingWithdraw && leads:
		delete(t.Offers, k.Strand)
	case k.Action == schemas.TaskingDecline && t.Offers[k.Strand] == from:
		delete(t.Offers, k.Strand)
	case k.Action == schemas.TaskingAccept && t.Offers[k.Strand] == from:
		delete(t.Offers, k.Strand)
		t.learns(t.lead(k.Strand), k.Strand) // who led it goes on knowing of it
		c.takeLead(t, k.Strand, from)
	}
}

// passOn has whoever leads a strand now, or the case, owe what was owed by who led
// it before, by the same time. What it is owed itself nobody owes any more.
func (c *change) passOn(t *Thread, led map[schemas.Code]schemas.MemberID) error {
	for strand, was := range led {
		to, name := t.lead(strand), policy.ClockReview
		if to == was {
			continue
		}
		if strand == "" {
			name = policy.ClockOutcome
		}
		var passed []schemas.Clock
		err := c.endThose(t.Of, name, schemas.EndPassedOn, func(k *Clock) bool {
			if k.Strand == strand {
				passed = append(passed, k.Clock)
			}
			return k.Strand == strand
		})
		for i := 0; err == nil && i < len(passed); i++ {
			k := schemas.Clock{Of: t.Of, Name: name, Owes: to, To: passed[i].To, Strand: strand, Due: passed[i].Due}
			if k.To != to && !k.Due.IsZero() {
				err = c.startAnew(t, k, true)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
