package broker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"liaison/schemas"
)

// change makes a notice that changes a clock.
func (m *matters) change(from schemas.MemberID, about schemas.NoticeAbout, of *schemas.Message, clock schemas.Code, due string, to ...schemas.MemberID) *schemas.Message {
	n := m.message(schemas.KindNotice, from)
	n.Notice = &schemas.Notice{About: about, Of: refTo(of), Clock: clock, To: to, Reason: schemas.ChangedComplexity}
	if due != "" {
		n.Notice.Due = schemas.At(inLondon(m.t, due))
	}
	return n
}

func inLondon(t *testing.T, at string) time.Time {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04", at, london)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// why is why a step that is not possible is refused.
func (m *matters) why(msg *schemas.Message) string {
	m.t.Helper()
	a := submit(m.t, m.links[msg.Originator], "submit", encodeMsgPack(m.t, msg), nil)
	if a.Error == nil || a.Receipts[0].Refusal.Code != schemas.RefusedStep {
		m.t.Fatalf("%s of %s is possible: %+v", msg.Kind, msg.Originator, a)
	}
	return a.Receipts[0].Refusal.Faults[0].Problem + "; " + a.Receipts[0].Refusal.Advice
}

// clockOf is one clock of everybody's, ended or not.
func (m *matters) clockOf(name schemas.Code, owes schemas.MemberID) (found schemas.Clock) {
	m.t.Helper()
	err := m.ShowDocket(m.t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
		if c.Name == name && c.Owes == owes {
			found = c
		}
		return nil
	})
	if err != nil || found.Name == "" {
		m.t.Fatalf("%s of %s: %v, %v", name, owes, found, err)
	}
	return found
}

