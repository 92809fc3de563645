package policy

import (
	"slices"

	"liaison/schemas"
)

// checkRows reports what is wrong between rows: names that stand twice, a
// handling code with two rows on one day or with none, and tables that would
// decide nothing.
func (p *Policy) checkRows(f *faults) {
	checkNames(f, p.members, func(m Member) (schemas.Code, Row) { return schemas.Code(m.ID), m.Row })
	checkNames(f, p.rules, func(r Rule) (schemas.Code, Row) { return r.ID, r.Row })
	checkNames(f, p.gateways, func(g Gateway) (schemas.Code, Row) { return g.ID, g.Row })
	checkNames(f, p.bars, func(b Bar) (schemas.Code, Row) { return b.ID, b.Row })
	checkNames(f, p.handling, func(h HandlingCode) (schemas.Code, Row) { return h.ID, h.Row })
	p.checkHandling(f)
	for name, n := range map[string]int{membersTable: len(p.members), rulesTable: len(p.rules), gatewaysTable: len(p.gateways), barsTable: len(p.bars)} {
		if n == 0 {
			f.add(name, "the table has no row")
		}
	}
}

// checkNames reports names that stand twice in a table.
func checkNames[T any](f *faults, rows []T, name func(T) (schemas.Code, Row)) {
	first := map[schemas.Code]Row{}
	for _, r := range rows {
		id, row := name(r)
		if before, twice := first[id]; twice {
			f.add(row.Place(), "%q stands already at %s", id, before.Place())
			continue
		}
		first[id] = row
	}
}

// checkHandling reports handling codes without a row, and codes with two rows
// that hold on one day: then the code would mean two things at once.
func (p *Policy) checkHandling(f *faults) {
	for code := range 6 {
		if !slices.ContainsFunc(p.handling, func(h HandlingCode) bool { return h.Code == code }) {
			f.add(handlingTable, "handling code %d has no row", code)
		}
	}
	for i, a := range p.handling {
		for _, b := range p.handling[i+1:] {
			if a.Code == b.Code && a.overlaps(b.Row) {
				f.add(b.Place(), "handling code %d has a second row at %s for the same days", b.Code, a.Place())
			}
		}
	}
}

// overlaps says whether both rows hold on some day.
func (r Row) overlaps(s Row) bool {
	return (r.to.IsZero() || s.from.Before(r.to)) && (s.to.IsZero() || r.from.Before(s.to))
}
