package policy

import (
	"slices"
	"strings"

	"liaison/schemas"
)

// Minimise builds the copy of a message for a member out of the items that
// the outcome discloses and the subjects that they mention, or returns nil if
// it discloses none. The copy is built field by field from what may be in it,
// and not by striking out: what this function does not name is not in a copy.
// It shares nothing with the message that a later change could reach.
//
// The crime types and jurisdictions of the copy are those of its items. An
// item without its own says by that that all the message's are its own.
func Minimise(m *schemas.Message, o schemas.Outcome) *schemas.Message {
	if o.Outcome != schemas.Disclosed || o.Message != m.ID {
		return nil
	}
	k := &keeper{m: m, places: map[int]int{}}
	for _, it := range o.Items {
		if it.Outcome == schemas.Disclosed && it.Index >= 0 && it.Index < len(m.Items) {
			k.kept = append(k.kept, it)
		}
	}
	if len(k.kept) == 0 {
		return nil
	}
	slices.SortStableFunc(k.kept, func(a, b schemas.ItemOutcome) int { return a.Index - b.Index })
	c := &schemas.Message{
		Schema: m.Schema, ID: m.ID, Kind: m.Kind, Originator: m.Originator, Created: m.Created,
		Marking: m.Marking, Urgency: m.Urgency, Purpose: m.Purpose, Review: m.Review,
		Jurisdictions: union(m.Jurisdictions, k.kept, m.ItemJurisdictions),
		CrimeTypes:    union(m.CrimeTypes, k.kept, m.ItemCrimeTypes),
		Sectors:       slices.Clone(m.Sectors),
		Links:         k.links(),
	}
	k.renumber()
	for _, it := range k.kept {
		c.Items = append(c.Items, k.item(it))
	}
	c.Subjects = k.subjects
	whole := len(k.kept) == len(m.Items)
	if whole {
		c.Reference = m.Reference
	}
	c.Tip, c.Case = copyTip(m.Tip), copyCase(m.Case, c.CrimeTypes, whole)
	return c
}

// keeper holds what of a message is kept.
type keeper struct {
	m    *schemas.Message
	kept []schemas.ItemOutcome
	// subjects are those kept, and places their new positions by the old.
	subjects []schemas.Subject
	places   map[int]int
}

// union lists the values of the kept items, in the order of the message.
func union[T comparable](whole []T, kept []schemas.ItemOutcome, of func(int) []T) []T {
	var have []T
	for _, it := range kept {
		for _, v := range of(it.Index) {
			if !slices.Contains(have, v) {
				have = append(have, v)
			}
		}
	}
	rank := func(v T) int {
		if n := slices.Index(whole, v); n >= 0 {
			return n
		}
		return len(whole)
	}
	slices.SortStableFunc(have, func(a, b T) int { return rank(a) - rank(b) })
	return have
}

// links keeps the message's links if a kept item relies on them.
func (k *keeper) links() []schemas.Link {
	for _, it := range k.kept {
		if len(k.m.Items[it.Index].Links) == 0 {
			return slices.Clone(k.m.Links)
		}
	}
	return nil
}

// renumber keeps the subjects that kept items mention, in their order, and
// counts them anew: of a subject that is left out not even the gap remains.
func (k *keeper) renumber() {
	mentioned := map[int]bool{}
	for _, it := range k.kept {
		for _, n := range k.m.Items[it.Index].Subjects {
			mentioned[n] = true
		}
	}
	for n, s := range k.m.Subjects {
		if mentioned[n] {
			s.Aliases = slices.Clone(s.Aliases)
			k.places[n] = len(k.subjects)
			k.subjects = append(k.subjects, s)
		}
	}
}

// item copies a kept item. Claims of consent are dropped: they open nothing,
// and the recipient could take them for consents.
func (k *keeper) item(o schemas.ItemOutcome) schemas.Item {
	it := &k.m.Items[o.Index]
	c := schemas.Item{
		Text: it.Text, Source: it.Source, Information: it.Information, Handling: slices.Clone(it.Handling),
		Conditions: it.Conditions, Origin: it.Origin, ObtainedBy: it.ObtainedBy,
		Indicators: slices.Clone(it.Indicators), CrimeTypes: slices.Clone(it.CrimeTypes),
		Jurisdictions: slices.Clone(it.Jurisdictions), Links: slices.Clone(it.Links),
	}
	for _, n := range it.Subjects {
		if place, ok := k.places[n]; ok {
			c.Subjects = append(c.Subjects, place)
		}
	}
	for g := range strings.SplitSeq(o.Gateway, "+") {
		if g != "" {
			c.Gateways = append(c.Gateways, schemas.Code(g))
		}
	}
	return c
}

func copyTip(t *schemas.Tip) *schemas.Tip {
	if t == nil {
		return nil
	}
	return &schemas.Tip{Channel: t.Channel, Received: t.Received}
}

// copyCase keeps the strands whose crime type is one of the copy's. The name
// of an operation belongs to the case as a whole, and goes only to a member
// from which nothing of it is withheld.
func copyCase(k *schemas.Case, crimes []schemas.Code, whole bool) *schemas.Case {
	if k == nil {
		return nil
	}
	c := &schemas.Case{Status: k.Status, Lead: k.Lead, Opened: k.Opened}
	if whole {
		c.Operation = k.Operation
	}
	for _, s := range k.Strands {
		if slices.Contains(crimes, s.CrimeType) {
			c.Strands = append(c.Strands, s)
		}
	}
	return c
}
