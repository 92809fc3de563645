package policy

import (
	"slices"
	"strings"
	"time"

	"liaison/schemas"
)

// Explanation is an outcome for one member with what a disclosure officer
// wants to know of it.
type Explanation struct {
	schemas.Outcome
	// Items stand in place of the outcome's.
	Items []ItemExplanation `json:"items,omitempty"`
}

// ItemExplanation says why an item is disclosed or withheld.
type ItemExplanation struct {
	schemas.ItemOutcome
	// Text is the reason in words.
	Text string `json:"text"`
	// Rows are the rows that decided: of a disclosure the rule, the gateways
	// and the exceptions relied upon, otherwise the one that withholds.
	Rows []Citation `json:"rows,omitempty"`
	// Nearest are the fewest changes that would disclose a withheld item.
	Nearest []Change `json:"nearest,omitempty"`
}

// Citation is a row of the tables: where it stands, what it says, and how sure
// it is.
type Citation struct {
	ID         schemas.Code `json:"id"`
	Place      string       `json:"place"`
	Text       string       `json:"text"`
	Statute    string       `json:"statute,omitempty"`
	Source     string       `json:"source"`
	Confidence string       `json:"confidence"`
}

// Explain decides as DecideWith does, and says why.
func (p *Policy) Explain(m *schemas.Message, day time.Time, rec Recorded) []Explanation {
	var list []Explanation
	for _, o := range p.DecideWith(m, day, rec) {
		e := Explanation{Outcome: o}
		e.Outcome.Items = nil
		for _, it := range o.Items {
			x := ItemExplanation{ItemOutcome: it, Text: ReasonText(it.Reason), Rows: p.cite(it)}
			if it.Outcome == schemas.Disclosed {
				x.Rows = append(x.Rows, p.relied(m, day, rec, o.Member, it.Index)...)
			} else {
				x.Nearest = p.Nearest(m, day, rec, o.Member, it.Index)
			}
			e.Items = append(e.Items, x)
		}
		list = append(list, e)
	}
	return list
}

// cite looks up the rows that an outcome names.
func (p *Policy) cite(it schemas.ItemOutcome) (list []Citation) {
	for id := range strings.SplitSeq(string(it.Rule)+"+"+it.Gateway, "+") {
		if c, ok := p.Cite(schemas.Code(id)); ok {
			list = append(list, c)
		}
	}
	return list
}

// Cite returns the row of that id in whichever table it stands.
func (p *Policy) Cite(id schemas.Code) (Citation, bool) {
	if r, ok := p.Rule(id); ok {
		return Citation{id, r.Place(), r.Clause, "", r.Source, r.Confidence}, true
	}
	if g, ok := p.Gateway(id); ok {
		return Citation{id, g.Place(), g.Scope, g.Statute, g.Source, g.Confidence}, true
	}
	if b, ok := p.Bar(id); ok {
		return Citation{id, b.Place(), b.Text, b.Statute, b.Source, b.Confidence}, true
	}
	if e, ok := p.Exception(id); ok {
		return Citation{id, e.Place(), e.Text, e.Statute, e.Source, e.Confidence}, true
	}
	if h, ok := p.Handling(id); ok {
		return Citation{id, h.Place(), h.Wording, "", h.Source, h.Confidence}, true
	}
	if s, ok := p.Safeguard(id); ok {
		return Citation{id, s.Place(), s.Clause, "", s.Source, s.Confidence}, true
	}
	if r, ok := find(p.providers, func(r Provider) bool { return r.ID == id }); ok {
		return Citation{id, r.Place(), r.text(), "", r.Source, r.Confidence}, true
	}
	if m, ok := p.Member(schemas.MemberID(id)); ok {
		return Citation{id, m.Place(), m.Name + ", ceiling " + string(m.Ceiling), "", m.Source, m.Confidence}, true
	}
	return Citation{}, false
}

// relied are the exceptions under which a disclosure passed its bars.
func (p *Policy) relied(m *schemas.Message, day time.Time, rec Recorded, member schemas.MemberID, i int) (list []Citation) {
	q, _ := p.ask(&trial{m: *m, rec: rec}, day, member, i)
	for k := range q.count {
		l := &q.legs[k]
		for n := range p.bars {
			for _, x := range p.bars[n].exceptions {
				e := &p.exceptions[x]
				passed := l.bars&(1<<n) != 0 && p.open(q, e) && (len(e.Gateways) == 0 || slices.Contains(e.Gateways, l.gateway.ID))
				if c, _ := p.Cite(e.ID); passed && !slices.Contains(list, c) {
					list = append(list, c)
				}
			}
		}
	}
	return list
}

// Difference is an item that one table set discloses to a member and another
// does not.
type Difference struct {
	Message schemas.ID       `json:"message"`
	Member  schemas.MemberID `json:"member"`
	Item    int              `json:"item"`
	// Gained says that the second set discloses it, and not the first.
	Gained bool `json:"gained"`
	// Before and After are what each decides; where a set does not make the
	// member concerned, with the reason ReasonNotConcerned.
	Before schemas.ItemOutcome `json:"before"`
	After  schemas.ItemOutcome `json:"after"`
}

// Compare decides a message under two table sets, each on its own day, and
// returns what the second discloses otherwise than the first.
func Compare(before, after *Policy, m *schemas.Message, received time.Time, rec Recorded) []Difference {
	was := before.DecideWith(m, before.Day(m.Created.Time, received), rec)
	is := after.DecideWith(m, after.Day(m.Created.Time, received), rec)
	var list []Difference
	add := func(member schemas.MemberID, i int) {
		d := Difference{Message: m.ID, Member: member, Item: i, Before: itemOf(was, member, i), After: itemOf(is, member, i)}
		d.Gained = d.After.Outcome == schemas.Disclosed
		if d.Gained != (d.Before.Outcome == schemas.Disclosed) {
			list = append(list, d)
		}
	}
	for _, o := range is {
		for i := range o.Items {
			add(o.Member, i)
		}
	}
	for _, o := range was {
		for i := range o.Items {
			if !slices.ContainsFunc(is, func(n schemas.Outcome) bool { return n.Member == o.Member }) {
				add(o.Member, i)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Difference) int { return strings.Compare(string(a.Member), string(b.Member)) })
	return list
}

func itemOf(outcomes []schemas.Outcome, member schemas.MemberID, i int) schemas.ItemOutcome {
	for _, o := range outcomes {
		if o.Member == member {
			return o.Items[i]
		}
	}
	return schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld, Reason: ReasonNotConcerned}
}
