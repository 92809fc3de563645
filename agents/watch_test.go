package agents_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"liaison/agents"
	"liaison/schemas"
)

// watched is a watcher that can be stopped and started again at its cursor.
type watched struct {
	t      *testing.T
	hub    *hub
	cursor string
	take   chan uint64
	got    []uint64
}

// run watches until the copy with the sequence has come and the cursor says
// so, while something happens.
func (w *watched) run(until uint64, during func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	c := connect(w.t, w.hub, agents.Config{Timeout: time.Second})
	done := make(chan error, 1)
	go func() {
		done <- c.Watch(ctx, agents.WatchOptions{Cursor: w.cursor, Poll: 100 * time.Millisecond}, func(one agents.Copy) error {
			select {
			case w.take <- one.Sequence:
			case <-ctx.Done():
			}
			return nil
		})
	}()
	var wg sync.WaitGroup
	wg.Go(during)
	for len(w.got) == 0 || w.got[len(w.got)-1] != until {
		select {
		case seq := <-w.take:
			w.got = append(w.got, seq)
		case err := <-done:
			w.t.Fatalf("watch ended: %v", err)
		case <-time.After(20 * time.Second):
			w.t.Fatalf("nothing comes after %v", w.got)
		}
	}
	wg.Wait()
	for deadline := time.Now().Add(10 * time.Second); readCursor(w.cursor) != until; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("the cursor was not written")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		w.t.Errorf("watch ended with %v", err)
	}
	c.Close()
}

// TestWatchMissesAndDoublesNothing loses live copies, cuts the link, and
// restarts the watcher from its cursor.
func TestWatchMissesAndDoublesNothing(t *testing.T) {
	h := newHub(t, "")
	f := newFeed(t, h)
	w := &watched{t: t, hub: h, cursor: filepath.Join(t.TempDir(), "cursor"), take: make(chan uint64)}
	w.run(300, func() {
		for n := range 30 {
			f.disclose(n, n%3 != 0)
		}
	})
	for n := range 300 {
		f.disclose(100+n, false)
	}
	w.run(3310, func() {
		h.stop()
		h.start()
		f.listen(t)
		f.disclose(900, false)
	})
	for i, seq := range w.got {
		if seq != uint64(10*(i+1)) {
			t.Fatalf("copy %d has sequence %d", i, seq)
		}
	}
}

func readCursor(path string) uint64 {
	b, _ := os.ReadFile(path)
	n, _ := strconv.ParseUint(string(b), 10, 64)
	return n
}

func TestWatchOnceFiltersAndEnds(t *testing.T) {
	h := newHub(t, "")
	f := newFeed(t, h)
	f.disclose(1, false)
	f.disclose(2, false)
	c := connect(t, h, agents.Config{})
	for crime, want := range map[schemas.Code]int{"labour-standards": 2, "trafficking": 0} {
		n := 0
		o := agents.WatchOptions{Once: true, Filter: schemas.Filter{CrimeTypes: []schemas.Code{crime}}}
		if err := c.Watch(t.Context(), o, func(agents.Copy) error { n++; return nil }); err != nil || n != want {
			t.Errorf("%s: %d copies, %v", crime, n, err)
		}
	}
	bad := filepath.Join(t.TempDir(), "cursor")
	os.WriteFile(bad, []byte("nonsense"), 0o600)
	if err := c.Watch(t.Context(), agents.WatchOptions{Cursor: bad}, nil); err == nil {
		t.Error("a cursor that holds nonsense was accepted")
	}
}
