package soca

import (
	"maps"
	"strings"

	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

const noPlace = "a message has no place for it"

var subjectFields = markup.Fields{
	"type": "", "status": "", "name": "", "alias": "", "dob": "", "nationality": "", "company_no": "", "phone": "", "address": "", "postcode": "",
	"occupation": noPlace, "association": noPlace + "; the reason for suspicion tells of it",
	"vat_no": "a message has no place for a second number", "account": inELMER, "sort_code": inELMER, "id_document": inELMER, "gender": noPlace,
}

// personal are the fields of a person, which a legal entity has none of in a
// message; company_no is the other way round.
var personal = []string{"status", "dob", "nationality"}

var locationFields = markup.Fields{"": "", "force_code": "", "role": ""}

// subjects are the main subject and those associated with it.
func (s *sar) subjects() {
	main := s.from.Kid("main_subject")
	if main == nil {
		s.fault(s.from, "main_subject", "the SAR has no main subject", "export it again, with the person or legal entity that it is about")
		return
	}
	s.subject(main)
	for _, n := range s.from.All("associated_subject") {
		s.subject(n)
	}
	if len(s.message.Subjects) > schemas.MaxSubjects {
		s.fault(s.from, "associated_subject", "the SAR has more subjects than one message can carry", "split it")
	}
}

func (s *sar) subject(n *native.Element) {
	s.account(n)
	one := schemas.Subject{Address: known(n.Value("address"))}
	var p *native.Problem
	one.Postcode, p = native.Postcode(n.Value("postcode"))
	s.check(n, "postcode", p)
	switch word(n.Value("type")) {
	case "person":
		s.person(n, &one)
	case "entity", "legal-entity":
		one.Kind, one.Name, one.Number = schemas.BusinessSubject, known(n.Value("name")), known(n.Value("company_no"))
	default:
		s.fault(n, "type", "the subject is neither a person nor a legal entity", "write type=\"person\" or type=\"entity\"")
		return
	}
	for _, alias := range n.All("alias") {
		if name := native.Name(alias.Text); name != "" {
			one.Aliases = native.AppendNew(one.Aliases, name)
		}
	}
	if one.Name == "" && len(one.Aliases) == 0 && one.Address == "" && one.Postcode == "" && one.Number == "" {
		s.fault(n, "name", "nothing identifies the subject", "give a name, an address or a number, or leave an associated subject out")
		return
	}
	s.message.Subjects = append(s.message.Subjects, one)
	for _, phone := range n.All("phone") {
		if number := known(phone.Text); number != "" {
			s.message.Subjects = addPhone(s.message.Subjects, schemas.Subject{Kind: schemas.PhoneSubject, Number: number})
		}
	}
}

// account goes through the fields of a subject.
func (s *sar) account(n *native.Element) {
	fields := maps.Clone(subjectFields)
	if word(n.Value("type")) == "person" {
		fields["company_no"] = "a person has no company number in a message"
	} else {
		for _, field := range personal {
			fields[field] = "a business has none in a message"
		}
	}
	markup.Account(&s.record, n, n.Name+"/", fields, "alias", "phone")
}

func (s *sar) person(n *native.Element, one *schemas.Subject) {
	one.Kind, one.Name, one.Nationality = schemas.PersonSubject, native.Name(n.Value("name")), known(n.Value("nationality"))
	born, p := native.Date(n.Value("dob"))
	s.check(n, "dob", p)
	if one.Born = born.Date; born.About {
		s.dropped(n.Name+"/dob", "the record calls the year approximate; the message gives the year alone")
	}
	switch status := word(n.Value("status")); status {
	case "":
	case "suspect", "victim", "witness", "associate", "worker":
		one.Position = status
	default:
		s.fault(n, "status", "the status is none of the contract's words", "use suspect, victim, witness, worker or associate, or leave it out")
	}
}

// addPhone adds a telephone that no other subject has already brought.
func addPhone(list []schemas.Subject, v schemas.Subject) []schemas.Subject {
	for _, have := range list {
		if have.Kind == v.Kind && have.Number == v.Number {
			return list
		}
	}
	return append(list, v)
}

// areas are where it was, else where the subjects are.
func (s *sar) areas() {
	var out []schemas.Jurisdiction
	for _, l := range s.from.All("location") {
		if j, ok := s.location(l); ok {
			out = native.AppendNew(out, j)
		}
	}
	if len(s.from.All("location")) == 0 {
		for _, one := range s.message.Subjects {
			role := schemas.RoleResidence
			if one.Kind == schemas.BusinessSubject {
				role = schemas.RoleBusiness
			}
			area, ok, p := native.AreaOf(strings.Trim(one.Address+", "+one.Postcode, ", "))
			s.check(s.from, "address", p)
			if ok {
				s.record.Found(area.Code, area.By)
				out = native.AppendNew(out, schemas.Jurisdiction{Code: area.Code, Role: role})
			}
		}
	}
	if len(out) == 0 {
		s.record.Found("uk", native.ByNothing)
		out = []schemas.Jurisdiction{{Code: "uk", Role: schemas.RoleIncident}}
	}
	s.message.Jurisdictions = out
}

func (s *sar) location(l *native.Element) (schemas.Jurisdiction, bool) {
	j := schemas.Jurisdiction{Role: schemas.RoleIncident}
	if role := word(l.Value("role")); role != "" {
		j.Role = schemas.Role(role)
	}
	switch j.Role {
	case schemas.RoleIncident, schemas.RoleResidence, schemas.RoleBusiness, schemas.RoleRecoveredAt, schemas.RoleTransit:
	default:
		s.fault(l, "role", "the role of the location is none of the contract's words", "use incident, residence, business, recovered-at or transit")
	}
	markup.Account(&s.record, l, "location/", locationFields)
	area, ok, p := native.AreaWith(l.Text, l.Value("force_code"))
	s.check(l, "location", p)
	if !ok && p == nil {
		s.fault(l, "location", "no table knows in which area the place lies, and an area is never guessed", "add its force_code, or leave the location out")
	}
	if !native.Unknown(l.Text) {
		s.dropped("location", "the place has become an area; the words themselves stay here")
	}
	s.record.Found(area.Code, area.By)
	j.Code = area.Code
	return j, ok
}
