package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	server "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// site is a broker's folder with a running node, the two streams as package
// broker makes them (but for the protections of the streams themselves, so that
// the wall alone is tried) and a stand-in for intake.
type site struct {
	t    *testing.T
	dir  string
	reg  *accounts.Registry
	node *Node
	hub  *nats.Conn
	js   jetstream.JetStream
	seen atomic.Int64 // submissions that reached the stand-in
}

// newSite starts a node in a new folder; change may alter the server's options.
func newSite(t *testing.T, change ...func(*server.Options)) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.open(change...)
	return s
}

func (s *site) open(change ...func(*server.Options)) {
	t := s.t
	t.Helper()
	var err error
	if s.reg, err = accounts.Open(s.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.reg.Close() })
	cfg := Config{Dir: s.dir, Listen: "127.0.0.1:0"}.withDefaults()
	o, err := options(cfg, s.reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(o)
	}
	if s.node, err = start(cfg, s.reg, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.node.Stop)
	s.hub = s.hubConn("test")
	if s.js, err = jetstream.New(s.hub); err != nil {
		t.Fatal(err)
	}
	s.streams()
	s.serve()
}

// close stops everything, as a broker does.
func (s *site) close() {
	s.t.Helper()
	s.node.Stop()
	if err := s.reg.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) streams() {
	s.t.Helper()
	for _, cfg := range []jetstream.StreamConfig{
		{Name: schemas.IntakeName, Subjects: []string{"intake.>"}, AllowAtomicPublish: true, AllowDirect: true},
		{Name: accounts.DisclosuresName, Subjects: []string{"decision.>", "feed.>"}, AllowAtomicPublish: true, AllowDirect: true},
	} {
		if _, err := s.js.CreateOrUpdateStream(s.t.Context(), cfg); err != nil {
			s.t.Fatal(err)
		}
	}
}

// serve stands in for intake and the information desk. Like intake it takes
// nothing from a message but its body, and stores only what it understands.
func (s *site) serve() {
	s.t.Helper()
	nc := s.hubConn("stand-in")
	submit := func(m *nats.Msg) {
		s.seen.Add(1)
		account := strings.Split(m.Subject, ".")[1]
		desk, _ := s.reg.DeskByAccount(account)
		id, ok := strings.CutPrefix(string(m.Data), "id ")
		if !ok {
			m.Respond([]byte(`{"error":{"code":400,"err_code":20001,"description":"malformed"}}`))
			return
		}
		ack, err := s.js.Publish(s.t.Context(), "intake."+string(desk.Member)+"."+id, m.Data)
		if err != nil {
			return // the test is over
		}
		b, _ := json.Marshal(schemas.Answer{Stream: schemas.IntakeName, Sequence: ack.Sequence})
		m.Respond(b)
	}
	ask := func(m *nats.Msg) {
		m.Respond([]byte("first"))
		m.Respond([]byte("second"))
	}
	info := func(m *nats.Msg) {
		account := strings.Split(m.Subject, ".")[1]
		if got, err := nc.Request("$JS.API.CONSUMER.INFO."+accounts.DisclosuresName+"."+account, nil, 5*time.Second); err == nil {
			m.Respond(got.Data)
		}
	}
	for address, handle := range map[string]nats.MsgHandler{"submit.*": submit, "submit.*.>": submit, "ask.*.>": ask, "info.*": info} {
		if _, err := nc.Subscribe(address, handle); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) hubConn(name string) *nats.Conn {
	s.t.Helper()
	nc, err := s.node.Hub(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return nc
}

// enrol enrols a desk at the running node, with its consumer.
func (s *site) enrol(member schemas.MemberID, desk string, role accounts.Role) accounts.Issued {
	s.t.Helper()
	issued, err := s.reg.Enrol(accounts.Enrolment{Member: member, Desk: desk, Role: role, At: time.Now(), By: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.node.Refresh(issued.Desk); err != nil {
		s.t.Fatal(err)
	}
	if issued.New {
		s.consumer(issued.Desk)
	}
	return issued
}

func (s *site) consumer(d accounts.Desk) {
	s.t.Helper()
	_, err := s.js.CreateConsumer(s.t.Context(), accounts.DisclosuresName, jetstream.ConsumerConfig{
		Durable: d.Account, FilterSubject: fmt.Sprintf("feed.%s.%s.>", d.Member, d.Name),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second, MaxAckPending: 1000, MaxDeliver: -1,
		MaxRequestExpires: 90 * time.Second})
	if err != nil {
		s.t.Fatal(err)
	}
}

// connect connects over TCP with a .creds file, as a member does.
func (s *site) connect(issued accounts.Issued, opts ...nats.Option) *nats.Conn {
	s.t.Helper()
	nc, err := s.dial(issued, opts...)
	if err != nil {
		s.t.Fatal(err)
	}
	return nc
}

func (s *site) dial(issued accounts.Issued, opts ...nats.Option) (*nats.Conn, error) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "desk.creds")
	if err := os.WriteFile(file, issued.Creds, 0o600); err != nil {
		s.t.Fatal(err)
	}
	// A refused publication is reported here; the tests look at effects.
	quiet := nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})
	nc, err := nats.Connect(s.node.URL(), append([]nats.Option{nats.UserCredentials(file), nats.NoReconnect(), quiet}, opts...)...)
	if err == nil {
		s.t.Cleanup(nc.Close)
	}
	return nc, err
}

// copyTo stores a copy for a desk, as the router does.
func (s *site) copyTo(d accounts.Desk, body string) {
	s.t.Helper()
	if _, err := s.js.Publish(s.t.Context(), "feed."+string(d.Member)+"."+d.Name+".tip.any.any.any.any.any", []byte(body)); err != nil {
		s.t.Fatal(err)
	}
}

// member binds to the desk's consumer, as a member does.
func member(t *testing.T, nc *nats.Conn) jetstream.Consumer {
	t.Helper()
	js, err := jetstream.NewWithAPIPrefix(nc, schemas.APIPrefix)
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.Consumer(t.Context(), schemas.FeedName, schemas.ConsumerName)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// next takes and acknowledges the desk's next copy.
func next(t *testing.T, c jetstream.Consumer, want string) {
	t.Helper()
	m, err := c.Next(jetstream.FetchMaxWait(5 * time.Second))
	if err != nil {
		t.Fatalf("waiting for %q: %v", want, err)
	}
	if got := string(m.Data()); got != want {
		t.Errorf("got the copy %q, want %q", got, want)
	}
	if err := m.DoubleAck(t.Context()); err != nil {
		t.Error(err)
	}
}
