package eas

import (
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// mapping turns one complaint into a message, and gathers every fault on the
// way.
type mapping struct {
	row     row
	record  agents.Record
	message schemas.Message
	outcome outcome
	// agency and hirers are positions of the subjects.
	agency, hirers []int
	// worked and based are the areas of the hirers, and of the agency.
	worked, based []schemas.Jurisdiction
}

// record makes a record of a row.
func record(r row) agents.Record {
	m := mapping{row: r}
	m.record = agents.Record{Line: r.line, Reference: r.ref, Raw: r.raw}
	var content native.Content
	for _, name := range Columns {
		content.Add(name, r.values[name])
	}
	m.record.Content = content.Bytes()
	if r.fault != nil {
		m.record.Faults = []agents.Fault{*r.fault}
		return m.record
	}
	m.envelope()
	m.outcome = m.result()
	m.agencyParty()
	m.hirerParties()
	m.areas()
	m.complaint()
	if m.outcome.inspected {
		m.inspection()
	}
	m.body()
	m.drop()
	if len(m.record.Faults) == 0 {
		m.record.Message = &m.message
	}
	return m.record
}

func (m *mapping) fault(field, problem, advice string) {
	m.record.Faults = append(m.record.Faults, agents.Fault{Line: m.row.lines[field], Field: field, Problem: problem, Advice: advice})
}

// check notes a problem of a field.
func (m *mapping) check(field string, p *native.Problem) {
	if p != nil {
		m.fault(field, p.What, p.Advice)
	}
}

func (m *mapping) value(field string) string { return m.row.values[field] }

func (m *mapping) envelope() {
	msg := &m.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindTip, Member
	msg.Marking, msg.Urgency = schemas.Protect, schemas.Routine
	msg.Reference = m.record.Reference
	if msg.Reference == "" {
		m.fault("complaint_ref", "the complaint has no reference, so that nobody could ask about it", "give it one in the agency's system")
	}
	var p *native.Problem
	var received schemas.Date
	msg.Created, received, p = native.Moment(m.value("received"))
	m.check("received", p)
	msg.Tip = &schemas.Tip{Channel: m.channel(), Received: received}
	msg.Sectors, p = native.Sectors(m.value("sector"), sectorWords())
	m.check("sector", p)
}

// channel is how the complaint came in. What the complainant is decides where
// the channel could not tell: an anonymous complaint on a form.
func (m *mapping) channel() schemas.Code {
	row, ok := channels().Row(m.value("channel"))
	if !ok {
		m.fault("channel", "the channel is not in the table, so that nobody can tell how the complaint came in", "use one of: "+channels().Known())
		return ""
	}
	who := m.value("complainant_type")
	if native.Unknown(who) {
		return schemas.Code(row["channel"])
	}
	by, ok := complainants().Row(who)
	if !ok {
		m.fault("complainant_type", "the word is not in the table: it may be a name, which must not be here", "use one of: "+complainants().Known())
		return ""
	}
	if by["channel"] != "" {
		return schemas.Code(by["channel"])
	}
	return schemas.Code(row["channel"])
}

// body makes the message a case where there is an outcome to it, and states
// its purpose.
func (m *mapping) body() {
	msg := &m.message
	if m.outcome.status != "" {
		body := schemas.Case{Status: m.outcome.status, Lead: Member}
		if body.Status == schemas.CaseClosed {
			body.Reason = "caution" // only a warning closes
		}
		for _, it := range msg.Items {
			for _, crime := range it.CrimeTypes {
				if strings.HasPrefix(string(crime), "agency-") {
					body.Strands = native.AppendNew(body.Strands, schemas.Strand{CrimeType: crime, Lead: Member})
				}
			}
		}
		msg.Kind, msg.Tip, msg.Case, msg.Marking = schemas.KindCase, nil, &body, schemas.Restricted
	}
	msg.Purpose = "enforce-labour-standards"
	for _, it := range msg.Items {
		for _, crime := range it.CrimeTypes {
			if len(it.Indicators) > 0 || !schemas.CrimeTypes().Within(crime, "labour-standards") {
				msg.Purpose = "prevent-detect-crime"
			}
		}
	}
}

// drop lists what the message does not say.
func (m *mapping) drop() {
	for _, d := range []agents.Dropped{
		{Field: "complainant_type", Reason: "what a complainant is may lead to who it is; the channel says how the complaint came in"},
		{Field: "inspector", Reason: "officers are reached through the Inspectorate's single point of contact"},
		{Field: "issue_codes", Reason: "the codes have become crime types and indicators; the codes themselves stay here"},
	} {
		if !native.Unknown(m.value(d.Field)) {
			m.dropped(d.Field, d.Reason)
		}
	}
	if consented(m.value("consent_name_disclosed")) {
		m.dropped("consent_name_disclosed", "it lets the agency complained of know the name; it is no consent to disclosure to members (Employment Agencies Act 1973 s.9(4)), and a complainant is a source, who never enters a message")
	}
}

func (m *mapping) dropped(field, reason string) {
	m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: field, Reason: reason})
}

func consented(s string) bool { return strings.EqualFold(s, "y") || strings.EqualFold(s, "yes") }
