package broker

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"liaison/broker/docket"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// recalled takes a message back, and waits until it is erased.
func (m *matters) recalled(of *schemas.Message, reason schemas.Code) *schemas.Message {
	m.t.Helper()
	recall := m.message(schemas.KindRecall, of.Originator)
	recall.Recall = &schemas.Recall{Of: refTo(of), Reason: reason}
	m.takes(recall)
	if err := m.retention.Finish(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	return recall
}

// keptAnew makes the docket anew, which must change none of its values.
func (m *matters) keptAnew() {
	m.t.Helper()
	before := m.kept()
	if err := m.docket.Reset(); err != nil {
		m.t.Fatal(err)
	}
	after := m.kept()
	for k, v := range before {
		if after[k] != v {
			m.t.Errorf("made anew the docket has %q at %q instead of %q", after[k], k, v)
		}
	}
	if fmt.Sprint(after) != fmt.Sprint(before) {
		m.t.Errorf("made anew the docket has %d keys instead of %d", len(after), len(before))
	}
}

// What closed one strand does not close its case in a docket that is made anew.
func TestAnErasedOutcomeOfOneStrandStillClosesThatAlone(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	opened := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), m.tip("gla"), schemas.CaseOpen))
	m.recalled(m.takes(m.outcomeOf("lincolnshire", opened, "forced-labour", schemas.CaseClosed, "prosecution", "gla")), schemas.RecallInaccurate)
	m.keptAnew()
	if seen := m.shown("lincolnshire", opened); seen.Status != schemas.CaseOpen || len(seen.Closed) != 1 {
		t.Errorf("the case is %s, closed %v", seen.Status, seen.Closed)
	}
	m.whole()
}

// A duty to refer stands as it stood when what met it, or what began it, is erased
// and the docket made anew: it is neither opened again nor made an adult's.
func TestAnErasedReferralAndAnErasedEncounterAreTakenUpAgain(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "hmrc-nmw", "ukhtc")
	child := m.met("gla", "1995-03")
	r := full(m.message(schemas.KindReferral, "gla"), "Found in an invented house.")
	r.Purpose, r.Items[0].Indicators = "protect-victim", []schemas.Code{"GEN01"}
	r.Referral = &schemas.Referral{Form: schemas.ChildForm, To: []schemas.MemberID{"ukhtc"}}
	r.Items[0].Links = []schemas.Link{{Originator: child.Originator, ID: child.ID, Relation: schemas.SeeAlso}}
	m.takes(r)
	m.recalled(r, schemas.RecallInaccurate)
	if c := m.clockOf("referral", "gla"); c.End != schemas.EndMet {
		t.Errorf("the duty was met: %+v", c)
	}
	m.keptAnew()

	m.met("hmrc-nmw", "1995")
	lapsed, adult := m.met("gla", "1995-03"), m.met("gla", "1980")
	m.set("2009-08-30 10:01")
	m.hears("gla", "the lapse", isNotice(schemas.NoticeLapsed, "referral", "contact-point"))
	m.recalled(lapsed, schemas.RecallInaccurate)
	m.recalled(adult, schemas.RecallInaccurate)
	m.keptAnew()
	m.whole()
}

