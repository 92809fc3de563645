package broker

import (
	"strings"
	"testing"
	"time"

	"liaison/schemas"
)

// met is a tip about somebody who may be a victim.
func (m *matters) met(from schemas.MemberID, born string) *schemas.Message {
	m.t.Helper()
	tip := full(m.message(schemas.KindTip, from), "Somebody was found in an invented house.")
	tip.CrimeTypes = []schemas.Code{"forced-labour", "trafficking-forced-labour"}
	tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
	tip.Subjects = []schemas.Subject{{Kind: schemas.PersonSubject, Name: "Invented Person", Position: schemas.VictimPosition}}
	tip.Items[0].Subjects = []int{0}
	if err := tip.Subjects[0].Born.UnmarshalText([]byte(born)); err != nil {
		m.t.Fatal(err)
	}
	return m.takes(tip)
}

func (m *matters) refer(from, to schemas.MemberID, of *schemas.Message) *schemas.Message {
	m.t.Helper()
	return m.takes(m.referring(from, to, of))
}

// referring is a referral that names a message.
func (m *matters) referring(from, to schemas.MemberID, of *schemas.Message) *schemas.Message {
	r := full(m.message(schemas.KindReferral, from), "Found in an invented house.")
	r.Purpose, r.Items[0].Indicators = "protect-victim", []schemas.Code{"GEN01"}
	r.Referral = &schemas.Referral{Form: schemas.ChildForm, To: []schemas.MemberID{to}}
	r.Links = []schemas.Link{{Originator: of.Originator, ID: of.ID, Relation: schemas.SeeAlso}}
	return r
}

func TestWhoeverMeetsAVictimHasTwoDaysToRefer(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "hmrc-nmw", "ukhtc")
	const due = "2009-08-30 10:00" // hours are hours, over a weekend too
	referral := func(of *schemas.Message, owes schemas.MemberID) (found schemas.Clock) {
		err := m.ShowDocket(t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
			if c.Name == "referral" && c.Of == refTo(of) && c.Owes == owes {
				found = c
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	child, doubtful, adult := m.met("gla", "1995-03"), m.met("gla", ""), m.met("gla", "1980")
	for _, tip := range []*schemas.Message{child, doubtful} {
		if c := referral(tip, "gla"); !c.Due.Equal(inLondon(t, due)) || c.Waits != "" {
			t.Errorf("born %q: %+v", tip.Subjects[0].Born, c)
		}
		if c := referral(tip, "lincolnshire"); c.Name != "" {
			t.Errorf("who was only told of it owes a referral beside the first responder: %+v", c)
		}
	}
	if c := referral(adult, "gla"); c.Waits != "adult-consent" || !c.Due.IsZero() {
		t.Errorf("an adult's clock waits for nothing: %+v", c)
	}

	// Who may not refer is not who owes it: who may and was told does.
	told := m.met("hmrc-nmw", "1995")
	if c := referral(told, "hmrc-nmw"); c.Name != "" {
		t.Errorf("who is no first responder owes a referral: %+v", c)
	}
	if c := referral(told, "gla"); !c.Due.Equal(inLondon(t, due)) {
		t.Errorf("the first responder that was told: %+v", c)
	}

	// The adult consents a day later; another refuses.
	unwilling := m.met("gla", "1980")
	m.set("2009-08-29 12:00")
	says := func(of *schemas.Message, answer schemas.ConsentAnswer) {
		c := m.message(schemas.KindConsent, "gla")
		c.Consent = &schemas.Consent{Of: refTo(of), Items: []int{0}, Authority: "referred-person", Answer: answer}
		if answer == schemas.Refused {
			c.Consent.Reason = "An invented reason."
		}
		m.takes(c)
	}
	says(adult, schemas.Given)
	says(unwilling, schemas.Refused)
	if c := referral(adult, "gla"); c.Waits != "" || !c.Due.Equal(inLondon(t, "2009-08-31 12:00")) {
		t.Errorf("after the consent: %+v", c)
	}
	if c := referral(unwilling, "gla"); c.End != schemas.EndFellAway {
		t.Errorf("after the refusal: %+v", c)
	}

	// A referral to nobody who decides is none, nor is a decision of which the first
	// responder is not told.
	a := submit(t, m.links["lincolnshire"], "submit", encodeMsgPack(t, m.referring("lincolnshire", "gla", told)), nil)
	if a.Error == nil || !strings.Contains(a.Error.Description, "name a competent authority: ukba-ca or ukhtc") {
		t.Errorf("a referral to no competent authority: %+v", a)
	}
	first := m.refer("gla", "ukhtc", told)
	decided := m.message(schemas.KindDecision, "ukhtc")
	decided.Decision = &schemas.Finding{Of: refTo(first), To: []schemas.MemberID{"lincolnshire"}, Stage: schemas.ReasonableGrounds, Result: schemas.Positive}
	a = submit(t, m.links["ukhtc"], "submit", encodeMsgPack(t, decided), nil)
	if a.Error == nil || !strings.Contains(a.Error.Description, "name gla, too") {
		t.Errorf("a decision of which the first responder is not told: %+v", a)
	}
	m.refer("gla", "ukhtc", child)
	m.set("2009-08-30 10:01")
	m.hears("gla", "the lapse", func(got *schemas.Message) bool {
		return isNotice(schemas.NoticeLapsed, "referral", "contact-point")(got) && got.Notice.Of == refTo(doubtful)
	})
	for _, tip := range []*schemas.Message{told, child} {
		if c := referral(tip, "gla"); c.End != schemas.EndMet || c.Late() {
			t.Errorf("after the referral: %+v", c)
		}
	}
	m.refer("gla", "ukhtc", doubtful)
	if c := referral(doubtful, "gla"); !c.Late() || !c.Lapsed.Equal(inLondon(t, due)) {
		t.Errorf("referred too late: %+v", c)
	}

	// A case that was made of a tip before: a referral of the case will do.
	tip := m.met("gla", "1995")
	m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen))
	var opened *schemas.Message
	m.hears("ukhtc", "the case", func(got *schemas.Message) bool { opened = got; return got.Case != nil })
	m.refer("lincolnshire", "ukhtc", opened)
	if c := referral(tip, "gla"); c.End != schemas.EndMet {
		t.Errorf("the case was referred: %+v", c)
	}
	m.anew()
	m.sound()
}

