package policy

import (
	"cmp"
	"slices"
	"time"

	"liaison/schemas"
)

// index finds the rules and members that an item meets, so that the cost of a
// decision depends on those and not on how many there are.
type index struct {
	crimes, areas codes
	// entries has, for each area, for the area alone and with what lies below
	// it, and for each crime type, the rules that stand there.
	entries [][]entry
}

// codes numbers the codes of a list: paths has, for every code, its number
// and those of the codes above it.
type codes struct {
	number map[schemas.Code]int
	paths  [][]int
}

func numberCodes(list *schemas.CodeList) codes {
	c := codes{number: map[schemas.Code]int{}}
	for n, e := range list.All() {
		c.number[e.Code] = n
	}
	for _, e := range list.All() {
		path := []int{c.number[e.Code]}
		for _, up := range list.Ancestors(e.Code) {
			path = append(path, c.number[up])
		}
		c.paths = append(c.paths, path)
	}
	return c
}

// path returns the numbers of a code and of those above it.
func (c *codes) path(code schemas.Code) []int {
	n, ok := c.number[code]
	if !ok {
		return nil
	}
	return c.paths[n]
}

// entry is a rule, and a member that it names. The numbers are positions in
// Policy.rules and Policy.members.
type entry struct{ rule, member int32 }

// at is where the rules for a crime type in an area stand. The crime type -1
// has the rules for every crime type.
func (x *index) at(area int, only bool, crime int) *[]entry {
	n := 2 * area
	if only {
		n++
	}
	return &x.entries[n*(len(x.crimes.paths)+1)+crime+1]
}

// buildIndex places every rule and every member that it names wherever an item
// would meet them.
func (p *Policy) buildIndex() {
	x := &p.index
	x.crimes, x.areas = numberCodes(schemas.CrimeTypes()), numberCodes(schemas.Jurisdictions())
	x.entries = make([][]entry, 2*len(x.areas.paths)*(len(x.crimes.paths)+1))
	for n := range p.rules {
		rule := &p.rules[n]
		if rule.onlyAddressed() {
			continue // its messages name whom they concern: see addressees
		}
		for _, member := range rule.Members.list {
			m := &p.members[member]
			if m.Class == Source {
				continue
			}
			crimes := within(rule.CrimeTypes, m.Remit)
			for _, at := range meet(m.Areas, rule.Areas) {
				for _, crime := range crimes {
					number := -1
					if crime != "" {
						number = x.crimes.number[crime]
					}
					spot := x.at(x.areas.number[at.Code], at.Only, number)
					*spot = append(*spot, entry{int32(n), int32(member)})
				}
			}
		}
	}
}

// within narrows a rule's crime types by a member's remit. Either may be
// empty, which is all of them; the result is then the code "".
func within(crimes, remit []schemas.Code) []schemas.Code {
	switch {
	case len(crimes)+len(remit) == 0:
		return []schemas.Code{""}
	case len(remit) == 0:
		return crimes
	case len(crimes) == 0:
		return remit
	}
	var met []schemas.Code
	list := schemas.CrimeTypes()
	for _, c := range crimes {
		for _, r := range remit {
			switch {
			case list.Within(c, r):
				met = append(met, c)
			case list.Within(r, c):
				met = append(met, r)
			}
		}
	}
	return met
}

// meet narrows a member's areas by a rule's.
func meet(areas, narrow []Area) []Area {
	if len(narrow) == 0 {
		return areas
	}
	var met []Area
	list := schemas.Jurisdictions()
	for _, a := range areas {
		for _, n := range narrow {
			switch {
			case list.Within(a.Code, n.Code) && !n.Only:
				met = append(met, a)
			case n.Code == a.Code:
				met = append(met, Area{Code: n.Code, Only: true})
			case !a.Only && list.Within(n.Code, a.Code):
				met = append(met, n)
			}
		}
	}
	return met
}

