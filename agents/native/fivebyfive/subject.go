package fivebyfive

import (
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// subjectKinds are the elements that become subjects.
var subjectKinds = map[string]schemas.SubjectKind{
	"nominal": schemas.PersonSubject, "business": schemas.BusinessSubject, "address": schemas.PremisesSubject,
	"vehicle": schemas.VehicleSubject, "phone": schemas.PhoneSubject,
}

// IsSubject says whether an element of that name is a subject.
func IsSubject(name string) bool { return subjectKinds[name] != "" }

func (m *Mapping) subjects() {
	for _, n := range m.Root.Kids {
		kind, ok := subjectKinds[n.Name]
		if !ok {
			continue
		}
		s := m.subject(n, kind)
		id := n.Value("id")
		if _, twice := m.ids[id]; twice && id != "" {
			m.Fault(n, "id", "two subjects have the same id", "number them differently")
		}
		m.ids[id] = len(m.Message.Subjects)
		m.Message.Subjects = append(m.Message.Subjects, s)
	}
}

func (m *Mapping) subject(n *native.Element, kind schemas.SubjectKind) schemas.Subject {
	s := schemas.Subject{Kind: kind, Name: known(n.Value("name")), Address: known(n.Value("address")),
		Registration: strings.ToUpper(native.OneLine(known(n.Value("registration")))), Number: native.OneLine(known(n.Value("number"))),
		Position: word(n, "position", ""), Nationality: known(n.Value("nationality"))}
	if kind == schemas.PersonSubject {
		s.Name = native.Name(s.Name)
	}
	for _, alias := range n.All("alias") {
		if name := native.Name(alias.Text); name != "" {
			s.Aliases = native.AppendNew(s.Aliases, name)
		}
	}
	born, p := native.Date(n.Value("dob"))
	m.check(n, "dob", p)
	s.Born = born.Date
	if born.About {
		m.dropped("dob", "the record calls the year approximate; the message gives the year alone")
	}
	s.Postcode, p = native.Postcode(n.Value("postcode"))
	m.check(n, "postcode", p)
	return s
}
