package broker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// withHMRC is a tip of the GLA whose second item is HMRC's information.
func withHMRC(n int) *schemas.Message {
	m := farm(n)
	m.Items = append(m.Items, schemas.Item{Text: "The invented farm's pay records were false.", Source: "B", Information: 2,
		Handling: schemas.Handling{1}, Origin: "hmrc-nmw", ObtainedBy: schemas.ByInspectionPower, Subjects: []int{0}})
	return m
}

// consentOf is an answer about the second item of the tip with number n.
func consentOf(by schemas.MemberID, number, n int, authority schemas.Code, answer schemas.ConsentAnswer) *schemas.Message {
	c := &schemas.Consent{Of: schemas.MessageRef{Originator: "gla", ID: farm(n).ID}, Items: []int{1}, Authority: authority, Answer: answer}
	if answer == schemas.Refused {
		c.Reason = "An invented reason."
	}
	return &schemas.Message{Schema: 1, ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7f-%012x", number)), Kind: schemas.KindConsent, Originator: by,
		Created: schemas.At(time.Date(2009, 8, 20, 9, 30, 0, 0, time.UTC)), Marking: schemas.Protect, Urgency: schemas.Routine,
		Purpose: "prevent-detect-crime", Consent: c}
}

func accept(t *testing.T, nc *nats.Conn, m *schemas.Message) uint64 {
	t.Helper()
	a := submit(t, nc, "submit", encodeMsgPack(t, m), nil)
	if a.Error != nil {
		t.Fatal(a.Error)
	}
	return a.Sequence
}

func TestAConsentOpensTheItemAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	for _, name := range []string{"gla", "hmrc-nmw", "lincolnshire", "ukhtc", "kent"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla, hmrc := s.connect("gla/main"), s.connect("hmrc-nmw/main")
	accept(t, gla, withHMRC(1))
	s.routed(accept(t, gla, withHMRC(2)))
	first := fetch(t, s.desk("lincolnshire/main"))
	if len(first) != 2 || len(first[0].Items) != 1 {
		t.Fatalf("before any consent Lincolnshire has %d copies, want two of one item each", len(first))
	}

	var list struct{ Held []schemas.Status }
	question(t, gla, "ask.held", `{}`, &list)
	if len(list.Held) != 2 || !slices.Equal(list.Held[0].Waiting, []int{1}) || list.Held[0].Held || list.Held[0].Due.IsZero() {
		t.Errorf("items that wait for a consent have no clock: %+v", list.Held)
	}

	// Claims and answers of others open nothing.
	claimed := withHMRC(3)
	claimed.Items[1].Consents = []schemas.Code{"commissioners"}
	accept(t, gla, claimed)
	accept(t, gla, consentOf("gla", 1, 1, "commissioners", schemas.Given))
	accept(t, s.connect("kent/main"), consentOf("kent", 2, 1, "commissioners", schemas.Given))
	s.routed(accept(t, hmrc, consentOf("hmrc-nmw", 3, 9, "commissioners", schemas.Given)))
	for _, m := range fetch(t, s.desk("lincolnshire/main")) {
		if m.ID != farm(3).ID || len(m.Items) != 1 {
			t.Errorf("an answer that does not count delivered %v", m)
		}
	}
	var status schemas.Status
	question(t, gla, "ask.receipt", `{"id":"`+string(consentOf("gla", 1, 1, "", "").ID)+`"}`, &status)
	if status.Void != "not-counted" {
		t.Errorf("the GLA's answer for HMRC is void as %q", status.Void)
	}
	question(t, hmrc, "ask.receipt", `{"id":"`+string(consentOf("hmrc-nmw", 3, 9, "", "").ID)+`"}`, &status)
	if status.Void != "not-counted" {
		t.Errorf("an answer about a message that is not there is void as %q", status.Void)
	}

	// The Commissioners' own answer delivers the item, alone, once.
	s.routed(accept(t, hmrc, consentOf("hmrc-nmw", 4, 1, "commissioners", schemas.Given)))
	opened := fetch(t, s.desk("lincolnshire/main"))
	if len(opened) != 1 || opened[0].ID != farm(1).ID || len(opened[0].Items) != 1 || opened[0].Items[0].Text != withHMRC(1).Items[1].Text {
		t.Fatalf("the consent delivered %d copies: %+v", len(opened), opened)
	}
	s.routed(accept(t, hmrc, consentOf("hmrc-nmw", 5, 1, "commissioners", schemas.Given)))
	if again := fetch(t, s.desk("lincolnshire/main")); len(again) != 0 {
		t.Errorf("a second consent delivered the item again: %d copies", len(again))
	}
	s.routed(accept(t, hmrc, consentOf("hmrc-nmw", 6, 1, "commissioners", schemas.Refused)))
	question(t, gla, "ask.receipt", `{"id":"`+string(farm(1).ID)+`"}`, &status)
	i := slices.IndexFunc(status.Outcomes, func(o schemas.Outcome) bool { return o.Member == "lincolnshire" })
	if i < 0 || status.Outcomes[i].Items[1].Outcome != schemas.Disclosed {
		t.Errorf("after a later refusal the record forgets what was disclosed: %+v", status.Outcomes)
	}
	balance, err := s.Balance(t.Context())
	if err != nil || !balance.Balanced() || balance.Accepted != 9 || balance.Recorded != 6 {
		t.Errorf("balance %+v, %v", balance, err)
	}
	s.stop()
	s = start(t, dir)
	if r, err := s.VerifyLedger(t.Context()); err != nil || len(r.Faults) > 0 {
		t.Errorf("the ledger does not verify: %+v, %v", r, err)
	}
}

