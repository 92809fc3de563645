package fivebyfive

import (
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// item makes one item of the message.
func (m *Mapping) item(n *native.Element, only bool) {
	it := schemas.Item{Text: m.text(n), Conditions: n.Value("conditions")}
	var p *native.Problem
	it.Source, it.Information, p = native.Grades(m.Root.Value("source_evaluation"), n.Value("intelligence_evaluation"))
	m.check(n, "intelligence_evaluation", p)
	it.Handling, p = native.Handling(n.Value("handling_code"))
	m.check(n, "handling_code", p)
	if it.Handling.Has(schemas.HandlingConditions) && native.Unknown(it.Conditions) {
		m.Fault(n, "handling_code", "handling code 5 stands without its conditions", "state them in <conditions>")
	}
	if origin := word(n, "origin", ""); origin != string(m.form.Member) {
		it.Origin = schemas.MemberID(origin)
	}
	it.ObtainedBy, p = native.Obtained(n.Value("obtained_by"), m.Message.Tip.Channel)
	m.check(n, "obtained_by", p)
	if it.ObtainedBy == schemas.ByPartner && it.Origin == "" {
		m.Fault(n, "origin", "the information came from a partner and nobody says which: only its owner may let it go further", "name the member in origin")
	}
	it.Indicators = m.codes(n, "indicators", schemas.Indicators())
	it.Consents = consents(n)
	if it.CrimeTypes = m.codes(n, "crime_types", schemas.CrimeTypes()); len(it.CrimeTypes) == 0 {
		it.CrimeTypes = m.crimes
	}
	if it.Jurisdictions = m.locations(n); len(it.Jurisdictions) == 0 {
		it.Jurisdictions = m.areas
	}
	if len(it.CrimeTypes) == 0 {
		m.Fault(n, "crime_types", "neither the item nor the report says what it is about, so that it would find nobody", "add crime_types")
	}
	if len(it.Jurisdictions) == 0 {
		m.Fault(n, "location", "neither the item nor the report says where it happened", "add a location; where the reporting force is does not tell")
	}
	it.Subjects = m.references(n, only)
	m.Message.Items = append(m.Message.Items, it)
}

// text is the item's text, with the date and place of the event, which have no
// field of their own.
func (m *Mapping) text(n *native.Element) string {
	text := n.Value("text")
	if native.Unknown(text) {
		m.Fault(n, "text", "the item says nothing", "write its text, or leave the item out")
		return ""
	}
	var more []string
	for _, field := range []string{"event_date", "event_place"} {
		if v := n.Value(field); !native.Unknown(v) {
			more = append(more, strings.TrimPrefix(field, "event_")+" of the event: "+native.OneLine(v))
		}
	}
	if len(more) > 0 {
		text += "\n[" + strings.Join(more, "; ") + "]"
	}
	return text
}

// consents are claims: the broker alone knows which are recorded.
func consents(n *native.Element) []schemas.Code {
	var out []schemas.Code
	for _, c := range native.List(n.Value("consents")) {
		out = native.AppendNew(out, schemas.Code(strings.ToLower(c)))
	}
	return out
}

// references are the subjects that the item mentions.
func (m *Mapping) references(n *native.Element, only bool) []int {
	var out []int
	ids := strings.Fields(strings.NewReplacer(",", " ", ";", " ").Replace(n.Value("subjects")))
	for _, ref := range n.All("ref") {
		ids = append(ids, ref.Value("id"))
	}
	if only && len(ids) == 0 {
		for i := range m.Message.Subjects {
			out = append(out, i)
		}
		return out
	}
	for _, id := range ids {
		at, ok := m.ids[id]
		if !ok {
			m.Fault(n, "ref", "the item refers to a subject that the report does not have", "give the subject the id that the item uses")
			continue
		}
		out = native.AppendNew(out, at)
	}
	return out
}

// mentioned finds subjects that no item mentions. Giving them to every item
// would disclose with one item who stands only in another.
func (m *Mapping) mentioned() {
	used := map[int]bool{}
	for _, it := range m.Message.Items {
		for _, at := range it.Subjects {
			used[at] = true
		}
	}
	if len(used) < len(m.Message.Subjects) {
		m.Fault(m.Root, "ref", "no item mentions one of the report's subjects, and not every item may be disclosed with it", "name it in the items that mention it: <ref id=\"...\"/>")
	}
}

func known(s string) string {
	if native.Unknown(s) {
		return ""
	}
	return native.OneLine(s)
}
