package policy

import (
	"slices"
	"strings"
	"time"

	"liaison/schemas"
)

// Minimise builds the copy of a message for a member out of the items that
// the outcome discloses and the subjects that they mention, or returns nil if
// it discloses none. The copy is built field by field from what recipients.csv
// allows its recipient, and not by striking out: what is not allowed here is
// not in a copy. It shares nothing with the message that a later change could
// reach.
//
// The crime types and jurisdictions of the copy are those of its items. An
// item without its own says by that that all the message's are its own. Where
// a copy may not say how information came in, it says the truth that holds for
// its recipient: from a partner.
func (p *Policy) Minimise(m *schemas.Message, o schemas.Outcome, day time.Time) *schemas.Message {
	return p.MinimiseMore(m, o, schemas.Outcome{}, day, Recorded{})
}

// MinimiseMore builds the further copy for a member that has got something of
// the message before: what was disclosed to it then, it does not lack. Of other
// messages it learns by what is on record.
func (p *Policy) MinimiseMore(m *schemas.Message, o, was schemas.Outcome, day time.Time, rec Recorded) *schemas.Message {
	k := &keeper{Policy: p, m: m, recipient: o.Member, was: was, day: day, rec: rec, to: p.recipientOn(o.Member, day), places: map[int]int{}}
	if o.Outcome != schemas.Disclosed || o.Message != m.ID || k.to == nil && !m.Kind.OutlastsMembership() {
		return nil
	}
	for _, it := range o.Items {
		if it.Outcome == schemas.Disclosed && it.Index >= 0 && it.Index < m.Parts() {
			k.kept = append(k.kept, it)
		}
	}
	if len(k.kept) == 0 {
		return nil
	}
	slices.SortStableFunc(k.kept, func(a, b schemas.ItemOutcome) int { return a.Index - b.Index })
	k.whole = len(k.kept) == m.Parts()
	if m.Bare() {
		c := &schemas.Message{Schema: m.Schema, ID: m.ID, Kind: m.Kind, Originator: m.Originator, Created: m.Created, Marking: m.Marking,
			Urgency: m.Urgency, Purpose: m.Purpose, Review: m.Review}
		k.steps(c)
		return c
	}
	c := &schemas.Message{
		Schema: m.Schema, ID: m.ID, Kind: m.Kind, Originator: m.Originator, Created: m.Created,
		Marking: m.Marking, Urgency: m.Urgency, Purpose: m.Purpose, Review: m.Review,
		Jurisdictions: union(m.Jurisdictions, k.kept, m.ItemJurisdictions),
		CrimeTypes:    union(m.CrimeTypes, k.kept, m.ItemCrimeTypes),
		WithheldItems: k.withheld(),
	}
	k.renumber()
	for _, it := range k.kept {
		c.Items = append(c.Items, k.item(it))
	}
	c.Subjects, c.Links = k.subjects, k.links()
	if k.to.may(FieldSectors) {
		c.Sectors = slices.Clone(m.Sectors)
	}
	if k.whole && k.to.may(FieldReference) {
		c.Reference = m.Reference
	}
	c.Tip, c.Case = k.tip(), k.caseBody(c.CrimeTypes)
	k.steps(c)
	return c
}

// keeper holds what of a message is kept, and for whom.
type keeper struct {
	*Policy
	m   *schemas.Message
	day time.Time
	rec Recorded
	to  *Recipient
	// recipient is the member that the copy is for.
	recipient schemas.MemberID
	kept      []schemas.ItemOutcome
	// was is the outcome of an earlier decision for the recipient.
	was schemas.Outcome
	// whole says that no item is withheld.
	whole bool
	// subjects are those kept, and places their new positions by the old.
	subjects []schemas.Subject
	places   map[int]int
}

