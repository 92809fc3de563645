package police

import (
	"regexp"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// mapping turns one report into a message, and gathers every fault on the way.
type mapping struct {
	member  schemas.MemberID
	report  *node
	record  agents.Record
	message schemas.Message
	// ids leads from a subject's id in the report to its position.
	ids map[string]int
	// crimes and areas are the report's, for items that have none.
	crimes []schemas.Code
	areas  []schemas.Jurisdiction
}

func (a *Adapter) record(report *node, raw string) agents.Record {
	m := mapping{member: a.member, report: report, ids: map[string]int{}}
	var content native.Content
	report.content(&content, "")
	m.record = agents.Record{Line: report.line, Raw: raw, Content: content.Bytes(), Reference: native.OneLine(report.value("urn"))}
	m.known(report, reportFields)
	m.single(report, repeated)
	m.bars()
	m.envelope()
	m.crimes = m.codes(report, "crime_types", schemas.CrimeTypes())
	m.areas = m.locations(report)
	m.subjects()
	items := report.all("item")
	for _, it := range items {
		m.known(it, itemFields)
		m.single(it, repeated)
		m.item(it, len(items) == 1)
	}
	if len(items) == 0 {
		m.fault(report, "item", "the report has no item", "give each graded line its own item")
	}
	m.mentioned()
	if report.value("type") == "case" {
		m.caseBody()
	} else if !native.Unknown(report.value("operation")) {
		m.dropped("operation", "a tip has no place for the name of an operation")
	}
	if len(m.record.Faults) == 0 {
		m.record.Message = &m.message
	}
	return m.record
}

func (m *mapping) fault(at *node, field, problem, advice string) {
	m.record.Faults = append(m.record.Faults, agents.Fault{Line: at.lineOf(field), Field: field, Problem: problem, Advice: advice})
}

func (m *mapping) check(at *node, field string, p *native.Problem) {
	if p != nil {
		m.fault(at, field, p.What, p.Advice)
	}
}

// What becomes of the fields: an empty reason means that the message has it.
const (
	notYetPlaced = "a message has no place for it"
	apart        = "the source's identity stays with the force"
	officers     = "officers are reached through the force's single point of contact"
	internal     = "it is the force's own administration"
)

var reportFields = map[string]string{
	"urn": "", "force_code": "", "reported_at": "", "marking": "", "urgency": "", "purpose": "", "channel": "",
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
func (m *mapping) known(at *node, fields map[string]string) {
	note := func(name, value string) {
		reason, ok := fields[name]
		if !ok {
			reason = "it is not known here"
		}
		if reason != "" && !native.Unknown(value) {
			m.dropped(name, reason)
		}
	}
	for _, a := range at.attrs {
		note(a.name, a.value)
	}
	for _, k := range at.kids {
		value := k.text
		if len(k.kids)+len(k.attrs) > 0 {
			value = "has parts"
		}
		note(k.name, value)
	}
}

func (m *mapping) dropped(field, reason string) {
	m.record.Dropped = add(m.record.Dropped, agents.Dropped{Field: field, Reason: reason})
}

// single finds a field that stands twice: which of the two is meant nobody
// can tell.
func (m *mapping) single(at *node, repeated map[string]bool) {
	seen := map[string]bool{}
	for _, a := range at.attrs {
		seen[a.name] = true
	}
	for _, k := range at.kids {
		if seen[k.name] && !repeated[k.name] {
			m.record.Faults = append(m.record.Faults, agents.Fault{Line: k.line, Field: k.name, Problem: "the field stands twice", Advice: "leave one of them out"})
		}
		seen[k.name] = true
	}
}

// bars finds what must not leave the force.
func (m *mapping) bars() {
	r := m.report
	if !yes(r.value("sanitised")) {
		m.fault(r, "sanitised", "the report is not sanitised, or does not say so: it may lead to its source", "have the intelligence unit sanitise it, and send the sanitised report")
	}
	if n := r.kid("source_name"); n != nil && (!native.Unknown(n.text) || len(n.kids)+len(n.attrs) > 0) || n == nil && !native.Unknown(r.value("source_name")) {
		m.fault(r, "source_name", "the report names its source, and a source's identity never leaves", "remove the name, in this export and in whatever wrote it")
	}
	if p := r.value("public_interest_immunity"); !native.Unknown(p) && !no(p) {
		m.fault(r, "public_interest_immunity", "public interest immunity is claimed for the report", "ask the officer who claimed it; what may be shared becomes a report of its own")
	}
}

func yes(s string) bool { return strings.EqualFold(s, "y") || strings.EqualFold(s, "yes") }
func no(s string) bool  { return strings.EqualFold(s, "n") || strings.EqualFold(s, "no") }

var urn = regexp.MustCompile(`^([A-Za-z0-9-]{2,40})/[0-9]{1,8}/[0-9]{2}$`)

func (m *mapping) envelope() {
	r, msg := m.report, &m.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindTip, m.member
	msg.Reference = m.record.Reference
	force := strings.ToLower(r.value("force_code"))
	if area, ok := native.Force(force); !ok || string(area.Code) != string(m.member) {
		m.fault(r, "force_code", "the report is not of the force "+string(m.member)+", for which this agent was started", "send it through the agent of its own force")
	}
	if parts := urn.FindStringSubmatch(msg.Reference); parts == nil || strings.ToLower(parts[1]) != force {
		m.fault(r, "urn", "the reference is not of the form <force_code>/<number>/<year>, with this report's force code", "correct it in the force's system")
	}
	var p *native.Problem
	var received schemas.Date
	msg.Created, received, p = native.Moment(r.value("reported_at"))
	m.check(r, "reported_at", p)
	msg.Marking, p = native.Marking(r.value("marking"))
	m.check(r, "marking", p)
	msg.Urgency = schemas.Urgency(word(r, "urgency", string(schemas.Routine)))
	msg.Purpose = schemas.Code(word(r, "purpose", "prevent-detect-crime"))
	msg.Sectors = m.codes(r, "sectors", schemas.Sectors())
	review, p := native.Date(r.value("review_date"))
	m.check(r, "review_date", p)
	msg.Review = review.Date
	msg.Tip = &schemas.Tip{Channel: schemas.Code(word(r, "channel", "intelligence-report")), Received: received}
}

// word reads a word of the contract, or what stands for a missing one.
func word(n *node, field, missing string) string {
	if v := n.value(field); !native.Unknown(v) {
		return strings.ReplaceAll(strings.ToLower(v), " ", "-")
	}
	return missing
}

func (m *mapping) codes(n *node, field string, list *schemas.CodeList) []schemas.Code {
	out, p := native.Codes(list, n.value(field))
	m.check(n, field, p)
	return out
}

// locations are the areas that a report or an item names.
func (m *mapping) locations(n *node) []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	for _, l := range n.all("location") {
		j := schemas.Jurisdiction{Role: schemas.Role(word(l, "role", string(schemas.RoleIncident)))}
		place := l.text
		if place == "" {
			place = l.value("place")
		}
		byPlace, placed, p := native.AreaOf(place)
		m.check(n, "location", p)
		j.Code = byPlace.Code
		if code := l.value("force_code"); !native.Unknown(code) {
			byCode, ok := native.Force(code)
			if !ok {
				m.fault(l, "force_code", "the code is no PNC force code and no area of the contract", "correct it")
			}
			if placed && ok && !schemas.Jurisdictions().Within(byCode.Code, byPlace.Code) && !schemas.Jurisdictions().Within(byPlace.Code, byCode.Code) {
				m.fault(l, "location", "the place lies in "+string(byPlace.Code)+" and the force code says "+string(byCode.Code), "correct one of them")
			}
			j.Code = byCode.Code
		} else if !placed && p == nil {
			m.fault(l, "location", "no table knows in which area the place lies, and an area is never guessed", "add its force_code")
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
