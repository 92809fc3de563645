package broker

import (
	"context"
	"slices"
	"testing"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// TestNamingAMessageMakesNobodyAHolder: Kent names the GLA's tip, of which it was
// told nothing, in a tip that promotes it and in one that has an item of the GLA's
// with a link. Neither the correction nor the recall of the tip goes to Kent.
func TestNamingAMessageMakesNobodyAHolder(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc", "kent")
	tip := m.takes(m.tipOf("Workers at an invented farm have had their passports taken."))
	promotes := full(m.message(schemas.KindTip, "kent"), "An invented matter.")
	promotes.Tip = &schemas.Tip{Channel: "intelligence-report"}
	promotes.Links = []schemas.Link{{Originator: "gla", ID: tip.ID, Relation: schemas.Promotes}}
	m.takes(promotes)
	claims := full(m.message(schemas.KindTip, "kent"), "Another invented matter.")
	claims.Tip = &schemas.Tip{Channel: "intelligence-report"}
	claims.Items[0].Origin = "gla"
	claims.Items[0].Links = []schemas.Link{{Originator: "gla", ID: tip.ID, Relation: schemas.SeeAlso}}
	m.takes(claims)
	corrects := full(m.message(schemas.KindCorrection, "gla"), "Three of the passports were given back.")
	corrects.Correction = &schemas.Correction{Of: refTo(tip)}
	m.takes(corrects)
	recall := m.message(schemas.KindRecall, "gla")
	recall.Recall = &schemas.Recall{Of: refTo(tip), Reason: schemas.RecallInaccurate}
	m.takes(recall)
	for _, c := range fetch(t, m.feeds["kent"]) {
		t.Errorf("Kent, which has nothing of the tip, gets a %s", c.Kind)
	}
	if got := m.shown("kent", tip); len(got.Steps) > 0 {
		t.Errorf("Kent is shown %+v of a tip that it does not have", got.Steps)
	}
	told := false
	for _, c := range fetch(t, m.feeds["lincolnshire"]) {
		told = told || c.Kind == schemas.KindRecall
	}
	if !told {
		t.Error("Lincolnshire, which has the tip, is not told of its recall")
	}
	m.whole()
}

// TestAConsentRightBehindARecallOpensNothing: both wait when the router comes to
// them.
func TestAConsentRightBehindARecallOpensNothing(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc", "kent")
	tip := m.tipOf("An invented text.")
	tip.Items = append(tip.Items, schemas.Item{Text: "Invented pay records were false.", Source: "B", Information: 2,
		Handling: schemas.Handling{1}, Origin: "hmrc-nmw", ObtainedBy: schemas.ByInspectionPower})
	m.takes(tip)
	recall := m.message(schemas.KindRecall, "gla")
	recall.Recall = &schemas.Recall{Of: refTo(tip), Reason: schemas.RecallSource}
	consent := m.message(schemas.KindConsent, "hmrc-nmw")
	consent.Consent = &schemas.Consent{Of: refTo(tip), Items: []int{1}, Authority: "commissioners", Answer: schemas.Given}
	var last uint64
	_, err := m.router.Act(t.Context(), func(context.Context) (*ledger.Entry, error) {
		accept(t, m.links["gla"], recall)
		last = accept(t, m.links["hmrc-nmw"], consent)
		time.Sleep(300 * time.Millisecond) // both are delivered to the reader
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.routed(last)
	if err := m.retention.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, who := range []schemas.MemberID{"lincolnshire", "ukhtc"} {
		if slices.ContainsFunc(fetch(t, m.feeds[who]), func(c *schemas.Message) bool { return c.ID == tip.ID }) {
			t.Errorf("%s gets a copy of the recalled message", who)
		}
	}
	m.whole()
}
