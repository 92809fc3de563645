package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// ears are what an eavesdropper subscribes to.
func ears(w *scene) []string {
	key := w.victim.Desk.Account
	return []string{">", "*", "*.>", "_INBOX.>", w.reply, w.victim.Inbox + ".>", "_R_.>", "_GR_.>",
		"feed.>", "feed.gla.>", "live.>", "live." + key + ".>", "live.*.>", "submit", "submit.>", "submit." + key,
		"ask.>", "ask." + key + ".>", "intake.>", "decision.>", "liaison.>", "$JS.>", "$JS.ACK.>", "$JS.EVENT.>",
		"$JS.API.>", "$JSC.>", "$SYS.>", "$SYS.ACCOUNT." + key + ".>", "$SYS.REQ.>", "$SRV.>", "$KV.>"}
}

// TestEavesdroppersHearNothing has the victim do all that it does while an
// attacker listens everywhere, alone and in groups, with its lists and without.
func TestEavesdroppersHearNothing(t *testing.T) {
	for _, layer := range []string{"as issued", "without lists"} {
		t.Run(layer, func(t *testing.T) {
			w := newScene(t)
			if layer == "without lists" {
				w.unlisted()
			}
			heard := new(record)
			nc := w.connect(w.attacker)
			heard.listen(t, nc, ears(w)...)
			for _, address := range ears(w) {
				if _, err := nc.ChanQueueSubscribe(address, "intake", heard.inlet()); err != nil {
					t.Fatal(err)
				}
			}
			w.busy()
			nc.Flush()
			heard.mustNotHold(t, canary, w.victim.Desk.Account, w.victim.User.Key, "gla")
		})
	}
}

// TestTheHubCouldHear is the negative control: the same ears in the hub's
// account do hear.
func TestTheHubCouldHear(t *testing.T) {
	w := newScene(t)
	heard := new(record)
	nc := w.hubConn("ears")
	heard.listen(t, nc, ">")
	w.busy()
	nc.Flush()
	for _, secret := range []string{canary, w.victim.Desk.Account} {
		if !strings.Contains(heard.String(), secret) {
			t.Errorf("the hub did not hear %q", secret)
		}
	}
}

