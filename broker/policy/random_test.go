package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"liaison/broker/policy"
	"liaison/schemas"
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func some(r *rand.Rand, list *schemas.CodeList, most int) (codes []schemas.Code) {
	for range r.IntN(most + 1) {
		if c := pick(r, list.All()).Code; !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

func someAreas(r *rand.Rand, most int) (list []schemas.Jurisdiction) {
	for _, c := range some(r, schemas.Jurisdictions(), most) {
		list = append(list, schemas.Jurisdiction{Code: c, Role: pick(r, []schemas.Role{schemas.RoleIncident, schemas.RoleTransit, schemas.RoleBusiness})})
	}
	return list
}

// randomMessage makes a message whose every text, subject and reference is
// unlike every other: "canary" and a number.
func randomMessage(r *rand.Rand, p *policy.Policy) *schemas.Message {
	members := p.Members()
	// Half the time an agency, so that not all senders are police.
	sender := func() schemas.MemberID {
		if r.IntN(2) == 0 {
			return pick(r, []schemas.MemberID{"gla", "eas", "hmrc-nmw", "hmrc-tax", "ukba", "soca", "hse", "ukhtc", "defra", "ceop"})
		}
		return pick(r, members).ID
	}
	m := &schemas.Message{Schema: 1, ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", Kind: schemas.KindTip, Originator: sender(),
		Reference: "canary-reference", Created: schemas.At(august), Urgency: schemas.Routine,
		Marking:    pick(r, []schemas.Marking{schemas.Restricted, schemas.Restricted, schemas.Protect, schemas.Confidential}),
		Purpose:    pick(r, schemas.Purposes().All()).Code,
		CrimeTypes: some(r, schemas.CrimeTypes(), 3), Jurisdictions: someAreas(r, 3), Sectors: some(r, schemas.Sectors(), 2),
		Tip: &schemas.Tip{Channel: pick(r, schemas.Channels().All()).Code}}
	if r.IntN(2) == 0 {
		m.Purpose = "prevent-detect-crime"
	}
	if r.IntN(2) == 0 {
		m.Kind, m.Tip = schemas.KindCase, nil
		m.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "gla", Operation: "canary-operation"}
	}
	for n := range 1 + r.IntN(4) {
		m.Items = append(m.Items, randomItem(r, n, sender))
		m.Subjects = append(m.Subjects, schemas.Subject{Kind: schemas.PersonSubject, Name: fmt.Sprintf("canary-subject-%d", n),
			Aliases: []string{fmt.Sprintf("canary-alias-%d", n)}, Position: "victim", Address: "canary-safe", Postcode: "canary-safe"})
	}
	if r.IntN(2) == 0 {
		m.Links = []schemas.Link{{Originator: "gla", ID: "canary-link-message", Relation: schemas.SeeAlso}}
	}
	m.Derive()
	if m.Case != nil {
		for _, c := range m.CrimeTypes {
			m.Case.Strands = append(m.Case.Strands, schemas.Strand{CrimeType: c, Lead: "gla"})
		}
	}
	return m
}

func randomItem(r *rand.Rand, n int, sender func() schemas.MemberID) schemas.Item {
	it := schemas.Item{Text: fmt.Sprintf("canary-text-%d", n), Source: "B", Information: 2, Handling: schemas.Handling{1},
		ObtainedBy: pick(r, []schemas.ObtainedBy{"volunteered", "volunteered", "public", "complaint", "inspection-power", "partner", "interception", "financial-report", ""}),
		CrimeTypes: some(r, schemas.CrimeTypes(), 2), Jurisdictions: someAreas(r, 2), Indicators: some(r, schemas.Indicators(), 1),
		Consents: []schemas.Code{"canary-consent"}, Subjects: []int{n}}
	switch r.IntN(6) {
	case 0:
		it.Handling = schemas.Handling{1 + r.IntN(5)}
	case 1:
		it.Handling = schemas.Handling{1, 1 + r.IntN(5)}
	case 2:
		it.Source, it.Information = "", 0
	case 3:
		it.Origin = sender()
	case 4:
		it.Links = []schemas.Link{{Originator: "gla", ID: schemas.ID(fmt.Sprintf("canary-link-%d", n)), Relation: schemas.PartOf}}
	}
	return it
}