// Whoever refuses to be referred may consent later, and has the same time then.
func TestAnAdultWhoRefusedAndConsentsLaterIsReferred(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc")
	adult := m.met("gla", "1980")
	says := func(answer schemas.ConsentAnswer) {
		c := m.message(schemas.KindConsent, "gla")
		c.Consent = &schemas.Consent{Of: refTo(adult), Items: []int{0}, Authority: "referred-person", Answer: answer}
		if answer == schemas.Refused {
			c.Consent.Reason = "An invented reason."
		}
		m.takes(c)
	}
	says(schemas.Refused)
	if c := m.clockOf("referral", "gla"); c.End != schemas.EndFellAway {
		t.Errorf("after the refusal: %+v", c)
	}
	m.set("2009-08-29 12:00")
	says(schemas.Given)
	if c := m.clockOf("referral", "gla"); !c.Going() || !c.Due.Equal(inLondon(t, "2009-08-31 12:00")) {
		t.Errorf("after the consent: %+v", c)
	}
	says(schemas.Refused) // a consent may be taken back as long as nobody is referred
	if c := m.clockOf("referral", "gla"); c.End != schemas.EndFellAway {
		t.Errorf("after the consent is taken back: %+v", c)
	}
	says(schemas.Given)
	m.set("2009-08-31 12:01")
	m.hears("gla", "the lapse", isNotice(schemas.NoticeLapsed, "referral", "contact-point"))
	m.anew()
	m.sound()
}

