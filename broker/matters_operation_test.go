package broker

import (
	"fmt"
	"testing"

	"liaison/schemas"
)

func TestAnOperationShowsToEachWhatItWasTold(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "kent", "ukhtc", "hmrc-nmw")
	tip := m.tip("gla")
	open := func(from schemas.MemberID, withheld bool) *schemas.Message {
		c := caseOf(m.message(schemas.KindCase, from), tip, schemas.CaseOpen)
		c.Case.Operation = "Operation Invented"
		c.Jurisdictions = append(c.Jurisdictions, schemas.Jurisdiction{Code: "kent", Role: schemas.RoleTransit})
		if withheld {
			c.Items = append(c.Items, c.Items[0])
			c.Items[1].Text, c.Items[1].Handling, c.Items[1].Conditions = "For nobody else.", schemas.Handling{4}, "Not beyond the unit."
		}
		return m.takes(c)
	}
	whole, part := open("lincolnshire", false), open("lincolnshire", true)
	m.takes(m.outcomeOf("lincolnshire", whole, "", schemas.CaseClosed, "conviction", "gla"))
	ask := func(member schemas.MemberID) (o schemas.Operation) {
		question(t, m.links[member], schemas.AskOperation, `{"name":"operation invented"}`, &o)
		return o
	}
	mine := ask("lincolnshire")
	if len(mine.Cases) != 2 || mine.States[schemas.CaseOpen] != 1 || mine.States[schemas.CaseClosed] != 1 || mine.Results["conviction"] != 1 || mine.Name != "Operation Invented" {
		t.Errorf("whoever opened both sees %+v", mine)
	}
	// Part of the second case is withheld from everybody: nobody else was told its operation.
	gla := ask("gla")
	if len(gla.Cases) != 1 || gla.Cases[0].Of != refTo(whole) || fmt.Sprint(gla.Cases[0].Promoted) != fmt.Sprint([]schemas.MessageRef{refTo(tip)}) || gla.Results["conviction"] != 1 {
		t.Errorf("the GLA sees %+v", gla)
	}
	// Kent has neither the tip nor the outcome.
	kent := ask("kent")
	if len(kent.Cases) != 1 || len(kent.Cases[0].Promoted) != 0 || len(kent.Results) != 0 || fmt.Sprint(kent.Members) != "[lincolnshire]" {
		t.Errorf("Kent sees %+v", kent)
	}
	if seen := m.shown("kent", part); seen.Operation != "" {
		t.Errorf("Kent is told the operation of a case of which an item was withheld: %+v", seen)
	}
	all, err := m.ShowOperation(t.Context(), OperationOf{Name: "Operation Invented"})
	if err != nil || len(all.Cases) != 2 {
		t.Errorf("the operator sees %+v, %v", all, err)
	}
	if none, err := m.ShowOperation(t.Context(), OperationOf{Name: "Operation Invented", Member: "hmrc-tax"}); err != nil || len(none.Cases) != 0 {
		t.Errorf("who was told nothing sees %+v, %v", none, err)
	}
	thread, err := m.ShowThread(t.Context(), refTo(whole))
	if err != nil || len(thread.Steps) != 2 || len(thread.Steps[0].To) < 2 {
		t.Errorf("the operator's time line: %+v, %v", thread, err)
	}
	m.anew()
	m.sound()
}