// withheld counts the items that the copy lacks, where its recipient may know.
func (k *keeper) withheld() (n int) {
	if !k.to.WithheldItems {
		return 0
	}
	for i := range k.m.Items {
		has := func(o schemas.ItemOutcome) bool { return o.Index == i && o.Outcome == schemas.Disclosed }
		if !slices.ContainsFunc(k.kept, has) && !slices.ContainsFunc(k.was.Items, has) && !k.protected(k.m, i, k.day) {
			n++
		}
	}
	return n
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
		if len(k.m.Items[it.Index].Links) == 0 && k.to.may(FieldLinks) {
			return k.mayLink(k.m.Links)
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
	for n := range k.m.Subjects {
		if mentioned[n] && k.to.mayHave(&k.m.Subjects[n]) {
			k.places[n] = len(k.subjects)
			k.subjects = append(k.subjects, k.subject(&k.m.Subjects[n]))
		}
	}
}

// subject copies a subject. Where a victim is staying goes to nobody: it may
// be a place of safety (section 3.4 of the project's notes on the domain).
func (k *keeper) subject(s *schemas.Subject) schemas.Subject {
	c := schemas.Subject{Kind: s.Kind, Name: s.Name}
	if k.to.may(FieldAliases) {
		c.Aliases = slices.Clone(s.Aliases)
	}
	if k.to.may(FieldBorn) {
		c.Born = s.Born
	}
	if k.to.may(FieldNationality) {
		c.Nationality = s.Nationality
	}
	if k.to.may(FieldPosition) {
		c.Position = s.Position
	}
	if k.to.may(FieldAddress) && s.Position != "victim" {
		c.Address, c.Postcode = s.Address, s.Postcode
	}
	if k.to.may(FieldRegistration) {
		c.Registration = s.Registration
	}
	if k.to.may(FieldNumber) {
		c.Number = s.Number
	}
	return c
}

// item copies a kept item, with the hub's grade where it has none. Claims of
// consent are dropped: they open nothing, and the recipient could take them
// for consents.
func (k *keeper) item(o schemas.ItemOutcome) schemas.Item {
	it := &k.m.Items[o.Index]
	c := schemas.Item{
		Text: it.Text, Handling: slices.Clone(it.Handling), Conditions: it.Conditions, ObtainedBy: schemas.ByPartner,
		CrimeTypes: slices.Clone(it.CrimeTypes), Jurisdictions: slices.Clone(it.Jurisdictions),
	}
	for g := range strings.SplitSeq(o.Gateway, "+") {
		if g != "" {
			c.Gateways = append(c.Gateways, schemas.Code(g))
		}
	}
	if k.to.may(FieldGrade) {
		c.Source, c.Information = it.Source, it.Information
	}
	if g := k.Grade(k.m, o.Index, k.day); g != nil {
		c = g.grade(c, k.to.may(FieldGrade))
	}
	if k.to.may(FieldOrigin) {
		c.Origin = it.Origin
	}
	if k.to.may(FieldObtainedBy) {
		c.ObtainedBy = it.ObtainedBy
	}
	if k.to.may(FieldIndicators) {
		c.Indicators = slices.Clone(it.Indicators)
	}
	if k.to.may(FieldLinks) {
		c.Links = k.mayLink(it.Links)
	}
	for _, n := range it.Subjects {
		if place, ok := k.places[n]; ok {
			c.Subjects = append(c.Subjects, place)
		}
	}
	return c
}

func (k *keeper) tip() *schemas.Tip {
	switch t := k.m.Tip; {
	case t == nil:
		return nil
	case !k.to.may(FieldChannel):
		return &schemas.Tip{Channel: "partner"}
	default:
		return &schemas.Tip{Channel: t.Channel, Received: t.Received}
	}
}

// caseBody keeps the strands whose crime type is one of the copy's. The name
// of an operation belongs to the case as a whole, and goes only to a member
// from which nothing of it is withheld.
func (k *keeper) caseBody(crimes []schemas.Code) *schemas.Case {
	body := k.m.Case
	if body == nil {
		return nil
	}
	c := &schemas.Case{Status: body.Status, Reason: body.Reason, Lead: body.Lead, Opened: body.Opened}
	if k.whole && k.to.may(FieldOperation) {
		c.Operation = body.Operation
	}
	for _, s := range body.Strands {
		if slices.Contains(crimes, s.CrimeType) && k.to.may(FieldStrands) {
			c.Strands = append(c.Strands, s)
		}
	}
	return c
}