// busy is all that a desk does.
func (w *scene) busy() {
	t := w.t
	t.Helper()
	w.work()
	next(t, w.feed, canary+" copy 2")
	w.copyTo(w.victim.Desk, canary+" more")
	if _, err := w.client.Request("ask.held", []byte(canary), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := w.pending.Nak(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.feed.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.client.Flush()
}

// TestTracesStayOnThisSide asks the server to tell which way messages go.
func TestTracesStayOnThisSide(t *testing.T) {
	w := newScene(t)
	w.unlisted()
	nc := w.connect(w.attacker)
	heard := new(record)
	heard.listen(t, nc, "trace")
	for _, address := range []string{"submit", "ask.held", "liaison.CONSUMER.INFO.FEED.main", "submit." + w.victim.Desk.Account} {
		m := nats.NewMsg(address)
		m.Header.Set("Nats-Trace-Dest", "trace")
		m.Data = []byte("no message")
		if _, err := nc.RequestMsg(m, 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	nc.Flush()
	if heard.String() == "" {
		t.Error("there was no trace at all, so this test proves nothing")
	}
	// It shows how one's own imports are mapped, and ends at the wall.
	heard.mustNotHold(t, "stand-in", "gla", canary, w.victim.User.Key, `"type":"eg"`)
}

// TestGroupsTakeNothing joins groups on the addresses that the broker serves.
func TestGroupsTakeNothing(t *testing.T) {
	w := newScene(t)
	w.unlisted()
	nc := w.connect(w.attacker)
	for _, address := range []string{"submit", "submit.>", "submit.*", "submit." + w.victim.Desk.Account, ">"} {
		for _, group := range []string{"", "intake", "q"} {
			if _, err := nc.QueueSubscribe(address, group, func(*nats.Msg) {}); err != nil {
				t.Fatal(err)
			}
		}
	}
	nc.Flush()
	before := w.seen.Load()
	const many = 20
	for range many {
		w.work()
	}
	if got := w.seen.Load() - before; got != many {
		t.Errorf("%d of %d submissions arrived", got, many)
	}
}

// TestForeignImportsAreRefused gives the attacker's account imports of what is
// under another's key. The hub's exports name a place for the importer's own
// key, and the server compares.
func TestForeignImportsAreRefused(t *testing.T) {
	for _, own := range []bool{false, true} { // with one's own key it must work
		w := newScene(t)
		w.unlisted()
		key := w.victim.Desk.Account
		if own {
			key = w.attacker.Desk.Account
		}
		w.alter(func(c *jwt.AccountClaims) {
			for _, scope := range c.SigningKeys {
				scope.(*jwt.UserScope).Template.Permissions = jwt.Permissions{}
			}
			c.Imports.Add(
				&jwt.Import{Account: w.reg.HubAccount(), Type: jwt.Service, Subject: jwt.Subject("submit." + key), LocalSubject: "steal.submit"},
				&jwt.Import{Account: w.reg.HubAccount(), Type: jwt.Service, LocalSubject: "steal.pull",
					Subject: jwt.Subject("$JS.API.CONSUMER.MSG.NEXT." + accounts.DisclosuresName + "." + key)},
				&jwt.Import{Account: w.reg.HubAccount(), Type: jwt.Service, Subject: "submit.*", LocalSubject: "steal.any.*"},
				&jwt.Import{Account: w.reg.HubAccount(), Type: jwt.Service, Subject: "$JS.API.STREAM.NAMES", LocalSubject: "steal.names"},
				&jwt.Import{Account: w.reg.HubAccount(), Type: jwt.Stream, Subject: jwt.Subject("live." + key + ".>"), LocalSubject: "steal.live.>"},
				&jwt.Import{Account: w.reg.HubAccount(), Type: jwt.Stream, Subject: "feed.>", LocalSubject: "steal.feed.>"})
		})
		nc := w.connect(w.attacker)
		heard := new(record)
		heard.listen(t, nc, "steal.live.>", "steal.feed.>")
		before := w.seen.Load()
		for _, address := range []string{"steal.submit", "steal.pull", "steal.any." + w.victim.Desk.Account, "steal.names"} {
			inbox := nc.NewInbox()
			heard.listen(t, nc, inbox)
			nc.PublishRequest(address, inbox, []byte(`{"batch":1,"no_wait":true}`))
		}
		if err := w.hub.Publish("live."+key+".tip", []byte("stolen")); err != nil {
			t.Fatal(err)
		}
		w.busy()
		w.settle(nc)
		reached := heard.String() != "" && w.seen.Load() == before+2 // one is the victim's own
		if reached != own {
			t.Errorf("own key %v: imports work is %v\n%s", own, reached, heard)
		}
		heard.mustNotHold(t, canary)
	}
}

// TestFloodsStayOutside overruns each limit of a desk; the victim goes on.
func TestFloodsStayOutside(t *testing.T) {
	w := newScene(t)
	t.Run("subscriptions", func(t *testing.T) {
		refused := make(chan error, 1000)
		nc := w.connect(w.attacker, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
		for i := range accounts.MaxSubscriptions + 100 {
			if _, err := nc.Subscribe(fmt.Sprintf("_INBOX.flood.%d", i), func(*nats.Msg) {}); err != nil {
				break // the connection was closed for it
			}
		}
		nc.Flush()
		if err := nc.LastError(); !errors.Is(err, nats.ErrMaxSubscriptionsExceeded) {
			t.Errorf("after %d subscriptions the last error is %v", accounts.MaxSubscriptions+100, err)
		}
		nc.Close()
	})
	t.Run("payload", func(t *testing.T) {
		nc := w.connect(w.attacker)
		if err := nc.Publish("submit", make([]byte, accounts.MaxPayload+1)); !errors.Is(err, nats.ErrMaxPayload) {
			t.Errorf("too large a message gives %v, want %v", err, nats.ErrMaxPayload)
		}
		nc.Close()
	})
	t.Run("connections", func(t *testing.T) {
		var err error
		for range accounts.MaxDeskConnections + 1 {
			if _, err = w.dial(w.attacker); err != nil {
				break
			}
		}
		if !errors.Is(err, nats.ErrMaxAccountConnectionsExceeded) {
			t.Errorf("one connection too many gives %v, want %v", err, nats.ErrMaxAccountConnectionsExceeded)
		}
	})
	w.busy()
}

// TestPrivateInbox has two users of one desk, one of which may only send.
func TestPrivateInbox(t *testing.T) {
	s := newSite(t)
	sender, reader := s.enrol("gla", "main", accounts.Send), s.enrol("gla", "main", accounts.Read)
	heard := new(record)
	nc := s.connect(sender)
	heard.listen(t, nc, "_INBOX.>", reader.Inbox+".>", "feed.>", ">")
	for _, private := range []bool{true, false} { // without the prefix, the sender hears
		opts := []nats.Option{nats.CustomInboxPrefix(reader.Inbox)}
		if !private {
			opts = nil
		}
		s.copyTo(reader.Desk, canary)
		next(t, member(t, s.connect(reader, opts...)), canary)
		nc.Flush()
		if got := strings.Contains(heard.String(), canary); got == private {
			t.Errorf("private inbox %v: the sender hears the reader's copies is %v", private, got)
		}
	}
	if _, err := s.connect(sender, nats.CustomInboxPrefix(sender.Inbox)).Request(schemas.SubmitAddress, []byte("id x"), 5*time.Second); err != nil {
		t.Errorf("submitting with the private inbox: %v", err)
	}
}
