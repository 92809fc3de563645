package policy

import (
	"io/fs"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

var mandatoryColumns = append([]string{"id", "members", "kind", "actions", "crime_types", "clause"}, table.RowColumns...)

// withItems are the actions of each kind that mandatory.csv can name: those that
// have items, and so are decided on by rules.
var withItems = map[schemas.Kind][]schemas.Code{
	schemas.KindReferral: {schemas.Code(schemas.AdultForm), schemas.Code(schemas.ChildForm)},
	schemas.KindNotice:   {schemas.Code(schemas.NoticeMissingChild), schemas.Code(schemas.NoticeFoundChild)},
}

// readMandatory reads a row of mandatory.csv: members that hear of a message of
// a kind that names its recipients, whether it names them or not. "Of the area"
// is meant throughout: of the items within their areas. Like any rule it says
// who is meant to hear, and gives nobody a right.
func readMandatory(r table.Record, members []Member) Rule {
	rule := Rule{
		ID: schemas.Code(r.ID("id")), Members: selector(r, "members", members), Mandatory: true,
		Kinds:      table.WordsOf(r, "kind", schemas.KindReferral, schemas.KindNotice),
		CrimeTypes: codesOf(r, "crime_types", schemas.CrimeTypes()),
		Clause:     r.Need("clause"), Row: r.Row(),
	}
	if len(rule.Kinds) != 1 {
		r.Fault("kind must be one word")
		return rule
	}
	rule.Actions = table.WordsOf(r, "actions", withItems[rule.Kinds[0]]...)
	if rule.Members.IsZero() || len(rule.Actions) == 0 {
		r.Fault("members or actions is empty")
	}
	return rule
}

// readMandatories reads mandatory.csv. Sets of the time before it have none, and
// then such messages go to whom they name and to nobody else.
func readMandatories(tables fs.FS, members []Member, f *table.Faults) (rules []Rule) {
	if _, err := fs.Stat(tables, mandatoryTable); err != nil {
		return nil
	}
	for _, r := range table.Read(tables, mandatoryTable, mandatoryColumns, f) {
		rules = append(rules, readMandatory(r, members))
	}
	return rules
}

// hearsUnnamed says whether a rule makes a member hear of an item of a message
// that need not name it.
func (r *Rule) hearsUnnamed(m *schemas.Message, i int, member *Member) bool {
	if !among(r.Actions, m.Action()) {
		return false
	}
	if crimes := m.ItemCrimeTypes(i); len(r.CrimeTypes) > 0 && !anyWithin(crimes, r.CrimeTypes) {
		return false
	}
	var areas []schemas.Code
	for _, j := range m.ItemJurisdictions(i) {
		areas = append(areas, j.Code)
	}
	return fitAreas(member.Areas, areas) == schemas.Fits
}

func anyWithin(codes, wide []schemas.Code) bool {
	for _, c := range codes {
		if schemas.CrimeTypes().WithinAny(c, wide) {
			return true
		}
	}
	return false
}
