package policy

import (
	"time"

	"liaison/schemas"
)

// question is one item and one member concerned, while it is judged. Members
// are positions in Policy.members, and -1 where an id names none on the day.
type question struct {
	m   *schemas.Message
	i   int
	day time.Time
	rec *Recorded

	sender, origin, to int
	recipient          *Member
	// home says that the item is the recipient's own information.
	home bool
	// by is how the origin obtained the item.
	by schemas.ObtainedBy
	// legs are the disclosures that it takes: that of the sender, and that of
	// the origin where the information is another member's. Each needs its own
	// law, because what the origin may not give the sender may not give in its
	// place.
	legs  [2]leg
	count int
}

// leg is one member's disclosure to the recipient.
type leg struct {
	from int
	// bars has a bit for each bar that covers the leg.
	bars uint64
	// gateway is the one relied upon, once found.
	gateway *Gateway
}

// verdict is what a test finds: the zero verdict passes the item on.
type verdict struct {
	reason  schemas.Code
	rule    schemas.Code
	statute string
}

// firstFailure puts an item through the tests, in the order in which reasons
// are given (see the package comment). All must hold; the order decides only
// which reason is recorded when several fail.
func (p *Policy) firstFailure(q *question) verdict {
	v := p.knownTest(q)
	if v.reason == "" {
		v = p.supportTest(q)
	}
	if v.reason == "" {
		v = p.barTest(q)
	}
	if v.reason == "" {
		v = p.gatewayTest(q)
	}
	if v.reason == "" {
		v = p.handlingTest(q)
	}
	if v.reason == "" {
		v = p.markingTest(q)
	}
	if v.reason == "" {
		v = p.acceptanceTest(q)
	}
	if v.reason == "" {
		v = p.consentTest(q)
	}
	return v
}

// DecideAll judges a message of which nothing is on record.
func (p *Policy) DecideAll(m *schemas.Message, day time.Time) []schemas.Outcome {
	return p.DecideWith(m, day, Recorded{})
}

// DecideWith judges a message for every member concerned, in the order of
// their ids, with what is on record about it. It is a pure function of its
// arguments and the tables. Where nobody is concerned the result is empty.
func (p *Policy) DecideWith(m *schemas.Message, day time.Time, rec Recorded) []schemas.Outcome {
	if m.Bare() {
		return p.decideStep(m, day, &rec)
	}
	outcomes := p.decideItems(m, day, &rec)
	if m.Correction != nil {
		outcomes = p.withHolders(m, day, &rec, outcomes)
	}
	return outcomes
}

// decideItems judges a message that has items for every member that they concern.
func (p *Policy) decideItems(m *schemas.Message, day time.Time, rec *Recorded) []schemas.Outcome {
	var room [48]hit
	hits := p.concerned(room[:0], m, day, rec)
	if len(hits) == 0 {
		return nil
	}
	outcomes := make([]schemas.Outcome, 0, countMembers(hits))
	items := make([]schemas.ItemOutcome, cap(outcomes)*len(m.Items))
	q := question{m: m, day: day, rec: rec, sender: p.memberOn(m.Originator, day)}
	for len(hits) > 0 {
		n := sameMember(hits)
		own := items[:len(m.Items):len(m.Items)]
		outcomes = append(outcomes, p.decide(&q, hits[:n], own))
		hits, items = hits[n:], items[len(m.Items):]
	}
	if !rec.Screened {
		p.wait(m, day, outcomes)
	}
	return outcomes
}

// Held says whether the outcomes disclose nothing to anybody.
func Held(outcomes []schemas.Outcome) bool {
	for _, o := range outcomes {
		if o.Outcome == schemas.Disclosed {
			return false
		}
	}
	return true
}

