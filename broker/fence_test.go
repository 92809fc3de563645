package broker

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/deploy/evidence"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// TestTwoRoutersTakeTurns is the small form of TestTwoRoutersForLong that runs
// each time.
func TestTwoRoutersTakeTurns(t *testing.T) { twoRouters(t, 4) }

// TestTwoRoutersForLong stops one of two routers on the same streams in the
// middle of a batch, lets the other one go on, and continues the first, 100
// times:
//
//	LIAISON_LOAD=1 go test -run TestTwoRoutersForLong -timeout 0 -v ./broker
func TestTwoRoutersForLong(t *testing.T) {
	if os.Getenv("LIAISON_LOAD") != "1" {
		t.Skip("NOT RUN: takes minutes; set LIAISON_LOAD=1")
	}
	const rounds = 100
	sent, fenced, copies := twoRouters(t, rounds)
	evidence.Record(t, evidence.Row{Name: "two-routers", Part: "crash", Fault: "two routers on the same streams, each stopped in turn in the middle of a batch while the other goes on",
		How:     "in one process, each router with a clock that stops it while it decides; continued, it offers a batch that the other has long committed",
		Command: "LIAISON_LOAD=1 LIAISON_EVIDENCE=1 go test -run TestTwoRoutersForLong -timeout 0 ./broker",
		Runs:    rounds, Messages: sent, Acknowledged: sent, Note: fmt.Sprintf("%d batches fenced off, %d copies", fenced, copies)})
}

// twoRouters runs an intake and two routers, and no broker around them.
func twoRouters(t *testing.T, rounds int) (sent, fenced, copies int) {
	b, err := Open(t.Context(), Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", Default: protocol.Tables, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})), MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := &started{Broker: b, t: t, creds: map[string]string{}}
	for _, name := range []string{"gla", "lincolnshire", "kent", "ukhtc"} {
		s.enrol(name, accounts.Enrolment{})
	}
	var refused starts
	both := [2]*gated{gatedRouter(t, b, &refused), gatedRouter(t, b, &refused)}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for _, run := range []func(context.Context) error{b.intake.Run, both[0].Run, both[1].Run} {
		running.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for _, r := range both {
		r.await(t, "the beginning", func() bool { return r.Turns() > 0 }) // one had to wait for the other
	}
	sent = takeTurns(t, s, both, rounds)
	if n := int(refused.Load()); n < rounds {
		t.Errorf("the run is void: %d batches were fenced off in %d rounds", n, rounds)
	}
	report, err := b.Verify(t.Context())
	if err != nil || !report.Sound() || report.Waiting != 0 || report.Accepted != uint64(sent) || report.Decisions != uint64(sent) {
		t.Errorf("%d messages: %+v, %v", sent, report, err)
	}
	if report.Copies != 2*uint64(sent) { // Lincolnshire and the UKHTC
		t.Errorf("%d copies of %d messages, want two of each", report.Copies, sent)
	}
	return sent, int(refused.Load()), int(report.Copies)
}

// takeTurns submits bundles, each while one of the routers is to stop, and
// returns how many messages it sent.
func takeTurns(t *testing.T, s *started, both [2]*gated, rounds int) (sent int) {
	gla := s.connect("gla/main")
	for k := 0; k < rounds; {
		first, other := both[k%2], both[1-k%2]
		size := 2 + rand.N(60)
		first.stopAfter(1 + rand.N(size-1))
		bundle := []byte{0xdc, 0, byte(size)}
		for range size {
			bundle = append(bundle, encodeMsgPack(t, farm(sent))...)
			sent++
		}
		if a := submit(t, gla, schemas.SubmitAddress, bundle, nil); a.Error != nil {
			t.Fatalf("round %d: %+v", k, a.Error)
		}
		if first.stopped(t, uint64(sent)) {
			other.reaches(t, uint64(sent))
			first.goOn()
			k++
		}
		first.reaches(t, uint64(sent))
		other.reaches(t, uint64(sent))
	}
	return sent
}

// gated is a router whose clock can stop it while it decides.
type gated struct {
	*router.Router
	mu   sync.Mutex    // guards left and shut
	left int           // how often the clock may be asked until it stops; 0 is for ever
	shut chan struct{} // closed when it may go on
	// at is told when the router has stopped.
	at chan struct{}
}

func gatedRouter(t *testing.T, b *Broker, refused *starts) *gated {
	t.Helper()
	nc, err := b.node.Hub("a router")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	g := &gated{at: make(chan struct{}, 1)}
	g.Router = router.New(router.Config{Conn: nc, JetStream: js, Desks: &b.directory, Now: g.now, Log: slog.New(refused),
		Policy: func() (*policy.Policy, string) { return b.Policy(), "test" }})
	return g
}

// now is the router's clock.
func (g *gated) now() time.Time {
	g.mu.Lock()
	var wait chan struct{}
	if g.left > 0 {
		if g.left--; g.left == 0 {
			wait = g.shut
		}
	}
	g.mu.Unlock()
	if wait != nil {
		g.at <- struct{}{}
		<-wait
	}
	return time.Now()
}

// stopAfter stops the router when its clock is asked for the n-th time.
func (g *gated) stopAfter(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.shut = n, make(chan struct{})
}

// stopped waits until the router has stopped. It says false if it came to the
// sequence without: another one was ahead of it before its clock stopped it.
func (g *gated) stopped(t *testing.T, sequence uint64) bool {
	t.Helper()
	has := false
	g.await(t, "its stop", func() bool {
		select {
		case <-g.at:
			has = true
		default:
		}
		return has || g.Place() >= sequence
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left = 0
	return has
}

func (g *gated) goOn() { close(g.shut) }

// reaches waits until the router stands at a sequence of the intake.
func (g *gated) reaches(t *testing.T, sequence uint64) {
	t.Helper()
	g.await(t, fmt.Sprintf("message %d", sequence), func() bool { return g.Place() >= sequence })
}

func (g *gated) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the router stands at %d and never came to %s: %v", g.Place(), what, g.Ready())
		}
	}
}

// starts is a log that counts how often a router starts again from its place.
type starts struct{ atomic.Int64 }

func (s *starts) Enabled(context.Context, slog.Level) bool { return true }
func (s *starts) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *starts) WithGroup(string) slog.Handler            { return s }

func (s *starts) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "router starts again from its place" {
		s.Add(1)
	}
	return nil
}
