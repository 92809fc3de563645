package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Severity says how much a finding matters.
type Severity string

// The severities of a finding.
const (
	// Broken is a fault for which the tables cannot be used.
	Broken Severity = "fault"
	// Warning is something that is probably not meant: somebody hears nothing.
	Warning Severity = "warning"
	// Notice is something that whoever answers for the tables should know.
	Notice Severity = "notice"
)

// Finding is something about a table set that whoever works on the tables is to
// be told, whether they can be used or not.
type Finding struct {
	Severity Severity `json:"severity"`
	// File and Line are its place; line 0 is the table as a whole.
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Problem string `json:"problem"`
}

// Faults returns what an error of Load says, one finding for each fault.
func Faults(err error) (list []Finding) {
	var one *table.Fault
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			list = append(list, Faults(e)...)
		}
		return list
	}
	if inner := errors.Unwrap(err); inner != nil {
		return Faults(inner)
	}
	if !errors.As(err, &one) {
		return []Finding{{Severity: Broken, Problem: err.Error()}}
	}
	file, line, _ := strings.Cut(one.Place, ":")
	n, _ := strconv.Atoi(line) // no line is the table as a whole
	return []Finding{{Severity: Broken, File: file, Line: n, Problem: one.Problem}}
}

// String gives the finding in one line, as "rules.csv:12: notice: ...".
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", f.File, f.Severity, f.Problem)
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Severity, f.Problem)
}

// Check looks for what a table set that loads may still have got wrong, on
// the day for which it was made: warnings first, then by place.
func (p *Policy) Check() []Finding {
	c := &checker{Policy: p, day: p.about.Effective}
	c.receivers()
	c.crimeTypes()
	c.forces()
	c.shadowed()
	c.unmet()
	c.gatewayRows()
	c.exceptionRows()
	c.rows()
	c.clocks()
	c.kept()
	c.workingDays()
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return c.found
}

type checker struct {
	*Policy
	day   time.Time
	found []Finding
}

func (c *checker) add(s Severity, at *table.Row, format string, args ...any) {
	c.found = append(c.found, Finding{s, at.File, at.Line, fmt.Sprintf(format, args...)})
}

// receivers reports members that can never receive anything.
func (c *checker) receivers() {
	heard := map[int]bool{}
	for _, entries := range c.index.entries {
		for _, e := range entries {
			heard[int(e.member)] = heard[int(e.member)] || c.rules[e.rule].On(c.day)
		}
	}
	for n := range c.members {
		m := &c.members[n]
		if m.Class == Source || !m.On(c.day) {
			continue
		}
		if !heard[n] {
			c.add(Warning, &m.Row, "%s can never receive: no rule names it", m.ID)
		}
		if !slices.ContainsFunc(c.gateways, func(g Gateway) bool {
			return g.Nature != Exemption && g.On(c.day) && g.To.has(n) && g.extends(m)
		}) {
			c.add(Warning, &m.Row, "%s can never receive: no gateway leads to it", m.ID)
		}
		if !slices.ContainsFunc(c.handling, func(h HandlingCode) bool { return h.On(c.day) && h.Recipients.has(n) }) {
			c.add(Warning, &m.Row, "%s can never receive: no handling code opens an item to it", m.ID)
		}
	}
}

// crimeTypes reports crime types that nobody hears of, or only in some cases.
// A rule for every crime type that also looks at something else, as for
// indicators, does not count: it is no answer to whose business a type is.
func (c *checker) crimeTypes() {
	list := schemas.CrimeTypes()
	for _, e := range list.All() {
		if !list.ValidOn(e.Code, c.day) {
			continue
		}
		var always, sometimes bool
		for i := range c.rules {
			r := &c.rules[i]
			named := list.WithinAny(e.Code, r.CrimeTypes)
			if !r.On(c.day) || (!named && (len(r.CrimeTypes) > 0 || r.qualified())) {
				continue
			}
			sometimes, always = true, always || !r.qualified()
		}
		switch {
		case !sometimes:
			c.add(Warning, &table.Row{File: rulesTable}, "nobody hears of %s", e.Code)
		case !always && e.Parent != "":
			c.add(Notice, &table.Row{File: rulesTable}, "%s is heard of only by rules that also look at something else", e.Code)
		}
	}
}

