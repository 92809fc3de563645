package helpline

import (
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// mapping turns one call into a case, and gathers every fault on the way.
type mapping struct {
	call    *value
	record  agents.Record
	message schemas.Message
	caller  map[string]string // the row of the table
	nation  schemas.Code
	areas   []schemas.Jurisdiction
	parties []int
	common  schemas.Item // what the items have in common
}

// record makes a record of a call.
func record(c call) agents.Record {
	root, fault := parse(c)
	if fault != nil {
		return agents.Record{Line: c.line, Raw: c.text, Faults: []agents.Fault{*fault}}
	}
	m := mapping{call: root}
	var content native.Content
	root.content(&content, "")
	m.record = agents.Record{Line: c.line, Raw: c.text, Content: content.Bytes(), Reference: native.OneLine(root.get("call_ref"))}
	m.identity(root)
	m.known(root, callFields, "")
	m.envelope()
	m.places()
	m.items()
	if len(m.record.Faults) == 0 {
		m.record.Message = &m.message
	}
	return m.record
}

func (m *mapping) fault(at *value, name, problem, advice string) {
	m.record.Faults = append(m.record.Faults, agents.Fault{Line: at.lineOf(name), Field: name, Problem: problem, Advice: advice})
}

// check notes a problem of a field.
func (m *mapping) check(at *value, name string, p *native.Problem) {
	if p != nil {
		m.fault(at, name, p.What, p.Advice)
	}
}

// identity finds what would tell who called, wherever it stands. A source's
// identity never enters a message, and must not be in the export.
func (m *mapping) identity(v *value) {
	for _, p := range v.parts {
		if aboutCaller(p.name) && !p.empty() {
			m.record.Faults = append(m.record.Faults, agents.Fault{Line: p.line, Field: "caller", Problem: "the call says who the caller is, and a source's identity never leaves",
				Advice: "take it out of the export, and out of whatever wrote it"})
			continue
		}
		m.identity(p)
	}
}

// aboutCaller says whether a field of that name would tell who the caller is.
func aboutCaller(name string) bool {
	name = strings.ToLower(name)
	if name == "caller_type" || name == "caller_named" {
		return false
	}
	return strings.HasPrefix(name, "caller") || strings.HasPrefix(name, "informant") || strings.HasPrefix(name, "complainant")
}

// known lists as dropped what has no place in the message.
func (m *mapping) known(at *value, fields map[string]string, path string) {
	for _, p := range at.parts {
		if aboutCaller(p.name) {
			continue // a fault already
		}
		reason, ok := fields[p.name]
		if !ok {
			reason = "it is not known here"
		}
		if ok && reason == "" && len(p.parts) > 0 && !nested[p.name] {
			m.fault(at, p.name, "the field holds several values where one is read, and they would be lost", "write one text, number or true or false")
		}
		if reason != "" && !p.empty() {
			m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: path + p.name, Reason: reason})
		}
	}
}

func (m *mapping) envelope() {
	c, msg := m.call, &m.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindCase, Member
	msg.Purpose, msg.Marking = "prevent-detect-crime", schemas.Protect
	if msg.Reference = m.record.Reference; msg.Reference == "" {
		m.fault(c, "call_ref", "the call has no reference, so that nobody could ask about it", "give it one in the helpline's system")
	}
	var opened schemas.Date
	var p *native.Problem
	msg.Created, opened, p = native.Moment(c.get("taken_at"))
	m.check(c, "taken_at", p)
	if marking := c.get("marking"); marking != "" {
		msg.Marking, p = native.Marking(marking)
		m.check(c, "marking", p)
	}
	if msg.Urgency = schemas.Routine; c.get("urgency") != "" {
		msg.Urgency = schemas.Urgency(strings.ToLower(c.get("urgency")))
		if msg.Urgency != schemas.Routine && msg.Urgency != schemas.Priority && msg.Urgency != schemas.Immediate {
			m.fault(c, "urgency", "the urgency is none of the contract", "use routine, priority or immediate")
		}
	}
	msg.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: Member, Opened: opened}
	msg.Sectors, p = native.Sectors(c.get("sector"), sectorWords())
	m.check(c, "sector", p)
	var ok bool
	if m.caller, ok = callers().Row(c.get("caller_type")); !ok {
		m.fault(c, "caller_type", "the caller's kind is not in the table, so that nobody can tell how the account was obtained", "use one of: "+callers().Known())
	}
}

// nations are the nations of the callers.
var nations = []schemas.Code{"england", "wales", "scotland", "northern-ireland"}

// ofNation is the caller's nation, or the whole country if nobody knows.
func (m *mapping) ofNation() schemas.Code {
	p := m.call.part("nation")
	if p != nil && p.text != "" && native.Unknown(p.text) {
		return "uk"
	}
	code := schemas.Code(strings.ReplaceAll(strings.ToLower(native.OneLine(m.call.get("nation"))), " ", "-"))
	for _, n := range nations {
		if n == code {
			return n
		}
	}
	m.fault(m.call, "nation", "the call does not say from which nation it came, which decides what the helpline serves", "use England, Wales, Scotland or Northern Ireland; N/K if nobody knows")
	return ""
}

// places are the businesses and the workplace, and the areas where they lie.
func (m *mapping) places() {
	for _, party := range []struct {
		name string
		kind schemas.SubjectKind
		role schemas.Role
	}{{"workplace", schemas.PremisesSubject, schemas.RoleIncident}, {"employer", schemas.BusinessSubject, schemas.RoleBusiness}, {"agency", schemas.BusinessSubject, schemas.RoleBusiness}} {
		v := m.call.part(party.name)
		if v == nil || v.empty() {
			continue
		}
		m.known(v, partyFields, party.name+"/")
		s := schemas.Subject{Kind: party.kind, Name: native.OneLine(v.get("name")), Address: native.OneLine(v.get("address"))}
		var p *native.Problem
		s.Postcode, p = native.Postcode(v.get("postcode"))
		m.check(v, "postcode", p)
		if s.Name+s.Address+s.Postcode == "" {
			m.fault(m.call, party.name, "neither name nor place of it is known", "write it as {\"name\": ..., \"address\": ..., \"postcode\": ...}, or leave it out")
			continue
		}
		m.parties = append(m.parties, len(m.message.Subjects))
		m.message.Subjects = append(m.message.Subjects, s)
		found, ok, p := native.AreaOf(s.Address + "," + s.Postcode)
		m.check(v, "address", p)
		if ok {
			m.record.Found(found.Code, found.By)
			m.areas = native.AppendNew(m.areas, schemas.Jurisdiction{Code: found.Code, Role: party.role})
		} else if s.Address+s.Postcode != "" && p == nil {
			m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: party.name + "/address", Reason: "no table knows in which area the place lies, so that the message's areas leave it out"})
		}
	}
	if m.nation = m.ofNation(); len(m.areas) == 0 && m.nation != "" {
		by := native.ByNation
		if m.nation == "uk" {
			by = native.ByNothing
		}
		m.record.Found(m.nation, by)
		m.areas = []schemas.Jurisdiction{{Code: m.nation, Role: schemas.RoleIncident}}
	}
}