// decide judges every item for one member: hits are the items that concern
// it, and items is where their outcomes go.
func (p *Policy) decide(q *question, hits []hit, items []schemas.ItemOutcome) schemas.Outcome {
	q.to = int(hits[0].member)
	q.recipient = &p.members[q.to]
	o := schemas.Outcome{Message: q.m.ID, Member: q.recipient.ID, Outcome: schemas.Withheld, Items: items}
	for i := range items {
		items[i] = schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld, Reason: ReasonNotConcerned}
		if len(hits) > 0 && int(hits[0].item) == i {
			items[i] = p.judge(q, i, p.rules[hits[0].rule].ID)
			hits = hits[1:]
		}
		if items[i].Outcome == schemas.Disclosed {
			o.Outcome = schemas.Disclosed
		}
	}
	return o
}

// judge puts one item that concerns the recipient through the tests.
func (p *Policy) judge(q *question, i int, rule schemas.Code) schemas.ItemOutcome {
	q.i = i
	if v := p.firstFailure(q); v.reason != "" {
		return schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld, Reason: v.reason, Rule: v.rule, Statute: v.statute}
	}
	given, owned := q.legs[0].gateway, q.legs[1].gateway
	o := schemas.ItemOutcome{Index: i, Outcome: schemas.Disclosed, Reason: ReasonPermitted, Rule: rule,
		Gateway: string(given.ID), Statute: given.Statute}
	if q.count > 1 && owned != given {
		o.Gateway += "+" + string(owned.ID)
		o.Statute += "; " + owned.Statute
	}
	return o
}

// knownTest asks whether sender and origin are members on the day: otherwise
// nobody can say which law guards the item.
func (p *Policy) knownTest(q *question) verdict {
	if q.origin = q.sender; q.m.Items[q.i].Origin != "" {
		q.origin = p.memberOn(q.m.Items[q.i].Origin, q.day)
	}
	switch {
	case q.sender < 0:
		return verdict{reason: ReasonUnknownOriginator}
	case q.origin < 0:
		return verdict{reason: ReasonUnknownOrigin}
	}
	q.home, q.by = q.origin == q.to, p.obtained(q)
	q.legs = [2]leg{{from: q.sender}, {from: q.origin}}
	if q.count = 2; q.origin == q.sender || q.home {
		q.count = 1
	}
	return verdict{}
}

// barTest asks whether an enactment forbids the disclosure, whatever power
// there may be for it, as the Employment Agencies Act 1973 s.9(4) does, and no
// exception that the tables name is open.
func (p *Policy) barTest(q *question) verdict {
	for k := range q.count {
		l := &q.legs[k]
		for n := range p.bars {
			b := &p.bars[n]
			if !b.covers(q, l) {
				continue
			}
			if !p.admits(q, l, b) {
				return verdict{reason: ReasonBar, rule: b.ID, statute: b.Statute}
			}
			l.bars |= 1 << n
		}
	}
	return verdict{}
}

// gatewayTest asks for the power to disclose, on every leg.
func (p *Policy) gatewayTest(q *question) verdict {
	for k := range q.count {
		if q.legs[k].gateway = p.gatewayOf(q, &q.legs[k]); q.legs[k].gateway == nil {
			return verdict{reason: ReasonGateway}
		}
	}
	return verdict{}
}

// markingTest compares the marking of the whole message with the recipient's
// ceiling and the system's. Marking and handling code are independent, and
// both must be passed (Government Protective Marking Scheme).
func (p *Policy) markingTest(q *question) verdict {
	if q.m.Marking.Above(q.recipient.Ceiling) || q.m.Marking.Above(p.about.Ceiling) {
		return verdict{reason: ReasonMarking, rule: schemas.Code(q.recipient.ID)}
	}
	return verdict{}
}

// consentTest asks whether what a gateway requires first is on record. What a
// message claims opens nothing.
func (p *Policy) consentTest(q *question) verdict {
	for k := range q.count {
		if g := q.legs[k].gateway; p.missing(q, g.Conditions) != nil {
			return verdict{reason: ReasonConsent, rule: g.ID, statute: g.Statute}
		}
	}
	return verdict{}
}