// hit is an item that concerns a member, and the rule that says so.
type hit struct{ member, item, rule int32 }

func (h hit) compare(o hit) int {
	return cmp.Or(cmp.Compare(h.member, o.member), cmp.Compare(h.item, o.item), cmp.Compare(h.rule, o.rule))
}

// wholeCountry is where an item happened that has no jurisdiction: somewhere
// in the United Kingdom, so that the national bodies hear of it.
var wholeCountry = []schemas.Jurisdiction{{Code: "uk"}}

// concerned finds the items that concern each member: one hit for every
// member and item, by member and then by item, with the first rule by id. The
// originator is never concerned by its own message. Hits are appended to room.
func (p *Policy) concerned(room []hit, m *schemas.Message, day time.Time, rec *Recorded) []hit {
	for i := range m.Items {
		room = p.concernedBy(room, m, i, day, rec)
	}
	slices.SortFunc(room, hit.compare)
	return slices.CompactFunc(room, func(a, b hit) bool { return a.member == b.member && a.item == b.item })
}

// concernedBy adds the members that one item concerns, in no order.
func (p *Policy) concernedBy(room []hit, m *schemas.Message, i int, day time.Time, rec *Recorded) []hit {
	if to, addressed := recipientsOf(m, rec); addressed {
		if id, found := p.supporter(m, day); found {
			to = append(slices.Clip(to), id)
		}
		return p.addressees(room, m, i, to, day)
	}
	areas := m.ItemJurisdictions(i)
	if len(areas) == 0 {
		areas = wholeCountry
	}
	for _, at := range areas {
		v := visit{m: m, item: i, role: at.Role, day: day}
		for n, area := range p.index.areas.path(at.Code) {
			if n == 0 {
				room = p.crimesAt(room, v, area, true)
			}
			room = p.crimesAt(room, v, area, false)
		}
	}
	return room
}

// addressees adds the members that a message names itself, by the rules that
// name its kind, and those that hear of it unnamed.
func (p *Policy) addressees(room []hit, m *schemas.Message, i int, to []schemas.MemberID, day time.Time) []hit {
	for n := range p.rules {
		rule := &p.rules[n]
		if !slices.Contains(rule.Kinds, m.Kind) || !rule.On(day) || !rule.fits(m, i, "") {
			continue
		}
		if rule.Mandatory {
			for _, at := range rule.Members.list {
				if member := &p.members[at]; member.On(day) && member.Class != Source && member.ID != m.Originator && rule.hearsUnnamed(m, i, member) {
					room = append(room, hit{int32(at), int32(i), int32(n)})
				}
			}
			continue
		}
		for _, id := range to {
			if at := p.memberOn(id, day); rule.Members.has(at) && p.members[at].Class != Source && id != m.Originator {
				room = append(room, hit{int32(at), int32(i), int32(n)})
			}
		}
	}
	return room
}

// visit is an item with one of its areas' roles, while rules are looked for.
type visit struct {
	m    *schemas.Message
	item int
	role schemas.Role
	day  time.Time
}

// crimesAt adds what stands in an area for the item's crime types, and for
// those above them.
func (p *Policy) crimesAt(hits []hit, v visit, area int, only bool) []hit {
	hits = p.add(hits, v, *p.index.at(area, only, -1))
	for _, code := range v.m.ItemCrimeTypes(v.item) {
		for _, crime := range p.index.crimes.path(code) {
			hits = p.add(hits, v, *p.index.at(area, only, crime))
		}
	}
	return hits
}

// add appends the entries that fit the item on the day.
func (p *Policy) add(hits []hit, v visit, entries []entry) []hit {
	for _, e := range entries {
		rule, member := &p.rules[e.rule], &p.members[e.member]
		if rule.On(v.day) && member.On(v.day) && rule.fits(v.m, v.item, v.role) && member.deals(v.m) && member.ID != v.m.Originator {
			hits = append(hits, hit{e.member, int32(v.item), e.rule})
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
