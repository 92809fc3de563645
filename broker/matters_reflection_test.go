package broker

import (
	"strings"
	"testing"

	"liaison/schemas"
)

// decided has the UKHTC decide about a referral of the GLA.
func (m *matters) decided(of *schemas.Message, stage schemas.Stage, result schemas.FindingResult) {
	m.t.Helper()
	d := m.message(schemas.KindDecision, "ukhtc")
	d.Purpose = "protect-victim"
	d.Decision = &schemas.Finding{Of: refTo(of), Stage: stage, Result: result, To: []schemas.MemberID{"gla"}}
	m.takes(d)
}

// open is what keeps a message from being erased.
func (m *matters) open(of *schemas.Message) string {
	m.t.Helper()
	why, err := m.docket.Open(m.t.Context(), refTo(of))
	if err != nil {
		m.t.Fatal(err)
	}
	return why
}

func TestAReflectionPeriodThatIsOverIsGivenAgain(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc")
	r := m.refer("gla", "ukhtc", m.met("gla", "1995-03"))
	m.decided(r, schemas.ReasonableGrounds, schemas.Positive)
	m.decided(r, schemas.ConclusiveGrounds, schemas.Negative)
	if why := m.open(r); !strings.Contains(why, "owes reflection") {
		t.Errorf("while it runs, a referral may be erased: %q", why)
	}
	m.set("2009-12-28 10:00")
	if why := m.open(r); why != "" {
		t.Errorf("months after everything: %s", why)
	}
	m.decided(r, schemas.ReasonableGrounds, schemas.Reopened)
	m.decided(r, schemas.ReasonableGrounds, schemas.Positive)
	for _, name := range []schemas.Code{"reflection", "conclusive-grounds"} {
		if c := m.clockOf(name, "ukhtc"); !c.Running() || !c.Due.Equal(inLondon(t, "2010-02-12 00:00")) {
			t.Errorf("after the second positive decision: %+v", c)
		}
	}
	m.anew()
	m.sound()
}

// A second positive decision while the period runs takes nothing from it, and
// gives what is later.
func TestASecondPositiveDecisionNeverShortensTheReflectionPeriod(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc")
	r := m.refer("gla", "ukhtc", m.met("gla", "1995-03"))
	again := func() {
		m.decided(r, schemas.ConclusiveGrounds, schemas.Negative)
		m.decided(r, schemas.ReasonableGrounds, schemas.Reopened)
		m.decided(r, schemas.ReasonableGrounds, schemas.Positive)
	}
	m.decided(r, schemas.ReasonableGrounds, schemas.Positive)
	m.set("2009-09-28 10:00")
	again()
	if c := m.clockOf("reflection", "ukhtc"); !c.Due.Equal(inLondon(t, "2009-11-13 00:00")) || !c.Started.Equal(inLondon(t, "2009-08-28 10:00")) {
		t.Errorf("the later of both days: %+v", c)
	}
	m.takes(m.change("ukhtc", schemas.NoticeExtended, r, "reflection", "2010-03-01 00:00", "gla"))
	again()
	for _, name := range []schemas.Code{"reflection", "conclusive-grounds"} {
		if c := m.clockOf(name, "ukhtc"); !c.Due.Equal(inLondon(t, "2010-03-01 00:00")) {
			t.Errorf("what was given is taken back: %+v", c)
		}
	}
	m.anew()
	m.sound()
}

func TestAHoldOnRemovalStandsUntilTheDecisionAndThroughReflection(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc", "ukba")
	r := m.refer("gla", "ukhtc", m.met("gla", "1995-03"))
	lift := func(from schemas.MemberID) *schemas.Message {
		n := m.message(schemas.KindNotice, from)
		n.Notice = &schemas.Notice{About: schemas.NoticeRemovalHoldLifted, Of: refTo(r), To: []schemas.MemberID{"ukba"}}
		return n
	}
	stands := func(when, want string) {
		t.Helper()
		if got := m.why(lift("ukhtc")); !strings.Contains(got, want) {
			t.Errorf("%s it is refused because %q, want %q", when, got, want)
		}
		if got := m.why(lift("gla")); strings.Contains(got, want) {
			t.Errorf("%s who has no say in it is told how the referral stands: %q", when, got)
		}
	}
	stands("before the decision", "the decision on reasonable grounds is awaited")
	m.decided(r, schemas.ReasonableGrounds, schemas.Positive)
	stands("in reflection", "the decision on conclusive grounds is awaited")
	m.decided(r, schemas.ConclusiveGrounds, schemas.Negative)
	stands("after the decision", "the reflection period runs until 2009-10-12T23:00:00Z")
	m.set("2009-10-13 00:00")
	m.takes(lift("ukhtc"))
	m.decided(r, schemas.ReasonableGrounds, schemas.Reopened)
	stands("after it is reopened", "the decision on reasonable grounds is awaited")
	m.decided(r, schemas.ReasonableGrounds, schemas.Negative)
	m.takes(lift("ukhtc"))
	m.sound()
}