// qualified says whether a rule looks at more than crime type and area.
func (r *Rule) qualified() bool {
	return len(r.Kinds)+len(r.Roles)+len(r.Sectors)+len(r.Purposes)+len(r.Indicators) > 0 || r.AnyIndicator || r.NoIndicator
}

// forces reports police force areas in which no member of the kind acts.
func (c *checker) forces() {
	for _, e := range schemas.Jurisdictions().All() {
		there := func(m Member) bool {
			return m.Kind == "police" && m.On(c.day) && slices.Contains(m.Areas, Area{Code: e.Code})
		}
		if e.Kind == "police-force-area" && !slices.ContainsFunc(c.members, there) {
			c.add(Warning, &table.Row{File: membersTable}, "the police force of %s is not a member", e.Code)
		}
	}
}

// shadowed reports rules that another rule makes superfluous.
func (c *checker) shadowed() {
	for i := range c.rules {
		for j := range c.rules {
			a, b := &c.rules[i], &c.rules[j]
			if i == j || !a.On(c.day) || !b.On(c.day) || !c.wider(b, a) {
				continue
			}
			if i > j || !c.wider(a, b) {
				c.add(Warning, &a.Row, "the rule %s adds nothing to %s (%s)", a.ID, b.ID, b.Place())
			}
		}
	}
}

// wider says whether the rule b matches whatever a matches.
func (c *checker) wider(b, a *Rule) bool {
	return b.Mandatory == a.Mandatory && covers(b.Actions, a.Actions, nil) && covers(b.Kinds, a.Kinds, nil) && covers(b.Roles, a.Roles, nil) && covers(b.Purposes, a.Purposes, nil) &&
		covers(b.CrimeTypes, a.CrimeTypes, schemas.CrimeTypes().Within) &&
		covers(b.Areas, a.Areas, withinArea) &&
		covers(b.Sectors, a.Sectors, schemas.Sectors().Within) &&
		widerIndicators(b, a) && subset(a.Members.list, b.Members.list)
}

// covers says whether each of the narrow values is one of the wide, or within
// one; an empty list stands for everything.
func covers[T comparable](wide, narrow []T, within func(T, T) bool) bool {
	if len(wide) == 0 {
		return true
	}
	for _, n := range narrow {
		if !slices.ContainsFunc(wide, func(w T) bool { return n == w || (within != nil && within(n, w)) }) {
			return false
		}
	}
	return len(narrow) > 0
}

func withinArea(n, w Area) bool { return !w.Only && schemas.Jurisdictions().Within(n.Code, w.Code) }

func widerIndicators(b, a *Rule) bool {
	switch {
	case b.NoIndicator:
		return a.NoIndicator
	case b.AnyIndicator:
		return a.AnyIndicator || len(a.Indicators) > 0
	}
	return len(b.Indicators) == 0 || (!a.AnyIndicator && !a.NoIndicator && covers(b.Indicators, a.Indicators, schemas.Indicators().Within))
}

func subset(narrow, wide []int) bool {
	return !slices.ContainsFunc(narrow, func(n int) bool { _, in := slices.BinarySearch(wide, n); return !in })
}

// unmet reports rules that no item can meet for any of the members they name.
func (c *checker) unmet() {
	met := map[int]bool{}
	for _, entries := range c.index.entries {
		for _, e := range entries {
			met[int(e.rule)] = true
		}
	}
	for n := range c.rules {
		if r := &c.rules[n]; !met[n] && !r.onlyAddressed() {
			c.add(Warning, &r.Row, "%s matches nothing: its crime types or areas are outside those of its members", r.ID)
		}
	}
}

// gatewayRows reports gateways that are never relied upon, and those that lead
// from members whose own bar they do not pass.
func (c *checker) gatewayRows() {
	for n := range c.gateways {
		g := &c.gateways[n]
		if g.Nature == Exemption || !g.On(c.day) {
			continue
		}
		for k := range c.gateways[:n] {
			if first := &c.gateways[k]; first.On(c.day) && c.before(first, g) {
				c.add(Notice, &g.Row, "%s is never relied upon: %s (%s) comes before it and covers as much", g.ID, first.ID, first.Place())
				break
			}
		}
		for k := range c.bars {
			b := &c.bars[k]
			if b.On(c.day) && b.Origins.IsZero() && len(b.ObtainedBy)+len(b.Channels) == 0 && !c.lets(b, n) && slices.ContainsFunc(g.From.list, b.Holders.has) {
				c.add(Notice, &g.Row, "%s does not pass %s: for %s it is no gateway", g.ID, b.ID, b.Holders.String())
			}
		}
	}
}

