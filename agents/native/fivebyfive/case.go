package fivebyfive

import (
	"liaison/agents/native"
	"liaison/schemas"
)

// kind tells a case from a tip. What else a report may be nobody can tell.
func (m *Mapping) kind() {
	switch word(m.Root, "type", "tip") {
	case "case":
		m.isCase = true
	case "tip":
	default:
		m.Fault(m.Root, "type", "the type of the report is neither tip nor case", "write case, or leave it out")
	}
}

// caseElement is where the fields of a case stand.
func (m *Mapping) caseElement() *native.Element {
	if inner := m.Root.Kid("case"); inner != nil {
		return inner
	}
	return m.Root
}

// caseBody makes the message a case.
func (m *Mapping) caseBody() {
	c := m.caseElement()
	opened, p := native.Date(c.Value("opened"))
	m.check(c, "opened", p)
	body := schemas.Case{
		Status: schemas.CaseStatus(word(c, "status", string(schemas.CaseOpen))),
		Lead:   schemas.MemberID(word(c, "lead", string(m.form.Member))),
		Opened: opened.Date, Operation: known(c.Value("operation")),
	}
	if body.Status == "suspended" {
		body.Status = schemas.CaseMonitoring // the word of the systems of the day
	}
	if body.Status == schemas.CaseClosed {
		body.Reason = schemas.Code(word(c, "result", "not-stated"))
	}
	for _, s := range c.All("strand") {
		body.Strands = append(body.Strands, schemas.Strand{CrimeType: schemas.Code(word(s, "crime_type", "")), Lead: schemas.MemberID(word(s, "lead", string(body.Lead)))})
	}
	m.Message.Kind, m.Message.Tip, m.Message.Case = schemas.KindCase, nil, &body
}
