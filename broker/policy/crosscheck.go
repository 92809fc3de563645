package policy

import (
	"slices"

	"liaison/broker/policy/table"
)

// maxBars bounds the bars: a leg has one bit for each.
const maxBars = 64

// checkRows reports what is wrong between rows: names that stand twice, a
// handling code with two rows on one day or with none, members whose copies
// two rows build or none, and tables that would decide nothing.
func (p *Policy) checkRows(f *table.Faults) {
	table.CheckNames(f, p.members, func(m *Member) (string, *table.Row) { return string(m.ID), &m.Row })
	table.CheckNames(f, p.rules, func(r *Rule) (string, *table.Row) { return string(r.ID), &r.Row })
	table.CheckNames(f, p.conditions, func(c *Condition) (string, *table.Row) { return string(c.ID), &c.Row })
	table.CheckNames(f, p.gateways, func(g *Gateway) (string, *table.Row) { return string(g.ID), &g.Row })
	table.CheckNames(f, p.bars, func(b *Bar) (string, *table.Row) { return string(b.ID), &b.Row })
	table.CheckNames(f, p.exceptions, func(e *Exception) (string, *table.Row) { return string(e.ID), &e.Row })
	table.CheckNames(f, p.handling, func(h *HandlingCode) (string, *table.Row) { return string(h.ID), &h.Row })
	table.CheckNames(f, p.gradings, func(g *Grading) (string, *table.Row) { return string(g.ID), &g.Row })
	table.CheckNames(f, p.safeguards, func(s *Safeguard) (string, *table.Row) { return string(s.ID), &s.Row })
	table.CheckNames(f, p.recipients, func(r *Recipient) (string, *table.Row) { return string(r.ID), &r.Row })
	table.CheckNames(f, p.bareSteps, func(s *BareStep) (string, *table.Row) { return string(s.ID), &s.Row })
	table.CheckNames(f, p.providers, func(r *Provider) (string, *table.Row) { return string(r.ID), &r.Row })
	p.checkHandling(f)
	p.checkProviders(f)
	p.checkRecipients(f)
	for name, n := range map[string]int{membersTable: len(p.members), rulesTable: len(p.rules), gatewaysTable: len(p.gateways), barsTable: len(p.bars)} {
		if n == 0 {
			f.Add(name, "the table has no row")
		}
	}
	if len(p.bars) > maxBars {
		f.Add(barsTable, "the table has more than %d rows", maxBars)
	}
}

// checkHandling reports handling codes without a row, and codes with two rows
// that hold on one day: then the code would mean two things at once.
func (p *Policy) checkHandling(f *table.Faults) {
	for code := range 6 {
		if !slices.ContainsFunc(p.handling, func(h HandlingCode) bool { return h.Code == code }) {
			f.Add(handlingTable, "handling code %d has no row", code)
		}
	}
	for i := range p.handling {
		for j := range p.handling[:i] {
			a, b := &p.handling[j], &p.handling[i]
			if a.Code == b.Code && a.Overlaps(&b.Row) {
				f.Add(b.Place(), "handling code %d has a second row at %s for the same days", b.Code, a.Place())
			}
		}
	}
}

// checkRecipients reports members that no row or more than one says how to
// build a copy for.
func (p *Policy) checkRecipients(f *table.Faults) {
	for n := range p.members {
		var first *Recipient
		for k := range p.recipients {
			r := &p.recipients[k]
			if !r.Members.has(n) {
				continue
			}
			if first != nil && first.Overlaps(&r.Row) {
				f.Add(r.Place(), "the copies of %s are built by %s (%s) already", p.members[n].ID, first.ID, first.Place())
			}
			first = r
		}
		if first == nil && p.members[n].Class != Source {
			f.Add(p.members[n].Place(), "no row of %s says what a copy for %s may have", recipientsTable, p.members[n].ID)
		}
	}
}
