package police

import (
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// item makes one item of the message.
func (m *mapping) item(n *node, only bool) {
	it := schemas.Item{Text: m.text(n), Conditions: n.value("conditions")}
	var p *native.Problem
	it.Source, it.Information, p = native.Grades(m.report.value("source_evaluation"), n.value("intelligence_evaluation"))
	m.check(n, "intelligence_evaluation", p)
	it.Handling, p = native.Handling(n.value("handling_code"))
	m.check(n, "handling_code", p)
	if it.Handling.Has(schemas.HandlingConditions) && native.Unknown(it.Conditions) {
		m.fault(n, "handling_code", "handling code 5 stands without its conditions", "state them in <conditions>")
	}
	if origin := word(n, "origin", ""); origin != string(m.member) {
		it.Origin = schemas.MemberID(origin)
	}
	it.ObtainedBy, p = native.Obtained(n.value("obtained_by"), m.message.Tip.Channel)
	m.check(n, "obtained_by", p)
	if it.ObtainedBy == schemas.ByPartner && it.Origin == "" {
		m.fault(n, "origin", "the information came from a partner and nobody says which: only its owner may let it go further", "name the member in origin")
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
		m.fault(n, "crime_types", "neither the item nor the report says what it is about, so that it would find nobody", "add crime_types")
	}
	if len(it.Jurisdictions) == 0 {
		m.fault(n, "location", "neither the item nor the report says where it happened", "add a location; where the reporting force is does not tell")
	}
	it.Subjects = m.references(n, only)
	m.message.Items = append(m.message.Items, it)
}

// text is the item's text, with the date and place of the event, which have no
// field of their own.
func (m *mapping) text(n *node) string {
	text := n.value("text")
	if native.Unknown(text) {
		m.fault(n, "text", "the item says nothing", "write its text, or leave the item out")
		return ""
	}
	var more []string
	for _, field := range []string{"event_date", "event_place"} {
		if v := n.value(field); !native.Unknown(v) {
			more = append(more, strings.TrimPrefix(field, "event_")+" of the event: "+native.OneLine(v))
		}
	}
	if len(more) > 0 {
		text += "\n[" + strings.Join(more, "; ") + "]"
	}
	return text
}

// consents are claims: the broker alone knows which are recorded.
func consents(n *node) []schemas.Code {
	var out []schemas.Code
	for _, c := range native.List(n.value("consents")) {
		out = add(out, schemas.Code(strings.ToLower(c)))
	}
	return out
}

// references are the subjects that the item mentions.
func (m *mapping) references(n *node, only bool) []int {
	var out []int
	ids := strings.Fields(strings.NewReplacer(",", " ", ";", " ").Replace(n.value("subjects")))
	for _, ref := range n.all("ref") {
		ids = append(ids, ref.value("id"))
	}
	if only && len(ids) == 0 {
		for i := range m.message.Subjects {
			out = append(out, i)
		}
		return out
	}
	for _, id := range ids {
		at, ok := m.ids[id]
		if !ok {
			m.fault(n, "ref", "the item refers to a subject that the report does not have", "give the subject the id that the item uses")
			continue
		}
		out = add(out, at)
	}
	return out
}

// mentioned finds subjects that no item mentions. Giving them to every item
// would disclose with one item who stands only in another.
func (m *mapping) mentioned() {
	used := map[int]bool{}
	for _, it := range m.message.Items {
		for _, at := range it.Subjects {
			used[at] = true
		}
	}
	if len(used) < len(m.message.Subjects) {
		m.fault(m.report, "ref", "no item mentions one of the report's subjects, and not every item may be disclosed with it", "name it in the items that mention it: <ref id=\"...\"/>")
	}
}

// subjectKinds are the elements that become subjects.
var subjectKinds = map[string]schemas.SubjectKind{
	"nominal": schemas.PersonSubject, "business": schemas.BusinessSubject, "address": schemas.PremisesSubject,
	"vehicle": schemas.VehicleSubject, "phone": schemas.PhoneSubject,
}

func (m *mapping) subjects() {
	for _, n := range m.report.kids {
		kind, ok := subjectKinds[n.name]
		if !ok {
			continue
		}
		s := m.subject(n, kind)
		id := n.value("id")
		if _, twice := m.ids[id]; twice && id != "" {
			m.fault(n, "id", "two subjects have the same id", "number them differently")
		}
		m.ids[id] = len(m.message.Subjects)
		m.message.Subjects = append(m.message.Subjects, s)
	}
}

var subjectFields = map[string]bool{"id": true, "name": true, "alias": true, "dob": true, "position": true, "nationality": true, "address": true, "postcode": true, "registration": true, "number": true}

func (m *mapping) subject(n *node, kind schemas.SubjectKind) schemas.Subject {
	s := schemas.Subject{Kind: kind, Name: known(n.value("name")), Address: known(n.value("address")),
		Registration: strings.ToUpper(native.OneLine(known(n.value("registration")))), Number: native.OneLine(known(n.value("number"))),
		Position: word(n, "position", ""), Nationality: known(n.value("nationality"))}
	if kind == schemas.PersonSubject {
		s.Name = native.Name(s.Name)
	}
	for _, alias := range n.all("alias") {
		if name := native.Name(alias.text); name != "" {
			s.Aliases = add(s.Aliases, name)
		}
	}
	born, p := native.Date(n.value("dob"))
	m.check(n, "dob", p)
	s.Born = born.Date
	if born.About {
		m.dropped("dob", "the record calls the year approximate; the message gives the year alone")
	}
	s.Postcode, p = native.Postcode(n.value("postcode"))
	m.check(n, "postcode", p)
	for _, k := range n.kids {
		if !subjectFields[k.name] && !native.Unknown(k.text) {
			m.dropped(n.name+"/"+k.name, notYetPlaced)
		}
	}
	return s
}

func known(s string) string {
	if native.Unknown(s) {
		return ""
	}
	return native.OneLine(s)
}

// caseBody makes the message a case.
func (m *mapping) caseBody() {
	c := m.report
	if inner := c.kid("case"); inner != nil {
		c = inner
	}
	opened, p := native.Date(c.value("opened"))
	m.check(c, "opened", p)
	body := schemas.Case{
		Status: schemas.CaseStatus(word(c, "status", string(schemas.CaseOpen))),
		Lead:   schemas.MemberID(word(c, "lead", string(m.member))),
		Opened: opened.Date, Operation: known(c.value("operation")),
	}
	for _, s := range c.all("strand") {
		body.Strands = append(body.Strands, schemas.Strand{CrimeType: schemas.Code(word(s, "crime_type", "")), Lead: schemas.MemberID(word(s, "lead", string(body.Lead)))})
	}
	m.message.Kind, m.message.Tip, m.message.Case = schemas.KindCase, nil, &body
}
