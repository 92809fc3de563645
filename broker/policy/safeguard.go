package policy

import (
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Safeguard is a row of safeguards.csv: members that must wait until others
// have a message. Immigration enforcement gets nothing of a message in which
// there may be a victim before the UKHTC or the competent authority has every
// item that says so, and therefore never alone. Who the victim is, and of
// which nationality, plays no part.
type Safeguard struct {
	ID schemas.Code
	// Waiting are the members that must wait, and First those of whom one must
	// have the items first: in the same decision, or on record.
	Waiting, First Selector
	// CrimeTypes and AnyIndicator say which items: those of such a crime type,
	// or that carry an indicator, written "any".
	CrimeTypes   []schemas.Code
	AnyIndicator bool
	// Clause is where the duty comes from.
	Clause string
	table.Row
}

var safeguardColumns = append([]string{"id", "waiting", "first", "crime_types", "indicators", "clause"}, table.RowColumns...)

func readSafeguard(r table.Record, members []Member) Safeguard {
	s := Safeguard{ID: schemas.Code(r.ID("id")), Waiting: selector(r, "waiting", members), First: selector(r, "first", members),
		CrimeTypes: codesOf(r, "crime_types", schemas.CrimeTypes()), AnyIndicator: r.OneOf("indicators", "any", "") != "",
		Clause: r.Need("clause"), Row: r.Row()}
	if s.Waiting.IsZero() || s.First.IsZero() || len(s.CrimeTypes) == 0 && !s.AnyIndicator {
		r.Fault("waiting, first, and crime_types or indicators must be filled")
	}
	return s
}

// concerns says whether the item is one that others must have first.
func (s *Safeguard) concerns(m *schemas.Message, i int) bool {
	return s.AnyIndicator && len(m.Items[i].Indicators) > 0 || slices.ContainsFunc(m.ItemCrimeTypes(i), func(c schemas.Code) bool {
		return schemas.CrimeTypes().WithinAny(c, s.CrimeTypes)
	})
}

// wait withholds the message from the members that must wait.
func (p *Policy) wait(m *schemas.Message, day time.Time, outcomes []schemas.Outcome) {
	for k := range p.safeguards {
		s := &p.safeguards[k]
		if !s.On(day) || s.First.has(p.memberOn(m.Originator, day)) || p.reached(s, m, outcomes) {
			continue
		}
		for n := range outcomes {
			o := &outcomes[n]
			if o.Outcome == schemas.Disclosed && s.Waiting.has(p.position(o.Member)) {
				withhold(o, schemas.ItemOutcome{Reason: ReasonVictimFirst, Rule: s.ID, Statute: s.Clause})
			}
		}
	}
}

// reached says whether one of the first has each item that is for them.
func (p *Policy) reached(s *Safeguard, m *schemas.Message, outcomes []schemas.Outcome) bool {
	for i := range m.Items {
		if s.concerns(m, i) && !slices.ContainsFunc(outcomes, func(o schemas.Outcome) bool {
			return o.Items[i].Outcome == schemas.Disclosed && s.First.has(p.position(o.Member))
		}) {
			return false
		}
	}
	return true
}

// withhold turns what an outcome discloses into withheld, with the reason.
func withhold(o *schemas.Outcome, why schemas.ItemOutcome) {
	o.Outcome = schemas.Withheld
	for i := range o.Items {
		if o.Items[i].Outcome == schemas.Disclosed {
			o.Items[i] = schemas.ItemOutcome{Index: o.Items[i].Index, Outcome: schemas.Withheld, Reason: why.Reason, Rule: why.Rule, Statute: why.Statute}
		}
	}
}

// Protected says whether even the existence of the message must not be told to
// anybody who does not get it, the hub included: an item of it comes from a
// report of suspicion, or from interception.
func (p *Policy) Protected(m *schemas.Message, day time.Time) bool {
	for i := range m.Items {
		if p.protected(m, i, day) {
			return true
		}
	}
	return false
}

func (p *Policy) protected(m *schemas.Message, i int, day time.Time) bool {
	return slices.ContainsFunc(p.bars, func(b Bar) bool {
		return b.Existence && b.On(day) && b.about(m, m.Items[i].ObtainedBy)
	})
}
