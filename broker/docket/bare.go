package docket

import (
	"slices"

	"liaison/schemas"
)

// Bare is what the docket needs of a message when it is rebuilt and the message
// has been erased: what its sender did about which other message, and nothing of
// what it says: codes, ids and days, and the name of an operation, which is a
// code word. Of a person who may be a victim it keeps that there is one, in which
// items, and whether it is an adult for certain.
func Bare(m *schemas.Message) *schemas.Message {
	b := &schemas.Message{Schema: m.Schema, ID: m.ID, Kind: m.Kind, Originator: m.Originator,
		Urgency: m.Urgency, Answer: m.Answer, Tasking: m.Tasking, Decision: m.Decision, Notice: m.Notice,
		Recall: m.Recall, RecallConfirmation: m.RecallConfirmation, Correction: m.Correction, Request: m.Request}
	if len(m.Jurisdictions) > 0 {
		b.Jurisdictions = m.Jurisdictions[:1] // the nation, by whose calendar clocks run
	}
	b.Links = m.Links
	if m.Case != nil || m.MeetsVictim() {
		b.Items = make([]schemas.Item, len(m.Items)) // how many there are says who was told all
	}
	if c := m.Case; c != nil {
		b.Case = &schemas.Case{Status: c.Status, Reason: c.Reason, Lead: c.Lead, Operation: c.Operation, Strands: c.Strands}
		b.CrimeTypes = m.CrimeTypes
		for i := range m.Items { // who was told of which strand
			b.Items[i].CrimeTypes = m.Items[i].CrimeTypes
		}
	}
	if o := m.Outcome; o != nil {
		b.Outcome = &schemas.Feedback{Of: o.Of, Strand: o.Strand, To: o.To, Results: o.Results, Status: o.Status}
	}
	if r := m.Referral; r != nil {
		b.Referral = &schemas.Referral{Form: r.Form, To: r.To, Earlier: r.Earlier}
	}
	if m.Referral != nil || m.MeetsVictim() {
		b.Links = bareLinks(m)
	}
	if m.MeetsVictim() {
		bareVictims(b, m)
	}
	return b
}

// bareLinks are the links of a message and of its items. What an item's link says
// of the other message is left out: it is not what the message takes the place of.
func bareLinks(m *schemas.Message) []schemas.Link {
	links := slices.Clone(m.Links)
	for i := range m.Items {
		for _, l := range m.Items[i].Links {
			same := func(have schemas.Link) bool { return have.Originator == l.Originator && have.ID == l.ID }
			if !slices.ContainsFunc(links, same) {
				links = append(links, schemas.Link{Originator: l.Originator, ID: l.ID, Relation: schemas.SeeAlso})
			}
		}
	}
	return links
}

// yearOfAdults stands, in what is left of an erased message, for the birth of
// whoever is an adult for certain; it is nobody's.
var yearOfAdults, _ = schemas.NewDate(1, 0, 0)

// bareVictims keeps of a message's subjects those who may be victims, as persons
// without a name, and which items speak of them.
func bareVictims(b, m *schemas.Message) {
	at := map[int]int{}
	for i := range m.Subjects {
		s := &m.Subjects[i]
		if !s.PerhapsVictim() {
			continue
		}
		kept := schemas.Subject{Kind: s.Kind, Position: s.Position}
		if s.SurelyAdult(m.Created.Time) {
			kept.Born = yearOfAdults
		}
		at[i] = len(b.Subjects)
		b.Subjects = append(b.Subjects, kept)
	}
	for i := range m.Items {
		for _, subject := range m.Items[i].Subjects {
			if kept, ok := at[subject]; ok {
				b.Items[i].Subjects = append(b.Items[i].Subjects, kept)
			}
		}
	}
}
