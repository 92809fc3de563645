//go:build unix

package main

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"liaison/schemas"
)

// matter is what a member's messages are about.
type matter struct {
	crimes     []schemas.Code
	sectors    []schemas.Code
	obtainedBy schemas.ObtainedBy
}

var matters = map[schemas.MemberID]matter{
	"gla":          {crimes: []schemas.Code{"unlicensed-gangmaster", "forced-labour"}, sectors: []schemas.Code{"agriculture"}, obtainedBy: schemas.ByVolunteered},
	"eas":          {crimes: []schemas.Code{"agency-fee-charging", "debt-bondage"}, obtainedBy: schemas.ByPublic},
	"hmrc-nmw":     {crimes: []schemas.Code{"nmw-underpayment"}, obtainedBy: schemas.ByInspectionPower},
	"lincolnshire": {crimes: []schemas.Code{"trafficking-forced-labour"}, obtainedBy: schemas.ByPublic},
	"kent":         {crimes: []schemas.Code{"cannabis-cultivation", "trafficking-child"}, obtainedBy: schemas.ByPartner},
	"ukba":         {crimes: []schemas.Code{"facilitation", "forced-labour"}, obtainedBy: schemas.ByVolunteered},
	"soca":         {crimes: []schemas.Code{"trafficking-sexual-into", "money-laundering-principal"}, obtainedBy: schemas.ByPartner},
}

// message is the member's message with the number n, the same each time. Its
// first item may be disseminated; every other message has a second one that
// nobody may have (handling code 4), and in every eighth nobody may have any.
func (p *publisher) message(n int) *schemas.Message {
	if about := p.consents[n]; about > 0 {
		return p.consent(about)
	}
	about := matters[p.member]
	area := []schemas.Code{"lincolnshire", "kent"}[n/2%2]
	m := &schemas.Message{
		Schema: schemas.Schema, Kind: schemas.KindTip, Originator: p.member, Reference: p.canary(n, "ref"),
		Created: schemas.At(time.Date(2009, 8, 14, 9, 30, n%60, 0, time.UTC)), Marking: schemas.Restricted, Urgency: schemas.Priority,
		Purpose: "prevent-detect-crime", Jurisdictions: []schemas.Jurisdiction{{Code: area, Role: schemas.RoleIncident}},
		CrimeTypes: about.crimes, Sectors: about.sectors, Tip: &schemas.Tip{Channel: "intelligence-report"},
	}
	p.add(m, n, schemas.Handling{1}, schemas.PremisesSubject)
	if n%2 == 0 {
		p.add(m, n, schemas.Handling{4}, schemas.PersonSubject)
	}
	if n%8 == 0 {
		m.Items[0].Handling = schemas.Handling{4}
	}
	if p.member == "gla" && n%consentEach == 1 {
		p.add(m, n, schemas.Handling{1}, schemas.PremisesSubject)
		m.Items[1].Origin, m.Items[1].ObtainedBy = "hmrc-nmw", schemas.ByInspectionPower
	}
	m.ID = p.id.ID(p.member, m.Reference, nil)
	return m
}

// consentEach is how often the GLA holds an item of HMRC's (it is odd, so that
// no secret item is beside it), which a consent of HMRC's then opens.
const consentEach = 10

// choose makes HMRC's message with the number n a consent, if it is time for
// one and the GLA has sent what it is to be about.
func (p *publisher) choose(n int) {
	if p.member != "hmrc-nmw" || n%consentEach != 1 {
		return
	}
	last := int(p.tr.gla().answered.Load())
	if about := last - (last+consentEach-1)%consentEach; about > p.opened {
		p.consents[n], p.opened = about, about
	}
}

func (tr *trial) gla() *publisher { return tr.publishers[slices.Index(publishing, "gla")] }

// consent is HMRC's answer about its item of the GLA's message with that number.
func (p *publisher) consent(about int) *schemas.Message {
	of := schemas.MessageRef{Originator: "gla", ID: p.tr.gla().message(about).ID}
	return &schemas.Message{Schema: schemas.Schema, ID: p.id.ID(p.member, "consent", []byte(of.ID)), Kind: schemas.KindConsent, Originator: p.member,
		Created: schemas.At(time.Date(2009, 8, 20, 9, 30, 0, 0, time.UTC)), Marking: schemas.Protect, Urgency: schemas.Routine, Purpose: "prevent-detect-crime",
		Consent: &schemas.Consent{Of: of, Items: []int{1}, Authority: "commissioners", Answer: schemas.Given}}
}

// add gives a message a further item with a subject of its own, every text of
// which is a canary.
func (p *publisher) add(m *schemas.Message, n int, h schemas.Handling, kind schemas.SubjectKind) {
	i := len(m.Items)
	mark := func(field string) string { return p.canary(n, fmt.Sprintf("%d%s", i, field)) }
	s := schemas.Subject{Kind: kind, Name: mark("name"), Address: mark("address")}
	if kind == schemas.PersonSubject {
		s.Aliases, s.Position = []string{mark("alias")}, "victim"
	}
	m.Items = append(m.Items, schemas.Item{Text: "An invented tip, " + mark("text"), Source: "B", Information: 2, Handling: h, Conditions: mark("conditions"),
		ObtainedBy: matters[m.Originator].obtainedBy, Indicators: []schemas.Code{"GEN01"}, Subjects: []int{i}})
	m.Subjects = append(m.Subjects, s)
}

// canary is a text that stands in one field of one message and nowhere else.
func (p *publisher) canary(n int, field string) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %d %s", p.seed, p.member, n, field)
	return fmt.Sprintf("cn.%s.%d.%s.%016x", p.member, n, field, h.Sum64())
}
