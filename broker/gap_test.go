package broker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/router"
	"liaison/schemas"
)

// loses makes a stream lack a message as if it had been lost: the engine passes
// over it, and no entry says why.
func (s *started) loses(stream string, sequence uint64) {
	s.t.Helper()
	str, err := s.js.Stream(s.t.Context(), stream)
	if err == nil {
		err = str.DeleteMsg(s.t.Context(), sequence)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// lonely stops a broker, has its intake accept the messages numbered from one up
// to another without a router, and calls do before it closes that, too.
func (s *started) lonely(from, to int, do func(*started)) {
	s.t.Helper()
	s.stop()
	b, err := Open(s.t.Context(), s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	lone := &started{Broker: b, t: s.t, dir: s.dir, creds: s.creds}
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.intake.Run(ctx) }()
	publish(s.t, lone, from, to)
	stop()
	if err := <-ended; err != nil {
		s.t.Fatal(err)
	}
	do(lone)
	b.Close()
}

// threeDecided is a broker that has decided three messages.
func threeDecided(t *testing.T) *started {
	t.Helper()
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "lincolnshire"} {
		s.enrol(name, accounts.Enrolment{})
	}
	publish(t, s, 0, 3)
	s.routed(3)
	return s
}

// recallsNothing submits a recall of a message that there is not, and returns why it
// is refused.
func (s *started) recallsNothing() schemas.Code {
	s.t.Helper()
	stray := farm(77)
	stray.Kind, stray.Tip, stray.Items, stray.Subjects, stray.Marking = schemas.KindRecall, nil, nil, nil, schemas.Protect
	stray.CrimeTypes, stray.Sectors, stray.Jurisdictions, stray.Reference = nil, nil, nil, ""
	stray.Recall = &schemas.Recall{Of: schemas.MessageRef{Originator: "gla", ID: farm(78).ID}, Reason: schemas.RecallSource}
	a := submit(s.t, s.connect("gla/main"), "submit", encodeMsgPack(s.t, stray), nil)
	if a.Error == nil {
		return ""
	}
	return a.Receipts[0].Refusal.Code
}

func TestTheRouterGoesOnBehindAGapThatAnOperatorAccepts(t *testing.T) {
	s := threeDecided(t)
	// Of three that an intake without a router accepts, two are lost.
	s.lonely(3, 6, func(lone *started) {
		lone.loses(schemas.IntakeName, 4)
		lone.loses(schemas.IntakeName, 5)
	})
	next := start(t, s.dir)
	next.creds = s.creds
	for end := time.Now().Add(20 * time.Second); !errors.Is(next.Ready(), router.ErrGap) && !errors.Is(next.Ready(), ErrStoredDamage); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nothing stops at the gap: %v", next.Ready())
		}
	}
	// What is accepted behind the gap may be about anything: a step waits for it.
	if code := next.recallsNothing(); code != schemas.RefusedWaiting {
		t.Errorf("behind the gap a recall of nothing is answered with %q", code)
	}
	accept := func(stream string, from, to uint64) error {
		_, err := next.AcceptGap(t.Context(), GapQuery{Gap: ledger.Gap{Stream: stream, Span: ledger.Span{From: from, To: to}, Reason: "an invented disk"}})
		return err
	}
	for name, err := range map[string]error{"what is there": accept(schemas.IntakeName, 3, 5), "what is no stream": accept("OTHER", 4, 5),
		"what lies behind the end": accept(schemas.IntakeName, 4, 9), "an entry": accept(ledger.Stream, 1, 1)} {
		if !errors.Is(err, ErrNoGap) {
			t.Errorf("%s is accepted as a gap: %v", name, err)
		}
	}
	if err := accept(schemas.IntakeName, 4, 5); err != nil {
		t.Fatal(err)
	}
	next.routed(6)
	if code := next.recallsNothing(); code != schemas.RefusedStep {
		t.Errorf("with everything decided a recall of nothing is answered with %q", code)
	}
	if err := accept(schemas.IntakeName, 4, 5); !errors.Is(err, ErrNoGap) {
		t.Errorf("accepted twice: %v", err)
	}
	r, err := next.Verify(t.Context())
	if err != nil || !r.Sound() || len(r.Gaps) != 1 || r.Gaps[0].From != 4 || r.Gaps[0].To != 5 || r.Gaps[0].Reason != "an invented disk" || r.Gaps[0].By == "" {
		t.Errorf("the checker says %+v, %v", r, err)
	}
	if err := next.router.Ready(); err != nil {
		t.Error(err)
	}
}

