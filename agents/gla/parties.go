package gla

import (
	"liaison/agents/native"
	"liaison/schemas"
)

// areas are where the row's places lie. The places of one row are all where it
// happened: the export does not tell more.
func (m *mapping) areas() []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	explicit := m.value("area")
	if explicit != "" && native.Unknown(explicit) {
		return []schemas.Jurisdiction{m.found("uk", native.ByNothing, schemas.RoleIncident)}
	}
	codes, p := native.Codes(schemas.Jurisdictions(), explicit)
	m.check("area", p)
	for _, c := range codes {
		out = native.AppendNew(out, m.found(c, native.ByAreaCode, schemas.RoleIncident))
	}
	if p != nil {
		return out
	}
	for _, place := range native.List(m.value("location")) {
		found, ok, p := native.AreaOf(place)
		switch {
		case p != nil:
			m.check("location", p)
		case ok:
			out = native.AppendNew(out, m.found(found.Code, found.By, schemas.RoleIncident))
		case len(codes) == 0:
			m.fault("location", "no table knows in which area the place lies, and an area is never guessed", "name the town or county, or add the column area; write N/K there if nobody knows")
		}
	}
	if len(out) == 0 && len(native.List(m.value("location"))) == 0 {
		m.fault("location", "the row names no place", "name the town or county, or add the column area; write N/K there if nobody knows")
	}
	return out
}

// found makes a jurisdiction of an area, and notes by which rule it was found.
func (m *mapping) found(area schemas.Code, by string, role schemas.Role) schemas.Jurisdiction {
	m.record.Found(area, by)
	return schemas.Jurisdiction{Code: area, Role: role}
}

// parties are the businesses and places of the row, each once in the message.
func (m *mapping) parties() []int {
	var out []int
	for _, field := range []string{"labour_provider", "labour_user"} {
		for _, name := range native.List(m.value(field)) {
			out = native.AppendNew(out, m.subject(schemas.Subject{Kind: schemas.BusinessSubject, Name: native.OneLine(name)}))
		}
	}
	for _, place := range native.List(m.value("location")) {
		if s, ok := native.Premises(place); ok {
			out = native.AppendNew(out, m.subject(s))
		}
	}
	return out
}

// subject returns the position of the subject, which it adds if it is new.
func (m *mapping) subject(s schemas.Subject) int {
	key := s.Name + "\x00" + s.Address
	if at, ok := m.subjects[s.Kind][key]; ok {
		return at
	}
	if m.subjects[s.Kind] == nil {
		m.subjects[s.Kind] = map[string]int{}
	}
	at := len(m.message.Subjects)
	m.subjects[s.Kind][key] = at
	m.message.Subjects = append(m.message.Subjects, s)
	return at
}
