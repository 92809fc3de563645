package router

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/failpoint"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// The reasons for which a consent does not count. It is recorded all the same.
const (
	// VoidUnknownMessage: there is no such message, or it was erased, or corrects
	// what is recalled.
	VoidUnknownMessage schemas.Code = "unknown-message"
	// VoidUnknownItem: the message has no such item.
	VoidUnknownItem schemas.Code = "unknown-item"
	// VoidNotYours: the member may not answer with that authority for it.
	VoidNotYours schemas.Code = "not-yours"
	// VoidTooMany: as many answers as can be kept are on record for it.
	VoidTooMany schemas.Code = "too-many-answers"
)

// maxRecords bounds the answers on record for one message.
const maxRecords = 200

// reconsider records a consent and, if it counts, decides the message that it
// is about once more. What was disclosed stays disclosed; only what is newly
// disclosed is delivered, so that no desk gets an item twice. It adds nothing if
// what the message mentions may be in this very batch.
func (r *Router) reconsider(ctx context.Context, b *batch, p *policy.Policy, rec intakeRecord, m *schemas.Message) (added bool, err error) {
	day := p.Day(m.Created.Time, rec.received)
	d := decision{entry: r.entryOf(p, rec)}
	d.entry.Kind, d.entry.Day = ledger.ConsentEntry, day.Format(time.DateOnly)
	c := m.Consent
	d.entry.About = &ledger.Record{Consent: rec.id, By: rec.originator, Of: c.Of, Items: c.Items, Authority: c.Authority,
		Answer: c.Answer, To: c.To, From: d.entry.Day, Until: c.Until}
	about, err := r.recall(ctx, c.Of)
	if err != nil {
		return false, err
	}
	var again decision
	if about != nil {
		if refs := policy.Mentions(about.message); len(refs) > 0 {
			if len(b.msgs) > 0 {
				return false, nil
			}
			if about.known, err = r.known(ctx, refs); err != nil {
				return false, err
			}
		}
		about.day, about.today = p.Day(about.message.Created.Time, rec.received), latestDay(about.decision.Records, day)
		day = about.day
	}
	if d.entry.Void = r.void(p, *d.entry.About, about, day); d.entry.Void == "" {
		again, d.entry.Void = r.tryAgain(p, rec, about, *d.entry.About)
		failpoint.Here("router.reconsidered")
	}
	if err := b.addDecision(d); err != nil || d.entry.Void != "" {
		return true, err
	}
	return true, b.addDecision(again)
}

// tryAgain decides a message again. If that fails, or its entry would be too
// large to record, the answer does not count and the earlier decision stands.
func (r *Router) tryAgain(p *policy.Policy, rec intakeRecord, about *recalled, added ledger.Record) (again decision, void schemas.Code) {
	defer func() {
		if cause := recover(); cause != nil {
			r.cfg.Log.Error("policy failed", "id", about.decision.Message, "err", fmt.Sprint(cause))
			again, void = decision{}, ReasonUndecidable
		}
	}()
	again = r.decideAgain(p, rec, about, added)
	if again.tooLarge() {
		return decision{}, ReasonTooLarge
	}
	return again, ""
}

// recalled is a message that was decided before.
type recalled struct {
	message  *schemas.Message
	decision ledger.Entry
	// day is the one on which the message is judged, and today that of the
	// answer that makes it be judged again.
	day, today time.Time
	// known is who has the other messages that it mentions.
	known map[schemas.MessageRef][]schemas.MemberID
}

// recall reads a message and the latest decision about it, or returns nil if
// there is none that can be decided again.
func (r *Router) recall(ctx context.Context, of schemas.MessageRef) (*recalled, error) {
	last, err := r.ledger.Decision(ctx, of.Originator, of.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if heldAsRecalled(&last.Entry) {
		return nil, nil
	}
	if r.cfg.Erasures != nil {
		// What is recorded as erased may not be removed yet.
		if gone, err := r.cfg.Erasures.Erased(ctx, of); gone || err != nil {
			return nil, err
		}
	}
	s, err := r.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return nil, fmt.Errorf("reading a message again: %w", err)
	}
	raw, err := s.GetLastMsgForSubject(ctx, schemas.IntakeAddress(of.Originator, of.ID))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil // erased
	}
	if err != nil {
		return nil, fmt.Errorf("reading a message again: %w", err)
	}
	m, err := schemas.DecodeCopy(raw.Data)
	if err != nil || m.Kind == schemas.KindConsent {
		return nil, nil
	}
	return &recalled{message: m, decision: last.Entry}, nil
}