// before says whether the gateway b, which comes before a, covers as much, and
// requires nothing; what exceptions name is not compared.
func (c *checker) before(b, a *Gateway) bool {
	named := func(e Exception) bool { return slices.Contains(e.Gateways, a.ID) }
	return b.Nature != Exemption && len(b.Conditions) == 0 && b.Origins.text == a.Origins.text && subset(a.From.list, b.From.list) &&
		subset(a.To.list, b.To.list) && covers(b.ToAreas, a.ToAreas, schemas.Jurisdictions().Within) &&
		covers(b.CrimeTypes, a.CrimeTypes, schemas.CrimeTypes().Within) && covers(b.Sectors, a.Sectors, schemas.Sectors().Within) &&
		covers(b.Purposes, a.Purposes, nil) && covers(b.ObtainedBy, a.ObtainedBy, nil) && !slices.ContainsFunc(c.exceptions, named)
}

// lets says whether the bar has an exception for the gateway.
func (c *checker) lets(b *Bar, gateway int) bool {
	return slices.ContainsFunc(b.exceptions, func(k int) bool { return slices.Contains(c.exceptions[k].gateways, gateway) })
}

// exceptionRows reports exceptions that let nothing through, and what is
// required but can be recorded by nobody.
func (c *checker) exceptionRows() {
	for k := range c.exceptions {
		e := &c.exceptions[k]
		if e.To.IsZero() {
			c.add(Notice, &e.Row, "%s opens to nobody: no member is among those it names", e.ID)
		}
		for _, n := range e.gateways {
			if g := &c.gateways[n]; !slices.ContainsFunc(g.To.list, e.To.has) {
				c.add(Warning, &e.Row, "%s lets nothing through under %s, which leads to none of its recipients", e.ID, g.ID)
			}
		}
	}
	for n := range c.conditions {
		on := func(m int) bool { return c.members[m].On(c.day) }
		if w := &c.conditions[n]; !w.ByOrigin && !slices.ContainsFunc(w.RecordedBy.list, on) {
			c.add(Warning, &w.Row, "%s can be recorded by nobody", w.ID)
		}
	}
}

// rows reports rows that do not hold on the day, and law that is applied
// though its text was not read.
func (c *checker) rows() {
	outsideAll(c, c.members, func(m *Member) (schemas.Code, *table.Row) { return schemas.Code(m.ID), &m.Row })
	outsideAll(c, c.rules, func(r *Rule) (schemas.Code, *table.Row) { return r.ID, &r.Row })
	outsideAll(c, c.handling, func(h *HandlingCode) (schemas.Code, *table.Row) { return h.ID, &h.Row })
	outsideAll(c, c.gradings, func(g *Grading) (schemas.Code, *table.Row) { return g.ID, &g.Row })
	outsideAll(c, c.deadlines, func(d *Deadline) (schemas.Code, *table.Row) { return d.Clock + " " + schemas.Code(d.Urgency), &d.Row })
	outsideAll(c, c.safeguards, func(s *Safeguard) (schemas.Code, *table.Row) { return s.ID, &s.Row })
	outsideAll(c, c.providers, func(r *Provider) (schemas.Code, *table.Row) { return r.ID, &r.Row })
	outsideAll(c, c.bars, func(b *Bar) (schemas.Code, *table.Row) { return c.unread(b.ID, &b.Row, b.Check) })
	outsideAll(c, c.exceptions, func(e *Exception) (schemas.Code, *table.Row) { return c.unread(e.ID, &e.Row, e.Check) })
	outsideAll(c, c.gateways, func(g *Gateway) (schemas.Code, *table.Row) { return c.unread(g.ID, &g.Row, g.Check) })
}

func outsideAll[T any](c *checker, rows []T, name func(*T) (schemas.Code, *table.Row)) {
	for n := range rows {
		if id, r := name(&rows[n]); !r.On(c.day) {
			c.add(Notice, r, "%s does not hold on %s, the day of the table set", id, c.day.Format(time.DateOnly))
		}
	}
}

func (c *checker) unread(id schemas.Code, r *table.Row, check string) (schemas.Code, *table.Row) {
	if check == "N" && r.On(c.day) {
		c.add(Notice, r, "%s is applied though its text was not verified", id)
	}
	return id, r
}
