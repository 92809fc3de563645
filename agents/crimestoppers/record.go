package crimestoppers

import (
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// mapping turns one report into a tip, and gathers every fault on the way.
type mapping struct {
	report  report
	record  agents.Record
	message schemas.Message
}

// record makes a record of a report.
func record(r report) agents.Record {
	m := mapping{report: r}
	m.record = agents.Record{Line: r.line, Reference: r.ref, Raw: r.raw, Faults: r.faults}
	if len(r.faults) > 0 {
		return m.record
	}
	var content native.Content
	content.Add("ref", r.ref)
	fields := slices.Clone(r.fields)
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for _, f := range fields {
		content.Add(f.name, f.value)
		if reason := layout[f.name].dropped; reason != "" && !native.Unknown(f.value) {
			m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: f.name, Reason: reason})
		}
	}
	m.record.Content = content.Bytes()
	m.envelope()
	m.item()
	if len(m.record.Faults) == 0 {
		m.record.Message = &m.message
	}
	return m.record
}

func (m *mapping) fault(at field, problem, advice string) {
	m.record.Faults = append(m.record.Faults, agents.Fault{Line: at.line, Field: at.name, Problem: problem, Advice: advice})
}

// check notes a problem of a field.
func (m *mapping) check(at field, p *native.Problem) {
	if p != nil {
		m.fault(at, p.What, p.Advice)
	}
}

func (m *mapping) envelope() {
	r, msg := m.report, &m.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindTip, Member
	msg.Purpose, msg.Marking, msg.Urgency = "prevent-detect-crime", schemas.Restricted, schemas.Routine
	if msg.Reference = r.ref; native.Unknown(r.ref) {
		m.fault(field{name: "reference", line: r.line}, "the report has no reference, so that nobody could ask about it", "give it one in the line that begins it")
	}
	var received schemas.Date
	var p *native.Problem
	at := r.field("received")
	msg.Created, received, p = native.Moment(at.value)
	m.check(at, p)
	if at := r.field("marking"); !native.Unknown(at.value) {
		msg.Marking, p = native.Marking(at.value)
		m.check(at, p)
	}
	if at := r.field("priority"); !native.Unknown(at.value) {
		msg.Urgency = schemas.Urgency(strings.ToLower(at.value))
		if msg.Urgency != schemas.Routine && msg.Urgency != schemas.Priority && msg.Urgency != schemas.Immediate {
			m.fault(at, "the priority is none of the contract's urgencies", "use routine, priority or immediate")
		}
	}
	at = r.field("sector")
	msg.Sectors, p = native.Sectors(at.value, sectorWords())
	m.check(at, p)
	msg.Tip = &schemas.Tip{Channel: "crimestoppers", Received: received}
}

// item makes the one item of the report. Nothing in the report can change its
// grade: the source is untested and unknown, and what it says cannot be judged.
func (m *mapping) item() {
	it := schemas.Item{Source: schemas.SourceUntested, Information: 4, Handling: schemas.Handling{schemas.HandlingLawEnforcement}, ObtainedBy: schemas.ByPublic}
	at := m.report.field(information)
	switch it.Text = at.value; {
	case native.Unknown(it.Text):
		m.fault(at, "the report says nothing", "write its text behind INFORMATION:, or leave the report out")
	case speaksOfCaller.MatchString(it.Text):
		m.fault(at, "the text seems to tell who called or how to reach the caller, and that must not leave", "have Crimestoppers take it out of the text, and send the report again")
	}
	var p *native.Problem
	at = m.report.field("indicators")
	it.Indicators, p = native.Codes(schemas.Indicators(), at.value)
	m.check(at, p)
	at = m.report.field("category")
	for _, word := range native.List(at.value) {
		row, ok := categories().Row(word)
		if !ok {
			m.fault(at, "a category is not in the table: the message would not find those who must have it", "use one of: "+categories().Known())
			continue
		}
		it.CrimeTypes = native.AppendNew(it.CrimeTypes, schemas.Code(row["crime_type"]))
	}
	if len(native.List(at.value)) == 0 {
		m.fault(at, "the report has no category, so that it would find nobody", "use one of: "+categories().Known())
	}
	it.Jurisdictions = m.areas()
	it.Subjects = m.subjects()
	m.message.Items = []schemas.Item{it}
}

// areas are where the reported matter is: where the call came from nobody knows.
func (m *mapping) areas() []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	here := func(code schemas.Code, by string) {
		m.record.Found(code, by)
		out = native.AppendNew(out, schemas.Jurisdiction{Code: code, Role: schemas.RoleIncident})
	}
	force := m.report.field("force")
	for _, code := range native.List(force.value) {
		found, ok := native.Force(code)
		if !ok {
			m.fault(force, "the code is no PNC force code and no area of the contract", "correct it")
			continue
		}
		here(found.Code, found.By)
	}
	at := m.report.field("location")
	places := native.List(at.value)
	for _, place := range places {
		found, ok, p := native.AreaOf(place)
		m.check(at, p)
		if ok {
			here(found.Code, found.By)
		} else if p == nil && len(native.List(force.value)) == 0 {
			m.fault(at, "no table knows in which area the place lies, and an area is never guessed", "name the town or county, or add FORCE; write N/K as LOCATION if nobody knows")
		}
	}
	if len(places) == 0 && len(out) == 0 && len(native.List(force.value)) == 0 {
		if at.value == "" {
			m.fault(at, "the report names no place", "name the town or county, or add FORCE; write N/K as LOCATION if nobody knows")
		}
		here("uk", native.ByNothing)
	}
	return out
}

// subjects are whom and what the caller names. All stand in the one item.
func (m *mapping) subjects() []int {
	var out []int
	for _, k := range subjectKinds {
		for _, f := range m.report.all(k.field) {
			s := schemas.Subject{Kind: k.kind}
			value := native.OneLine(f.value)
			name, _, more := strings.Cut(value, ",")
			switch k.kind {
			case schemas.PersonSubject:
				if s.Name, s.Position = native.Name(value), "suspect"; s.Name == "" {
					m.fault(f, "the field holds no name", "write the name, or leave the field out")
				}
			case schemas.PhoneSubject:
				s.Number = value
			case schemas.VehicleSubject:
				s.Registration = strings.ToUpper(value)
			default:
				if s.Name = strings.TrimSpace(name); more {
					s.Address, s.Postcode = value, native.PostcodeIn(value)
				}
			}
			out = append(out, len(m.message.Subjects))
			m.message.Subjects = append(m.message.Subjects, s)
		}
	}
	return out
}
