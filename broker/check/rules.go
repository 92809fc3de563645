package check

import (
	"slices"
	"strings"

	"liaison/schemas"
)

// concerns returns the ids of the rules that make an item concern a member, in
// order. There is none for the originator, for a source, and for who is no
// member on the day.
func (j *judged) concerns(to schemas.MemberID, item int) (rules []string) {
	m, member := j.message, j.tables.members[to]
	if to == m.Originator || !j.takesPart(to) || member["class"] == "source" {
		return nil
	}
	if _, named := m.Addressed(); named {
		return j.concernsNamed(to, item)
	}
	if len(m.Sectors) > 0 && !sectorAmong(m, member.codes("sectors")) {
		return nil
	}
	for _, r := range j.tables.rulesFor(to, j.day) {
		if j.matches(r, item) && j.bySort(r, member, item) && j.byPlace(r, member, item) {
			rules = append(rules, r["id"])
		}
	}
	return rules
}

// concernsNamed is for a message that names its recipients: they are concerned,
// by the rules that name its kind, wherever it happened; and besides only those
// whom the table of mandatory recipients tells, and who supports the person.
func (j *judged) concernsNamed(to schemas.MemberID, item int) (rules []string) {
	named := j.named()
	if j.message.Bare() {
		if slices.Contains(named, to) {
			rules = []string{j.stepRow(to)["id"]}
		}
		return rules
	}
	rules = j.mandatory(to, item)
	if !slices.Contains(named, to) && j.supporter() != to {
		return rules
	}
	for _, r := range j.tables.rulesFor(to, j.day) {
		if slices.Contains(r.words("kinds"), string(j.message.Kind)) && r["roles"] == "" && j.matches(r, item) {
			rules = append(rules, r["id"])
		}
	}
	slices.Sort(rules)
	return rules
}

// matches says whether a rule's cells agree but for crime type and area.
func (j *judged) matches(r row, item int) bool {
	m := j.message
	if !r.allows("kinds", string(m.Kind)) || !r.allows("purposes", string(m.Purpose)) || !sectorAmong(m, r.codes("sectors")) {
		return false
	}
	carried := m.Items[item].Indicators
	switch r["indicators"] {
	case "":
		return true
	case "any":
		return len(carried) > 0
	case "none":
		return !slices.ContainsFunc(m.Items, func(it schemas.Item) bool { return len(it.Indicators) > 0 })
	}
	return slices.ContainsFunc(carried, func(c schemas.Code) bool { return schemas.Indicators().WithinAny(c, r.codes("indicators")) })
}

// sectorAmong says whether one of the message's sectors lies within those
// wanted; where none is wanted, any message will do.
func sectorAmong(m *schemas.Message, wanted []schemas.Code) bool {
	return len(wanted) == 0 || slices.ContainsFunc(m.Sectors, func(c schemas.Code) bool { return schemas.Sectors().WithinAny(c, wanted) })
}

// bySort says whether a crime type of the item is the rule's and in the
// member's remit.
func (j *judged) bySort(r, member row, item int) bool {
	wanted, remit := r.codes("crime_types"), member.codes("remit")
	if len(wanted) == 0 && len(remit) == 0 {
		return true
	}
	return slices.ContainsFunc(j.message.ItemCrimeTypes(item), func(c schemas.Code) bool {
		return (len(wanted) == 0 || schemas.CrimeTypes().WithinAny(c, wanted)) && (len(remit) == 0 || schemas.CrimeTypes().WithinAny(c, remit))
	})
}

// byPlace says whether the item happened within the member's areas and the
// rule's, in a role that the rule wants. What happened nowhere in particular
// happened in the United Kingdom.
func (j *judged) byPlace(r, member row, item int) bool {
	places := j.message.ItemJurisdictions(item)
	if len(places) == 0 {
		places = []schemas.Jurisdiction{{Code: "uk"}}
	}
	return slices.ContainsFunc(places, func(p schemas.Jurisdiction) bool {
		return r.allows("roles", string(p.Role)) && inAreas(p.Code, member["areas"]) && (r["areas"] == "" || inAreas(p.Code, r["areas"]))
	})
}

// inAreas says whether a place lies within one of a cell's areas; "=uk" is the
// code alone.
func inAreas(place schemas.Code, cell string) bool {
	return slices.ContainsFunc(strings.Fields(cell), func(w string) bool {
		if alone, only := strings.CutPrefix(w, "="); only {
			return string(place) == alone
		}
		return schemas.Jurisdictions().Within(place, schemas.Code(w))
	})
}
