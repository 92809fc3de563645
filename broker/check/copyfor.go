package check

import (
	"slices"
	"strconv"

	"liaison/schemas"
)

// recipient returns the row of recipients.csv for copies of a member, or nil.
func (j *judged) recipient(to schemas.MemberID) row {
	if _, ok := j.tables.member(to, j.day); !ok {
		return nil
	}
	for _, r := range j.tables.rows["recipients"] {
		if r.on(j.day) && j.tables.names(r["members"], to) {
			return r
		}
	}
	return nil
}

// maker makes one copy.
type maker struct {
	*judged
	w     *wanted
	may   func(field string) bool
	kinds []string
	// row says what the copy may have.
	row row
	// place has the new position of each subject that is kept.
	place map[int]int
}

// copyFor makes the copy that a decision releases, by what the tables let its
// recipient have; nil if it may have none.
func (t *tables) copyFor(j *judged, w *wanted) *schemas.Message {
	r := j.recipient(w.outcome.Member)
	if r == nil && !j.ends() {
		return nil
	}
	k := &maker{judged: j, w: w, row: r, kinds: r.words("subjects"), place: map[int]int{},
		may: func(field string) bool { return slices.Contains(r.words("fields"), field) }}
	m, whole := j.message, len(w.items) == j.message.Parts()
	c := &schemas.Message{Schema: m.Schema, ID: m.ID, Kind: m.Kind, Originator: m.Originator, Created: m.Created, Marking: m.Marking,
		Urgency: m.Urgency, Purpose: m.Purpose, Review: m.Review, Subjects: k.subjects()}
	if k.step(c); m.Bare() {
		return c
	}
	for _, i := range w.items {
		c.Items = append(c.Items, k.item(i))
		if len(m.Items[i].Links) == 0 && k.may("links") {
			c.Links = k.linksFor(m.Links)
		}
	}
	c.CrimeTypes = gather(m.CrimeTypes, w.items, m.ItemCrimeTypes)
	c.Jurisdictions = gather(m.Jurisdictions, w.items, m.ItemJurisdictions)
	if k.may("sectors") {
		c.Sectors = m.Sectors
	}
	if whole && k.may("reference") {
		c.Reference = m.Reference
	}
	if r["withheld_items"] == "yes" {
		for i := range m.Items {
			// What it got by an earlier decision it does not lack.
			if !slices.Contains(w.items, i) && !gave(j.earlier, w.outcome.Member, i) && !j.itemProtected(i) {
				c.WithheldItems++
			}
		}
	}
	k.body(c, whole)
	return c
}

// gather lists what the items have: first what the message has, in its order,
// and then the rest.
func gather[T comparable](whole []T, items []int, of func(int) []T) (list []T) {
	var all []T
	for _, i := range items {
		all = append(all, of(i)...)
	}
	for _, v := range whole {
		if slices.Contains(all, v) && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	for _, v := range all {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func (k *maker) body(c *schemas.Message, whole bool) {
	m := k.message
	if m.Tip != nil {
		c.Tip = &schemas.Tip{Channel: "partner"}
		if k.may("channel") {
			*c.Tip = *m.Tip
		}
	}
	if m.Case == nil {
		return
	}
	c.Case = &schemas.Case{Status: m.Case.Status, Reason: m.Case.Reason, Lead: m.Case.Lead, Opened: m.Case.Opened}
	if whole && k.may("operation") {
		c.Case.Operation = m.Case.Operation
	}
	for _, s := range m.Case.Strands {
		if k.may("strands") && slices.Contains(c.CrimeTypes, s.CrimeType) {
			c.Case.Strands = append(c.Case.Strands, s)
		}
	}
}

// subjects copies the subjects that the items mention, of the kinds that the
// recipient may have. A victim's address goes to nobody.
func (k *maker) subjects() (list []schemas.Subject) {
	for n, s := range k.message.Subjects {
		mentioned := slices.ContainsFunc(k.w.items, func(i int) bool { return slices.Contains(k.message.Items[i].Subjects, n) })
		if !mentioned || !slices.Contains(k.kinds, string(s.Kind)) || s.Kind == schemas.PersonSubject && !k.row.allows("positions", s.Position) {
			continue
		}
		k.place[n] = len(list)
		if !k.may("aliases") {
			s.Aliases = nil
		}
		if !k.may("born") {
			s.Born = schemas.Date{}
		}
		if !k.may("address") || s.Position == "victim" {
			s.Address, s.Postcode = "", ""
		}
		for field, value := range map[string]*string{"nationality": &s.Nationality, "position": &s.Position, "registration": &s.Registration, "number": &s.Number} {
			if !k.may(field) {
				*value = ""
			}
		}
		list = append(list, s)
	}
	return list
}

func (k *maker) item(i int) schemas.Item {
	it := k.message.Items[i]
	it.Consents = nil
	if g := k.grading(i); g != nil {
		it.GradedByHub = schemas.Code(g["id"])
		it.Source = schemas.SourceGrade(g["source_grade"])
		if n, err := strconv.Atoi(g["information_grade"]); err == nil {
			it.Information = schemas.InfoGrade(n)
		}
		if n, err := strconv.Atoi(g["handling"]); err == nil && len(it.Handling) == 0 {
			it.Handling = schemas.Handling{n}
		}
	}
	if !k.may("grade") {
		it.Source, it.Information = "", 0
	}
	if !k.may("origin") {
		it.Origin = ""
	}
	if !k.may("obtained_by") {
		it.ObtainedBy = schemas.ByPartner
	}
	if !k.may("indicators") {
		it.Indicators = nil
	}
	if it.Links = k.linksFor(it.Links); !k.may("links") {
		it.Links = nil
	}
	for _, law := range lawsOf(k.w.outcome.Items[i]) {
		it.Gateways = append(it.Gateways, schemas.Code(law))
	}
	var places []int
	for _, n := range it.Subjects {
		if p, ok := k.place[n]; ok {
			places = append(places, p)
		}
	}
	it.Subjects = places
	return it
}
