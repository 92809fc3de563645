package policy

import (
	"slices"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Rule is a row of rules.csv or of mandatory.csv: it says which members are meant to hear of
// which items. Every cell that is filled must agree; within a cell one is
// enough. A rule gives nobody a right to an item: the law is tested after it.
type Rule struct {
	ID schemas.Code
	// Members are those meant to hear. A member hears only of items within
	// its own areas and remit, so that "kind:police" is the police of the area.
	Members Selector
	// Kinds are the kinds of message; empty is tips and cases. Messages that
	// name their recipients, such as requests, concern a member only by a rule
	// that names their kind, and only if they name the member. Then it is no
	// matter where and in what line of work it happened: its sender knows.
	Kinds []schemas.Kind
	// CrimeTypes match the item's crime types, or what lies above them in the
	// list; empty matches every item.
	CrimeTypes []schemas.Code
	// Areas narrow the members' own areas; empty does not.
	Areas []Area
	// Roles are what must have happened in the area that matches.
	Roles []schemas.Role
	// Sectors match any of the message's sectors. Here they say whom it
	// concerns, so that one is enough; as a legal input all must fit (see
	// Gateway).
	Sectors []schemas.Code
	// Purposes match the message's purpose.
	Purposes []schemas.Code
	// Indicators are codes of trafficking indicators, or groups of them, of
	// which the item must carry one.
	Indicators []schemas.Code
	// AnyIndicator wants some indicator on the item, NoIndicator wants none on
	// any item of the message. They are written "any" and "none".
	AnyIndicator, NoIndicator bool
	// Mandatory marks a row of mandatory.csv: its members hear of messages that
	// need not name them, of which Actions are what they do (schemas
	// Message.Action).
	Mandatory bool
	Actions   []schemas.Code
	// Clause is why these members are meant to hear: the clause of the
	// protocol, the statute or the passage that says so.
	Clause string
	table.Row
}

var ruleColumns = append([]string{"id", "members", "kinds", "crime_types", "areas", "roles", "sectors", "purposes", "indicators", "clause"}, table.RowColumns...)

func readRule(r table.Record, members []Member) Rule {
	rule := Rule{
		ID: schemas.Code(r.ID("id")), Members: selector(r, "members", members),
		Kinds: table.WordsOf(r, "kinds", schemas.KindTip, schemas.KindCase, schemas.KindRequest, schemas.KindAnswer,
			schemas.KindOutcome, schemas.KindReferral, schemas.KindNotice, schemas.KindCorrection),
		CrimeTypes: codesOf(r, "crime_types", schemas.CrimeTypes()),
		Areas:      areasOf(r, "areas"),
		Roles: table.WordsOf(r, "roles", schemas.RoleIncident, schemas.RoleResidence, schemas.RoleBusiness,
			schemas.RoleRecoveredAt, schemas.RoleTransit),
		Sectors:  codesOf(r, "sectors", schemas.Sectors()),
		Purposes: codesOf(r, "purposes", schemas.Purposes()),
		Clause:   r.Need("clause"), Row: r.Row(),
	}
	switch r.Cell("indicators") {
	case "any":
		rule.AnyIndicator = true
	case "none":
		rule.NoIndicator = true
	default:
		rule.Indicators = codesOf(r, "indicators", schemas.Indicators())
	}
	if rule.Members.IsZero() {
		r.Fault("members is empty")
	}
	return rule
}

// onlyAddressed says whether all kinds that the rule names are those of
// messages that name their recipients.
func (r *Rule) onlyAddressed() bool {
	return len(r.Kinds) > 0 && !slices.ContainsFunc(r.Kinds, func(k schemas.Kind) bool { return k == schemas.KindTip || k == schemas.KindCase })
}

// fits says whether the rule matches an item in everything but crime type and
// area, which the index has already matched; role is that of the area.
func (r *Rule) fits(m *schemas.Message, i int, role schemas.Role) bool {
	return among(r.Kinds, m.Kind) && among(r.Roles, role) && among(r.Purposes, m.Purpose) &&
		anySector(m, r.Sectors) && r.fitsIndicators(m, i)
}

// among says whether the list is empty or has the value.
func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// anySector says whether one of the message's sectors is among those wanted.
func anySector(m *schemas.Message, wanted []schemas.Code) bool {
	if len(wanted) == 0 {
		return true
	}
	for _, s := range m.Sectors {
		if schemas.Sectors().WithinAny(s, wanted) {
			return true
		}
	}
	return false
}

// deals says whether the message's trade is the member's business.
func (m *Member) deals(msg *schemas.Message) bool {
	return len(msg.Sectors) == 0 || anySector(msg, m.Sectors)
}

func (r *Rule) fitsIndicators(m *schemas.Message, i int) bool {
	switch {
	case r.AnyIndicator:
		return len(m.Items[i].Indicators) > 0
	case r.NoIndicator:
		for k := range m.Items {
			if len(m.Items[k].Indicators) > 0 {
				return false
			}
		}
		return true
	}
	return len(r.Indicators) == 0 || carries(&m.Items[i], r.Indicators)
}

// carries says whether the item has one of the indicators, or of the groups.
func carries(it *schemas.Item, wanted []schemas.Code) bool {
	for _, c := range it.Indicators {
		if schemas.Indicators().WithinAny(c, wanted) {
			return true
		}
	}
	return false
}
