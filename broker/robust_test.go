package broker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

func TestASecondRouterIsFenced(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	nc, err := s.node.Hub("second router")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	second := router.New(router.Config{Conn: nc, JetStream: js, Desks: &s.directory, Holders: s.docket, Grown: func(ledger.Growth) {}, Now: time.Now, Log: s.cfg.Log,
		Policy: func() (*policy.Policy, string) { return s.Policy(), "second" }})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- second.Run(ctx) }()
	publish(t, s, 0, 60)
	s.routed(60)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	checkLedger(t, s, 60)
	if got := fetch(t, s.desk("lincolnshire/main")); len(got) != 60 {
		t.Errorf("two routers delivered %d copies of 60", len(got))
	}
}

func TestQuestionsLeaveNothingBehindInTheEngine(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	gla := s.connect("gla/main")
	for range 1300 {
		var list struct{ Held []schemas.Status }
		question(t, gla, "ask.held", `{}`, &list)
	}
	stream, err := s.js.Stream(t.Context(), ledger.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Consumers; n != 1 {
		t.Errorf("after 1,300 questions the feeds have %d consumers, want the desk's own", n)
	}
	s.enrol("lincolnshire", accounts.Enrolment{})
}

// TestAnErasedRecordIsNotTakenAgain: nothing erases while the broker runs, so
// that the intake asks for what is gone when it starts, and when the store was
// opened again.
func TestAnErasedRecordIsNotTakenAgain(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.enrol("gla", accounts.Enrolment{})
	creds := s.creds
	publish(t, s, 0, 40)
	s.routed(40)
	erase := func(sequence uint64) {
		intake, err := s.js.Stream(t.Context(), schemas.IntakeName)
		if err == nil {
			err = intake.SecureDeleteMsg(t.Context(), sequence)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := func(n int) {
		t.Helper()
		gla := s.connect("gla/main")
		if a := submit(t, gla, "submit", encodeMsgPack(t, farm(n)), nil); a.Error == nil || a.Receipts[0].Refusal.Code != schemas.RefusedErased {
			t.Errorf("an erased record sent again is answered %+v", a)
		}
		if a := submit(t, gla, "submit", encodeMsgPack(t, farm(n+1)), nil); a.Error != nil || !a.Duplicate {
			t.Errorf("its neighbour is answered %+v", a)
		}
		a := submit(t, gla, "submit", bundle(t, 0, 30), nil)
		if a.Error == nil || a.Receipts[n].Refusal == nil || a.Receipts[n].Refusal.Code != schemas.RefusedErased || !a.Receipts[n+1].Duplicate {
			t.Errorf("an erased record sent again with its neighbours is answered %+v, the neighbour %+v", a.Receipts[n], a.Receipts[n+1])
		}
	}
	erase(2)
	s.intake.Open() // as when the store was opened again
	refused(1)
	erase(12)
	s.stop()
	s = start(t, dir)
	s.creds = creds
	refused(1)
	refused(11)
}

// TestOldAndNewInOneBundle: each record of a bundle has its own receipt, however
// many of them the intake had before.
func TestOldAndNewInOneBundle(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 10)
	gla := s.connect("gla/main")
	other := farm(3)
	other.Reference = "another"
	old := 10
	for _, size := range []int{12, 60, 120} {
		// Old ones, new ones, one of them twice, and an old id with new content.
		body := bundle(t, 0, size)
		body = append(body, encodeMsgPack(t, farm(size-1))...)
		body = append(body, encodeMsgPack(t, other)...)
		body[1], body[2] = byte((size+2)>>8), byte(size+2)
		a := submit(t, gla, "submit", body, nil)
		if len(a.Receipts) != size+2 {
			t.Fatalf("%d receipts for %d records", len(a.Receipts), size+2)
		}
		for n, r := range a.Receipts[:size] {
			if r.Refusal != nil || r.Duplicate != (n < old) || r.Sequence == 0 {
				t.Errorf("record %d of %d: %+v", n, size, r)
			}
		}
		if last := a.Receipts[size]; !last.Duplicate || last.Sequence != a.Receipts[size-1].Sequence {
			t.Errorf("the twin of %+v is answered %+v", a.Receipts[size-1], last)
		}
		if r := a.Receipts[size+1].Refusal; r == nil || r.Code != schemas.RefusedConflict {
			t.Errorf("an old id with other content is answered %+v", a.Receipts[size+1])
		}
		old = size
	}
	s.routed(120)
	checkLedger(t, s, 120)
}

// bundle is farms as one submission.
func bundle(t *testing.T, from, to int) []byte {
	t.Helper()
	body := []byte{0xdc, byte((to - from) >> 8), byte(to - from)}
	for n := from; n < to; n++ {
		body = append(body, encodeMsgPack(t, farm(n))...)
	}
	return body
}

func TestABundleOfManyFaultsIsAnswered(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	one := `{"schema":1,"items":[` + strings.Repeat(`{"handling":[9]},`, 39) + `{}]}`
	a := submit(t, s.connect("gla/main"), "submit", []byte("["+strings.Repeat(one+",", 499)+one+"]"), nil)
	if a.Error == nil || len(a.Receipts) != 500 {
		t.Fatalf("answer %+v with %d receipts", a.Error, len(a.Receipts))
	}
	for i, r := range a.Receipts {
		if r.Refusal == nil || r.Refusal.Code != schemas.RefusedInvalid {
			t.Fatalf("receipt %d: %+v", i, r)
		}
	}
}

func TestABrokerDoesNotRunOnAnIntakeThatIsShorterThanTheLedger(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 5)
	s.routed(5)
	s.stop()
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", schemas.IntakeName))
	if err != nil || len(found) != 1 {
		t.Fatalf("the stream's folder: %v, %v", found, err)
	}
	if err := os.RemoveAll(found[0]); err != nil {
		t.Fatal(err)
	}
	b, err := Open(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Run(t.Context()); !errors.Is(err, ErrCutShort) {
		t.Errorf("Run returned %v, want that the intake was cut short", err)
	}
	// Without the note the two streams still tell.
	b.note = note{}
	if err := b.Run(t.Context()); !errors.Is(err, router.ErrGap) {
		t.Errorf("Run returned %v, want the gap", err)
	}
}

func TestALedgerWhoseEndCannotBeReadStopsTheRouter(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 3)
	s.routed(3)
	s.stop()
	// As if the engine passed over the last entry: it is there, and not read.
	b, err := Open(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	last, _, err := b.Ledger().Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := b.js.Stream(t.Context(), ledger.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), last.Sequence); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := b.router.Run(ctx); !errors.Is(err, router.ErrDamaged) {
		t.Errorf("the router returned %v, want that the ledger is damaged", err)
	}
}

// TestManyInFlightAreStoredTogether: what is examined while one commit is made
// durable goes out with the next, as one batch of the engine.
func TestManyInFlightAreStoredTogether(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	js, err := jetstream.New(s.connect("gla/main"))
	if err != nil {
		t.Fatal(err)
	}
	const all = 600
	for n := range all {
		if _, err := js.PublishAsync("submit", encodeMsgPack(t, farm(n))); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	s.routed(all)
	intake, err := s.js.Stream(t.Context(), schemas.IntakeName)
	if err != nil {
		t.Fatal(err)
	}
	together := 0
	for n := range all {
		m, err := intake.GetMsg(t.Context(), uint64(n+1))
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.Get("Nats-Batch-Id") != "" {
			together++
		}
	}
	if together < all/3 {
		t.Errorf("of %d messages in flight at once, %d were stored in batches", all, together)
	}
}
