package agents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/agents"
	"liaison/schemas"
)

// feed answers ask.replay as the broker does, and publishes live copies, or
// forgets to.
type feed struct {
	h      *hub
	mu     sync.Mutex
	copies []*nats.Msg // guarded by mu
	asked  int
	// cut drops the message at this place of a page once, as a lost link does.
	cut int
}

func newFeed(t *testing.T, h *hub) *feed {
	t.Helper()
	f := &feed{h: h, cut: -1}
	f.listen(t)
	return f
}

func (f *feed) listen(t *testing.T) {
	t.Helper()
	if _, err := f.h.nc.Subscribe(schemas.AskReplay, f.replay); err != nil {
		t.Fatal(err)
	}
	f.h.nc.Flush()
}

// disclose stores a copy and says so live, or not.
func (f *feed) disclose(n int, live bool) {
	m := tip(n)
	body, _ := schemas.EncodeMsgPack(m)
	f.mu.Lock()
	seq := 10 * (len(f.copies) + 1)
	msg := nats.NewMsg("feed." + schemas.Route(m))
	msg.Data = body
	msg.Header.Set(schemas.HeaderID, string(m.ID))
	msg.Header.Set(schemas.HeaderDecision, strconv.Itoa(seq-1))
	msg.Header.Set(schemas.HeaderPolicy, "p1")
	msg.Header.Set(schemas.HeaderGateway, "gla-s19,police-common-law")
	msg.Header.Set(schemas.HeaderSequence, strconv.Itoa(seq))
	f.copies = append(f.copies, msg)
	f.mu.Unlock()
	if live {
		f.h.nc.PublishMsg(msg)
	}
}

func (f *feed) replay(q *nats.Msg) {
	var ask struct {
		After uint64
		Since string
		Max   int
	}
	json.Unmarshal(q.Data, &ask)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	last, sent, more := ask.After, 0, false
	for _, c := range f.copies {
		seq, _ := strconv.ParseUint(c.Header.Get(schemas.HeaderSequence), 10, 64)
		if seq <= ask.After {
			continue
		}
		if sent == min(ask.Max, 256) {
			more = true
			break
		}
		sent++
		last = seq
		if f.cut == sent {
			f.cut = -1
			return
		}
		one := nats.NewMsg(q.Reply)
		one.Data, one.Header = c.Data, c.Header
		one.Header.Set(schemas.HeaderAddress, c.Subject)
		f.h.nc.PublishMsg(one)
	}
	end := nats.NewMsg(q.Reply)
	end.Header.Set(schemas.HeaderEnd, strconv.FormatUint(last, 10))
	if more {
		end.Header.Set(schemas.HeaderMore, "true")
	}
	f.h.nc.PublishMsg(end)
}

func TestReplayPagesToTheEnd(t *testing.T) {
	h := newHub(t, "")
	f := newFeed(t, h)
	for n := range 700 {
		f.disclose(n, false)
	}
	c := connect(t, h, agents.Config{})
	var got []uint64
	last, err := c.Replay(t.Context(), agents.From{After: 20}, func(one agents.Copy) error {
		got = append(got, one.Sequence)
		if one.Message == nil || one.Decision != one.Sequence-1 || one.Policy != "p1" || len(one.Gateways) != 2 ||
			!strings.HasPrefix(one.Address, "feed.tip.labour-standards.") {
			t.Fatalf("copy %+v", one)
		}
		return nil
	})
	if err != nil || last != 7000 || len(got) != 698 || !slices.IsSorted(got) {
		t.Errorf("replayed %d copies to %d: %v", len(got), last, err)
	}
}

func TestReplayDropsAPageThatWasCut(t *testing.T) {
	h := newHub(t, "")
	f := newFeed(t, h)
	for n := range 5 {
		f.disclose(n, false)
	}
	f.cut = 3
	c := connect(t, h, agents.Config{Timeout: 300 * time.Millisecond})
	n := 0
	count := func(agents.Copy) error { n++; return nil }
	if _, err := c.Replay(t.Context(), agents.From{}, count); !errors.Is(err, agents.ErrUnreachable) || n != 0 {
		t.Errorf("a cut page gave %d copies, %v", n, err)
	}
	if last, err := c.Replay(t.Context(), agents.From{}, count); err != nil || n != 5 || last != 50 {
		t.Errorf("then %d copies to %d, %v", n, last, err)
	}
}