// A child is still there when the tip about it is recalled: who was told has to
// refer it all the same, unless nothing of it was true.
func TestARecallEndsNobodyElsesDutyToReferUnlessItWasInaccurate(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "hmrc-nmw", "ukhtc")
	untrue := m.met("hmrc-nmw", "1995")
	m.recalled(untrue, schemas.RecallInaccurate)
	if c := m.clockOf("referral", "gla"); c.End != schemas.EndFellAway {
		t.Errorf("there is no child: %+v", c)
	}
	child, adult := m.met("hmrc-nmw", "1995"), m.met("hmrc-nmw", "1980")
	m.recalled(child, schemas.RecallSource)
	m.recalled(adult, schemas.RecallSource)
	owed := func(of *schemas.Message) (found schemas.Clock) {
		err := m.ShowDocket(t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
			if c.Name == "referral" && c.Of == refTo(of) {
				found = c
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if c := owed(child); c.Owes != "gla" || !c.Going() {
		t.Errorf("a child is met by nobody: %+v", c)
	}
	// An adult cannot consent any more by a message that is gone.
	if c := owed(adult); c.End != schemas.EndFellAway {
		t.Errorf("it waits for ever: %+v", c)
	}
	own := m.met("gla", "1995")
	m.recalled(own, schemas.RecallSource)
	if c := owed(own); c.End != schemas.EndFellAway {
		t.Errorf("whoever took it back owes it still: %+v", c)
	}
	m.keptAnew()
	m.refer("gla", "ukhtc", child)
	if c := owed(child); c.End != schemas.EndMet {
		t.Errorf("after the referral: %+v", c)
	}
	m.whole()
}

// Each adult answers for itself: what one refuses takes nothing from another who
// consents, or has not been asked yet. An item that speaks of both says of neither
// who refused.
func TestEachAdultConsentsForItself(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "hmrc-nmw", "ukhtc")
	both := func() *schemas.Message {
		tip := full(m.message(schemas.KindTip, "gla"), "Somebody was met on an invented farm.")
		tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
		for n, born := range []string{"1980", "1981"} {
			s := schemas.Subject{Kind: schemas.PersonSubject, Position: schemas.VictimPosition, Name: []string{"Invented First", "Invented Second"}[n]}
			if err := s.Born.UnmarshalText([]byte(born)); err != nil {
				t.Fatal(err)
			}
			tip.Subjects = append(tip.Subjects, s)
		}
		tip.Items = append(tip.Items, tip.Items[0], tip.Items[0])
		tip.Items[1].Text, tip.Items[2].Text = "Somebody else was met there.", "They were met together."
		tip.Items[0].Subjects, tip.Items[1].Subjects, tip.Items[2].Subjects = []int{0}, []int{1}, []int{0, 1}
		return m.takes(tip)
	}
	type answer struct {
		item   int
		answer schemas.ConsentAnswer
	}
	const given, refused = schemas.Given, schemas.Refused
	for name, test := range map[string]struct {
		answers []answer
		// want is "runs", "waits" or "fell-away" after each answer.
		want []string
	}{
		"one consents and the other refuses":   {[]answer{{0, given}, {1, refused}, {0, refused}}, []string{"runs", "runs", "fell-away"}},
		"one refuses and the other consents":   {[]answer{{0, refused}, {1, given}}, []string{"waits", "runs"}},
		"both refuse, and one thinks again":    {[]answer{{0, refused}, {1, refused}, {0, given}}, []string{"waits", "fell-away", "runs"}},
		"one of both refuses, nobody says who": {[]answer{{0, given}, {2, refused}}, []string{"runs", "runs"}},
		"both are said to refuse":              {[]answer{{2, refused}}, []string{"fell-away"}},
		"consent for both is taken back":       {[]answer{{2, given}, {2, refused}}, []string{"runs", "fell-away"}},
	} {
		tip := both()
		for n, a := range test.answers {
			c := m.message(schemas.KindConsent, "gla")
			c.Consent = &schemas.Consent{Of: refTo(tip), Items: []int{a.item}, Authority: "referred-person", Answer: a.answer}
			if a.answer == refused {
				c.Consent.Reason = "An invented reason."
			}
			m.takes(c)
			got, clock := "", m.clockAbout("referral", "gla", tip)
			switch {
			case clock.Going():
				got = "runs"
			case clock.Waits != "" && clock.Running():
				got = "waits"
			default:
				got = string(clock.End)
			}
			if got != test.want[n] {
				t.Errorf("%s: after answer %d the duty %s, want %s", name, n+1, got, test.want[n])
			}
		}
		m.recalled(tip, schemas.RecallSource)
	}
	m.keptAnew()
	m.whole()
}

// The clock of a first responder may be ahead by as much as the intake lets it, and
// the authority may decide at once.
func TestAReferralFromAClockAheadIsDecidedAtOnce(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "ukhtc")
	r := m.referring("gla", "ukhtc", m.met("gla", "1995"))
	r.Created = schemas.At(m.clock.now().Add(schemas.CreatedAhead))
	m.takes(r)
	early := m.findingOf("ukhtc", refTo(r), schemas.ReasonableGrounds)
	early.Created = schemas.At(m.clock.now().Add(-time.Second))
	if got := m.refusal(early); !strings.Contains(got.Problem, "older than the referral") {
		t.Errorf("a decision from before the referral is refused because %q", got.Problem)
	}
	m.takes(m.findingOf("ukhtc", refTo(r), schemas.ReasonableGrounds))
	m.sound()
}

// An earlier referral may be one that was made elsewhere; whoever names a message that
// it has and that is none has made a mistake, and of any other message nobody learns
// what it is.
func TestAReferralNamesEarlierOnesThatNeedNotBeKnownHere(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "lincolnshire", "kent", "ukhtc")
	tip := m.met("gla", "1995")
	own, foreign := m.refer("gla", "ukhtc", tip), m.tip("gla")
	naming := func(from schemas.MemberID, of schemas.MessageRef) *schemas.Message {
		r := m.referring(from, "ukhtc", tip)
		r.Referral.Earlier = []schemas.MessageRef{of}
		return r
	}
	nowhere := schemas.MessageRef{Originator: "gla", ID: "6f1d0c9e-3f0e-8b0a-9d90-ffffffffffff"}
	for _, of := range []schemas.MessageRef{refTo(own), refTo(foreign), nowhere} {
		m.takes(naming("kent", of)) // which has none of them
	}
	m.takes(naming("gla", refTo(own)))
	for _, from := range []schemas.MemberID{"gla", "lincolnshire"} {
		if got := m.refusal(naming(from, refTo(tip))); !strings.Contains(got.Problem, "is no referral") {
			t.Errorf("%s names a tip that it has, and hears %q", from, got.Problem)
		}
	}
	m.sound()
}
