package node

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// TestReadingCalls goes through the calls of nats.go's jetstream package that
// the package comment promises.
func TestReadingCalls(t *testing.T) {
	s := newSite(t)
	gla := s.enrol("gla", "main", accounts.Read)
	c := member(t, s.connect(gla))
	want := 0
	check := func(name string, m jetstream.Msg, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := string(m.Data()); got != fmt.Sprint("copy ", want) {
			t.Errorf("%s: got %q, want copy %d", name, got, want)
		}
		want++
	}
	for i := range 12 {
		s.copyTo(gla.Desk, fmt.Sprint("copy ", i))
	}
	m, err := c.Next()
	check("Next", m, errors.Join(err, m.Ack()))
	for name, fetch := range map[string]func() (jetstream.MessageBatch, error){
		"Fetch":       func() (jetstream.MessageBatch, error) { return c.Fetch(2) },
		"FetchNoWait": func() (jetstream.MessageBatch, error) { return c.FetchNoWait(2) },
		"FetchBytes":  func() (jetstream.MessageBatch, error) { return c.FetchBytes(400, jetstream.FetchMaxWait(time.Second)) },
	} {
		batch, err := fetch()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for m := range batch.Messages() {
			check(name, m, m.DoubleAck(t.Context()))
		}
		if err := batch.Error(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	messages, err := c.Messages(jetstream.PullExpiry(longestPull))
	if err != nil {
		t.Fatal(err)
	}
	m, err = messages.Next()
	check("Messages", m, errors.Join(err, m.InProgress(), m.DoubleAck(t.Context())))
	messages.Drain()
	for { // what the drain still gave
		if m, err = messages.Next(); err != nil {
			break
		}
		check("Messages, draining", m, m.DoubleAck(t.Context()))
	}
	got := make(chan jetstream.Msg)
	s.copyTo(gla.Desk, fmt.Sprint("copy ", 12))
	consuming, err := c.Consume(func(m jetstream.Msg) { got <- m }, jetstream.PullMaxMessages(1))
	if err != nil {
		t.Fatal(err)
	}
	m = <-got
	check("Consume", m, m.Term())
	consuming.Stop()
	if info, err := c.Info(t.Context()); err != nil || info.Config.Durable != gla.Desk.Account {
		t.Errorf("Info: %v, %v", info, err)
	}
}

// longestPull is the longest that a pull may wait.
const longestPull = 90 * time.Second

// TestPublishingCalls submits with every client's way of publishing to a stream.
func TestPublishingCalls(t *testing.T) {
	s := newSite(t)
	nc := s.connect(s.enrol("gla", "main", accounts.Send))
	plain, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	prefixed, err := jetstream.NewWithAPIPrefix(nc, schemas.APIPrefix)
	if err != nil {
		t.Fatal(err)
	}
	legacy, err := nc.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	for i, js := range []jetstream.JetStream{plain, prefixed} {
		ack, err := js.Publish(t.Context(), schemas.SubmitAddress, []byte(fmt.Sprint("id ", i)))
		if err != nil || ack.Stream != schemas.IntakeName || ack.Sequence != uint64(i+1) {
			t.Errorf("publishing gives %+v, %v", ack, err)
		}
	}
	ack, err := legacy.Publish(schemas.SubmitAddress+".tip.any.any.any.any.any", []byte("id legacy"))
	if err != nil || ack.Stream != schemas.IntakeName || ack.Sequence != 3 {
		t.Errorf("publishing with the legacy client gives %+v, %v", ack, err)
	}
	future, err := plain.PublishAsync(schemas.SubmitAddress, []byte("id async"))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case ack := <-future.Ok():
		if ack.Sequence != 4 {
			t.Errorf("publishing asynchronously gives %+v", ack)
		}
	case err := <-future.Err():
		t.Error(err)
	}
	var refusal *jetstream.APIError
	if _, err := plain.Publish(t.Context(), schemas.SubmitAddress, []byte("no message")); !errors.As(err, &refusal) || refusal.ErrorCode != 20001 {
		t.Errorf("a refusal is %v, want the API's error 20001", err)
	}
}

// TestLegacyReader binds with the older API, which wants the filter.
func TestLegacyReader(t *testing.T) {
	s := newSite(t)
	gla := s.enrol("gla", "main", accounts.Both)
	s.copyTo(gla.Desk, "one")
	js, err := s.connect(gla).JetStream(nats.APIPrefix(schemas.APIPrefix))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := js.PullSubscribe("feed.gla.main.>", "", nats.Bind(schemas.FeedName, schemas.ConsumerName))
	if err != nil {
		t.Fatal(err)
	}
	got, err := sub.Fetch(1, nats.MaxWait(5*time.Second))
	if err != nil || len(got) != 1 || string(got[0].Data) != "one" {
		t.Fatalf("fetching gives %v, %v", got, err)
	}
	if err := got[0].AckSync(); err != nil {
		t.Error(err)
	}
}

// TestRoles tries what each role may and may not do.
func TestRoles(t *testing.T) {
	s := newSite(t)
	for _, tc := range []struct {
		role                 accounts.Role
		submit, held, replay bool
		pull, live           bool
	}{
		{role: accounts.Send, submit: true, held: true},
		{role: accounts.Read, held: true, replay: true, pull: true, live: true},
		{role: accounts.Both, submit: true, held: true, replay: true, pull: true, live: true},
	} {
		desk := s.enrol(schemas.MemberID("m-"+tc.role), "main", tc.role)
		nc := s.connect(desk)
		// What must work has long to do so; what must not is waited for in vain.
		wait := func(want bool) time.Duration {
			if want {
				return 10 * time.Second
			}
			return inVain
		}
		asked := func(address, body string, want bool) [2]bool {
			_, err := nc.Request(address, []byte(body), wait(want))
			return [2]bool{err == nil, want}
		}
		live, err := nc.SubscribeSync("feed.>")
		if err != nil {
			t.Fatal(err)
		}
		came := func(want bool) [2]bool {
			_, err := live.NextMsg(wait(want))
			return [2]bool{err == nil, want}
		}
		nc.Publish("feed.fake", nil)
		nc.Flush()
		fake := came(false)
		s.hub.Publish("live."+desk.Desk.Account+".tip", nil)
		s.hub.Flush()
		for name, pair := range map[string][2]bool{
			"submit": asked("submit", "id x", tc.submit), "ask.held": asked("ask.held", "", tc.held),
			"ask.replay": asked("ask.replay", "", tc.replay),
			"pull":       asked("liaison.CONSUMER.MSG.NEXT.FEED.main", `{"no_wait":true}`, tc.pull),
			"live":       came(tc.live), "fake live copy": fake,
		} {
			if pair[0] != pair[1] {
				t.Errorf("role %s: %s works is %v, want %v", tc.role, name, pair[0], pair[1])
			}
		}
	}
}

// inVain is how long a test waits for what must not come.
const inVain = 100 * time.Millisecond

// TestManyAnswers has the information desk answer twice.
func TestManyAnswers(t *testing.T) {
	s := newSite(t)
	nc := s.connect(s.enrol("gla", "main", accounts.Read))
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest(schemas.AskReplay, inbox, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		m, err := sub.NextMsg(5 * time.Second)
		if err != nil || string(m.Data) != want {
			t.Fatalf("waiting for the %s answer: %v, %v", want, m, err)
		}
	}
}
