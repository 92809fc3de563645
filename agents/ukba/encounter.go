package ukba

import (
	"regexp"
	"slices"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// What becomes of an encounter's fields: an empty reason means that the message
// has it.
var encounterFields = map[string]string{
	"visit_ref": "", "date": "", "region": "", "premises": "", "marking": "", "sectors": "", "source_evaluation": "",
	"intelligence_evaluation": "", "handling_code": "", "conditions": "", "persons": "",
	"operation":        "a tip has no place for the name of an operation",
	"team":             "officers are reached through the Agency's single point of contact",
	"intelligence_ref": "it would tell every recipient what the body that sent the intelligence holds",
}

// encounter is one encounter on its way to a message.
type encounter struct {
	paper
	from   *native.Element
	people []person
	// victims says that somebody may be a victim, and screening that it comes
	// before enforcement here: because of victims, or of a child.
	victims, screening bool
}

func encounterRecord(r native.XMLRecord) agents.Record {
	if r.Fault != nil {
		return agents.Record{Line: r.Line, Raw: r.Raw, Reference: referenceIn(r.Raw), Faults: []agents.Fault{{Line: r.Fault.Line, Field: r.Fault.Field, Problem: r.Fault.What, Advice: r.Fault.Advice}}}
	}
	e := encounter{from: r.Element}
	e.line = e.from.LineOf
	var content native.Content
	e.from.AddTo(&content)
	e.record = agents.Record{Line: r.Line, Raw: r.Raw, Content: content.Bytes(), Reference: native.OneLine(e.from.Value("visit_ref"))}
	e.fields(e.from, "", encounterFields)
	on := e.envelope(e.from.Value, "visit_ref", "date")
	e.message.Kind, e.message.Tip = schemas.KindTip, &schemas.Tip{Channel: "encounter", Received: on}
	e.message.Jurisdictions = e.area(e.from.Value("premises"), e.from.Value("region"), schemas.RoleIncident)
	if persons := e.from.Kid("persons"); persons != nil {
		e.fields(persons, "persons/", map[string]string{"person": ""}, "person")
		for _, n := range persons.All("person") {
			e.read(n, on)
		}
	}
	e.purpose()
	e.items(on)
	return e.finish()
}

// fields lists as dropped what the message does not say, and finds a field that
// stands twice: which of the two is meant nobody can tell.
func (e *encounter) fields(at *native.Element, path string, known map[string]string, repeated ...string) {
	seen := map[string]bool{}
	for _, k := range append(attrsOf(at), at.Kids...) {
		if seen[k.Name] && !slices.Contains(repeated, k.Name) {
			e.record.Faults = append(e.record.Faults, agents.Fault{Line: k.Line, Field: k.Name, Problem: "the field stands twice", Advice: "leave one of them out"})
		}
		seen[k.Name] = true
		reason, ok := known[k.Name]
		if !ok {
			reason = "it is not known here"
		}
		if reason != "" && !k.Empty() {
			e.dropped(path+k.Name, reason)
		}
	}
}

func attrsOf(at *native.Element) []*native.Element {
	var out []*native.Element
	for _, a := range at.Attrs {
		out = append(out, &native.Element{Name: a.Name, Line: at.Line, Text: a.Value})
	}
	return out
}

// purpose decides what the encounter is shared for. Screening comes before
// enforcement, for everybody who was found (Government Reply to HC 23).
func (e *encounter) purpose() {
	child := slices.ContainsFunc(e.people, func(p person) bool { return p.child })
	e.victims = slices.ContainsFunc(e.people, person.victim)
	e.screening = e.victims || child
	switch {
	case e.victims:
		e.message.Purpose, e.message.Urgency = "protect-victim", schemas.Priority
	case child:
		e.message.Purpose = "safeguard-child"
	default:
		e.message.Purpose = "immigration-control"
	}
	if child {
		e.message.Urgency = schemas.Immediate
	}
}

// items makes an item for each person of whom there is something to say.
func (e *encounter) items(on schemas.Date) {
	base := e.graded(e.from.Value)
	place := e.premises(e.from.Value("premises"))
	for _, p := range e.people {
		it := base
		it.CrimeTypes = e.crimes(p)
		if len(it.CrimeTypes) == 0 {
			e.dropped("persons/person", "somebody who is here lawfully and shows no indicator: there is nothing to share")
			continue
		}
		if e.screening && len(p.standing) > 0 {
			e.dropped("persons/person/status", "screening comes before enforcement, and the status decides nothing about a possible victim")
		}
		it.Text, it.Indicators, it.Consents = p.text(on, e.screening), p.indicators, p.consents
		it.Subjects = append(e.subject(p), place...)
		e.message.Items = append(e.message.Items, it)
	}
	switch {
	case len(e.people) == 0:
		e.fault("persons", "the encounter has no person", "leave an encounter with nobody out of the export")
	case len(e.message.Items) == 0 && len(e.record.Faults) == 0:
		e.fault("persons", "nobody in the encounter gives a reason to share it: all are here lawfully and none shows an indicator", "leave it out of the export")
	case len(e.message.Items) > schemas.MaxItems-1:
		e.fault("persons", "the encounter has more persons than one message can carry", "export it as several encounters of up to 60 persons")
	}
}

// crimes are the crime types of one person's item. Nationality is not asked.
func (e *encounter) crimes(p person) []schemas.Code {
	switch {
	case p.victim(), p.child:
		return p.exploited()
	case e.victims:
		return []schemas.Code{"trafficking-unspecified"}
	case e.screening:
		return []schemas.Code{"child-harm"}
	}
	return p.offences
}

// subject adds a person who has a name. Somebody without any can be found by
// nobody.
func (e *encounter) subject(p person) []int {
	s := p.subject
	if s.Name == "" && len(s.Aliases) == 0 {
		e.dropped("persons/person/dob", "without a name nobody can be found by it")
		return nil
	}
	e.message.Subjects = append(e.message.Subjects, s)
	return []int{len(e.message.Subjects) - 1}
}

var findReference = regexp.MustCompile(`<visit_ref>\s*([A-Za-z0-9/-]{1,40})\s*<`)

// referenceIn finds the reference of an encounter that cannot be read, so that
// somebody can look it up and mend it.
func referenceIn(raw string) string {
	if m := findReference.FindStringSubmatch(raw); m != nil {
		return m[1]
	}
	return ""
}