func TestTheOriginatorRefusesToShareWhatIsHeld(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "ukhtc", "lincolnshire", "hmrc-nmw"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla, hub := s.connect("gla/main"), s.connect("ukhtc/main")
	s.routed(accept(t, gla, held(1)))

	var list struct{ Held []schemas.Status }
	question(t, hub, "ask.held", `{}`, &list)
	if len(list.Held) != 1 {
		t.Fatalf("the hub hears of %d held messages, want one", len(list.Held))
	}
	h := list.Held[0]
	if h.ID != farm(1).ID || h.Originator != "gla" || h.Due.IsZero() || h.Sequence != 0 || len(h.Outcomes) != 1 || h.Outcomes[0].Member != "" || len(h.Outcomes[0].Items) != 0 {
		t.Errorf("the hub is told %+v, want id, originator, reason and clock alone", h)
	}
	question(t, s.connect("lincolnshire/main"), "ask.held", `{}`, &list)
	if len(list.Held) != 0 {
		t.Errorf("Lincolnshire is told of %d held messages of others", len(list.Held))
	}

	refusal := consentOf("gla", 1, 1, schemas.AuthorityOriginator, schemas.Refused)
	refusal.Consent.Items = nil
	s.routed(accept(t, gla, refusal))
	question(t, hub, "ask.held", `{}`, &list)
	if len(list.Held) != 1 || !list.Held[0].Closed {
		t.Errorf("after the refusal the hub is told %+v, want it closed", list.Held)
	}
	var self schemas.Self
	question(t, gla, "ask.self", `{}`, &self)
	if self != (schemas.Self{Member: "gla", Desk: "main"}) {
		t.Errorf("self %+v", self)
	}
}

