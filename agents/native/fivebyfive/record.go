package fivebyfive

import (
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// Form is what the reports of one agency have of their own.
type Form struct {
	Member schemas.MemberID
	// Body is what the agency is called in a reason: "force" or "agency".
	Body string
	// Reference is the field with the report's reference.
	Reference string
	// Fields are further fields that its reports have, all of which Own reads.
	Fields []string
	// Own finds what is wrong with them. It runs before the common fields are
	// read.
	Own func(*Mapping)
}

// Mapping turns one report into a message, and gathers every fault on the way.
type Mapping struct {
	// Root is the report, and Message what has been made of it so far.
	Root    *native.Element
	Message schemas.Message
	// Record gathers the faults and what is dropped.
	Record agents.Record
	form   Form
	// ids leads from a subject's id in the report to its position.
	ids map[string]int
	// crimes and areas are the report's, for items that have none.
	crimes []schemas.Code
	areas  []schemas.Jurisdiction
}

// Record makes a record of a report. raw is its text in the file.
func (f Form) Record(report *native.Element, raw string) agents.Record {
	m := Mapping{form: f, Root: report, ids: map[string]int{}}
	var content native.Content
	report.AddTo(&content)
	m.Record = agents.Record{Line: report.Line, Raw: raw, Content: content.Bytes(), Reference: native.OneLine(report.Value(f.Reference))}
	m.known(report, reportFields)
	m.single(report, repeated)
	m.bars()
	m.envelope()
	m.crimes = m.codes(report, "crime_types", schemas.CrimeTypes())
	m.areas = m.locations(report)
	m.subjects()
	items := report.All("item")
	for _, it := range items {
		m.known(it, itemFields)
		m.single(it, repeated)
		m.item(it, len(items) == 1)
	}
	if len(items) == 0 {
		m.Fault(report, "item", "the report has no item", "give each graded line its own item")
	}
	m.mentioned()
	if report.Value("type") == "case" {
		m.caseBody()
	} else if !native.Unknown(report.Value("operation")) {
		m.dropped("operation", "a tip has no place for the name of an operation")
	}
	if len(m.Record.Faults) == 0 {
		m.Record.Message = &m.Message
	}
	return m.Record
}

// Fault notes what is wrong with a field.
func (m *Mapping) Fault(at *native.Element, field, problem, advice string) {
	m.Record.Faults = append(m.Record.Faults, agents.Fault{Line: at.LineOf(field), Field: field, Problem: problem, Advice: advice})
}

func (m *Mapping) check(at *native.Element, field string, p *native.Problem) {
	if p != nil {
		m.Fault(at, field, p.What, p.Advice)
	}
}

// What becomes of the fields: an empty reason means that the message has it.
const (
	notYetPlaced = "a message has no place for it"
	apart        = "the source's identity stays with the BODY"
	officers     = "officers are reached through the BODY's single point of contact"
	internal     = "it is the BODY's own administration"
)

var reportFields = map[string]string{
	"reported_at": "", "marking": "", "urgency": "", "purpose": "", "channel": "",
	"source_evaluation": "", "sectors": "", "crime_types": "", "location": "", "item": "", "nominal": "", "business": "",
	"address": "", "vehicle": "", "phone": "", "review_date": "", "sanitised": "", "public_interest_immunity": "", "type": "", "case": "",
	"source_name": "", "status": "", "lead": "", "opened": "", "operation": "", "strand": "",
	"organisation": internal, "reporting_officer": officers, "rank_number": officers, "source_reference": apart,
	"title": "a title is not graded, and only graded items are disclosed", "evaluator": officers, "evaluated_at": internal, "unsanitised_urn": apart,
	"dissemination_list": "the protocol decides who receives it", "pnc_id": notYetPlaced, "cro": notYetPlaced,
}

var itemFields = map[string]string{
	"text": "", "intelligence_evaluation": "", "handling_code": "", "conditions": "", "origin": "", "obtained_by": "", "crime_types": "",
	"location": "", "indicators": "", "ref": "", "subjects": "", "event_date": "", "event_place": "", "n": "", "regraded": internal, "consents": "",
}

// repeated are the fields that may stand more than once.
var repeated = map[string]bool{"item": true, "location": true, "ref": true, "nominal": true, "business": true, "address": true, "vehicle": true, "phone": true, "strand": true}

// known lists as dropped what has no place in the message.
func (m *Mapping) known(at *native.Element, fields map[string]string) {
	note := func(name, value string) {
		reason, ok := fields[name]
		if !ok && at == m.Root && (name == m.form.Reference || slices.Contains(m.form.Fields, name)) {
			return
		}
		if !ok {
			reason = "it is not known here"
		}
		if reason != "" && !native.Unknown(value) {
			m.dropped(name, strings.ReplaceAll(reason, "BODY", m.form.Body))
		}
	}
	for _, a := range at.Attrs {
		note(a.Name, a.Value)
	}
	for _, k := range at.Kids {
		value := k.Text
		if len(k.Kids)+len(k.Attrs) > 0 {
			value = "has parts"
		}
		note(k.Name, value)
	}
}

func (m *Mapping) dropped(field, reason string) {
	m.Record.Dropped = add(m.Record.Dropped, agents.Dropped{Field: field, Reason: reason})
}

// single finds a field that stands twice: which of the two is meant nobody
// can tell.
func (m *Mapping) single(at *native.Element, repeated map[string]bool) {
	seen := map[string]bool{}
	for _, a := range at.Attrs {
		seen[a.Name] = true
	}
	for _, k := range at.Kids {
		if seen[k.Name] && !repeated[k.Name] {
			m.Record.Faults = append(m.Record.Faults, agents.Fault{Line: k.Line, Field: k.Name, Problem: "the field stands twice", Advice: "leave one of them out"})
		}
		seen[k.Name] = true
	}
}

// bars finds what must not leave the force.
func (m *Mapping) bars() {
	r := m.Root
	if !yes(r.Value("sanitised")) {
		m.Fault(r, "sanitised", "the report is not sanitised, or does not say so: it may lead to its source", "have the intelligence unit sanitise it, and send the sanitised report")
	}
	if n := r.Kid("source_name"); n != nil && (!native.Unknown(n.Text) || len(n.Kids)+len(n.Attrs) > 0) || n == nil && !native.Unknown(r.Value("source_name")) {
		m.Fault(r, "source_name", "the report names its source, and a source's identity never leaves", "remove the name, in this export and in whatever wrote it")
	}
	if p := r.Value("public_interest_immunity"); !native.Unknown(p) && !no(p) {
		m.Fault(r, "public_interest_immunity", "public interest immunity is claimed for the report", "ask the officer who claimed it; what may be shared becomes a report of its own")
	}
}

func yes(s string) bool { return strings.EqualFold(s, "y") || strings.EqualFold(s, "yes") }
func no(s string) bool  { return strings.EqualFold(s, "n") || strings.EqualFold(s, "no") }

func (m *Mapping) envelope() {
	r, msg := m.Root, &m.Message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindTip, m.form.Member
	msg.Reference = m.Record.Reference
	m.form.Own(m)
	var p *native.Problem
	var received schemas.Date
	msg.Created, received, p = native.Moment(r.Value("reported_at"))
	m.check(r, "reported_at", p)
	msg.Marking, p = native.Marking(r.Value("marking"))
	m.check(r, "marking", p)
	msg.Urgency = schemas.Urgency(word(r, "urgency", string(schemas.Routine)))
	msg.Purpose = schemas.Code(word(r, "purpose", "prevent-detect-crime"))
	msg.Sectors = m.codes(r, "sectors", schemas.Sectors())
	review, p := native.Date(r.Value("review_date"))
	m.check(r, "review_date", p)
	msg.Review = review.Date
	msg.Tip = &schemas.Tip{Channel: schemas.Code(word(r, "channel", "intelligence-report")), Received: received}
}

// word reads a word of the contract, or what stands for a missing one.
func word(n *native.Element, field, missing string) string {
	if v := n.Value(field); !native.Unknown(v) {
		return strings.ReplaceAll(strings.ToLower(v), " ", "-")
	}
	return missing
}

func (m *Mapping) codes(n *native.Element, field string, list *schemas.CodeList) []schemas.Code {
	out, p := native.Codes(list, n.Value(field))
	m.check(n, field, p)
	return out
}

// locations are the areas that a report or an item names.
func (m *Mapping) locations(n *native.Element) []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	for _, l := range n.All("location") {
		j := schemas.Jurisdiction{Role: schemas.Role(word(l, "role", string(schemas.RoleIncident)))}
		place := l.Text
		if place == "" {
			place = l.Value("place")
		}
		byPlace, placed, p := native.AreaOf(place)
		m.check(n, "location", p)
		j.Code = byPlace.Code
		if code := l.Value("force_code"); !native.Unknown(code) {
			byCode, ok := native.Force(code)
			if !ok {
				m.Fault(l, "force_code", "the code is no PNC force code and no area of the contract", "correct it")
			}
			if placed && ok && !schemas.Jurisdictions().Within(byCode.Code, byPlace.Code) && !schemas.Jurisdictions().Within(byPlace.Code, byCode.Code) {
				m.Fault(l, "location", "the place lies in "+string(byPlace.Code)+" and the force code says "+string(byCode.Code), "correct one of them")
			}
			j.Code = byCode.Code
		} else if !placed && p == nil {
			m.Fault(l, "location", "no table knows in which area the place lies, and an area is never guessed", "add its force_code")
		}
		out = add(out, j)
	}
	return out
}

func add[T comparable](list []T, v T) []T {
	for _, have := range list {
		if have == v {
			return list
		}
	}
	return append(list, v)
}
