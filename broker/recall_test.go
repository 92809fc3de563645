package broker

import (
	"maps"
	"slices"
	"testing"

	"liaison/broker/accounts"
	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

// inFife is a message of the GLA's about Fife, whose police ceased to be a member on
// 1 April 2013.
func (m *matters) inFife(kind schemas.Kind, text string) *schemas.Message {
	msg := full(m.message(kind, "gla"), text)
	msg.Jurisdictions[0].Code = "fife"
	if kind == schemas.KindTip {
		msg.Tip = &schemas.Tip{Channel: "intelligence-report"}
	}
	return msg
}

// unreached is whom a step did not reach, and why, as its sender is shown it.
func (m *matters) unreached(of, step *schemas.Message) map[schemas.MemberID]schemas.Code {
	m.t.Helper()
	why := map[schemas.MemberID]schemas.Code{}
	for _, s := range m.shown(step.Originator, of).Steps {
		for _, u := range s.Unreached {
			if s.Message == refTo(step) {
				why[u.Member] = u.Reason
			}
		}
	}
	return why
}

// A former member is told to delete what it holds, as long as it has a desk; what is
// new it is not told. Whoever is not told is named, to the sender alone.
func TestARecallReachesAHolderThatIsNoMemberAnyMore(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2013-03-25 10:00", "gla", "fife", "ukhtc", "kent")
	first, second := m.takes(m.inFife(schemas.KindTip, "Of an invented farm.")), m.takes(m.inFife(schemas.KindTip, "Of another."))
	if !m.has("fife", first) || !m.has("fife", second) {
		t.Fatal("Fife has nothing while it is a member")
	}
	m.set("2013-04-02 10:00")
	correction := m.inFife(schemas.KindCorrection, "It was another farm.")
	correction.Correction = &schemas.Correction{Of: refTo(first)}
	m.takes(correction)
	if m.has("fife", correction) {
		t.Error("a correction tells Fife more though it is no member any more")
	}
	if got := m.unreached(first, correction); got["fife"] != policy.ReasonNotMember {
		t.Errorf("the correction did not reach %v", got)
	}

	recall := m.recalled(first, schemas.RecallUnlawful)
	m.hears("fife", "the recall", func(got *schemas.Message) bool { return got.ID == recall.ID })
	if m.owed()["recall-confirm fife"] == "" {
		t.Errorf("Fife owes no confirmation: %v", m.owed())
	}
	confirmation := m.message(schemas.KindRecallConfirmation, "fife")
	confirmation.RecallConfirmation = &schemas.Confirmation{Of: refTo(recall), Answer: schemas.Deleted}
	m.takes(confirmation)
	m.hears("gla", "Fife's confirmation", func(got *schemas.Message) bool { return got.ID == confirmation.ID })

	if _, err := m.Revoke(t.Context(), "fife", "main"); err != nil {
		t.Fatal(err)
	}
	again := m.recalled(second, schemas.RecallUnlawful)
	if got, want := m.unreached(again, again), map[schemas.MemberID]schemas.Code{"fife": router.ReasonNoDesk}; !maps.Equal(got, want) {
		t.Errorf("the recall did not reach %v, want %v", got, want)
	}
	for _, s := range m.shown("ukhtc", again).Steps {
		if len(s.Unreached) > 0 {
			t.Errorf("the hub learns whom the recall did not reach: %v", s.Unreached)
		}
	}
	m.keptAnew()
	m.whole()
}

// Who stands in the tables no more cannot be told, and is named; who ceased to be a
// member takes its own message back all the same.
func TestARecallIsPossibleForWhoIsNoMemberAnyMoreAndNamesWhoStandsInNoTable(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2013-03-25 10:00", "gla", "fife", "strathclyde", "ukhtc")
	tip := m.inFife(schemas.KindTip, "Of an invented house.")
	tip.Originator, tip.Sectors = "strathclyde", nil
	m.takes(tip)
	if !m.has("fife", tip) {
		t.Fatal("Fife has nothing of it")
	}
	m.set("2013-04-02 10:00")
	if _, err := m.Load(t.Context(), tablesWithout(t, "members.csv", "fife"), "test"); err != nil {
		t.Fatal(err)
	}
	recall := m.recalled(tip, schemas.RecallError)
	m.hears("ukhtc", "the recall", func(got *schemas.Message) bool { return got.ID == recall.ID })
	if got := m.unreached(recall, recall); got["fife"] != policy.ReasonNotMember {
		t.Errorf("the recall did not reach %v", got)
	}
	confirmation := m.message(schemas.KindRecallConfirmation, "ukhtc")
	confirmation.RecallConfirmation = &schemas.Confirmation{Of: refTo(recall), Answer: schemas.Deleted}
	m.takes(confirmation)
	m.hears("strathclyde", "the confirmation", func(got *schemas.Message) bool { return got.ID == confirmation.ID })
	m.whole()
}

// A desk gets the recall of what it got, whatever else it does not want.
func TestARecallReachesADeskThatWantsNoRecalls(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire")
	m.enrol("ukhtc", accounts.Enrolment{Filter: schemas.Filter{Kinds: []schemas.Kind{schemas.KindTip}, CrimeTypes: []schemas.Code{"forced-labour"}}})
	feed := m.desk("ukhtc/main")
	tip := m.tip("gla")
	recall := m.recalled(tip, schemas.RecallError)
	if !slices.ContainsFunc(fetch(t, feed), func(got *schemas.Message) bool { return got.ID == recall.ID }) {
		t.Error("the hub's desk for tips is not told that one is recalled")
	}
	m.whole()
}
