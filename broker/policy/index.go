package policy

import (
	"cmp"
	"slices"
	"time"

	"liaison/schemas"
)

// spot is a crime type and an area at which rules are found. An empty crime
// type holds the rules for every crime type; only marks an area without what
// lies below it.
type spot struct {
	crime, area schemas.Code
	only        bool
}

// entry is a rule, and a member that it names, at a spot. The numbers are
// positions in Policy.rules and Policy.members.
type entry struct{ rule, member int32 }

// hit is an item that concerns a member, and the rule that says so.
type hit struct{ member, item, rule int }

// wholeCountry is where an item happened that has no jurisdiction: somewhere
// in the United Kingdom, so that the national bodies hear of it.
var wholeCountry = []schemas.Jurisdiction{{Code: "uk"}}

// buildIndex places every rule and every member that it names at each spot
// where an item would meet them, so that the cost of a decision depends on
// the rules and members that an item meets, and not on how many there are.
func (p *Policy) buildIndex() {
	p.index = map[spot][]entry{}
	for n := range p.rules {
		rule := &p.rules[n]
		crimes := rule.CrimeTypes
		if len(crimes) == 0 {
			crimes = []schemas.Code{""}
		}
		for _, member := range p.selected(rule.Members) {
			for _, at := range meet(p.members[member].Areas, rule.Areas) {
				for _, crime := range crimes {
					s := spot{crime, at.Code, at.Only}
					p.index[s] = append(p.index[s], entry{int32(n), int32(member)})
				}
			}
		}
	}
}

// selected lists the positions of the members that a selector names.
func (p *Policy) selected(s Selector) []int {
	var list []int
	if !s.any && len(s.kinds)+len(s.classes) == 0 {
		for _, id := range s.ids {
			if n, ok := findMember(p.members, id); ok && s.Has(&p.members[n]) {
				list = append(list, n)
			}
		}
		return list
	}
	for n := range p.members {
		if s.Has(&p.members[n]) {
			list = append(list, n)
		}
	}
	return list
}

// meet narrows a member's areas by a rule's.
func meet(areas []Area, narrow []schemas.Code) []Area {
	if len(narrow) == 0 {
		return areas
	}
	var met []Area
	list := schemas.Jurisdictions()
	for _, a := range areas {
		for _, n := range narrow {
			switch {
			case list.Within(a.Code, n):
				met = append(met, a)
			case !a.Only && list.Within(n, a.Code):
				met = append(met, Area{Code: n})
			}
		}
	}
	return met
}

// concerned finds the items that concern each member: one hit for every
// member and item, by member and then by item, with the first rule by id. The
// originator is never concerned by its own message.
func (p *Policy) concerned(m *schemas.Message, day time.Time) []hit {
	hits := make([]hit, 0, 16)
	for i := range m.Items {
		hits = p.visitCrime(hits, m, i, "", day)
		for _, crime := range m.ItemCrimeTypes(i) {
			hits = p.visitCrime(hits, m, i, crime, day)
			for _, wider := range schemas.CrimeTypes().Ancestors(crime) {
				hits = p.visitCrime(hits, m, i, wider, day)
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.item, b.item), cmp.Compare(a.rule, b.rule))
	})
	return slices.CompactFunc(hits, func(a, b hit) bool { return a.member == b.member && a.item == b.item })
}

// visitCrime adds the hits of one crime type of an item, in all its areas.
func (p *Policy) visitCrime(hits []hit, m *schemas.Message, i int, crime schemas.Code, day time.Time) []hit {
	areas := m.ItemJurisdictions(i)
	if len(areas) == 0 {
		areas = wholeCountry
	}
	for _, at := range areas {
		v := visit{m: m, item: i, role: at.Role, day: day}
		hits = p.add(hits, v, spot{crime, at.Code, true})
		hits = p.add(hits, v, spot{crime, at.Code, false})
		for _, wider := range schemas.Jurisdictions().Ancestors(at.Code) {
			hits = p.add(hits, v, spot{crime, wider, false})
		}
	}
	return hits
}

// visit is an item with one of its areas' roles, while rules are looked for.
type visit struct {
	m    *schemas.Message
	item int
	role schemas.Role
	day  time.Time
}

// add appends what stands at a spot and fits the item on the day.
func (p *Policy) add(hits []hit, v visit, s spot) []hit {
	for _, e := range p.index[s] {
		rule, member := &p.rules[e.rule], &p.members[e.member]
		if member.ID != v.m.Originator && rule.On(v.day) && member.On(v.day) && rule.fits(v.m, v.item, v.role) {
			hits = append(hits, hit{int(e.member), v.item, int(e.rule)})
		}
	}
	return hits
}

// countMembers counts the members in sorted hits.
func countMembers(hits []hit) int {
	n := 0
	for i := range hits {
		if i == 0 || hits[i].member != hits[i-1].member {
			n++
		}
	}
	return n
}

// sameMember counts the first hits that are of one member.
func sameMember(hits []hit) int {
	n := 1
	for n < len(hits) && hits[n].member == hits[0].member {
		n++
	}
	return n
}
