package policy

import (
	"cmp"
	"slices"
	"time"

	"liaison/schemas"
)

// maxNearest bounds the providers named that do not fit.
const maxNearest = 3

// FindSupport says who supports a person, on the day that the question names.
// The question must be without faults (schemas.CheckSupport). Whether a member
// is connected is not for the tables to know.
func (p *Policy) FindSupport(q schemas.SupportQuery) schemas.SupportAnswer {
	w := person{crimes: q.Exploitation, needs: q.Needs, sex: q.Sex}
	if q.Age != nil {
		w.ages = &Ages{*q.Age, *q.Age}
	}
	if q.Area != "" {
		w.areas = []schemas.Code{q.Area}
	}
	a := schemas.SupportAnswer{On: q.On, Offers: []schemas.SupportOffer{}}
	var not []schemas.SupportOffer
	for _, o := range p.offers(w, q.On.Start()) {
		switch {
		case count(o, schemas.FitsNot) == 0:
			a.Offers = append(a.Offers, o)
		case !slices.ContainsFunc(o.Tests, func(t schemas.SupportTest) bool { return t.What == "age" && t.Fit == schemas.FitsNot }):
			not = append(not, o) // a child is never near to an adult's provider
		}
	}
	// Both lists are in the order of the rows, which stays within each number.
	slices.SortStableFunc(a.Offers, func(x, y schemas.SupportOffer) int {
		return cmp.Compare(count(x, schemas.FitUnknown), count(y, schemas.FitUnknown))
	})
	if len(a.Offers) > 0 && count(a.Offers[0], schemas.FitUnknown) == 0 {
		return a
	}
	slices.SortStableFunc(not, func(x, y schemas.SupportOffer) int {
		return cmp.Or(cmp.Compare(count(x, schemas.FitsNot), count(y, schemas.FitsNot)), cmp.Compare(count(x, schemas.FitUnknown), count(y, schemas.FitUnknown)))
	})
	a.Nearest = not[:min(len(not), maxNearest)]
	return a
}

// offers hold the person against every row of the day. A row of many members
// stands for those of the area alone.
func (p *Policy) offers(w person, day time.Time) (list []schemas.SupportOffer) {
	for k := range p.providers {
		r := &p.providers[k]
		if !r.On(day) {
			continue
		}
		if r.Body != "" {
			list = append(list, r.offer(nil, w))
		}
		for _, n := range r.Members.list {
			m := &p.members[n]
			if !m.On(day) || len(r.Members.list) > 1 && fitAreas(m.Areas, w.areas) != schemas.Fits {
				continue
			}
			list = append(list, r.offer(m, w))
		}
	}
	return list
}

func (r *Provider) offer(m *Member, w person) schemas.SupportOffer {
	o := schemas.SupportOffer{Row: r.ID, Name: r.Body, Since: boundOf(r.ValidFrom), Until: boundOf(r.ValidTo), Source: r.Source, Confidence: r.Confidence, Notes: r.Notes}
	var areas []Area
	if m != nil {
		o.Member, o.Name, areas = m.ID, m.Name, m.Areas
	}
	o.Tests = r.tests(w, areas)
	return o
}

func count(o schemas.SupportOffer, fit schemas.Fit) (n int) {
	for _, t := range o.Tests {
		if t.Fit == fit {
			n++
		}
	}
	return n
}

// boundOf is the day of a bound of a row; the zero time is no bound.
func boundOf(t time.Time) (d schemas.Date) {
	if !t.IsZero() {
		d, _ = schemas.NewDate(t.Year(), int(t.Month()), t.Day()) // a day of the calendar
	}
	return d
}
