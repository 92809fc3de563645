package policy

import (
	"time"

	"liaison/schemas"
)

// question is one item and one member concerned, while it is judged.
type question struct {
	m   *schemas.Message
	i   int
	day time.Time
	// sender, origin and to are nil where the id names no member on the day.
	sender, origin, to *Member
	// from and source are the positions of sender and origin.
	from, source int
	// home says that the item is the recipient's own information.
	home bool
	// by is how the origin obtained the item.
	by schemas.ObtainedBy
	// given and owned are the gateways from the sender and from the origin,
	// once found; owned is nil where the two are one member.
	given, owned *Gateway
}

// verdict is what a test finds: the zero verdict passes the item on.
type verdict struct {
	reason  schemas.Code
	rule    schemas.Code
	statute string
}

// tests are what an item must pass, in the order in which reasons are given
// (see the package comment). All must hold; the order decides only which
// reason is recorded when several fail.
var tests = [...]func(*Policy, *question) verdict{
	(*Policy).knownTest,
	(*Policy).barTest,
	(*Policy).gatewayTest,
	(*Policy).handlingTest,
	(*Policy).markingTest,
	(*Policy).acceptanceTest,
	(*Policy).consentTest,
}

// DecideAll judges a message for every member concerned, in the order of
// their ids. It is a pure function of its arguments and the tables. Where
// nobody is concerned the result is empty.
func (p *Policy) DecideAll(m *schemas.Message, day time.Time) []schemas.Outcome {
	hits := p.concerned(m, day)
	if len(hits) == 0 {
		return nil
	}
	outcomes := make([]schemas.Outcome, 0, countMembers(hits))
	items := make([]schemas.ItemOutcome, cap(outcomes)*len(m.Items))
	q := &question{m: m, day: day}
	q.from, q.sender = p.memberOn(m.Originator, day)
	for len(hits) > 0 {
		n := sameMember(hits)
		own := items[:len(m.Items):len(m.Items)]
		outcomes = append(outcomes, p.decide(q, hits[:n], own))
		hits, items = hits[n:], items[len(m.Items):]
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
	q.to = &p.members[hits[0].member]
	o := schemas.Outcome{Message: q.m.ID, Member: q.to.ID, Outcome: schemas.Withheld, Items: items}
	for i := range items {
		items[i] = schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld, Reason: ReasonNotConcerned}
		if len(hits) > 0 && hits[0].item == i {
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
	q.i, q.given, q.owned = i, nil, nil
	q.source, q.origin = p.memberOn(q.m.ItemOrigin(i), q.day)
	q.home = q.origin == q.to
	for _, test := range tests {
		if v := test(p, q); v.reason != "" {
			return schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld, Reason: v.reason, Rule: v.rule, Statute: v.statute}
		}
	}
	o := schemas.ItemOutcome{Index: i, Outcome: schemas.Disclosed, Reason: ReasonPermitted, Rule: rule,
		Gateway: string(q.given.ID), Statute: q.given.Statute}
	if q.owned != nil && q.owned != q.given {
		o.Gateway += "+" + string(q.owned.ID)
		o.Statute += "; " + q.owned.Statute
	}
	return o
}

// knownTest asks whether sender and origin are members on the day: otherwise
// nobody can say which law guards the item.
func (p *Policy) knownTest(q *question) verdict {
	switch {
	case q.sender == nil:
		return verdict{reason: ReasonUnknownOriginator}
	case q.origin == nil:
		return verdict{reason: ReasonUnknownOrigin}
	}
	q.by = p.obtained(q)
	return verdict{}
}

// barTest asks whether an enactment forbids the disclosure, whatever power
// there may be for it, as the Employment Agencies Act 1973 s.9(4) does.
func (p *Policy) barTest(q *question) verdict {
	for n := range p.bars {
		if b := &p.bars[n]; b.covers(q) {
			return verdict{reason: ReasonBar, rule: b.ID, statute: b.Statute}
		}
	}
	return verdict{}
}

// gatewayTest asks for the power to disclose: the sender's, and also that of
// the member whose information it is. Both are needed, because
// what the origin may not give the sender may not give in its place.
func (p *Policy) gatewayTest(q *question) verdict {
	if q.given = p.gatewayFrom(q.from, q, q.by); q.given == nil {
		return verdict{reason: ReasonGateway}
	}
	if q.origin == q.sender || q.home {
		return verdict{}
	}
	if q.owned = p.gatewayFrom(q.source, q, q.by); q.owned == nil {
		return verdict{reason: ReasonGateway}
	}
	return verdict{}
}

// markingTest compares the marking of the whole message with the recipient's
// ceiling and the system's. Marking and handling code are independent, and
// both must be passed (Government Protective Marking Scheme).
func (p *Policy) markingTest(q *question) verdict {
	if q.m.Marking.Above(q.to.Ceiling) || q.m.Marking.Above(p.about.Ceiling) {
		return verdict{reason: ReasonMarking, rule: schemas.Code(q.to.ID)}
	}
	return verdict{}
}

// consentTest asks whether what a gateway requires first has been recorded.
// Consents and authorities cannot be recorded in this version: this is the
// place where they will be looked up. What a message claims opens nothing.
func (p *Policy) consentTest(q *question) verdict {
	for _, g := range []*Gateway{q.given, q.owned} {
		if g != nil && len(g.Conditions) > 0 {
			return verdict{reason: ReasonConsent, rule: g.ID, statute: g.Statute}
		}
	}
	return verdict{}
}