func TestTheHubDoesNotEvenHearOfWhatIsProtected(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"soca", "ukhtc"} {
		s.enrol(name, accounts.Enrolment{})
	}
	report := farm(1)
	report.Originator, report.Reference, report.Tip.Channel = "soca", "", "financial-report"
	report.Items[0].ObtainedBy, report.Items[0].Handling = schemas.ByFinancialReport, schemas.Handling{4}
	s.routed(accept(t, s.connect("soca/main"), report))

	var list struct{ Held []schemas.Status }
	question(t, s.connect("ukhtc/main"), "ask.held", `{}`, &list)
	if len(list.Held) != 0 {
		t.Errorf("the hub hears that a report of suspicion is held: %+v", list.Held)
	}
	question(t, s.connect("soca/main"), "ask.held", `{}`, &list)
	if len(list.Held) != 1 {
		t.Errorf("its originator hears of %d held messages, want one", len(list.Held))
	}
	if got := fetch(t, s.desk("ukhtc/main")); len(got) != 0 {
		t.Errorf("the hub has %d copies", len(got))
	}
}

func TestImmigrationEnforcementWaitsForThoseWhoAreReallyReached(t *testing.T) {
	trafficked := func(n int) *schemas.Message {
		m := farm(n)
		m.Originator, m.Reference, m.Sectors = "lincolnshire", "", nil
		m.CrimeTypes = []schemas.Code{"facilitation", "trafficking-forced-labour"}
		m.Purpose = "prevent-detect-crime"
		return m
	}
	s := start(t, t.TempDir())
	s.enrol("lincolnshire", accounts.Enrolment{})
	s.enrol("ukba", accounts.Enrolment{})
	police := s.connect("lincolnshire/main")
	s.routed(accept(t, police, trafficked(1)))
	if got := fetch(t, s.desk("ukba/main")); len(got) != 0 {
		t.Errorf("UKBA enforcement has %d copies before the hub or the competent authority has any", len(got))
	}
	s.enrol("ukhtc", accounts.Enrolment{})
	s.routed(accept(t, police, trafficked(2)))
	hub, ukba := fetch(t, s.desk("ukhtc/main")), fetch(t, s.desk("ukba/main"))
	if len(hub) != 1 || len(ukba) != 1 {
		t.Errorf("with the hub reached, the hub has %d copies and UKBA %d, want one each", len(hub), len(ukba))
	}
}

func TestNoSequenceOfAnswersDeliversTwiceOrAfterARefusal(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "hmrc-nmw", "lincolnshire", "ukhtc", "kent"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla, hmrc, kent := s.connect("gla/main"), s.connect("hmrc-nmw/main"), s.connect("kent/main")
	accept(t, gla, withHMRC(1))
	accept(t, gla, withHMRC(2))
	number := 100
	next := func() int { number++; return number }
	for range 3 {
		accept(t, hmrc, consentOf("hmrc-nmw", next(), 1, "commissioners", schemas.Given))
		accept(t, kent, consentOf("kent", next(), 1, schemas.AuthorityRecipient, schemas.Given))
		accept(t, hmrc, consentOf("hmrc-nmw", next(), 1, "commissioners", schemas.Refused))
	}
	closing := consentOf("gla", next(), 2, schemas.AuthorityOriginator, schemas.Refused)
	closing.Consent.Items = nil
	accept(t, gla, closing)
	s.routed(accept(t, hmrc, consentOf("hmrc-nmw", next(), 2, "commissioners", schemas.Given)))

	got := map[string]int{}
	for _, m := range fetch(t, s.desk("lincolnshire/main")) {
		for _, it := range m.Items {
			got[string(m.ID)+" "+it.Text]++
		}
	}
	hmrcText := withHMRC(1).Items[1].Text
	if n := got[string(farm(1).ID)+" "+hmrcText]; n != 1 {
		t.Errorf("the item that was opened came %d times", n)
	}
	if n := got[string(farm(2).ID)+" "+hmrcText]; n != 0 {
		t.Errorf("an item came %d times after its originator had refused", n)
	}
	for what, n := range got {
		if n != 1 {
			t.Errorf("%s came %d times", what, n)
		}
	}
	// A stranger's acceptance is no record of anything.
	var status schemas.Status
	question(t, kent, "ask.receipt", `{"id":"`+string(consentOf("kent", 102, 1, "", "").ID)+`"}`, &status)
	if status.Void != "not-counted" {
		t.Errorf("a stranger's acceptance counts: %+v", status)
	}
	balance, err := s.Balance(t.Context())
	if err != nil || !balance.Balanced() {
		t.Errorf("balance %+v, %v", balance, err)
	}
}

