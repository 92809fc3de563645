package gla

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// failing is the number of points with which an inspection is failed.
const failing = 30

// inspection maps one row of the inspections. One that was failed is a case with
// one item for each standard that was not met.
func (m *mapping) inspection() {
	total, err := strconv.Atoi(m.value("total_points"))
	if err != nil || total < 0 {
		m.fault("total_points", "the total is no number of points", "write it in figures")
		return
	}
	failed, sum := m.standards()
	switch {
	case len(m.record.Faults) > 0:
		return
	case sum != total:
		m.fault("total_points", fmt.Sprintf("the total is %d and the standards add up to %d", total, sum), "correct one of them")
		return
	case total < failing:
		m.record.Kept = fmt.Sprintf("below %d points an inspection is passed, with conditions at most", failing)
		return
	}
	m.own("inspection_ref", schemas.KindCase, "RESTRICTED")
	var p *native.Problem
	var day schemas.Date
	m.message.Created, day, p = native.Moment(m.value("date"))
	m.check("date", p)
	m.message.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: Member, Opened: day}
	m.sectors()
	areas, subjects := m.inspected(), m.inspectedParties()
	for _, f := range failed {
		it := m.ownItem(m.finding(f))
		it.Source, it.Information = "B", 2 // an inspector's own observation
		it.CrimeTypes = f.crimes
		it.Jurisdictions, it.Subjects = areas, subjects
		m.message.Items = append(m.message.Items, it)
		for _, c := range f.crimes {
			m.message.Case.Strands = native.AppendNew(m.message.Case.Strands, schemas.Strand{CrimeType: c, Lead: Member})
		}
	}
	m.dropped("total_points", "the total would tell a recipient of the standards that it does not get")
	if !native.Unknown(m.value("officer")) {
		m.dropped("officer", "officers are reached through the Authority's single point of contact")
	}
}

// failure is a standard that was not met.
type failure struct {
	standard string
	points   int
	crimes   []schemas.Code
}

// standards reads "2.2:30|6.1:8".
func (m *mapping) standards() (out []failure, sum int) {
	v := m.value("standards_failed")
	if native.Unknown(v) {
		return nil, 0
	}
	for _, part := range strings.Split(v, "|") {
		name, points, ok := strings.Cut(native.OneLine(part), ":")
		n, err := strconv.Atoi(strings.TrimSpace(points))
		name = strings.TrimSpace(name)
		if !ok || err != nil || n < 0 || n > 1000 || strings.Trim(name, "0123456789.") != "" || name == "" {
			m.fault("standards_failed", "the list of standards is not of the form 2.2:30|6.1:8", "write each standard with its points")
			return nil, 0
		}
		out = append(out, failure{name, n, crimesOf(name)})
		sum += n
	}
	if len(out) > schemas.MaxItems {
		m.fault("standards_failed", "there are more standards than a message has items", "check the list")
	}
	return out, sum
}

// crimesOf gives the crime types of a standard, or of its chapter. All of them
// are breaches of the licence.
func crimesOf(standard string) []schemas.Code {
	chapter, _, _ := strings.Cut(standard, ".")
	for _, key := range []string{standard, chapter} {
		if row, ok := standards().Row(key); ok {
			codes, _ := native.Codes(schemas.CrimeTypes(), row["crime_type"]) // checked with the table
			return native.AppendNew(codes, "gangmaster-licence-breach")
		}
	}
	return []schemas.Code{"gangmaster-licence-breach"}
}

// finding is the text of one item. It does not give the total, which would tell
// of the standards that are withheld.
func (m *mapping) finding(f failure) string {
	text := fmt.Sprintf("Inspection failed: standard %s was not met (%d points).\n[licence number: %s", f.standard, f.points, native.OneLine(m.value("urn")))
	for _, field := range []struct{ name, says string }{{"type", "type"}, {"workers_interviewed", "workers interviewed"}, {"outcome", "outcome"}} {
		if v := m.value(field.name); !native.Unknown(v) {
			text += "; " + field.says + ": " + native.OneLine(v)
		}
	}
	return text + "]"
}

// inspected is where the inspection took place. The export need not say it, and
// then the message says no more than the United Kingdom.
func (m *mapping) inspected() []schemas.Jurisdiction {
	out, stated := m.stated(schemas.RoleIncident)
	places := native.List(m.value("location"))
	for _, place := range places {
		found, ok, p := native.AreaOf(place)
		m.check("location", p)
		switch {
		case ok:
			out = native.AppendNew(out, m.found(found.Code, found.By, schemas.RoleIncident))
		case p == nil && !stated:
			m.fault("location", "no table knows in which area the place lies, and an area is never guessed", "name the town or county, or add the column area")
		}
	}
	if len(out) == 0 && len(places) == 0 {
		out = append(out, m.found("uk", native.ByNothing, schemas.RoleIncident))
	}
	return out
}

// inspectedParties are the business, by its licence number and its name if the
// export has one, and the places.
func (m *mapping) inspectedParties() []int {
	s := schemas.Subject{Kind: schemas.BusinessSubject, Number: native.OneLine(m.value("urn"))}
	if name := native.OneLine(m.value("business_name")); !native.Unknown(name) {
		s.Name = name
	}
	if native.Unknown(s.Number) {
		m.fault("urn", "the row does not say who was inspected", "fill the licence number")
	}
	out := []int{m.subject(s)}
	for _, place := range native.List(m.value("location")) {
		if s, ok := native.Premises(place); ok {
			out = native.AppendNew(out, m.subject(s))
		}
	}
	return out
}

// own begins a message of a record that the Authority made itself.
func (m *mapping) own(reference string, kind schemas.Kind, marking string) {
	msg := &m.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, kind, Member
	msg.Purpose, msg.Urgency, msg.Reference = "prevent-detect-crime", schemas.Routine, m.record.Reference
	if native.Unknown(msg.Reference) {
		m.fault(reference, "the row has no reference, so that nobody could ask about it", "give it one in the agency's system")
	}
	if v := m.value("marking"); v != "" {
		marking = v
	}
	var p *native.Problem
	msg.Marking, p = native.Marking(marking)
	m.check("marking", p)
	if u := m.value("urgency"); !native.Unknown(u) {
		msg.Urgency = schemas.Urgency(strings.ToLower(u))
	}
}

// ownItem begins an item of such a record.
func (m *mapping) ownItem(text string) schemas.Item {
	it := schemas.Item{Text: text, ObtainedBy: schemas.ByInspectionPower, Conditions: m.value("conditions"), Handling: schemas.Handling{schemas.HandlingLawEnforcement}}
	if v := m.value("handling_code"); v != "" {
		var p *native.Problem
		it.Handling, p = native.Handling(v)
		m.check("handling_code", p)
	}
	if it.Handling.Has(schemas.HandlingConditions) && native.Unknown(it.Conditions) {
		m.fault("handling_code", "handling code 5 stands without its conditions", "add the column conditions and state them")
	}
	return it
}

func byField(a, b agents.Dropped) int { return cmp.Compare(a.Field, b.Field) }
