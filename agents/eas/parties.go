package eas

import (
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// agencyParty adds the agency complained of.
func (m *mapping) agencyParty() {
	s := schemas.Subject{Kind: schemas.BusinessSubject}
	if name := m.value("agency_name"); !native.Unknown(name) {
		s.Name = native.OneLine(name)
	}
	if address := m.value("agency_address"); !native.Unknown(address) {
		s.Address, s.Postcode = native.OneLine(address), native.PostcodeIn(address)
	}
	if s.Name == "" && s.Address == "" {
		return
	}
	m.agency = []int{len(m.message.Subjects)}
	m.message.Subjects = append(m.message.Subjects, s)
}

// hirerParties adds those for whom the workers worked: "Invented Farm, Boston,
// ZZ99 3VZ", several with semicolons. What stands before the first comma is the
// name.
func (m *mapping) hirerParties() {
	for _, hirer := range native.List(m.value("hirer")) {
		hirer = native.OneLine(hirer)
		s := schemas.Subject{Kind: schemas.BusinessSubject}
		name, _, more := strings.Cut(hirer, ",")
		s.Name = strings.TrimSpace(name)
		if more {
			s.Address, s.Postcode = hirer, native.PostcodeIn(hirer)
		}
		m.hirers = append(m.hirers, len(m.message.Subjects))
		m.message.Subjects = append(m.message.Subjects, s)
	}
}

const wholeCountry schemas.Code = "uk"

// areas finds where the hirers, and where the agency and its branch are.
func (m *mapping) areas() {
	hirers, branches := native.List(m.value("hirer")), native.List(m.value("branch"))
	for i, b := range branches {
		branches[i] = strings.TrimSuffix(strings.TrimSuffix(b, " branch"), " Branch")
	}
	addresses := []string{m.value("agency_address")}
	if native.Unknown(addresses[0]) {
		addresses = nil
	}
	m.worked = m.place("hirer", hirers, schemas.RoleIncident)
	m.based = native.AppendNew(m.place("branch", branches, schemas.RoleBusiness), m.place("agency_address", addresses, schemas.RoleBusiness)...)
	for _, j := range m.based {
		if schemas.Jurisdictions().Within(j.Code, "northern-ireland") {
			m.fault("agency_address", "the agency is in Northern Ireland, where the Employment Agencies Act 1973 does not apply (s.14(5))", "correct the address, or pass the complaint to the inspectorate there")
		}
	}
	if len(m.worked)+len(m.based) > 0 {
		return
	}
	if m.value("hirer") == "" && m.value("branch") == "" && m.value("agency_address") == "" {
		m.fault("agency_address", "the row names no place", "fill agency_address, branch or hirer; write N/K there if nobody knows")
	}
	m.record.Found(wholeCountry, native.ByNothing)
	m.worked = []schemas.Jurisdiction{{Code: wholeCountry, Role: schemas.RoleIncident}}
}

// place looks the places of a field up, and lists as dropped what no table
// knows: an area is never guessed.
func (m *mapping) place(field string, places []string, role schemas.Role) []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	for _, place := range places {
		found, ok, p := native.AreaOf(place)
		m.check(field, p)
		if ok {
			m.record.Found(found.Code, found.By)
			out = native.AppendNew(out, schemas.Jurisdiction{Code: found.Code, Role: role})
		} else if p == nil && (field != "hirer" || strings.Contains(place, ",")) {
			m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: field, Reason: "no table knows in which area the place lies, so that the message's areas leave it out"})
		}
	}
	return out
}
