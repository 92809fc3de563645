package policy

import (
	"slices"
	"strings"

	"liaison/schemas"
)

// Class is the class of recipient that a handling code opens an item to.
type Class string

// The classes of recipient, in the words of the 5x5x5 handling codes: law
// enforcement agencies, UK non-prosecuting parties, foreign law enforcement.
const (
	LawEnforcement Class = "law-enforcement"
	NonProsecuting Class = "non-prosecuting"
	Foreign        Class = "foreign"
)

// Member is a party to the protocol: one body, or one part of a body that
// the law or the protocol holds apart from the rest.
type Member struct {
	ID   schemas.MemberID
	Name string
	// Class decides which handling codes open an item to it.
	Class Class
	// Kind groups members in selectors, as "police" or "agency".
	Kind string
	// Areas are where the member acts. It hears of an item whose area lies
	// within one of them, and not of one for a wider area: a message for a
	// whole region does not go to every force in it.
	Areas []Area
	// Ceiling is the highest marking that the member may be sent.
	Ceiling schemas.Marking
	// Contact is the role and desk of the single point of contact, never a
	// person.
	Contact string
	// SucceededBy names, in words, the body that took over.
	SucceededBy string
	Row
}

// Area is a jurisdiction in which a member acts.
type Area struct {
	Code schemas.Code
	// Only limits the area to the code itself, without what lies below it. It
	// lets a body of Great Britain hear of matters of the whole United
	// Kingdom without hearing of those of Northern Ireland alone. It is
	// written "=uk".
	Only bool
}

var memberColumns = append([]string{"id", "name", "class", "kind", "areas", "ceiling", "contact", "succeeded_by"}, rowColumns...)

func readMember(r record) Member {
	m := Member{
		ID: schemas.MemberID(r.id("id")), Name: r.need("name"),
		Class:   Class(r.oneOf("class", string(LawEnforcement), string(NonProsecuting), string(Foreign))),
		Kind:    string(r.id("kind")),
		Ceiling: schemas.Marking(r.cells["ceiling"]),
		Contact: r.need("contact"), SucceededBy: r.cells["succeeded_by"], Row: r.row(),
	}
	if m.Ceiling.Rank() == 0 {
		r.fault("ceiling %q is no protective marking", m.Ceiling)
	}
	for _, w := range r.words("areas") {
		code, only := strings.CutPrefix(w, "=")
		if _, ok := schemas.Jurisdictions().Lookup(schemas.Code(code)); !ok {
			r.fault("areas has %q, which is not in the list of jurisdictions", code)
		}
		m.Areas = append(m.Areas, Area{Code: schemas.Code(code), Only: only})
	}
	if len(m.Areas) == 0 {
		r.fault("areas is empty")
	}
	if m.SucceededBy != "" && m.ValidTo.IsZero() {
		r.fault("succeeded_by names %q, but valid_to is empty", m.SucceededBy)
	}
	return m
}

// Selector names members in a cell of a table: ids; "kind:police" and
// "class:law-enforcement" for all of a sort; "any"; and each of these with a
// hyphen before it for an exception. An empty selector is nobody.
type Selector struct {
	text    string
	any     bool
	ids     []schemas.MemberID
	kinds   []string
	classes []Class
	except  *Selector
}

// String returns the selector as the table has it.
func (s Selector) String() string { return s.text }

// IsZero says whether the cell is empty.
func (s Selector) IsZero() bool { return s.text == "" }

// Has says whether the selector names the member.
func (s *Selector) Has(m *Member) bool {
	if s.except != nil && s.except.Has(m) {
		return false
	}
	return s.any || slices.Contains(s.ids, m.ID) || slices.Contains(s.kinds, m.Kind) || slices.Contains(s.classes, m.Class)
}

// selector reads a selector and checks it against the members of the set.
func (r record) selector(column string, known []Member) Selector {
	s := Selector{text: r.cells[column]}
	for _, w := range r.words(column) {
		to := &s
		if rest, excepted := strings.CutPrefix(w, "-"); excepted {
			if s.except == nil {
				s.except = &Selector{text: rest}
			}
			to, w = s.except, rest
		}
		if !to.add(w, known) {
			r.fault("%s has %q, which names no member", column, w)
		}
	}
	if s.except != nil && !s.any && len(s.ids)+len(s.kinds)+len(s.classes) == 0 {
		r.fault("%s has exceptions from nobody", column)
	}
	slices.Sort(s.ids)
	return s
}

// add takes a word into the selector and says whether a member answers to it.
func (s *Selector) add(word string, known []Member) bool {
	kind, isKind := strings.CutPrefix(word, "kind:")
	class, isClass := strings.CutPrefix(word, "class:")
	switch {
	case word == "any":
		s.any = true
		return true
	case isKind:
		s.kinds = append(s.kinds, kind)
		return slices.ContainsFunc(known, func(m Member) bool { return m.Kind == kind })
	case isClass:
		s.classes = append(s.classes, Class(class))
		return slices.Contains([]Class{LawEnforcement, NonProsecuting, Foreign}, Class(class))
	}
	s.ids = append(s.ids, schemas.MemberID(word))
	_, found := findMember(known, schemas.MemberID(word))
	return found
}

// findMember looks a member up in the list that is sorted by id.
func findMember(members []Member, id schemas.MemberID) (int, bool) {
	return slices.BinarySearchFunc(members, id, func(m Member, id schemas.MemberID) int {
		return strings.Compare(string(m.ID), string(id))
	})
}
