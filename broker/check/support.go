package check

import (
	"slices"
	"strconv"

	"liaison/schemas"
)

// mandatory returns the rows of mandatory.csv by which a member hears of an item
// of a message that need not name it.
func (j *judged) mandatory(to schemas.MemberID, item int) (rows []string) {
	m, member := j.message, j.tables.members[to]
	for _, r := range j.tables.rows["mandatory"] {
		if !r.on(j.day) || r["kind"] != string(m.Kind) || !r.allows("actions", string(m.Action())) || !j.tables.names(r["members"], to) {
			continue
		}
		crime := r["crime_types"] == "" || slices.ContainsFunc(m.ItemCrimeTypes(item), func(c schemas.Code) bool {
			return schemas.CrimeTypes().WithinAny(c, r.codes("crime_types"))
		})
		here := slices.ContainsFunc(m.ItemJurisdictions(item), func(p schemas.Jurisdiction) bool { return inAreas(p.Code, member["areas"]) })
		if crime && here {
			rows = append(rows, r["id"])
		}
	}
	return rows
}

// suitsSupport says whether a referral's recipient takes in such a person, by
// the row of providers.csv that names it, if there is one on any day.
func (j *judged) suitsSupport(to schemas.MemberID, item int) bool {
	if j.message.Referral == nil {
		return true
	}
	supports := false
	for _, r := range j.tables.rows["providers"] {
		if !j.tables.names(r["members"], to) {
			continue
		}
		if supports = true; r.on(j.day) {
			return j.takesIn(r, to, item)
		}
	}
	return !supports
}

// takesIn says whether a row takes in the person of a referral, as an item has
// it. What is not known is no.
func (j *judged) takesIn(r row, to schemas.MemberID, item int) bool {
	m := j.message
	limited := func(column string, list *schemas.CodeList, codes []schemas.Code) bool {
		return r[column] == "any" || slices.ContainsFunc(codes, func(c schemas.Code) bool { return list.WithinAny(c, r.codes(column)) })
	}
	if !limited("exploitation", schemas.CrimeTypes(), m.ItemCrimeTypes(item)) {
		return false
	}
	if r["sexes"] != "any" && (m.Referral.Sex == "" || r["sexes"] != string(m.Referral.Sex)) {
		return false
	}
	if len(m.Referral.Support) > 0 && !limited("needs", schemas.SupportNeeds(), m.Referral.Support) {
		return false
	}
	areas := r["areas"]
	if areas == "" {
		areas = j.tables.members[to]["areas"]
	}
	return j.ageWithin(r) && slices.ContainsFunc(m.ItemJurisdictions(item), func(p schemas.Jurisdiction) bool { return inAreas(p.Code, areas) })
}

// ageWithin says whether every age that the person may have is taken in: the
// form says child or adult, and the birth of the one victim whose date is given
// narrows that, unless it contradicts the form.
func (j *judged) ageWithin(r row) bool {
	m := j.message
	young, old := 0, 17
	if m.Referral.Form == schemas.AdultForm {
		young, old = 18, 130
	}
	var born []schemas.Date
	for _, s := range m.Subjects {
		if s.Position == "victim" && !s.Born.IsZero() {
			born = append(born, s.Born)
		}
	}
	if len(born) == 1 {
		if least, most := born[0].Ages(m.Created.Time); least <= old && most >= young {
			young, old = max(young, least), min(old, most)
		}
	}
	from, err := strconv.Atoi(r["age_from"])
	if err != nil {
		return false
	}
	to, err := strconv.Atoi(r["age_to"])
	return young >= from && (err != nil || old <= to)
}

// supporter is the one provider to which a referral goes whose sender names none
// that takes in the person, though support is needed; "" if there is none.
func (j *judged) supporter() (first schemas.MemberID) {
	m := j.message
	if m.Referral == nil || len(m.Referral.Support) == 0 {
		return ""
	}
	var ids []schemas.MemberID
	for id := range j.tables.members {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, r := range j.tables.rows["providers"] { // by preference, then by id
		for _, id := range ids {
			if _, on := j.tables.member(id, j.day); !on || id == m.Originator || !r.on(j.day) || !j.tables.names(r["members"], id) {
				continue
			}
			taken := false
			for i := range m.Items {
				taken = taken || j.takesIn(r, id, i)
			}
			if taken && slices.Contains(m.Referral.To, id) {
				return ""
			}
			if taken && first == "" {
				first = id
			}
		}
	}
	return first
}

// guarded says whether not everybody may learn what a message mentions: earlier
// referrals of a person, tips about a child that is missing.
func guarded(m *schemas.Message) bool {
	return m.Kind == schemas.KindReferral || m.Kind == schemas.KindNotice && len(m.Items) > 0
}

// mentioned finds who had anything of each message that this one mentions.
func (c *checker) mentioned(j *judged) error {
	m := j.message
	if m == nil || !guarded(m) {
		return nil
	}
	j.known = map[schemas.MessageRef][]schemas.MemberID{}
	for _, ref := range mentions(m) {
		_, e, err := c.before(ref)
		if err != nil {
			return err
		}
		if e != nil {
			j.known[ref] = reached(e)
		}
	}
	return nil
}

// maxMentions is of how many other messages a copy may name any.
const maxMentions = 64

// mentions are the messages that a guarded message names, once each and up to the
// bound: the earlier referrals, what a notice is about, and the links of the items.
func mentions(m *schemas.Message) []schemas.MessageRef {
	var refs []schemas.MessageRef
	if m.Referral != nil {
		refs = append(refs, m.Referral.Earlier...)
	}
	if m.Notice != nil && m.Notice.Of.ID != "" {
		refs = append(refs, m.Notice.Of)
	}
	for i := range m.Items {
		for _, l := range m.ItemLinks(i) {
			refs = append(refs, schemas.MessageRef{Originator: l.Originator, ID: l.ID})
		}
	}
	var once []schemas.MessageRef
	for _, r := range refs {
		if !slices.Contains(once, r) {
			once = append(once, r)
		}
	}
	return once[:min(len(once), maxMentions)]
}

// knows says whether the copy's recipient may learn of another message.
func (k *maker) knows(of schemas.MessageRef) bool {
	to := k.w.outcome.Member
	return of.Originator == to || slices.Contains(k.known[of], to)
}

// linksFor are the links of which the copy's recipient may learn.
func (k *maker) linksFor(links []schemas.Link) (list []schemas.Link) {
	for _, l := range links {
		if !guarded(k.message) || k.knows(schemas.MessageRef{Originator: l.Originator, ID: l.ID}) {
			list = append(list, l)
		}
	}
	return list
}

// mayDecide says whether a member decides about referrals, by the table of steps.
func (t *tables) mayDecide(id schemas.MemberID) bool {
	return slices.ContainsFunc(t.rows["steps"], func(r row) bool { return r["kind"] == "decision" && t.names(r["from"], id) })
}
