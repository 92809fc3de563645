package ukba

import (
	"slices"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

// What becomes of an encounter's fields: an empty reason means that the message
// has it.
var encounterFields = markup.Fields{
	"visit_ref": "", "date": "", "region": "", "premises": "", "marking": "", "sectors": "", "source_evaluation": "",
	"intelligence_evaluation": "", "handling_code": "", "conditions": "", "persons": markup.Parts,
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

func encounterRecord(from *native.Element, raw string) agents.Record {
	e := encounter{from: from}
	e.line = e.from.LineOf
	var content native.Content
	e.from.AddTo(&content)
	e.record = agents.Record{Line: from.Line, Raw: raw, Content: content.Bytes(), Reference: native.OneLine(e.from.Value("visit_ref"))}
	markup.Account(&e.record, e.from, "", encounterFields)
	on := e.envelope(e.from.Value, "visit_ref", "date")
	e.message.Kind, e.message.Tip = schemas.KindTip, &schemas.Tip{Channel: "encounter", Received: on}
	e.message.Jurisdictions = e.area(e.from.Value("premises"), e.from.Value("region"), schemas.RoleIncident)
	if persons := e.from.Kid("persons"); persons != nil {
		markup.Account(&e.record, persons, "persons/", markup.Fields{"person": markup.Parts}, "person")
		for _, n := range persons.All("person") {
			e.read(n, on)
		}
	}
	e.purpose()
	e.items(on)
	return e.finish()
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
		if !s.Born.IsZero() {
			e.dropped("persons/person/dob", "without a name nobody can be found by it")
		}
		if s.Nationality != "" {
			e.dropped("persons/person/nationality", "without a name it is nobody's")
		}
		return nil
	}
	e.message.Subjects = append(e.message.Subjects, s)
	return []int{len(e.message.Subjects) - 1}
}