// TestWhatIsLeftOfEveryKindMakesTheSameDocket erases a message of every kind, and
// of some the several forms, and makes the docket anew.
func TestWhatIsLeftOfEveryKindMakesTheSameDocket(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "kent", "lincolnshire", "ukhtc", "ukba")
	var all []*schemas.Message
	take := func(msg *schemas.Message) *schemas.Message {
		all = append(all, m.takes(msg))
		return msg
	}
	child, adult, tip := m.met("gla", "1995-03"), m.met("hmrc-nmw", "1980"), m.tip("gla")
	all = append(all, child, adult, tip)

	opened := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen)
	opened.Case.Operation, opened.Items = "Operation Invented", append(opened.Items, opened.Items[0])
	opened.Items[0].CrimeTypes, opened.Items[1].Text = []schemas.Code{"forced-labour"}, "More of the invented matter."
	opened.Subjects = []schemas.Subject{{Kind: schemas.BusinessSubject, Name: "Invented Farm"}, {Kind: schemas.PersonSubject, Name: "Invented Person", Position: schemas.VictimPosition}}
	opened.Items[1].Subjects = []int{0, 1}
	take(opened)
	take(m.task("lincolnshire", "hmrc-nmw", opened, schemas.TaskingOffer, "nmw-underpayment"))
	take(m.task("hmrc-nmw", "lincolnshire", opened, schemas.TaskingAccept, "nmw-underpayment"))
	take(m.outcomeOf("hmrc-nmw", opened, "nmw-underpayment", schemas.CaseClosed, "underpayment-notice", "gla", "lincolnshire"))
	later := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseMonitoring)
	later.Links = append(later.Links, schemas.Link{Originator: "lincolnshire", ID: opened.ID, Relation: schemas.Supersedes})
	take(later)

	request := m.request("gla", "kent", "hmrc-nmw")
	all = append(all, request)
	take(m.change("gla", schemas.NoticeExtended, request, "request-answer", "2009-09-04 17:00", "kent"))
	answer := full(m.message(schemas.KindAnswer, "kent"), "It is known.")
	answer.Answer = &schemas.Reply{Of: refTo(request), Status: schemas.AnswerFull}
	take(answer)

	r := m.refer("gla", "ukhtc", child)
	all = append(all, r)
	d := m.message(schemas.KindDecision, "ukhtc")
	d.Purpose = "protect-victim"
	d.Decision = &schemas.Finding{Of: refTo(r), Stage: schemas.ReasonableGrounds, Result: schemas.Positive, To: []schemas.MemberID{"gla"}}
	take(d)
	hold := m.message(schemas.KindNotice, "ukhtc")
	hold.Notice = &schemas.Notice{About: schemas.NoticeRemovalHold, Of: refTo(r), To: []schemas.MemberID{"ukba"}}
	take(hold)

	correction := full(m.message(schemas.KindCorrection, "gla"), "Their passports were not taken.")
	correction.Correction = &schemas.Correction{Of: refTo(tip)}
	take(correction)
	consent := m.message(schemas.KindConsent, "hmrc-nmw")
	consent.Consent = &schemas.Consent{Of: refTo(adult), Items: []int{0}, Authority: "referred-person", Answer: schemas.Given}
	take(consent)
	recall := m.recalled(correction, schemas.RecallError)
	confirmation := m.message(schemas.KindRecallConfirmation, "lincolnshire")
	confirmation.RecallConfirmation = &schemas.Confirmation{Of: refTo(recall), Answer: schemas.Deleted}
	all = append(all, recall)
	take(confirmation)

	left := map[schemas.Kind]bool{}
	for _, k := range policy.Kinds() {
		left[k] = true
	}
	for _, msg := range all {
		delete(left, msg.Kind)
		m.erases(msg)
	}
	if len(left) > 0 {
		t.Errorf("of no kind %v is anything erased", left)
	}
	m.keptAnew()
	m.whole()
}

// A case may have 64 items and 32 crime types; an entry that named all of them for
// each would be larger than the stream takes.
func TestWhatIsLeftOfACaseNamesACrimeTypeOnce(t *testing.T) {
	c := full(&schemas.Message{Kind: schemas.KindCase, Originator: "lincolnshire", Case: &schemas.Case{}}, "An invented item.")
	c.CrimeTypes = []schemas.Code{"forced-labour", "nmw-underpayment"}
	c.Items = slices.Repeat(c.Items, schemas.MaxItems)
	c.Items[1].CrimeTypes = c.CrimeTypes[1:]
	left := encodeMsgPack(t, docket.Bare(c))
	for crime, want := range map[string]int{"forced-labour": 1, "nmw-underpayment": 2} {
		if n := bytes.Count(left, []byte(crime)); n != want {
			t.Errorf("%s is named %d times, want %d", crime, n, want)
		}
	}
}

// A consent that never comes keeps nothing for ever: neither whom an adult's
// referral waits for, nor what is held.
func TestWhatWaitsForAConsentKeepsNoMessagePastItsTime(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc")
	adult, held := m.met("gla", "1980"), m.tipOf("For nobody else.")
	held.Items[0].Handling, held.Items[0].Conditions = schemas.Handling{4}, "Not beyond the unit."
	m.takes(held)
	if c := m.clockOf("held", "gla"); c.Of != refTo(held) || !c.Running() {
		t.Fatalf("nothing is held: %+v", c)
	}
	child := m.met("gla", "1995-03")
	m.set("2016-08-28 10:00")
	m.gone(adult, "all")
	m.gone(held, "all")
	err := m.ShowDocket(t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
		if c.Of != refTo(child) && c.End != schemas.EndFellAway {
			t.Errorf("of what is gone it is owed still: %+v", c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// A duty that runs keeps its message, however late it is.
	m.gone(child, "nothing")
	m.whole()
}

// erases has a message erased, whatever still runs.
func (m *matters) erases(of *schemas.Message) {
	m.t.Helper()
	_, err := m.router.Act(m.t.Context(), func(ctx context.Context) (*ledger.Entry, error) {
		left, some, err := m.retention.Left(ctx, refTo(of))
		if !some {
			return nil, err // recalled before
		}
		return &ledger.Entry{Kind: ledger.ErasedEntry, By: "test", Erased: &ledger.Erasure{Why: ledger.ErasedOperator, Reason: "a test", Messages: []ledger.Gone{left}}}, err
	})
	if err == nil {
		err = m.retention.Finish(m.t.Context())
	}
	if err != nil {
		m.t.Fatalf("erasing the %s: %v", of.Kind, err)
	}
}
