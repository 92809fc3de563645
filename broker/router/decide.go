package router

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// The reasons that the router itself gives; all others are the policy's.
const (
	// ReasonNoDesk withholds from a member that may have an item and has no
	// desk that takes it: it is not enrolled, or its filters do not want it.
	ReasonNoDesk schemas.Code = "no-desk"
	// ReasonUndecodable holds a record that this version cannot read.
	ReasonUndecodable schemas.Code = "undecodable"
	// ReasonUndecidable holds a record over which the policy failed.
	ReasonUndecidable schemas.Code = "undecidable"
	// ReasonNobody holds a message that concerns no member.
	ReasonNobody schemas.Code = "nobody-concerned"
	// ReasonTooLarge holds a message whose decision is too large to record.
	ReasonTooLarge schemas.Code = "too-large"
	// ReasonRecalled holds a correction of what is recalled.
	ReasonRecalled schemas.Code = "recalled"
	// ReasonAllWithheld holds a message that every member concerned is denied.
	ReasonAllWithheld schemas.Code = "all-withheld"
)

// decision is an entry of the ledger and the copies that it releases.
type decision struct {
	entry  ledger.Entry
	copies []deskCopy
}

// deskCopy is one copy for one desk.
type deskCopy struct {
	desk    Desk
	message *schemas.Message
	data    []byte
	gateway string
}

// entryOf begins the entry about an accepted record.
func (r *Router) entryOf(p *policy.Policy, rec intakeRecord) ledger.Entry {
	return ledger.Entry{
		Kind: ledger.DecisionEntry, At: r.cfg.Now().UTC(), Policy: p.Hash(), Intake: rec.sequence,
		Message: rec.id, Originator: rec.originator, Account: rec.account, Commitment: rec.commitment,
	}
}

// decide judges one accepted record. It never fails: what cannot be judged is
// held, with the reason. A nil message is one that cannot be read. Known is who
// has the other messages that it is about.
func (r *Router) decide(p *policy.Policy, rec intakeRecord, m *schemas.Message, known policy.Recorded) (d decision) {
	d.entry = r.entryOf(p, rec)
	if m == nil {
		return d.hold(ReasonUndecodable)
	}
	defer func() {
		// The policy is pure, so that a panic in it is a fault of the program
		// or the tables. The message is held for a person to look at.
		if cause := recover(); cause != nil {
			r.cfg.Log.Error("policy failed", "id", m.ID, "err", fmt.Sprint(cause))
			d.copies, d.entry.Outcomes = nil, nil
			d = d.hold(ReasonUndecidable)
		}
	}()
	day := p.Day(m.Created.Time, rec.received)
	d.entry.Day = day.Format("2006-01-02")
	d.entry.Route, d.entry.Review = schemas.Route(m), m.Review
	d.entry.Victim = m.MeetsVictim()
	if of, ok := m.Of(); ok {
		d.entry.Of = &of
	}
	d.entry.Protected = p.Protected(m, day)
	var plans []plan
	for _, o := range p.DecideWith(m, day, known) {
		plans = append(plans, r.plan(p, m, day, plan{outcome: o}, known))
	}
	d.carryOut(p, m, day, plans)
	return d.settle(p, m)
}