// clockAbout is one clock of a message, ended or not; the zero one if there is none.
func (m *matters) clockAbout(name schemas.Code, owes schemas.MemberID, of *schemas.Message) (found schemas.Clock) {
	m.t.Helper()
	err := m.ShowDocket(m.t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
		if c.Name == name && c.Owes == owes && c.Of == refTo(of) {
			found = c
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

// anew makes the docket anew from the ledger, which must change nothing.
func (m *matters) anew() {
	m.t.Helper()
	all := func() (list []string) {
		err := m.ShowDocket(m.t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
			list = append(list, fmt.Sprintf("%+v", c))
			return nil
		})
		if err != nil {
			m.t.Fatal(err)
		}
		return list
	}
	before := all()
	if err := m.docket.Reset(); err != nil {
		m.t.Fatal(err)
	}
	if after := all(); fmt.Sprint(after) != fmt.Sprint(before) {
		m.t.Errorf("made anew the docket has\n%s\ninstead of\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}

func (m *matters) request(from schemas.MemberID, to ...schemas.MemberID) *schemas.Message {
	r := full(m.message(schemas.KindRequest, from), "Is an invented gangmaster known?")
	r.Request = &schemas.Request{To: to}
	return m.takes(r)
}

func TestWhoeverIsOwedAnAnswerMayGiveItMoreTime(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "kent", "ukhtc")
	request := m.request("gla", "hmrc-nmw", "kent")
	extend := func(from schemas.MemberID, clock schemas.Code, due string, to ...schemas.MemberID) *schemas.Message {
		return m.change(from, schemas.NoticeExtended, request, clock, due, to...)
	}
	for name, test := range map[string]struct {
		notice *schemas.Message
		want   string
	}{
		"who owes":        {extend("kent", "request-answer", "2009-09-04 17:00", "gla"), "there is no such clock"},
		"who has no part": {extend("ukhtc", "request-answer", "2009-09-04 17:00", "kent"), "there is no such clock of that message; nothing is possible"},
		"less time":       {extend("gla", "request-answer", "2009-08-25 17:00", "kent"), "later than the time there is"},
		"another clock":   {extend("gla", "request-acknowledge", "2009-09-04 17:00", "kent"), "lets nobody change this clock"},
		"no clock":        {extend("gla", "recall-confirm", "2009-09-04 17:00", "kent"), "there is no such clock"},
		"resumed, and it runs": {m.change("gla", schemas.NoticeResumed, request, "request-answer", "", "kent"),
			"does not stand still; possible now: notice clock-extended, notice clock-paused"},
	} {
		if got := m.why(test.notice); !strings.Contains(got, test.want) {
			t.Errorf("%s: refused because %q, want %q", name, got, test.want)
		}
	}
	extended := m.takes(extend("gla", "request-answer", "2009-09-04 17:00", "kent"))
	m.hears("kent", "the extension", func(got *schemas.Message) bool {
		return got.ID == extended.ID && got.Notice.Due.Equal(extended.Notice.Due.Time) && got.Notice.Reason == schemas.ChangedComplexity
	})
	if got := m.owed(); got["request-answer kent"] != "2009-09-04 17:00" || got["request-answer hmrc-nmw"] != "2009-08-27 17:00" {
		t.Errorf("only Kent has more time: %v", got)
	}

	// HM Revenue lapses; more time then starts the clock anew.
	m.set("2009-08-27 17:01")
	first := m.hears("hmrc-nmw", "its lapse", isNotice(schemas.NoticeLapsed, "request-answer", "contact-point"))
	m.takes(extend("gla", "request-answer", "2009-09-01 17:00", "hmrc-nmw"))
	m.set("2009-09-01 17:01")
	m.hears("hmrc-nmw", "its second lapse", func(got *schemas.Message) bool {
		return isNotice(schemas.NoticeLapsed, "request-answer", "contact-point")(got) && got.ID != first.ID
	})
	answer := full(m.message(schemas.KindAnswer, "hmrc-nmw"), "Its invented pay records were false.")
	answer.Answer = &schemas.Reply{Of: refTo(request), Status: schemas.AnswerFull}
	m.takes(answer)
	c := m.clockOf("request-answer", "hmrc-nmw")
	if !c.Late() || c.EndedBy == 0 || len(c.Changes) != 1 || !c.Changes[0].Was.Equal(inLondon(t, "2009-08-27 17:00")) || c.Changes[0].By != "gla" {
		t.Errorf("the lapsed, extended and late answer is on record as %+v", c)
	}
	m.anew()
	m.sound()
}

func TestAClockStandsStillUntilItIsResumed(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "kent", "ukhtc")
	request := m.request("gla", "kent")
	m.takes(m.change("gla", schemas.NoticePaused, request, "request-answer", "", "kent"))
	if got := m.why(m.change("gla", schemas.NoticeExtended, request, "request-answer", "2009-10-01 17:00", "kent")); !strings.Contains(got, "stands still: resume it first; possible now: notice clock-resumed") {
		t.Errorf("more time for a clock that stands still: %q", got)
	}
	m.set("2009-09-03 12:00") // a week after it would have run out
	c := m.clockOf("request-answer", "kent")
	if c.Overdue(m.clock.now()) || c.Paused.IsZero() {
		t.Errorf("a clock that stands still: %+v", c)
	}
	m.takes(m.change("gla", schemas.NoticeResumed, request, "request-answer", "", "kent"))
	if got := m.owed()["request-answer kent"]; got != "2009-09-08 17:00" {
		t.Errorf("three working days were left, and it is due %s", got)
	}
	m.set("2009-09-08 17:01")
	m.hears("kent", "its lapse", isNotice(schemas.NoticeLapsed, "request-answer", "contact-point"))
	if got := m.why(m.change("gla", schemas.NoticePaused, request, "request-answer", "", "kent")); !strings.Contains(got, "has run out") {
		t.Errorf("stopping what has run out: %q", got)
	}
	m.anew()
	m.sound()
}

func TestTheReflectionPeriodIsNeitherStoppedNorShortened(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-11-25 10:00", "strathclyde", "ukhtc", "ukba", "kent")
	r := full(m.message(schemas.KindReferral, "strathclyde"), "Found in an invented house.")
	r.Purpose, r.CrimeTypes, r.Sectors = "protect-victim", []schemas.Code{"trafficking-sexual-within"}, nil
	r.Jurisdictions = []schemas.Jurisdiction{{Code: "strathclyde", Role: schemas.RoleRecoveredAt}}
	r.Referral = &schemas.Referral{Form: schemas.AdultForm, Consent: schemas.Signed, To: []schemas.MemberID{"ukhtc"}}
	m.takes(r)
	decide := func(stage schemas.Stage, until string) *schemas.Message {
		d := m.message(schemas.KindDecision, "ukhtc")
		d.Purpose = "protect-victim"
		d.Decision = &schemas.Finding{Of: refTo(r), Stage: stage, Result: schemas.Positive, To: []schemas.MemberID{"strathclyde"}}
		if err := d.Decision.ReflectionUntil.UnmarshalText([]byte(until)); until != "" && err != nil {
			t.Fatal(err)
		}
		return d
	}
	if got := m.why(m.change("ukhtc", schemas.NoticePaused, r, "reasonable-grounds", "", "strathclyde")); !strings.Contains(got, "cannot stop its own clock; possible now: notice clock-extended") {
		t.Errorf("an authority that stops its own clock: %q", got)
	}
	m.takes(m.change("ukhtc", schemas.NoticeExtended, r, "reasonable-grounds", "2009-12-10 17:00", "strathclyde"))
	const never = "depends on nothing, and not on cooperation"
	if got := m.why(decide(schemas.ReasonableGrounds, "2009-12-01")); !strings.Contains(got, never) {
		t.Errorf("a decision that shortens it: %q", got)
	}
	m.takes(decide(schemas.ReasonableGrounds, ""))
	for _, wrong := range []*schemas.Message{
		m.change("ukhtc", schemas.NoticePaused, r, "reflection", "", "strathclyde"),
		m.change("ukhtc", schemas.NoticeExtended, r, "reflection", "2009-12-24 12:00", "strathclyde"),
	} {
		if got := m.why(wrong); !strings.Contains(got, never) {
			t.Errorf("%s of reflection: %q", wrong.Notice.About, got)
		}
	}
	if got := m.why(m.change("strathclyde", schemas.NoticeExtended, r, "reflection", "2010-03-01 00:00", "ukhtc")); !strings.Contains(got, "only ukhtc") {
		t.Errorf("more reflection by the first responder: %q", got)
	}
	if got := m.why(m.change("ukhtc", schemas.NoticeExtended, r, "reflection", "2010-03-01 00:00", "strathclyde", "kent")); !strings.Contains(got, "kent has no part in it") {
		t.Errorf("who has no part in it is told: %q", got)
	}
	m.takes(m.change("ukhtc", schemas.NoticeExtended, r, "reflection", "2010-03-01 00:00", "strathclyde"))
	m.set("2010-01-08 12:00")
	m.takes(decide(schemas.ConclusiveGrounds, ""))
	if got := fmt.Sprint(m.owed()); got != "map[reflection ukhtc:2010-03-01 00:00]" {
		t.Errorf("a decision ended the reflection period: %s", got)
	}
	m.anew()
	m.set("2010-03-01 00:01")
	if c := m.clockOf("reflection", "ukhtc"); c.End != schemas.EndOver || len(m.owed()) != 0 {
		t.Errorf("after its last day: %+v", c)
	}
	m.sound()
}

// Whoever neither owes nor is owed must not learn from a refusal how a matter
// stands, nor whether there is one.
func TestAStrangerHearsTheSameOfEveryClock(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc", "kent")
	want := m.why(m.change("kent", schemas.NoticePaused, m.message(schemas.KindReferral, "gla"), "reflection", "", "ukhtc"))
	stranger := func(state string, of *schemas.Message, clock schemas.Code, owes schemas.MemberID) {
		t.Helper()
		for _, n := range []*schemas.Message{
			m.change("kent", schemas.NoticePaused, of, clock, "", owes),
			m.change("kent", schemas.NoticeResumed, of, clock, "", owes),
			m.change("kent", schemas.NoticeExtended, of, clock, "2009-12-01 10:00", owes),
			m.change("kent", schemas.NoticeExtended, of, clock, "2010-08-01 10:00", owes, "soca"),
		} {
			if got := m.why(n); got != want {
				t.Errorf("of a clock that %s, kent hears of %s: %q, want %q", state, n.Notice.About, got, want)
			}
		}
	}
	decided := func(of *schemas.Message, stage schemas.Stage, result schemas.FindingResult) {
		d := m.message(schemas.KindDecision, "ukhtc")
		d.Purpose = "protect-victim"
		d.Decision = &schemas.Finding{Of: refTo(of), Stage: stage, Result: result, To: []schemas.MemberID{"gla"}}
		m.takes(d)
	}
	adult, child := m.met("gla", "1980"), m.met("gla", "1995-03")
	stranger("waits", adult, "referral", "gla")
	stranger("runs", child, "referral", "gla")
	referral := m.refer("gla", "ukhtc", child)
	stranger("has ended", child, "referral", "gla")
	stranger("its member may extend", referral, "reasonable-grounds", "ukhtc")
	decided(referral, schemas.ReasonableGrounds, schemas.Positive)
	stranger("is a period", referral, "reflection", "ukhtc")
	request := m.request("gla", "lincolnshire")
	m.takes(m.change("gla", schemas.NoticePaused, request, "request-answer", "", "lincolnshire"))
	stranger("stands still", request, "request-answer", "lincolnshire")
	m.set("2009-10-28 10:00")
	stranger("has run out", referral, "conclusive-grounds", "ukhtc")
	stranger("is over", referral, "reflection", "ukhtc")
}

// TestEveryStepIsToldAfterALongSleep puts the clock over all steps of an
// escalation at once, and past the day on which the hub was dissolved: the
// others hear all the same.
func TestEveryStepIsToldAfterALongSleep(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2013-10-06 10:00", "gla", "kent", "ukhtc")
	request := full(m.message(schemas.KindRequest, "gla"), "Is an invented gangmaster known?")
	request.Urgency, request.Request = schemas.Immediate, &schemas.Request{To: []schemas.MemberID{"kent", "ukhtc"}}
	m.takes(request)
	m.set("2013-10-08 10:00")
	for _, step := range []schemas.Code{"contact-point", "head-of-intelligence", "protocol-board"} {
		about := schemas.NoticeEscalated
		if step == "contact-point" {
			about = schemas.NoticeLapsed
		}
		for _, clock := range []schemas.Code{"request-acknowledge", "request-answer"} {
			m.hears("kent", "the step "+string(step), isNotice(about, clock, step))
		}
	}
	m.set("2013-10-12 10:00")
	m.sound()
}
