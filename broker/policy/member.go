package policy

import (
	"slices"
	"strings"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Class is the class of recipient that a handling code opens an item to: it
// says whether a member prosecutes.
type Class string

// The classes of recipient, in the words of the 5x5x5 handling codes: law
// enforcement agencies, UK non-prosecuting parties, foreign law enforcement.
// A source gives and never receives.
const (
	LawEnforcement Class = "law-enforcement"
	NonProsecuting Class = "non-prosecuting"
	Foreign        Class = "foreign"
	Source         Class = "source"
)

// KindBroker is the kind of the member that stands for the broker itself: it
// tells of what ran out.
const KindBroker = "broker"

// Broker returns the member that stands for the broker itself, if the tables
// have one.
func (p *Policy) Broker() (schemas.MemberID, bool) {
	m, ok := find(p.members, func(m Member) bool { return m.Kind == KindBroker })
	return m.ID, ok
}

// Refers says whether a member is a first responder, which refers those who may
// be victims to a competent authority.
func (p *Policy) Refers(id schemas.MemberID) bool {
	n := p.position(id)
	return n >= 0 && p.members[n].FirstResponder
}

// IsHub says whether a member is the hub.
func (p *Policy) IsHub(id schemas.MemberID) bool {
	n := p.position(id)
	return n >= 0 && p.members[n].Kind == "hub"
}

// Member is a party to the protocol: one body, or one part of a body that
// the law or the protocol holds apart from the rest.
type Member struct {
	ID   schemas.MemberID
	Name string
	// Class decides which handling codes open an item to it.
	Class Class
	// Kind groups members in selectors, as "police" or "agency".
	Kind string
	// Areas are its extent: where the member acts. It hears of an item whose
	// area lies within one of them, and not of one for a wider area: a message
	// for a whole region does not go to every force in it.
	Areas []Area
	// Remit are the crime types that are its business; empty is all. No rule
	// makes it hear of others.
	Remit []schemas.Code
	// Sectors are the trades that are its business; empty is all. It hears of
	// a message of which one sector is among them, or that names none.
	Sectors []schemas.Code
	// Ceiling is the highest marking that the member may be sent.
	Ceiling schemas.Marking
	// FirstResponder says whether it may refer a victim to a competent
	// authority; selectors have it as "first-responder".
	FirstResponder bool
	// Contact is the role and desk of the single point of contact, never a
	// person. It is for people to read, like SucceededBy, which names in words
	// the body that took over.
	Contact, SucceededBy string
	table.Row
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

var memberColumns = append([]string{"id", "name", "class", "kind", "areas", "remit", "sectors", "ceiling", "first_responder",
	"contact", "succeeded_by"}, table.RowColumns...)

func readMember(r table.Record) Member {
	m := Member{
		ID: schemas.MemberID(r.ID("id")), Name: r.Need("name"),
		Class: Class(r.OneOf("class", string(LawEnforcement), string(NonProsecuting), string(Foreign), string(Source))),
		Kind:  r.ID("kind"), Areas: areasOf(r, "areas"),
		Remit: codesOf(r, "remit", schemas.CrimeTypes()), Sectors: codesOf(r, "sectors", schemas.Sectors()),
		Ceiling: schemas.Marking(r.Cell("ceiling")), FirstResponder: r.Yes("first_responder"),
		Contact: r.Need("contact"), SucceededBy: r.Cell("succeeded_by"), Row: r.Row(),
	}
	if m.Ceiling.Rank() == 0 {
		r.Fault("ceiling %q is no protective marking", m.Ceiling)
	}
	if len(m.Areas) == 0 {
		r.Fault("areas is empty")
	}
	if m.SucceededBy != "" && m.ValidTo.IsZero() {
		r.Fault("succeeded_by names %q, but valid_to is empty", m.SucceededBy)
	}
	return m
}

// areasOf reads a list of areas, each perhaps with a "=" before it.
func areasOf(r table.Record, column string) (list []Area) {
	for _, w := range r.Words(column) {
		code, only := strings.CutPrefix(w, "=")
		if _, ok := schemas.Jurisdictions().Lookup(schemas.Code(code)); !ok {
			r.Fault("%s has %q, which is not in the list of jurisdictions", column, code)
		}
		list = append(list, Area{Code: schemas.Code(code), Only: only})
	}
	return list
}

// codesOf reads a list of codes of a code list.
func codesOf(r table.Record, column string, known *schemas.CodeList) (list []schemas.Code) {
	for _, w := range r.Words(column) {
		if _, ok := known.Lookup(schemas.Code(w)); !ok {
			r.Fault("%s has %q, which is not in the list of %s", column, w, known.Name())
		}
		list = append(list, schemas.Code(w))
	}
	return list
}

// Selector names members in a cell of a table: ids; "kind:police" and
// "class:law-enforcement" for all of a sort; "first-responder"; "any"; and
// each of these with a hyphen before it for an exception. An empty selector is
// nobody, or no limit where the column says so.
type Selector struct {
	text string
	// list has the positions of the members named, in order, and set one bit
	// for each member of the table set.
	list []int
	set  []uint64
}

// String returns the selector as the table has it.
func (s *Selector) String() string { return s.text }

// IsZero says whether the cell is empty.
func (s *Selector) IsZero() bool { return s.text == "" }

// has says whether the selector names the member at that position.
func (s *Selector) has(n int) bool {
	return n >= 0 && n>>6 < len(s.set) && s.set[n>>6]&(1<<(n&63)) != 0
}

// limits says whether the selector has a limit that leaves the member out.
func (s *Selector) limits(n int) bool { return !s.IsZero() && !s.has(n) }

// selector reads a selector and checks it against the members of the set.
func selector(r table.Record, column string, known []Member) Selector {
	s := Selector{text: r.Cell(column), set: make([]uint64, len(known)/64+1)}
	positive := false
	for _, w := range r.Words(column) {
		if !strings.HasPrefix(w, "-") {
			s.mark(r, column, w, known, true)
			positive = true
		}
	}
	for _, w := range r.Words(column) {
		if rest, excepted := strings.CutPrefix(w, "-"); excepted {
			s.mark(r, column, rest, known, false)
		}
	}
	if !positive && !s.IsZero() {
		r.Fault("%s has exceptions from nobody", column)
	}
	for n := range known {
		if s.has(n) {
			s.list = append(s.list, n)
		}
	}
	return s
}

// mark takes the members that answer to a word in or out.
func (s *Selector) mark(r table.Record, column, word string, known []Member, in bool) {
	found := false
	put := func(n int) {
		found = true
		if in {
			s.set[n>>6] |= 1 << (n & 63)
		} else {
			s.set[n>>6] &^= 1 << (n & 63)
		}
	}
	if n, ok := findMember(known, schemas.MemberID(word)); ok {
		put(n)
		return
	}
	kind, isKind := strings.CutPrefix(word, "kind:")
	class, isClass := strings.CutPrefix(word, "class:")
	for n := range known {
		m := &known[n]
		if word == "any" || isKind && m.Kind == kind || isClass && m.Class == Class(class) || word == "first-responder" && m.FirstResponder {
			put(n)
		}
	}
	if !found && !slices.Contains([]string{"any", "class:" + string(LawEnforcement), "class:" + string(NonProsecuting), "class:" + string(Foreign)}, word) {
		r.Fault("%s has %q, which names no member", column, word)
	}
}

// findMember looks a member up in the list that is sorted by id.
func findMember(members []Member, id schemas.MemberID) (int, bool) {
	return slices.BinarySearchFunc(members, id, func(m Member, id schemas.MemberID) int {
		return strings.Compare(string(m.ID), string(id))
	})
}