// claims are the messages that a message is made of by what its sender says:
// those that it promotes, and those that it links an item of the same member's
// information to.
func claims(m *schemas.Message) (refs []schemas.MessageRef) {
	for i := range m.Items {
		for _, l := range m.ItemLinks(i) {
			ref := schemas.MessageRef{Originator: l.Originator, ID: l.ID}
			if (l.Relation == schemas.Promotes || m.Items[i].Origin == l.Originator) && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// settle holds a decision that discloses nothing to anybody, and starts its
// clock.
func (d decision) settle(p *policy.Policy, m *schemas.Message) decision {
	switch {
	case len(d.entry.Outcomes) == 0:
		d = d.hold(ReasonNobody)
	case !slices.ContainsFunc(d.entry.Outcomes, func(o schemas.Outcome) bool { return o.Outcome == schemas.Disclosed }):
		d = d.hold(d.whyWithheld())
	}
	if !d.entry.Held {
		d.entry.Waiting = nobodyGets(d.entry.Outcomes)
	}
	if d.entry.Held || len(d.entry.Waiting) > 0 {
		d.entry.Due = p.ReplyDue(m, d.entry.At)
	}
	return d
}

// nobodyGets returns the positions of the items that no outcome discloses.
func nobodyGets(outcomes []schemas.Outcome) (items []int) {
	for i := range outcomes[0].Items {
		if !slices.ContainsFunc(outcomes, func(o schemas.Outcome) bool { return o.Items[i].Outcome == schemas.Disclosed }) {
			items = append(items, outcomes[0].Items[i].Index)
		}
	}
	return items
}

// whyWithheld tells members that may not have a message from members that may
// and have no desk that takes it.
func (d decision) whyWithheld() schemas.Code {
	for _, o := range d.entry.Outcomes {
		if slices.ContainsFunc(o.Items, func(it schemas.ItemOutcome) bool { return it.Reason == ReasonNoDesk }) {
			return ReasonNoDesk
		}
	}
	return ReasonAllWithheld
}

// hold marks the decision as held.
func (d decision) hold(reason schemas.Code) decision {
	d.entry.Held = true
	d.entry.Outcomes = append(d.entry.Outcomes, schemas.Outcome{Message: d.entry.Message, Outcome: schemas.Held, Reason: reason})
	return d
}

// plan is what is to be done about one member concerned.
type plan struct {
	outcome schemas.Outcome
	// was is what the member had before, if the message was decided before.
	was schemas.Outcome
	// copied is the copy for the desks that want it; nil if there is none.
	copied *schemas.Message
	desks  []Desk
}

// plan finds the desks that take a member's copy, beside what it got before. A
// member without one is withheld from: what nobody can read is no disclosure. Every
// desk takes a recall: it may have what is recalled, whose codes the recall lacks.
func (r *Router) plan(p *policy.Policy, m *schemas.Message, day time.Time, pl plan, known policy.Recorded) plan {
	o := pl.outcome
	if pl.copied = p.MinimiseMore(m, o, pl.was, day, known); pl.copied == nil {
		return pl
	}
	for _, desk := range r.cfg.Desks.DesksOf(o.Member) {
		if m.Recall != nil || desk.Filter.Matches(pl.copied) {
			pl.desks = append(pl.desks, desk)
		}
	}
	if len(pl.desks) == 0 {
		pl.outcome, pl.copied = withhold(o, ReasonNoDesk), nil
	}
	return pl
}

// carryOut adds the members' outcomes and copies to the decision, after the
// safeguards have had the last word: they count on who is really reached.
func (d *decision) carryOut(p *policy.Policy, m *schemas.Message, day time.Time, plans []plan) {
	outcomes := make([]schemas.Outcome, len(plans))
	for i, pl := range plans {
		outcomes[i] = withEarlier(pl.outcome, pl.was)
	}
	p.Wait(m, day, outcomes)
	for i, pl := range plans {
		o := withEarlier(outcomes[i], pl.was)
		if pl.copied != nil && disclosesMore(o, pl.was) {
			d.addCopies(&o, pl)
		}
		d.entry.Outcomes = append(d.entry.Outcomes, o)
	}
}

// addCopies adds a member's copy for each of its desks, identical ones sharing
// one encoding.
func (d *decision) addCopies(o *schemas.Outcome, pl plan) {
	gateway := gatewaysOf(pl.outcome)
	encoded := map[string][]byte{}
	for _, desk := range pl.desks {
		data, err := encode(encoded, desk.Encoding, pl.copied)
		if err != nil {
			panic(err) // a message that was decoded can be encoded
		}
		if !slices.Contains(o.Desks, desk.Name) {
			o.Desks = append(o.Desks, desk.Name)
		}
		d.copies = append(d.copies, deskCopy{desk: desk, message: pl.copied, data: data, gateway: gateway})
	}
	slices.Sort(o.Desks)
}

// withhold turns what an outcome discloses into withheld for one reason.
func withhold(o schemas.Outcome, reason schemas.Code) schemas.Outcome {
	o.Outcome = schemas.Withheld
	o.Items = slices.Clone(o.Items)
	for i := range o.Items {
		if o.Items[i].Outcome == schemas.Disclosed {
			o.Items[i].Outcome, o.Items[i].Reason = schemas.Withheld, reason
		}
	}
	return o
}

// gatewaysOf lists the distinct gateways of an outcome, in the order of its items.
func gatewaysOf(o schemas.Outcome) string {
	var codes []string
	for _, it := range o.Items {
		if it.Outcome != schemas.Disclosed {
			continue
		}
		for code := range strings.SplitSeq(it.Gateway, "+") {
			if code != "" && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return strings.Join(codes, ",")
}

// encode writes a copy in an encoding, once for all desks that share it.
func encode(done map[string][]byte, encoding string, m *schemas.Message) ([]byte, error) {
	if b, ok := done[encoding]; ok {
		return b, nil
	}
	write := schemas.EncodeMsgPack
	if encoding == schemas.TypeJSON {
		write = schemas.EncodeJSON
	}
	b, err := write(m)
	if err != nil {
		return nil, fmt.Errorf("encoding a copy: %w", err)
	}
	done[encoding] = b
	return b, nil
}

// stored is the form in which the copy lies in the feed.
func (c deskCopy) stored(e *ledger.Entry) *nats.Msg {
	return &nats.Msg{
		Subject: schemas.CopyAddress(c.desk.Member, c.desk.Name, c.message),
		Data:    c.data,
		Header: nats.Header{
			schemas.HeaderID:       {string(e.Message)},
			schemas.HeaderDecision: {strconv.FormatUint(e.Number, 10)},
			schemas.HeaderPolicy:   {e.Policy[:min(len(e.Policy), 12)]},
			schemas.HeaderGateway:  {c.gateway},
			schemas.HeaderType:     {c.desk.Encoding},
		},
	}
}
