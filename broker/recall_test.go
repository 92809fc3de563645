package broker

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
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

// What a former member owes an operator can still see, when the tables have it no more;
// of a name that nobody ever had it is said that there is no such member.
func TestWhatAFormerMemberOwesIsShown(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2013-03-25 10:00", "gla", "fife", "ukhtc")
	m.recalled(m.takes(m.inFife(schemas.KindTip, "Of an invented farm.")), schemas.RecallUnlawful)
	m.set("2013-04-02 10:00")
	if _, err := m.Load(t.Context(), tablesWithout(t, "members.csv", "fife"), "test"); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := m.ShowDocket(t.Context(), ClocksOf{Member: "fife"}, func(schemas.Clock) error { n++; return nil }); err != nil || n != 1 {
		t.Errorf("Fife owes a confirmation, and the operator sees %d clocks, %v", n, err)
	}
	if _, err := m.ShowOperation(t.Context(), OperationOf{Name: "invented", Member: "fife"}); err != nil {
		t.Errorf("of an operation, as Fife may know it: %v", err)
	}
	if err := m.ShowDocket(t.Context(), ClocksOf{Member: "nobody"}, func(schemas.Clock) error { return nil }); !errors.Is(err, ErrUnknownMember) {
		t.Errorf("of a member that never was: %v", err)
	}
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

// corrects makes a correction of one of the GLA's messages.
func (m *matters) corrects(of *schemas.Message, text string) *schemas.Message {
	c := full(m.message(schemas.KindCorrection, "gla"), text)
	c.Correction = &schemas.Correction{Of: refTo(of)}
	return c
}

// What is recalled is recalled with its corrections, and theirs: who has something of
// one of them hears of it, and the broker keeps nothing of either.
func TestARecallTakesItsCorrectionsWithIt(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "kent", "ukhtc")
	texts := []string{"Passports of an invented farm.", "They were driving licences.", "Of another invented farm."}
	tip := m.takes(m.tipOf(texts[0]))
	first := m.takes(m.corrects(tip, texts[1]))
	second := m.takes(m.corrects(first, texts[2]))
	// Kent has nothing but of the correction, through a case that stays.
	derived := caseOf(m.message(schemas.KindCase, "lincolnshire"), first, schemas.CaseOpen)
	derived.Jurisdictions = []schemas.Jurisdiction{{Code: "kent", Role: schemas.RoleTransit}}
	m.takes(derived)
	other := m.takes(m.tipOf("A matter of its own."))
	recall := m.recalled(tip, schemas.RecallInaccurate)
	m.hears("kent", "the recall", func(got *schemas.Message) bool { return got.ID == recall.ID })
	if m.owed()["recall-confirm kent"] == "" {
		t.Errorf("Kent owes no confirmation: %v", m.owed())
	}
	for _, text := range texts {
		if n := m.onDisk(text); n != 0 {
			t.Errorf("%q is still in %d blocks", text, n)
		}
	}
	for _, gone := range []*schemas.Message{first, second} {
		var status schemas.Status
		question(t, m.links["gla"], schemas.AskReceipt, `{"id":"`+string(gone.ID)+`"}`, &status)
		if status.Erased == nil || status.Erased.Why != ledger.ErasedRecall {
			t.Errorf("the receipt of a correction says %+v", status.Erased)
		}
		again := m.message(schemas.KindRecall, "gla")
		again.Recall = &schemas.Recall{Of: refTo(gone), Reason: schemas.RecallError}
		m.refused(again)
	}
	if advice := m.refused(m.corrects(tip, "Once more.")); !strings.Contains(advice, "new message") {
		t.Errorf("a correction of what is recalled is refused with %q", advice)
	}
	m.takes(m.corrects(other, "Nothing is recalled of it."))
	if !m.has("lincolnshire", derived) && !m.has("kent", derived) {
		t.Error("the case is gone, too")
	}
	m.keptAnew()
	m.whole()
}