// Damage that was found before keeps the router from its work, and must not keep
// an operator from accepting it, not even where the router had not come so far.
func TestAGapThatWasFoundBeforeTheRouterCameToItCanBeAccepted(t *testing.T) {
	s := threeDecided(t)
	s.lonely(3, 8, func(lone *started) {
		lone.loses(schemas.IntakeName, 5)
		lone.loses(schemas.IntakeName, 6)
		lone.loses(schemas.IntakeName, 8)
		if err := newScrubber(lone.cfg, lone.js).scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	next := start(t, s.dir)
	next.creds = s.creds
	before := next.router.Turns()
	next.router.Changed()
	if err := next.awaitTurn(t.Context(), func() bool { return next.router.Turns() != before }); err != nil {
		t.Errorf("no turn is taken while damage stops everything: %v", err)
	}
	if _, err := next.Erase(t.Context(), Erasing{Of: schemas.MessageRef{Originator: "gla", ID: farm(0).ID}, Reason: "a test", By: "test"}); err == nil {
		t.Error("a message is erased for good while nothing may rest on what is stored")
	}
	for _, g := range []ledger.Span{{From: 5, To: 6}, {From: 8, To: 8}} {
		e, err := next.AcceptGap(t.Context(), GapQuery{Gap: ledger.Gap{Stream: schemas.IntakeName, Span: g, Reason: "an invented disk"}})
		if err != nil {
			t.Fatalf("the gap %v cannot be accepted: %v", g, err)
		}
		if e.Intake != 3 {
			t.Errorf("the gap %v is accepted at place %d, and message 4 is not decided", g, e.Intake)
		}
	}
	next.routed(7)
	if code := next.recallsNothing(); code != schemas.RefusedStep {
		t.Errorf("with everything decided that there is, a recall of nothing is answered with %q", code)
	}
	publish(t, next, 8, 9)
	next.routed(9)
	r, err := next.Verify(t.Context())
	if err != nil || !r.Sound() || len(r.Gaps) != 2 || r.Decisions != 6 {
		t.Errorf("the checker says %+v, %v", r, err)
	}
	if balance, err := next.Balance(t.Context()); err != nil || !balance.Balanced() {
		t.Errorf("balance %+v, %v", balance, err)
	}
	for end := time.Now().Add(20 * time.Second); next.Ready() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("with everything accepted it says %v", next.Ready())
		}
	}
}

// What the engine finds again after its loss was accepted is not decided: its sender
// was told to send it anew.
func TestWhatIsAcceptedAsLostStaysLost(t *testing.T) {
	s := threeDecided(t)
	s.lonely(3, 6, func(lone *started) {
		_, err := lone.router.Act(t.Context(), func(context.Context) (*ledger.Entry, error) {
			return &ledger.Entry{Kind: ledger.GapEntry, By: "test", Gap: &ledger.Gap{Stream: schemas.IntakeName, Span: ledger.Span{From: 5, To: 5}, Reason: "an invented disk"}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	next := start(t, s.dir)
	next.creds = s.creds
	next.routed(6)
	var got []schemas.ID
	for _, c := range fetch(t, next.desk("lincolnshire/main")) {
		got = append(got, c.ID)
	}
	if want := []schemas.ID{farm(0).ID, farm(1).ID, farm(2).ID, farm(3).ID, farm(5).ID}; !slices.Equal(got, want) {
		t.Errorf("the desk has %v, want %v", got, want)
	}
	if r, err := next.Verify(t.Context()); err != nil || !r.Sound() || r.Waiting != 0 {
		t.Errorf("the checker says %+v, %v", r, err)
	}
}

// Behind a record with an impossible sequence the engine must not be made to read.
func TestNoGapIsAcceptedWhereNothingMayBeRead(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 3)
	s.routed(3)
	for s.scrub.State().Completed.IsZero() {
		time.Sleep(10 * time.Millisecond)
	}
	s.scrub.set(Scrub{Completed: time.Now(), Damages: 1, Damage: []Damage{{Stream: schemas.IntakeName, From: 2, To: 3, Problem: "as of a test", Stops: true, Frame: true}}})
	_, err := s.AcceptGap(t.Context(), GapQuery{Gap: ledger.Gap{Stream: schemas.IntakeName, Span: ledger.Span{From: 2, To: 3}, Reason: "an invented disk"}})
	if !errors.Is(err, ErrNoGap) || !strings.Contains(err.Error(), "nothing may be read") {
		t.Errorf("it says %v", err)
	}
}

func TestACopyThatIsLostCanBeAcceptedAndAnEntryCannot(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "lincolnshire", "ukhtc"} {
		s.enrol(name, accounts.Enrolment{})
	}
	publish(t, s, 0, 2)
	s.routed(2)
	s.loses(ledger.Stream, 4)
	if r, err := s.Verify(t.Context()); err != nil || r.Sound() {
		t.Fatalf("a copy is lost and nobody says so: %v", err)
	}
	gap := ledger.Gap{Stream: ledger.Stream, Span: ledger.Span{From: 4, To: 4}, Reason: "an invented disk"}
	e, err := s.AcceptGap(t.Context(), GapQuery{Gap: gap, By: "test"})
	if err != nil || e.Gap.Span != gap.Span {
		t.Fatalf("%+v, %v", e, err)
	}
	if r, err := s.Verify(t.Context()); err != nil || !r.Sound() || len(r.Gaps) != 1 {
		t.Errorf("the checker says %+v, %v", r, err)
	}
	if err := s.scrub.scrub(t.Context()); err != nil || s.scrub.State().Damages > 0 {
		t.Errorf("the scrub says %+v, %v", s.scrub.State(), err)
	}
	s.loses(ledger.Stream, 5) // the second decision
	gap.Span = ledger.Span{From: 5, To: 5}
	if _, err := s.AcceptGap(t.Context(), GapQuery{Gap: gap}); !errors.Is(err, ErrNoGap) {
		t.Errorf("an entry's loss is accepted: %v", err)
	}
}
