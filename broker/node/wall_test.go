package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// scene is a site with a victim, who is at work, and an attacker with good
// credentials of its own.
type scene struct {
	*site
	victim, attacker accounts.Issued
	client           *nats.Conn         // the victim's
	feed             jetstream.Consumer // the victim's
	pending          jetstream.Msg      // a copy that the victim has and has not acknowledged
	reply            string             // an inbox at which the victim waits
	got              *record            // all that reaches the victim by itself
	leaked           *record            // all that appears at the hub where no desk may publish
	read             map[string]string  // messages that state has read
}

const canary = "CANARY"

func newScene(t *testing.T) *scene {
	t.Helper()
	w := &scene{site: newSite(t), got: new(record), leaked: new(record)}
	w.forget()
	w.victim, w.attacker = w.enrol("gla", "main", accounts.Both), w.enrol("eas", "main", accounts.Both)
	for i := range 3 {
		w.copyTo(w.victim.Desk, fmt.Sprint(canary, " copy ", i))
	}
	w.client = w.connect(w.victim)
	w.feed = member(t, w.client)
	next(t, w.feed, canary+" copy 0")
	var err error
	if w.pending, err = w.feed.Next(jetstream.FetchMaxWait(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	w.reply = w.client.NewInbox()
	w.got.listen(t, w.client, schemas.LiveAddress+".>", w.reply)
	key := w.victim.Desk.Account
	w.leaked.listen(t, w.hubConn("watch"), "live.>", "submit."+key, "submit."+key+".>", "ask."+key+".>", "submit.gla")
	w.work()
	return w
}

// work is what the victim does all day; it must go on as before.
func (w *scene) work() {
	t := w.t
	t.Helper()
	m, err := w.client.Request("submit", []byte("id "+canary), 5*time.Second)
	if err != nil || !strings.Contains(string(m.Data), `"seq"`) {
		t.Fatalf("the victim cannot submit: %v", err)
	}
	if err := w.hub.Publish("live."+w.victim.Desk.Account+".tip.any", []byte(canary+" live")); err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := w.client.Flush(); err != nil {
		t.Fatal(err)
	}
}

// state is everything that an attack could change, by name: every stream with
// its configuration and messages, every consumer, and what came to the victim.
// Of the attacker's own consumer it has only the configuration.
func (w *scene) state() map[string]string {
	t := w.t
	t.Helper()
	out := map[string]string{"victim": w.got.String(), "hub": w.leaked.String(), "connected": fmt.Sprint(w.client.IsConnected())}
	streams := w.js.ListStreams(t.Context())
	for info := range streams.Info() {
		if info.Config.Name == marker {
			continue
		}
		s, err := w.js.Stream(t.Context(), info.Config.Name)
		if err == nil {
			info, err = s.Info(t.Context(), jetstream.WithDeletedDetails(true))
		}
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue // deleted since it was listed, and so it is missing
		}
		if err != nil {
			t.Fatal(err)
		}
		w.messages(s, info, out)
		w.consumers(s, out)
	}
	if err := streams.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// messages notes the stream and all its messages; each is read once, until
// forget, since what was deleted shows in the stream's state.
func (w *scene) messages(s jetstream.Stream, info *jetstream.StreamInfo, out map[string]string) {
	name, state := info.Config.Name, info.State
	out["stream "+name] = marshal(w.t, []any{info.Config, state})
	for seq := state.FirstSeq; seq != 0 && seq <= state.LastSeq; seq++ {
		key := fmt.Sprint("message ", name, " ", seq)
		if _, ok := w.read[key]; !ok && !slices.Contains(state.Deleted, seq) {
			m, err := s.GetMsg(w.t.Context(), seq)
			if err != nil {
				continue // deleted since
			}
			w.read[key] = marshal(w.t, m)
		}
		out[key] = w.read[key]
	}
}

func (w *scene) consumers(s jetstream.Stream, out map[string]string) {
	consumers := s.ListConsumers(w.t.Context())
	for c := range consumers.Info() {
		view := []any{c.Config}
		if c.Name != w.attacker.Desk.Account {
			view = append(view, c.Delivered, c.AckFloor, c.NumAckPending, c.NumRedelivered, c.NumPending, c.NumWaiting, c.Paused)
		}
		out["consumer "+c.Name] = marshal(w.t, view)
	}
}

// forget makes the next state read every message anew.
func (w *scene) forget() { w.read = make(map[string]string) }

// marker is a stream that only settle uses.
const marker = "MARKER"

// settle returns when everything that the connection sent has been dealt with:
// the same ways are gone once more, and each of them keeps its order.
func (w *scene) settle(nc *nats.Conn) {
	t := w.t
	t.Helper()
	nc.Flush() // an attack may have cost the connection
	for _, d := range []accounts.Desk{w.attacker.Desk, w.victim.Desk} {
		if _, err := w.hub.Request("$JS.API.CONSUMER.INFO."+accounts.DisclosuresName+"."+d.Account, nil, 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: marker, Subjects: []string{"marker"}}); err != nil {
		t.Fatal(err)
	}
	if s, err := w.js.Stream(t.Context(), marker); err != nil || s.Purge(t.Context()) != nil {
		t.Fatal("the hub's API does not answer")
	}
	w.hub.Flush()
	w.client.Flush()
}

// unlisted takes the lists of what users may do off the attacker's account, so
// that the wall between the accounts stands alone.
func (w *scene) unlisted() {
	w.t.Helper()
	w.alter(func(c *jwt.AccountClaims) {
		for _, scope := range c.SigningKeys {
			scope.(*jwt.UserScope).Template.Permissions = jwt.Permissions{}
		}
	})
	nc, heard := w.connect(w.attacker), new(record)
	heard.listen(w.t, nc, "anything")
	if err := nc.Publish("anything", []byte("goes")); err != nil {
		w.t.Fatal(err)
	}
	if nc.Flush(); heard.String() == "" {
		w.t.Fatal("the lists are still there")
	}
	nc.Close()
}

// alter changes what the server believes of the attacker's account, unsigned.
func (w *scene) alter(change func(*jwt.AccountClaims)) {
	w.t.Helper()
	key := w.attacker.Desk.Account
	claims, err := w.reg.AccountClaims(key)
	if err != nil {
		w.t.Fatal(err)
	}
	change(claims)
	account, err := w.node.server.LookupAccount(key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.node.server.UpdateAccountClaims(account, claims)
}

// TestAttacksHaveNoEffect runs every attack twice: with a desk's credentials as
// they are issued, and once more with the lists of what a user may do gone.
func TestAttacksHaveNoEffect(t *testing.T) {
	for _, layer := range []string{"as issued", "without lists"} {
		t.Run(layer, func(t *testing.T) {
			w := newScene(t)
			if layer == "without lists" {
				w.unlisted()
			}
			nc := w.connect(w.attacker)
			for _, a := range attacks(w) {
				t.Run(a.name, func(t *testing.T) {
					if nc.IsClosed() { // the price of the one before
						nc = w.connect(w.attacker)
					}
					w.endure(t, nc, a)
				})
			}
			last := w.state()
			w.forget()
			if diff := cmp.Diff(last, w.state()); diff != "" {
				t.Errorf("a message changed where it lay (-before +after):\n%s", diff)
			}
			w.work()
			next(t, member(t, w.client), canary+" copy 2")
			if err := w.pending.DoubleAck(t.Context()); err != nil {
				t.Errorf("the victim's acknowledgement after it all: %v", err)
			}
		})
	}
}

func (w *scene) endure(t *testing.T, nc *nats.Conn, a attack) {
	if a.copies {
		w.copyTo(w.attacker.Desk, "own")
	}
	before := w.state()
	inbox, answers := nc.NewInbox(), new(record)
	stop := answers.listen(t, nc, inbox)
	a.do(t, nc, inbox)
	w.settle(nc)
	if diff := cmp.Diff(before, w.state()); diff != "" {
		t.Errorf("the attack had an effect (-before +after):\n%s", diff)
	}
	answers.mustNotHold(t, canary, w.victim.Desk.Account, "gla")
	stop()
}

// TestAttacksWorkWithoutTheWall is the negative control: in the hub's account,
// where there is no wall, the same attacks do have an effect.
func TestAttacksWorkWithoutTheWall(t *testing.T) {
	for _, a := range attacks(nil) {
		if !a.control {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			w := newScene(t)
			w.copyTo(w.attacker.Desk, "own")
			before := w.state()
			for _, b := range attacks(w) {
				if b.name == a.name {
					b.asHub(t, w.hubConn("attacker"))
				}
			}
			for range 200 { // an effect may take a moment; that there is none shows in the end
				w.settle(w.hub)
				if !maps.Equal(before, w.state()) {
					return
				}
			}
			t.Error("the attack has no effect where it should have one, so the test against it proves nothing")
		})
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