// A recall that lies right behind a correction takes it, too; one that lies right
// before it cannot: the correction, and one of it, reaches nobody, whatever anybody
// consents to, and can be recalled by itself.
func TestACorrectionBesideItsRecallIsNotBeyondRecall(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	const before, behind = "Before it, of an invented farm.", "Behind it, of an invented farm."
	tip := m.takes(m.tipOf("An invented tip."))
	recall := m.message(schemas.KindRecall, "gla")
	recall.Recall = &schemas.Recall{Of: refTo(tip), Reason: schemas.RecallInaccurate}
	late := m.corrects(tip, behind)
	late.Items[0].Handling, late.Items[0].Origin, late.Items[0].ObtainedBy = schemas.Handling{1}, "hmrc-nmw", schemas.ByInspectionPower
	consent := m.message(schemas.KindConsent, "hmrc-nmw")
	consent.Consent = &schemas.Consent{Of: refTo(late), Items: []int{0}, Authority: "commissioners", Answer: schemas.Given}
	plain := m.corrects(tip, behind)
	m.together(m.corrects(tip, before), recall, late, plain, consent)
	for _, c := range []*schemas.Message{late, plain} {
		e, err := m.ledger.Decision(t.Context(), "gla", c.ID)
		if err != nil || len(e.Outcomes) != 1 || e.Outcomes[0].Reason != router.ReasonRecalled || !e.Due.IsZero() || e.Replaces != 0 {
			t.Errorf("a correction of what was recalled before it: %+v, %v", e.Entry, err)
		}
		if n := m.refused(m.corrects(c, "Once more.")); !strings.Contains(n, "new message") {
			t.Errorf("a correction of it is refused with %q", n)
		}
	}
	m.sound()
	m.recalled(plain, schemas.RecallInaccurate)
	m.recalled(late, schemas.RecallInaccurate)
	if n, k := m.onDisk(before), m.onDisk(behind); n+k != 0 {
		t.Errorf("of what was before the recall %d blocks are left, and %d of what was behind it", n, k)
	}
	m.keptAnew()
	m.whole()
}

// casework are the members that owe the review of a strand, or the outcome.
func (m *matters) casework() (owed []string) {
	for name := range m.owed() {
		if strings.HasPrefix(name, "review ") || strings.HasPrefix(name, "outcome ") {
			owed = append(owed, name)
		}
	}
	slices.Sort(owed)
	return owed
}

// The duties of a case's strands, and the debt of its outcome, end when no version of
// it is left that is not recalled, and begin with the next.
func TestTheDutiesOfARecalledCaseFallAway(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	tip := m.tip("gla")
	version := func(before *schemas.Message, status schemas.CaseStatus) *schemas.Message {
		c := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, status)
		if before != nil {
			c.Links = append(c.Links, schemas.Link{Originator: "lincolnshire", ID: before.ID, Relation: schemas.Supersedes})
		}
		return c
	}
	owe := func(when string, want ...string) {
		t.Helper()
		if got := m.casework(); !slices.Equal(got, want) {
			t.Errorf("%s these are owed: %v, want %v", when, got, want)
		}
	}
	first := m.takes(version(nil, schemas.CaseOpen))
	m.takes(m.task("lincolnshire", "hmrc-nmw", first, schemas.TaskingOffer, "nmw-underpayment"))
	m.takes(m.task("hmrc-nmw", "lincolnshire", first, schemas.TaskingAccept, "nmw-underpayment"))
	second := m.takes(version(first, schemas.CaseOpen))
	m.recalled(first, schemas.RecallError)
	owe("while a version stands", "review hmrc-nmw", "review lincolnshire")

	// What was possible when it was accepted begins nothing behind the recall.
	recall := m.message(schemas.KindRecall, "lincolnshire")
	recall.Recall = &schemas.Recall{Of: refTo(second), Reason: schemas.RecallError}
	m.together(recall, m.outcomeOf("lincolnshire", second, "", schemas.CaseClosed, "prosecution", "ukhtc"))
	owe("when no version stands")
	for _, step := range []*schemas.Message{m.task("lincolnshire", "gla", first, schemas.TaskingOffer, ""), m.outcomeOf("lincolnshire", second, "", schemas.CaseClosed, "prosecution", "gla")} {
		if advice := m.refused(step); !strings.Contains(advice, "new version") {
			t.Errorf("a %s about a recalled case is refused with %q", step.Kind, advice)
		}
	}
	if advice := m.refused(m.outcomeOf("hmrc-nmw", first, "nmw-underpayment", schemas.CaseClosed, "underpayment-notice", "gla")); !strings.Contains(advice, "ask lincolnshire") {
		t.Errorf("a lead that cannot send a new version is told %q", advice)
	}
	m.keptAnew()

	third := m.takes(version(second, schemas.CaseOpen))
	owe("when a version stands again", "review hmrc-nmw", "review lincolnshire")
	fourth := m.takes(version(third, schemas.CaseClosed))
	owe("when it is closed", "outcome lincolnshire")
	m.recalled(third, schemas.RecallError)
	owe("while the last version stands", "outcome lincolnshire")
	m.recalled(fourth, schemas.RecallError)
	owe("when none does")
	m.keptAnew()

	// Nothing is kept for the sake of the case, once its recalls are confirmed.
	var confirmations []*schemas.Message
	err := m.ShowDocket(t.Context(), ClocksOf{}, func(c schemas.Clock) error {
		k := m.message(schemas.KindRecallConfirmation, c.Owes)
		k.RecallConfirmation = &schemas.Confirmation{Of: c.Of, Answer: schemas.Deleted}
		confirmations = append(confirmations, k)
		return nil
	})
	if err != nil || len(confirmations) < 4 {
		t.Fatalf("%d clocks run, %v", len(confirmations), err)
	}
	for _, k := range confirmations {
		m.takes(k)
	}
	if why, err := m.docket.Open(t.Context(), refTo(tip)); why != "" || err != nil {
		t.Errorf("what the case was made of is kept because %q, %v", why, err)
	}
	m.whole()
}

