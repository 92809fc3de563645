package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"liaison/schemas"
)

// Severity says how much a finding matters.
type Severity string

// The severities of a finding.
const (
	// Warning is something that is probably not meant: somebody hears nothing.
	Warning Severity = "warning"
	// Notice is something that whoever answers for the tables should know.
	Notice Severity = "notice"
)

// Finding is something about a table set that is no fault, but that a reader
// of the tables would want to be told.
type Finding struct {
	Severity Severity
	// File and Line are its place; line 0 is the table as a whole.
	File    string
	Line    int
	Problem string
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
	c := &checker{Policy: p, day: midnight(p.about.Effective)}
	c.receivers()
	c.crimeTypes()
	c.forces()
	c.shadowed()
	c.rows()
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

func (c *checker) add(s Severity, at Row, format string, args ...any) {
	c.found = append(c.found, Finding{s, at.File, at.Line, fmt.Sprintf(format, args...)})
}

// receivers reports members that can never receive anything.
func (c *checker) receivers() {
	heard, led := map[int]bool{}, map[int]bool{}
	for _, entries := range c.index {
		for _, e := range entries {
			heard[int(e.member)] = heard[int(e.member)] || c.rules[e.rule].On(c.day)
		}
	}
	for _, g := range c.gateways {
		if g.Nature == Exemption || !g.On(c.day) {
			continue
		}
		for _, n := range c.selected(g.To) {
			led[n] = led[n] || g.extends(&c.members[n])
		}
	}
	for n, m := range c.members {
		if m.On(c.day) && !heard[n] {
			c.add(Warning, m.Row, "%s can never receive: no rule names it", m.ID)
		}
		if m.On(c.day) && !led[n] {
			c.add(Warning, m.Row, "%s can never receive: no gateway leads to it", m.ID)
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
			c.add(Warning, Row{File: rulesTable}, "nobody hears of %s", e.Code)
		case !always && e.Parent != "":
			c.add(Notice, Row{File: rulesTable}, "%s is heard of only by rules that also look at something else", e.Code)
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
			c.add(Warning, Row{File: membersTable}, "the police force of %s is not a member", e.Code)
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
				c.add(Warning, a.Row, "the rule %s adds nothing to %s (%s)", a.ID, b.ID, b.Place())
			}
		}
	}
}

// wider says whether the rule b matches whatever a matches.
func (c *checker) wider(b, a *Rule) bool {
	return covers(b.Kinds, a.Kinds, nil) && covers(b.Roles, a.Roles, nil) && covers(b.Purposes, a.Purposes, nil) &&
		covers(b.CrimeTypes, a.CrimeTypes, schemas.CrimeTypes().Within) &&
		covers(b.Areas, a.Areas, schemas.Jurisdictions().Within) &&
		covers(b.Sectors, a.Sectors, schemas.Sectors().Within) &&
		widerIndicators(b, a) && subset(c.selected(a.Members), c.selected(b.Members))
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

// rows reports rows that do not hold on the day, and law that is applied
// though its text was not read, or that cannot open in this version.
func (c *checker) rows() {
	for _, m := range c.members {
		c.outside(m.Row, schemas.Code(m.ID))
	}
	for _, r := range c.rules {
		c.outside(r.Row, r.ID)
	}
	for _, h := range c.handling {
		c.outside(h.Row, h.ID)
	}
	for _, b := range c.bars {
		c.outside(b.Row, b.ID)
		c.unread(b.Row, b.ID, b.Check)
	}
	for _, g := range c.gateways {
		c.outside(g.Row, g.ID)
		c.unread(g.Row, g.ID, g.Check)
		if len(g.Conditions) > 0 {
			c.add(Notice, g.Row, "%s is closed: what it requires first cannot be recorded in this version", g.ID)
		}
	}
}

func (c *checker) outside(r Row, id schemas.Code) {
	if !r.On(c.day) {
		c.add(Notice, r, "%s does not hold on %s, the day of the table set", id, c.about.Effective)
	}
}

func (c *checker) unread(r Row, id schemas.Code, check string) {
	if check == "N" && r.On(c.day) {
		c.add(Notice, r, "%s is applied though its text was not verified", id)
	}
}
