package broker

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
)

// A clock that jumps by ten years either way changes what the entries say of
// when, and neither their order nor what is decided. The engine's own clock is
// moved by TestClockJumps of the main package.
func TestTheClockMayJump(t *testing.T) {
	var ahead atomic.Int64
	cfg := Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", Default: protocol.Tables, MaxStore: 1 << 30, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	b, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.Close()
	}()
	s := &started{Broker: b, t: t, dir: cfg.Dir, creds: map[string]string{}}
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	const year = 365 * 24 * time.Hour
	n := 0
	for _, by := range []time.Duration{time.Second, -time.Second, time.Hour, -time.Hour, year, -year, 10 * year, -10 * year, 0} {
		ahead.Store(int64(by))
		publish(t, s, n, n+2)
		n += 2
		s.routed(uint64(n))
	}
	number, back := uint64(0), 0
	var before time.Time
	err = s.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		if number++; e.Number != number {
			t.Errorf("entry %d stands where %d must be", e.Number, number)
		}
		if e.At.Before(before) {
			back++
		}
		before = e.At
		return nil
	})
	if err != nil || back < 4 {
		t.Errorf("the entries' times went back %d times, want at least 4, or the clock did not jump: %v", back, err)
	}
	if r, err := s.Verify(t.Context()); err != nil || !r.Sound() || r.Accepted != uint64(n) || r.Waiting != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if got := fetch(t, s.desk("lincolnshire/main")); len(got) != n {
		t.Errorf("the desk has %d copies of %d", len(got), n)
	}
}