// void says why a consent does not count, or "".
func (r *Router) void(p *policy.Policy, c ledger.Record, about *recalled, day time.Time) schemas.Code {
	if about == nil {
		return VoidUnknownMessage
	}
	for _, i := range c.Items {
		if i >= len(about.message.Items) {
			return VoidUnknownItem
		}
		if !mayAnswer(p, c, about, i, day) {
			return VoidNotYours
		}
	}
	if c.Authority == schemas.AuthorityOriginator && c.By != c.Of.Originator {
		return VoidNotYours
	}
	if len(about.decision.Records) >= maxRecords {
		return VoidTooMany
	}
	return ""
}

// mayAnswer says whether the member may answer with the authority for an item,
// on the day of the message it is about. Conditions are accepted only by a
// member that waits for nothing but that, or has the item already.
func mayAnswer(p *policy.Policy, c ledger.Record, about *recalled, item int, day time.Time) bool {
	switch c.Authority {
	case schemas.AuthorityOriginator:
		return c.By == c.Of.Originator
	case schemas.AuthorityRecipient:
		return slices.ContainsFunc(about.decision.Outcomes, func(o schemas.Outcome) bool {
			return o.Member == c.By && slices.ContainsFunc(o.Items, func(it schemas.ItemOutcome) bool {
				return it.Index == item && (it.Reason == policy.ReasonConditions || it.Outcome == schemas.Disclosed)
			})
		})
	}
	return p.MayRecord(c.Authority, c.By, about.message.ItemOrigin(item), day)
}

// withRecord adds an answer to those on record, in the place of an earlier one
// by the same member on the same items.
func withRecord(records []ledger.Record, added ledger.Record) []ledger.Record {
	kept := slices.DeleteFunc(slices.Clone(records), func(r ledger.Record) bool {
		return r.By == added.By && r.Authority == added.Authority && slices.Equal(r.Items, added.Items)
	})
	return append(kept, added)
}

// decideAgain decides a message with what is now on record. It is judged on
// the day of the consent where the tables judge by the day of receipt: nobody
// gets anything today under a law that has expired.
func (r *Router) decideAgain(p *policy.Policy, rec intakeRecord, about *recalled, added ledger.Record) (d decision) {
	m, before := about.message, about.decision
	d.entry = ledger.Entry{
		Kind: ledger.DecisionEntry, At: r.cfg.Now().UTC(), Policy: p.Hash(), Intake: rec.sequence,
		Message: before.Message, Originator: before.Originator, Account: before.Account, Route: before.Route, Of: before.Of, MadeOf: before.MadeOf, Review: before.Review, Victim: before.Victim,
		Commitment: before.Commitment, Day: about.day.Format(time.DateOnly), Replaces: before.Number,
		Protected: p.Protected(m, about.day), Records: withRecord(before.Records, added),
	}
	d.entry.Closed = before.Closed || added.Authority == schemas.AuthorityOriginator
	if d.entry.Closed {
		d.entry.Outcomes, d.entry.Held, d.entry.Waiting = before.Outcomes, before.Held, before.Waiting
		return d // the originator has refused: nothing more is disclosed
	}
	r.decideMore(&d, p, about)
	return d.settle(p, m)
}

