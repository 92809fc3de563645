package broker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// started is a broker that runs, with members enrolled.
type started struct {
	*Broker
	t     *testing.T
	dir   string
	creds map[string]string // "gla/main" to the path of its credentials
	halt  func()            // ends what the broker does; its server still runs
	stop  func()
}

// start runs a broker on a folder until the test ends, or stop is called.
func start(t *testing.T, dir string) *started {
	t.Helper()
	return startBounded(t, dir, 1<<30)
}

// startBounded runs one whose store has a bound.
func startBounded(t *testing.T, dir string, maxStore int64) *started {
	t.Helper()
	b := opened(t, dir, maxStore)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	s := &started{Broker: b, t: t, dir: dir, creds: map[string]string{}}
	s.halt = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	s.stop = sync.OnceFunc(func() {
		s.halt()
		b.Close()
	})
	t.Cleanup(s.stop)
	s.isOpen(ended)
	return s
}

// isOpen waits until messages and questions are taken, or the broker has ended.
func (s *started) isOpen(ended <-chan error) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); s.intake.Ready() != nil || s.ask.Ready() != nil; time.Sleep(time.Millisecond) {
		if len(ended) > 0 {
			return // which is for the test to judge
		}
		if time.Now().After(end) {
			s.t.Fatalf("the broker does not open: %v", s.Ready())
		}
	}
}

// opened is a broker that does not serve yet.
func opened(t *testing.T, dir string, maxStore int64) *Broker {
	t.Helper()
	level := slog.LevelWarn
	if testing.Verbose() {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level}))
	b, err := Open(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Default: protocol.Tables, Log: log, MaxStore: maxStore})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// enrol gives a desk credentials, "gla" or "ukhtc/labour-east".
func (s *started) enrol(name string, e accounts.Enrolment) {
	s.t.Helper()
	member, desk, _ := strings.Cut(name, "/")
	e.Member, e.Desk = schemas.MemberID(member), desk
	if e.Role == "" {
		e.Role = accounts.Both
	}
	e.At, e.By = time.Now(), "test"
	issued, err := s.Enrol(s.t.Context(), e)
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), "user.creds")
	if err := os.WriteFile(path, issued.Creds, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.creds[issued.Desk.String()] = path
}

// connect logs in as a desk over TCP, as any NATS client does.
func (s *started) connect(desk string) *nats.Conn {
	s.t.Helper()
	nc, err := nats.Connect(s.URL(), nats.UserCredentials(s.creds[desk]))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(nc.Close)
	return nc
}

// desk binds to a desk's durable consumer with the plain JetStream pull API.
func (s *started) desk(name string) jetstream.Consumer {
	s.t.Helper()
	js, err := jetstream.NewWithAPIPrefix(s.connect(name), schemas.APIPrefix)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := js.Consumer(s.t.Context(), schemas.FeedName, schemas.ConsumerName)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// fetch takes copies until none has come for a moment, acknowledging each.
func fetch(t *testing.T, c jetstream.Consumer) []*schemas.Message {
	t.Helper()
	var copies []*schemas.Message
	for {
		batch, err := c.Fetch(100, jetstream.FetchMaxWait(300*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for msg := range batch.Messages() {
			got++
			m, err := schemas.DecodeCopy(msg.Data())
			if err != nil {
				t.Fatal(err)
			}
			copies = append(copies, m)
			if err := msg.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got == 0 {
			return copies
		}
	}
}

// routed waits until everything that was accepted is decided.
func (s *started) routed(sequence uint64) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); s.router.Place() < sequence; {
		if time.Now().After(deadline) {
			s.t.Fatalf("routed up to %d of %d: %v", s.router.Place(), sequence, s.Ready())
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// farm is a tip of the Gangmasters Licensing Authority about Lincolnshire.
func farm(n int) *schemas.Message {
	return &schemas.Message{
		Schema: 1, ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012x", n)), Kind: schemas.KindTip, Originator: "gla",
		Reference: "GLA/INT/09/" + strconv.Itoa(n), Created: schemas.At(time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)),
		Marking: schemas.Restricted, Urgency: schemas.Priority, Purpose: "prevent-detect-crime",
		Jurisdictions: []schemas.Jurisdiction{{Code: "lincolnshire", Role: schemas.RoleIncident}},
		CrimeTypes:    []schemas.Code{"unlicensed-gangmaster", "forced-labour"}, Sectors: []schemas.Code{"agriculture"},
		Items: []schemas.Item{{Text: "Workers at an invented farm have had their passports taken.", Source: "B", Information: 2,
			Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered, Indicators: []schemas.Code{"GEN01"}, Subjects: []int{0}}},
		Subjects: []schemas.Subject{{Kind: schemas.PremisesSubject, Name: "Invented Farm", Postcode: "ZZ99 3VZ"}},
		Tip:      &schemas.Tip{Channel: "intelligence-report"},
	}
}

func encodeMsgPack(t *testing.T, m *schemas.Message) []byte {
	t.Helper()
	b, err := schemas.EncodeMsgPack(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestATipGoesFromPublishToTheRightFeeds(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "lincolnshire", "kent", "ukhtc", "ukba"} {
		s.enrol(name, accounts.Enrolment{})
	}
	s.enrol("ukhtc/json", accounts.Enrolment{Encoding: schemas.TypeJSON})
	s.enrol("ukhtc/kent-only", accounts.Enrolment{Filter: schemas.Filter{Areas: []schemas.Code{"kent"}}})

	live, err := s.connect("ukhtc/main").SubscribeSync("feed.tip.labour-standards.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := live.SetPendingLimits(1000, -1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // the subscription must be there before the tip is

	js, err := jetstream.New(s.connect("gla/main"))
	if err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), schemas.SubmitAddress, encodeMsgPack(t, farm(1)))
	if err != nil {
		t.Fatal(err)
	}
	if ack.Stream != schemas.IntakeName || ack.Sequence != 1 || ack.Duplicate {
		t.Errorf("acknowledgement = %+v", ack)
	}
	again, err := js.Publish(t.Context(), schemas.SubmitAddress, encodeMsgPack(t, farm(1)))
	if err != nil || !again.Duplicate || again.Sequence != 1 {
		t.Errorf("the same again: %+v, %v; want the first sequence, marked duplicate", again, err)
	}
	s.routed(1)

	want := map[string]int{"lincolnshire/main": 1, "ukhtc/main": 1, "ukhtc/json": 1, "ukhtc/kent-only": 0, "kent/main": 0, "gla/main": 0}
	for desk, n := range want {
		if got := fetch(t, s.desk(desk)); len(got) != n {
			t.Errorf("%s has %d copies, want %d", desk, len(got), n)
		}
	}
	if msg, err := live.NextMsg(2 * time.Second); err != nil {
		t.Errorf("no live copy: %v", err)
	} else if want := "feed.tip.labour-standards.unlicensed-gangmaster.england.acpo-east-midlands.lincolnshire"; msg.Subject != want {
		t.Errorf("live copy at %s, want %s", msg.Subject, want)
	}
	balance, err := s.Balance(t.Context())
	if err != nil || !balance.Balanced() || balance.Accepted != 1 {
		t.Errorf("balance %+v, %v", balance, err)
	}
	if r, err := s.VerifyLedger(t.Context()); err != nil || len(r.Faults) > 0 || r.Entries != 2 {
		t.Errorf("ledger %+v, %v; want the tables and one decision", r, err)
	}
	if err := s.Ready(); err != nil {
		t.Error(err)
	}
	s.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		b, _ := json.Marshal(e)
		t.Logf("%s", b)
		return nil
	})
}
