package gla

import (
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// mapping turns the rows of one report into a message, and gathers every fault
// on the way.
type mapping struct {
	rows    []row
	at      row // the row in hand
	record  agents.Record
	message schemas.Message
	// subjects are the positions of the subjects already in the message.
	subjects map[schemas.SubjectKind]map[string]int
}

// report maps the rows of one intelligence report.
func (m *mapping) report() {
	m.envelope()
	for _, r := range m.rows {
		m.at = r
		m.agree()
		m.item()
	}
	m.drop()
}

func (m *mapping) fault(field, problem, advice string) {
	line := m.at.line // for a column that the export does not have
	if at, ok := m.at.lines[field]; ok {
		line = at
	}
	m.record.Faults = append(m.record.Faults, agents.Fault{Line: line, Field: field, Problem: problem, Advice: advice})
}

// check notes a problem of a field.
func (m *mapping) check(field string, p *native.Problem) {
	if p != nil {
		m.fault(field, p.What, p.Advice)
	}
}

func (m *mapping) value(field string) string { return m.at.values[field] }

func (m *mapping) envelope() {
	msg := &m.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindTip, Member
	msg.Purpose, msg.Urgency = "prevent-detect-crime", schemas.Routine
	msg.Reference = m.record.Reference
	if msg.Reference == "" {
		m.fault("gla_ref", "the report has no reference, so that nobody could ask about it", "give it one in the agency's system")
	}
	var p *native.Problem
	var received schemas.Date
	msg.Created, received, p = native.Moment(m.value("received_at"))
	m.check("received_at", p)
	msg.Marking, p = native.Marking(m.value("marking"))
	m.check("marking", p)
	if u := m.value("urgency"); !native.Unknown(u) {
		msg.Urgency = schemas.Urgency(strings.ToLower(u))
	}
	channel, ok := sourceTypes().of(m.value("source_type"))
	if !ok {
		m.fault("source_type", "the source type is not in the table, so that nobody can tell how the report came in", "use one of: "+sourceTypes().known())
	}
	msg.Tip = &schemas.Tip{Channel: channel, Received: received}
}

// ofReport are the columns of which a report has one value.
var ofReport = []string{"received_at", "source_type", "source_grade", "marking", "urgency"}

// agree finds a row that says something else about the report as a whole.
func (m *mapping) agree() {
	for _, name := range ofReport {
		if v := m.value(name); v != "" && v != m.rows[0].values[name] {
			m.fault(name, "two rows of the report differ here, and a report has one source, one date and one marking", "give the second row a reference of its own")
		}
	}
}

// sectors reads the words for the licensed trades, which are the message's and
// open the gateway of the Gangmasters (Licensing) Act 2004 s.19 for every item.
// All rows of a report must therefore name the same ones, and a row that names
// none does not take them from the first.
func (m *mapping) sectors() {
	codes, p := native.Sectors(hyphened(m.value("sectors")), nil)
	m.check("sectors", p)
	switch {
	case m.at.line == m.rows[0].line:
		m.message.Sectors = codes
	case p == nil && !sameSet(codes, m.message.Sectors):
		m.fault("sectors", "two rows of the report differ in their sectors, and the sector of one would open a legal gateway for the other", "give the row a reference of its own, or both the same sectors")
	}
}

// hyphened writes the words for the trades as the codes that they are.
func hyphened(list string) string {
	parts := strings.Split(list, ";")
	for i, part := range parts {
		if part = strings.TrimSpace(part); !native.Unknown(part) {
			parts[i] = strings.ReplaceAll(part, " ", "-")
		}
	}
	return strings.Join(parts, ";")
}

// sameSet compares lists in which nothing stands twice.
func sameSet(a, b []schemas.Code) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c schemas.Code) bool { return !slices.Contains(b, c) })
}

// item makes one item of the row in hand.
func (m *mapping) item() {
	it := schemas.Item{Text: m.text(), Conditions: m.value("conditions")}
	var p *native.Problem
	it.Source, it.Information, p = native.Grades(m.rows[0].values["source_grade"], m.value("intel_grade"))
	m.check("intel_grade", p)
	it.Handling, p = native.Handling(m.value("handling_code"))
	m.check("handling_code", p)
	if it.Handling.Has(schemas.HandlingConditions) && native.Unknown(it.Conditions) {
		m.fault("handling_code", "handling code 5 stands without its conditions", "add the column conditions and state them")
	}
	it.ObtainedBy, p = native.Obtained(m.value("obtained_by"), m.message.Tip.Channel)
	m.check("obtained_by", p)
	m.origin(&it)
	it.Indicators, p = native.Codes(schemas.Indicators(), m.value("indicators"))
	m.check("indicators", p)
	it.CrimeTypes = m.crimes()
	it.Jurisdictions = m.areas()
	it.Subjects = m.parties()
	m.sectors()
	m.message.Items = append(m.message.Items, it)
}

// text is the narrative, and what no other field of a message can say.
func (m *mapping) text() string {
	text := m.value("narrative")
	if native.Unknown(text) {
		m.fault("narrative", "the row says nothing", "write the narrative, or leave the row out")
		return ""
	}
	var more []string
	if n := m.value("worker_count"); !native.Unknown(n) {
		more = append(more, "workers: "+native.OneLine(n))
	}
	if n := m.value("worker_nationality"); !native.Unknown(n) {
		more = append(more, "nationality as recorded: "+native.OneLine(n))
	}
	if len(more) > 0 {
		text += "\n[" + strings.Join(more, "; ") + "]"
	}
	return text
}

// origin keeps a partner's information the partner's.
func (m *mapping) origin(it *schemas.Item) {
	origin := m.value("origin")
	switch {
	case !native.Unknown(origin):
		it.Origin = schemas.MemberID(strings.ToLower(origin))
		if it.Origin == Member {
			it.Origin = ""
		}
	case it.ObtainedBy == schemas.ByPartner:
		m.fault("origin", "the information came from a partner and nobody says which: only its owner may let it go further", "add the column origin and name the member")
	}
}

// crimes are the coded crime types, and those of the headings.
func (m *mapping) crimes() []schemas.Code {
	out, p := native.Codes(schemas.CrimeTypes(), m.value("crime_codes"))
	m.check("crime_codes", p)
	for _, heading := range native.List(m.value("subject")) {
		code, ok := headings().of(heading)
		if !ok && len(out) == 0 {
			m.fault("subject", "the heading is not in the table, and crime_codes is empty: the report would find nobody", "fill crime_codes, or use one of: "+headings().known())
			return nil
		}
		if ok {
			out = native.AppendNew(out, code)
		}
	}
	if len(out) == 0 && p == nil {
		m.fault("subject", "neither subject nor crime_codes says what it is about", "fill crime_codes, or use one of: "+headings().known())
	}
	return out
}

// drop lists what the message does not say.
func (m *mapping) drop() {
	for _, r := range m.rows {
		if !native.Unknown(r.values["operation"]) {
			m.dropped("operation", "a tip has no place for the name of an operation")
		}
		if !native.Unknown(r.values["subject"]) {
			m.dropped("subject", "the headings have become crime types; the words themselves stay here")
		}
	}
}

func (m *mapping) dropped(field, reason string) {
	m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: field, Reason: reason})
}
