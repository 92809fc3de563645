package docket

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// The clock of a referral. It starts when a first responder says in a tip or a
// case that it has met somebody who may be a victim; where somebody else says so
// who may not refer, as an inspectorate, when a first responder is told. It is
// met by a referral that names the message. (National Referral Mechanism process
// maps: a target of 48 hours, and no limit.)

// encounter starts the clocks, lets those go on that waited for a consent, and ends
// those of whoever knows of nobody but adults who refuse, or take their consent
// back. A clock that runs goes on while anybody's answer is awaited.
func (c *change) encounter() error {
	if !c.entry.Victim || c.referredBefore() {
		return nil
	}
	t := &Thread{Of: c.self(), Urgency: c.message.Urgency, Nation: policy.NationOf(c.message), Protected: c.entry.Protected}
	row, ok := c.policy.Deadline(policy.ClockReferral, t.Urgency, c.entry.At)
	if !ok {
		return nil
	}
	gated, answers := slices.Contains(row.Gates, policy.GateConsent), c.answers()
	for m, victims := range c.responders() {
		says := func(answer schemas.ConsentAnswer) bool {
			return slices.ContainsFunc(victims, func(v int) bool { return answers[v] == answer })
		}
		var err error
		switch {
		case !gated || says(schemas.Given):
			err = c.refers(t, m, false)
		case says(""):
			err = c.refers(t, m, true)
		default:
			err = c.end(t.Of, policy.ClockReferral, m, schemas.EndFellAway)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refers starts the clock of a first responder, which may have to wait. One that
// fell away because the adult refused starts anew when the adult consents.
func (c *change) refers(t *Thread, m schemas.MemberID, waits bool) error {
	k := &Clock{Clock: schemas.Clock{Of: t.Of, Name: policy.ClockReferral, Owes: m, Started: c.entry.At},
		Urgency: t.Urgency, Nation: t.Nation, Protected: t.Protected}
	before, err := getClock(c.tx, k.key())
	switch {
	case err != nil:
		return err
	case before != nil && (waits || before.Waits == "" && before.End != schemas.EndFellAway):
		return nil
	case waits:
		k.Waits = policy.GateConsent
		return putClock(c.tx, k)
	case before != nil && !before.Running() && before.End != schemas.EndFellAway:
		return nil
	}
	return c.run(k)
}

// responders are the first responders that have to refer, each with the possible
// victims that it knows of, by their positions among the subjects: the originator,
// or else who was told.
func (c *change) responders() map[schemas.MemberID][]int {
	m, e := c.message, c.entry
	victims := c.victims()
	if c.policy.Refers(e.Originator) {
		return map[schemas.MemberID][]int{e.Originator: victims}
	}
	told := map[schemas.MemberID][]int{}
	for _, o := range e.Outcomes {
		if o.Outcome != schemas.Disclosed || !c.policy.Refers(o.Member) {
			continue
		}
		for _, v := range victims {
			if slices.ContainsFunc(o.Items, func(it schemas.ItemOutcome) bool {
				return it.Outcome == schemas.Disclosed && it.Index < len(m.Items) && slices.Contains(m.Items[it.Index].Subjects, v)
			}) {
				told[o.Member] = append(told[o.Member], v)
			}
		}
	}
	return told
}

// victims are the positions of the possible victims among the subjects.
func (c *change) victims() (list []int) {
	for i := range c.message.Subjects {
		if c.message.Subjects[i].PerhapsVictim() {
			list = append(list, i)
		}
	}
	return list
}

// answers is what each possible victim says to being referred, as far as it is on
// record. Whoever may be a child is referred without being asked, as if it had
// consented.
func (c *change) answers() map[int]schemas.ConsentAnswer {
	day := c.message.Created.Time
	if day.IsZero() {
		day = c.entry.At // what is left of an erased message has no day of its own
	}
	answers := map[int]schemas.ConsentAnswer{}
	for _, v := range c.victims() {
		if answers[v] = schemas.Given; c.message.Subjects[v].SurelyAdult(day) {
			answers[v] = c.consented(v)
		}
	}
	return answers
}

// consented is what an adult who is to be referred answers, by all that is on record
// of the items that it may be about. An answer that may be another person's takes
// back no consent that was given for another item.
func (c *change) consented(adult int) (answer schemas.ConsentAnswer) {
	given := map[int]bool{}
	for _, r := range c.entry.Records {
		if r.Authority != policy.AuthorityReferred || r.Answer == schemas.Given && !schemas.ValidOn(schemas.Date{}, r.Until, c.entry.At) {
			continue
		}
		for _, item := range r.Items {
			switch whose := c.spokenOf(item); {
			case !slices.Contains(whose, adult):
				continue
			case r.Answer == schemas.Given:
				given[item] = true
			case len(whose) == 1:
				clear(given)
			default:
				delete(given, item)
			}
			answer = schemas.Refused
		}
	}
	if len(given) > 0 {
		return schemas.Given
	}
	return answer
}

// spokenOf are the possible victims of whom an item speaks; if it names none of
// them it may be any.
func (c *change) spokenOf(item int) []int {
	all := c.victims()
	if item >= len(c.message.Items) {
		return all
	}
	some := slices.DeleteFunc(slices.Clone(all), func(v int) bool { return !slices.Contains(c.message.Items[item].Subjects, v) })
	if len(some) == 0 {
		return all
	}
	return some
}

// referredBefore says whether the message itself names a referral: the person
// has been referred.
func (c *change) referredBefore() bool {
	return slices.ContainsFunc(c.linked(), func(of schemas.MessageRef) bool {
		t, err := c.thread(of)
		return err == nil && t.Kind == schemas.KindReferral
	})
}

// linked are the messages that the message or its items link to.
func (c *change) linked() (refs []schemas.MessageRef) {
	add := func(links []schemas.Link) {
		for _, l := range links {
			if ref := (schemas.MessageRef{Originator: l.Originator, ID: l.ID}); !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	add(c.message.Links)
	for i := range c.message.Items {
		add(c.message.ItemLinks(i))
	}
	return refs
}

// referred ends the clocks of those messages that a referral names, of what
// those are made of, and of what is made of them.
func (c *change) referred() error {
	for _, of := range c.linked() {
		met := []schemas.MessageRef{of}
		t, err := c.thread(of)
		if err != nil {
			return err
		}
		met = append(met, t.Promoted...)
		err = eachUnder(c.tx.Bucket(madeBucket), of, func(rest, _ []byte) error {
			ref, err := parseRef(string(rest))
			met = append(met, ref)
			return err
		})
		for i := 0; err == nil && i < len(met); i++ {
			err = c.endThose(met[i], policy.ClockReferral, schemas.EndMet, func(*Clock) bool { return true })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endReferrals ends the duties to refer whom a message spoke of that is gone. A
// recall takes back the originator's own duty alone: the person is still there for
// whoever was told, unless the message was wrong. Nobody waits for a consent that
// cannot be recorded any more.
func (c *change) endReferrals(of schemas.MessageRef) error {
	everybody := c.entry.Erased.Why != ledger.ErasedRecall
	if recall := c.entry.Erased.Recall; !everybody && recall != nil {
		err := eachUnder(c.tx.Bucket(stepsBucket), *recall, func(_, raw []byte) error {
			var s schemas.Step
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("reading the docket: %w", err)
			}
			everybody = everybody || s.Message == *recall && slices.Contains(s.Words, schemas.RecallInaccurate)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return c.endThose(of, policy.ClockReferral, schemas.EndFellAway, func(k *Clock) bool {
		return everybody || k.Owes == of.Originator || k.Waits != ""
	})
}

// allowReferral refuses a referral that names, as an earlier one of the same
// person, a message that its sender has and that is no referral: what a first
// responder knows of a person must not be lost by a slip of the pen. Of any other
// message the refusal would tell whether it is one, and an earlier referral need
// not have been made here.
func (d *Docket) allowReferral(ctx context.Context, m *schemas.Message) (*schemas.Refusal, error) {
	if len(m.Referral.Earlier) == 0 {
		return nil, nil
	}
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	var faults []schemas.Fault
	for i, of := range m.Referral.Earlier {
		has, err := d.has(ctx, of, m.Originator)
		if err != nil {
			return nil, err
		}
		if !has {
			continue
		}
		var t *Thread
		err = d.db.View(func(tx *bolt.Tx) (err error) {
			t, err = readThread(tx, of)
			return err
		})
		if err != nil {
			return nil, err
		}
		if t.Kind != schemas.KindReferral {
			faults = append(faults, schemas.Fault{Path: fmt.Sprintf("referral.earlier[%d]", i), Code: "unknown-message",
				Problem: fmt.Sprintf("%s is no referral", of), Advice: "copy originator and id of the earlier referral, or leave it out"})
		}
	}
	if len(faults) == 0 {
		return nil, nil
	}
	return schemas.Refuse(schemas.RefusedStep, "name earlier referrals of the person, or leave them out", faults...), nil
}