// decideMore joins what was disclosed before with what may be disclosed now.
func (r *Router) decideMore(d *decision, p *policy.Policy, about *recalled) {
	m, day := about.message, about.day
	rec := recordedOf(d.entry.Records, about.today)
	rec.Known = about.known
	had := map[schemas.MemberID]schemas.Outcome{}
	var earlier []schemas.Outcome
	for _, o := range about.decision.Outcomes {
		if o.Member != "" {
			had[o.Member] = o
			earlier = append(earlier, o)
		}
	}
	rec.Screened = p.Screened(m, day, earlier)
	for _, o := range earlier {
		rec.Holders = append(rec.Holders, o.Member)
	}
	var plans []plan
	for _, o := range p.DecideWith(m, day, rec) {
		was := had[o.Member]
		delete(had, o.Member)
		plans = append(plans, r.plan(p, m, day, plan{outcome: withoutEarlier(o, was), was: was}, rec))
	}
	for _, o := range earlier {
		if _, left := had[o.Member]; left && o.Outcome == schemas.Disclosed {
			plans = append(plans, plan{outcome: o, was: o}) // no longer concerned, and has it
		}
	}
	slices.SortFunc(plans, func(a, b plan) int { return cmp.Compare(a.outcome.Member, b.outcome.Member) })
	d.carryOut(p, m, day, plans)
}

// withoutEarlier is an outcome in which what was disclosed before is not
// disclosed again.
func withoutEarlier(o, was schemas.Outcome) schemas.Outcome {
	o.Items = slices.Clone(o.Items)
	o.Outcome = schemas.Withheld
	for i, it := range o.Items {
		if disclosedItem(was, it.Index) != nil {
			o.Items[i].Outcome = schemas.Withheld
		} else if it.Outcome == schemas.Disclosed {
			o.Outcome = schemas.Disclosed
		}
	}
	return o
}

// withEarlier is an outcome with what was disclosed before put back.
func withEarlier(o, was schemas.Outcome) schemas.Outcome {
	if len(was.Items) == 0 {
		return o
	}
	o.Items = slices.Clone(o.Items)
	for i, it := range o.Items {
		if earlier := disclosedItem(was, it.Index); earlier != nil {
			o.Items[i], o.Outcome = *earlier, schemas.Disclosed
		}
	}
	for _, desk := range was.Desks {
		if !slices.Contains(o.Desks, desk) {
			o.Desks = append(o.Desks, desk)
		}
	}
	slices.Sort(o.Desks)
	return o
}

// disclosesMore says whether an outcome discloses an item that was not
// disclosed before.
func disclosesMore(o, was schemas.Outcome) bool {
	return slices.ContainsFunc(o.Items, func(it schemas.ItemOutcome) bool {
		return it.Outcome == schemas.Disclosed && disclosedItem(was, it.Index) == nil
	})
}

func disclosedItem(o schemas.Outcome, index int) *schemas.ItemOutcome {
	for i := range o.Items {
		if o.Items[i].Index == index && o.Items[i].Outcome == schemas.Disclosed {
			return &o.Items[i]
		}
	}
	return nil
}

// recordedOf turns the answers on record into what the policy takes, less
// those that have expired by the day of the newest. A later refusal withdraws
// what the same authority gave for an item. The policy judges on the message's
// day, which is before any answer; so it is not told of the answers' days.
func recordedOf(records []ledger.Record, today time.Time) policy.Recorded {
	var rec policy.Recorded
	for _, r := range records {
		if r.Answer == schemas.Given && !schemas.ValidOn(schemas.Date{}, r.Until, today) {
			continue
		}
		for _, i := range r.Items {
			record(&rec, r, i)
		}
	}
	return rec
}

// latestDay is the latest day of the answers on record and of a new one: a day
// that a sender names must not make what has expired count again.
func latestDay(records []ledger.Record, day time.Time) time.Time {
	for _, r := range records {
		if from, err := time.Parse(time.DateOnly, r.From); err == nil && from.After(day) {
			day = from
		}
	}
	return day
}

func record(rec *policy.Recorded, r ledger.Record, item int) {
	if r.Authority == schemas.AuthorityRecipient {
		accepted := policy.Accepted{Member: r.By, Item: item}
		rec.Accepted = slices.DeleteFunc(rec.Accepted, func(a policy.Accepted) bool { return a == accepted })
		if r.Answer == schemas.Given {
			rec.Accepted = append(rec.Accepted, accepted)
		}
		return
	}
	if r.Answer == schemas.Refused {
		rec.Consents = slices.DeleteFunc(rec.Consents, func(c policy.Consent) bool { return c.Item == item && c.Authority == r.Authority })
		return
	}
	rec.Consents = append(rec.Consents, policy.Consent{Item: item, Authority: r.Authority, To: r.To})
}
