package fivebyfive

import (
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
	isCase bool
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
	m.kind()
	m.account()
	m.bars()
	m.envelope()
	m.crimes = m.codes(report, "crime_types", schemas.CrimeTypes())
	m.areas = m.locations(report)
	m.subjects()
	items := report.All("item")
	for _, it := range items {
		m.item(it, len(items) == 1)
	}
	if len(items) == 0 {
		m.Fault(report, "item", "the report has no item", "give each graded line its own item")
	}
	m.mentioned()
	if m.isCase {
		m.caseBody()
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

func (m *Mapping) dropped(field, reason string) {
	m.Record.Dropped = native.AppendNew(m.Record.Dropped, agents.Dropped{Field: field, Reason: reason})
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
	msg.Sectors, p = native.Sectors(r.Value("sectors"), nil)
	m.check(r, "sectors", p)
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