// TestAnAnswerInABacklogFindsWhatItIsAbout routes a backlog that takes several
// commits, with answers about messages that are not durable yet when the router
// comes upon the answer.
func TestAnAnswerInABacklogFindsWhatItIsAbout(t *testing.T) {
	b, err := Open(t.Context(), Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", Default: protocol.Tables, MaxStore: 1 << 30,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	s := &started{Broker: b, t: t, creds: map[string]string{}}
	for _, name := range []string{"gla", "hmrc-nmw", "lincolnshire"} {
		s.enrol(name, accounts.Enrolment{})
	}
	for n := range 9 { // ten copies and an entry of each message: some 350 fill a batch
		s.enrol(fmt.Sprintf("lincolnshire/more-%d", n), accounts.Enrolment{})
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { b.intake.Run(ctx) })
	time.Sleep(50 * time.Millisecond) // until the intake serves

	gla, hmrc := s.connect("gla/main"), s.connect("hmrc-nmw/main")
	const before, after = 500, 20
	for n := range before + after {
		if n == before {
			for number, about := range []int{300, 480, before - 1} {
				accept(t, hmrc, consentOf("hmrc-nmw", number, about, "commissioners", schemas.Given))
			}
		}
		accept(t, gla, withHMRC(n))
	}
	running.Go(func() { b.router.Run(ctx) })
	s.routed(before + 3 + after)

	balance, err := b.Balance(t.Context())
	if want := uint64(10 * (before + after + 3)); err != nil || !balance.Balanced() || balance.Copies != want {
		t.Errorf("balance %+v, %v; want %d copies", balance, err, want)
	}
	report, err := b.Verify(t.Context())
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("%d findings, %v; the first: %+v", len(report.Findings), err, report.Findings[:min(3, len(report.Findings))])
	}
}

// TestAnAnswerAboutNoItemIsRefused to whoever may know how many items there are;
// who may not learns nothing, not even that there is such a message.
func TestAnAnswerAboutNoItemIsRefused(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "hmrc-nmw", "kent"} {
		s.enrol(name, accounts.Enrolment{})
	}
	s.routed(accept(t, s.connect("gla/main"), withHMRC(1)))
	for i, tt := range []struct {
		by        schemas.MemberID
		item, of  int
		authority schemas.Code
		refusal   schemas.Code
		fault     string
	}{
		{"hmrc-nmw", 2, 1, "commissioners", schemas.RefusedStep, "consent.items[0] unknown-item"},
		{"gla", 2, 1, "giver", schemas.RefusedStep, "consent.items[0] unknown-item"},
		{"kent", 2, 1, "commissioners", "", ""},
		{"kent", 2, 9, "commissioners", "", ""},
		{"hmrc-nmw", 2, 9, "commissioners", "", ""},
		{"hmrc-nmw", 1, 1, "commissioner", schemas.RefusedInvalid, "consent.authority unknown-code"},
		{"kent", 1, 9, "nobody", schemas.RefusedInvalid, "consent.authority unknown-code"},
	} {
		c := consentOf(tt.by, i+1, tt.of, tt.authority, schemas.Given)
		c.Consent.Items = []int{tt.item}
		a := submit(t, s.connect(string(tt.by)+"/main"), "submit", encodeMsgPack(t, c), nil)
		var code schemas.Code
		fault := ""
		if r := a.Receipts[0].Refusal; r != nil {
			code = r.Code
			for _, f := range r.Faults {
				fault += f.Path + " " + string(f.Code)
			}
		}
		if code != tt.refusal || fault != tt.fault {
			t.Errorf("%s about item %d of message %d by %q: refused as %q for %q, want %q for %q", tt.by, tt.item, tt.of, tt.authority, code, fault, tt.refusal, tt.fault)
		}
	}
}