func TestReplayReportsARefusal(t *testing.T) {
	h := newHub(t, "")
	h.nc.Subscribe(schemas.AskReplay, func(m *nats.Msg) {
		no := nats.NewMsg(m.Reply)
		no.Header.Set(schemas.HeaderError, "20014")
		no.Data, _ = json.Marshal(schemas.Answered([]schemas.Receipt{{Refusal: schemas.Refuse(schemas.RefusedPermission, "ask")}}))
		h.nc.PublishMsg(no)
	})
	h.nc.Flush()
	_, err := connect(t, h, agents.Config{}).Replay(t.Context(), agents.From{}, nil)
	var r *schemas.Refusal
	if !errors.As(err, &r) || r.Code != schemas.RefusedPermission {
		t.Errorf("got %v", err)
	}
}

// TestWatchMissesAndDoublesNothing loses live copies, cuts the link, and
// restarts the watcher from its cursor.
func TestWatchMissesAndDoublesNothing(t *testing.T) {
	h := newHub(t, "")
	f := newFeed(t, h)
	cursor := filepath.Join(t.TempDir(), "cursor")
	var got []uint64
	take := make(chan uint64)
	run := func(until uint64, during func()) {
		ctx, cancel := context.WithCancel(t.Context())
		c := connect(t, h, agents.Config{Timeout: time.Second})
		done := make(chan error, 1)
		go func() {
			done <- c.Watch(ctx, agents.WatchOptions{Cursor: cursor, Poll: 100 * time.Millisecond}, func(one agents.Copy) error {
				select {
				case take <- one.Sequence:
				case <-ctx.Done():
				}
				return nil
			})
		}()
		go during()
		for len(got) == 0 || got[len(got)-1] != until {
			select {
			case seq := <-take:
				got = append(got, seq)
			case err := <-done:
				t.Fatalf("watch ended: %v", err)
			case <-time.After(20 * time.Second):
				t.Fatalf("nothing comes after %v", got)
			}
		}
		for i := 0; readCursor(cursor) != until; i++ {
			if i > 1000 {
				t.Fatal("the cursor was not written")
			}
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
		c.Close()
	}
	run(300, func() {
		for n := range 30 {
			f.disclose(n, n%3 != 0)
		}
	})
	for n := range 300 {
		f.disclose(100+n, false)
	}
	run(3310, func() {
		h.stop()
		h.start()
		f.listen(t)
		f.disclose(900, false)
	})
	for i, seq := range got {
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

func TestLiveHandsOnWhatIsPublished(t *testing.T) {
	h := newHub(t, "")
	f := newFeed(t, h)
	c := connect(t, h, agents.Config{})
	stop := errors.New("enough")
	done := make(chan error, 1)
	go func() {
		done <- c.Live(t.Context(), func(one agents.Copy) error {
			if one.Message == nil || one.Sequence == 0 || !strings.HasPrefix(one.Address, "feed.tip.") {
				t.Errorf("live copy %+v", one)
			}
			return stop
		})
	}()
	for n := 0; ; n++ {
		f.disclose(n, true)
		select {
		case err := <-done:
			if !errors.Is(err, stop) {
				t.Errorf("live ended with %v", err)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// deskHub gives the plain account the names that a desk sees.
func deskHub(t *testing.T) *hub {
	t.Helper()
	return newHub(t, `accounts { A: { jetstream: enabled, users: [{user: hub, password: hub}], mappings: {
		"liaison.>": "$JS.API.>" } } }
		no_auth_user: hub`)
}

func fillDesk(t *testing.T, h *hub, n int) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(h.nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: schemas.FeedName, Subjects: []string{"stored.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateConsumer(t.Context(), schemas.FeedName, jetstream.ConsumerConfig{
		Durable: schemas.ConsumerName, AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Second, MaxDeliver: -1}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		msg := nats.NewMsg("stored.x")
		msg.Data, _ = schemas.EncodeMsgPack(tip(i))
		msg.Header.Set(schemas.HeaderID, string(tip(i).ID))
		msg.Header.Set(schemas.HeaderDecision, strconv.Itoa(100+i))
		if _, err := js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	return js
}

func TestDeskRepeatsUntilTaken(t *testing.T) {
	h := deskHub(t)
	js := fillDesk(t, h, 5)
	c := connect(t, h, agents.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	taken := map[uint64]int{}
	failed := false
	err := c.Desk(ctx, agents.DeskOptions{}, func(_ context.Context, one agents.Copy) error {
		if one.Decision == 102 && !failed {
			failed = true
			return fmt.Errorf("the disk is full")
		}
		if taken[one.Sequence]++; len(taken) == 5 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(taken) != 5 {
		t.Errorf("took %v, %v", taken, err)
	}
	_ = js
}
