package agents_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

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
