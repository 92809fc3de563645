package hmrc

import (
	"fmt"
	"regexp"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// The two members whose records these are.
const (
	MinimumWageMember schemas.MemberID = "hmrc-nmw"
	TaxMember         schemas.MemberID = "hmrc-tax"
)

// New returns the adapter of one of the two members.
func New(member schemas.MemberID) (agents.Adapter, error) {
	switch member {
	case MinimumWageMember:
		return NewMinimumWage(), nil
	case TaxMember:
		return NewTaxRisk(), nil
	}
	return nil, fmt.Errorf("%q is no member of HMRC; use %s or %s", member, MinimumWageMember, TaxMember)
}

// section18 are the conditions of every item: Commissioners for Revenue and
// Customs Act 2005 ss.18-20.
const section18 = "Information held by HM Revenue and Customs (CRCA 2005 s.18): no onward disclosure without the consent of the Commissioners."

// noTaxReference is why a tax reference is dropped.
const noTaxReference = "a message has no place for a tax reference, which leads into a taxpayer's file"

// mapping turns one record into a message, and gathers every fault on the way.
type mapping struct {
	record  agents.Record
	message schemas.Message
}

func (m *mapping) fault(line int, field, problem, advice string) {
	m.record.Faults = native.AppendNew(m.record.Faults, agents.Fault{Line: line, Field: field, Problem: problem, Advice: advice})
}

func (m *mapping) check(line int, field string, p *native.Problem) {
	if p != nil {
		m.fault(line, field, p.What, p.Advice)
	}
}

func (m *mapping) dropped(field, reason string) {
	m.record.Dropped = native.AppendNew(m.record.Dropped, agents.Dropped{Field: field, Reason: reason})
}

// found makes a jurisdiction of an area, and notes by which rule it was found.
func (m *mapping) found(area schemas.Code, by string, role schemas.Role) schemas.Jurisdiction {
	m.record.Found(area, by)
	return schemas.Jurisdiction{Code: area, Role: role}
}

// done returns the record, with the message if nothing was wrong.
func (m *mapping) done() agents.Record {
	if len(m.record.Faults) == 0 {
		m.record.Message = &m.message
	}
	return m.record
}

// subject returns the position of the subject, which it adds if it is new.
func (m *mapping) subject(s schemas.Subject) int {
	for i, have := range m.message.Subjects {
		if have.Kind == s.Kind && have.Name == s.Name && have.Address == s.Address && have.Postcode == s.Postcode {
			return i
		}
	}
	m.message.Subjects = append(m.message.Subjects, s)
	return len(m.message.Subjects) - 1
}

var sicForm = regexp.MustCompile(`^[0-9]{2,5}$`)

// sectorOf gives the sector of a SIC code by the longest beginning of it that
// the table has. ok says whether the code is one.
func sectorOf(sic string) (sector schemas.Code, ok bool) {
	if !sicForm.MatchString(sic) {
		return "", false
	}
	for n := len(sic); n >= 2; n-- {
		if row, found := sicCodes().Row(sic[:n]); found {
			return schemas.Code(row["sector"]), true
		}
	}
	return "", true
}