// asked is how often the server is asked for who has a message: the least of some
// tries, since the broker asks for other things meanwhile.
func (m *matters) asked(of *schemas.Message) (least uint64) {
	m.t.Helper()
	for try := range 5 {
		before := m.js.Conn().Stats().OutMsgs
		if _, err := m.docket.Holders(m.t.Context(), refTo(of)); err != nil {
			m.t.Fatal(err)
		}
		if n := m.js.Conn().Stats().OutMsgs - before; try == 0 || n < least {
			least = n
		}
	}
	return least
}

// A correction costs as much as the one before it, whether it corrects the message or
// the correction: to find who must have it takes as many questions, and the docket
// grows by as much.
func TestACorrectionCostsNoMoreThanTheOneBefore(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "kent", "ukhtc")
	tip := m.tip("gla")
	last := tip
	correct := func() {
		last = m.corrects(last, "They were driving licences.")
		m.together(m.corrects(tip, "They were driving licences."), last)
	}
	grown := func() int {
		before := len(m.kept())
		correct()
		return len(m.kept()) - before
	}
	correct()
	asked, first := m.asked(tip), grown()
	for range 20 {
		correct()
	}
	if n := m.asked(tip); n > asked {
		t.Errorf("among 40 corrections the holders are found with %d questions, and among 2 with %d", n, asked)
	}
	if n := grown(); n > first {
		t.Errorf("behind 40 corrections two more make %d records in the docket, and behind 2 %d", n, first)
	}

	// Who has something of the last correction alone is found all the same.
	derived := caseOf(m.message(schemas.KindCase, "lincolnshire"), last, schemas.CaseOpen)
	derived.Jurisdictions = []schemas.Jurisdiction{{Code: "kent", Role: schemas.RoleTransit}}
	m.takes(derived)
	for _, of := range []*schemas.Message{tip, last} {
		holders, err := m.docket.Holders(t.Context(), refTo(of))
		if err != nil || !slices.Equal(holders, []schemas.MemberID{"kent", "lincolnshire", "ukhtc"}) && !slices.Equal(holders, []schemas.MemberID{"gla", "kent", "lincolnshire", "ukhtc"}) {
			t.Errorf("%v have something of %s, %v", holders, of.Kind, err)
		}
	}
	if seen := m.shown("ukhtc", last); len(seen.Steps) == 0 || len(seen.Superseded) != 0 {
		t.Errorf("the hub is shown of the last correction %d steps, superseded by %v", len(seen.Steps), seen.Superseded)
	}
	if seen := m.shown("kent", last); len(seen.Steps) != 0 {
		t.Errorf("Kent, which has not got the correction, is shown %v", seen.Steps)
	}
	m.keptAnew()
	m.recalled(tip, schemas.RecallInaccurate)
	m.hears("kent", "the recall", func(got *schemas.Message) bool { return got.Recall != nil })
	m.keptAnew()
	m.whole()
}
