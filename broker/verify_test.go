package broker

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

func TestVerifyFindsWhatTheStreamsHoldBesideTheDecisions(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	for _, name := range []string{"gla", "lincolnshire", "kent"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla := s.connect("gla/main")
	for n := 1; n <= 20; n++ {
		s.routed(accept(t, gla, farm(n)))
	}
	remote, ok := Reach(dir)
	if !ok {
		t.Fatal("the broker does not answer at its socket")
	}
	r, err := remote.Verify(t.Context())
	if err != nil || !r.Sound() || r.Notes > 0 || r.Accepted != 20 || r.Copies != 20 || r.Waiting != 0 {
		t.Fatalf("a broker that only worked: %+v, %v", r, err)
	}

	// Whoever has the hub's own connection can write past the router.
	stray := &nats.Msg{Subject: "feed.kent.main." + schemas.Route(farm(1)), Data: encodeMsgPack(t, farm(1)),
		Header: nats.Header{schemas.HeaderID: {string(farm(1).ID)}, schemas.HeaderDecision: {"2"}, schemas.HeaderType: {schemas.TypeMsgPack}}}
	if _, err := s.js.PublishMsg(t.Context(), stray); err != nil {
		t.Fatal(err)
	}
	// And whoever has the disk can take something out.
	intake, err := s.js.Stream(t.Context(), schemas.IntakeName)
	if err != nil {
		t.Fatal(err)
	}
	if err := intake.SecureDeleteMsg(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	s.stop()
	// The router would refuse to go on; nobody runs it.
	b, err := Open(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Default: protocol.Tables, MaxStore: 1 << 30,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err = b.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []check.Kind{check.Phantom, check.Gap} {
		if !slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Kind == want }) {
			t.Errorf("no finding of the kind %q in %v", want, r.Findings)
		}
	}
}

// A broker that works is verified meanwhile: what is not decided yet waits, and
// nothing else is off.
func TestVerifyWhileTheBrokerWorks(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "lincolnshire", "ukhtc"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla, sent := s.connect("gla/main"), make(chan uint64)
	go func() {
		defer close(sent)
		for n := 1; n <= 200; n++ {
			select {
			case sent <- accept(t, gla, farm(n)):
			case <-t.Context().Done():
				return
			}
		}
	}()
	for n := range sent {
		if n%10 != 0 {
			continue
		}
		r, err := s.Verify(t.Context())
		if err != nil || !r.Sound() || r.Notes > 0 || r.Accepted < n || r.Decisions+r.Waiting != r.Accepted {
			t.Fatalf("after %d: %+v, %v", n, r, err)
		}
	}
	s.routed(200)
	last, _, err := s.Ledger().Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Verify(t.Context())
	if err != nil || r.Waiting != 0 || r.Entries != last.Number || r.Head != ledger.HashOf(last.Raw) {
		t.Errorf("at rest: %+v, %v", r, err)
	}
}

// A tip says that it takes the place of a message that the broker never took. What
// is said of its review is about the tip.
func TestVerifyOfANoticeAboutWhatTakesThePlaceOfTheUnseen(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := full(m.message(schemas.KindTip, "gla"), "Workers at an invented farm have had their passports taken.")
	tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
	tip.Links = []schemas.Link{{Originator: "gla", ID: "6f1d0c9e-3f0e-8b0a-9d90-0000000000ff", Relation: schemas.Supersedes}}
	if err := tip.Review.UnmarshalText([]byte("2009-08-26")); err != nil {
		t.Fatal(err)
	}
	m.takes(tip)
	m.sound()
	m.set("2009-08-27 10:00")
	m.hears("gla", "the review", isNotice(schemas.NoticeLapsed, "review", ""))
	m.sound()
}

// ofPayRecords is a case of the GLA's of HMRC's information alone, led in one strand by
// Lincolnshire, which gets it with the commissioners' consent.
func (m *matters) ofPayRecords(reviewed string, links ...schemas.Link) *schemas.Message {
	m.t.Helper()
	c := full(m.message(schemas.KindCase, "gla"), "The invented farm's pay records were false.")
	c.Items[0].Origin, c.Items[0].ObtainedBy = "hmrc-nmw", schemas.ByInspectionPower
	c.Items[0].Handling = schemas.Handling{1}
	c.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "gla", Strands: []schemas.Strand{{CrimeType: "forced-labour", Lead: "lincolnshire"}}}
	if err := c.Case.Strands[0].Review.UnmarshalText([]byte(reviewed)); err != nil {
		m.t.Fatal(err)
	}
	c.Links = links
	return c
}

// A consent opens the second version of a case to who leads a strand of it, and got
// nothing of the first: it may hear of the case's review.
func TestVerifyOfANoticeAboutACaseThatAConsentOpened(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	first := m.takes(m.ofPayRecords("2009-08-26"))
	second := m.takes(m.ofPayRecords("2009-08-26", schemas.Link{Originator: "gla", ID: first.ID, Relation: schemas.Supersedes}))
	c := m.message(schemas.KindConsent, "hmrc-nmw")
	c.Consent = &schemas.Consent{Of: refTo(second), Items: []int{0}, Authority: "commissioners", Answer: schemas.Given}
	m.takes(c)
	if !m.has("lincolnshire", second) || m.has("lincolnshire", first) {
		t.Fatal("Lincolnshire must have the second version alone")
	}
	m.sound()
	m.set("2009-08-27 10:00")
	m.hears("lincolnshire", "the review", isNotice(schemas.NoticeLapsed, "review", ""))
	m.sound()
}
