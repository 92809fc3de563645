package broker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// The attacks of this package are made by members with good credentials, or by
// nobody with any, on a whole broker that runs. Every attempt is a subtest of a
// test whose name begins with TestAttack; those below "control" are the same
// attempts where the protection is not, and must succeed. Package node has the
// attacks on the wall between the accounts.

// stage is a broker with a victim (gla), an attacker (kent), and desks that
// get copies of what both send.
type stage struct {
	*started
	log    *lines
	copies []*nats.Conn // hears what every desk is shown live
	live   *lines
}

// lines gathers text from several goroutines.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const (
	victim, attacker = "gla/main", "kent/main"
	// smuggled is what an attacker tries to have reach somebody.
	smuggled = "SMUGGLED"
)

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{log: &lines{}, live: &lines{}}
	s.started = startLogging(t, t.TempDir(), s.log)
	for _, name := range []string{"gla", "kent", "lincolnshire", "ukhtc"} {
		s.enrol(name, accounts.Enrolment{})
	}
	for _, name := range []string{victim, attacker, "lincolnshire/main", "ukhtc/main"} {
		nc := s.connect(name)
		hear(t, nc, "feed.>", s.live)
		s.copies = append(s.copies, nc)
	}
	return s
}

// hear writes down everything that comes to an address.
func hear(t *testing.T, nc *nats.Conn, address string, into io.Writer) {
	t.Helper()
	_, err := nc.Subscribe(address, func(m *nats.Msg) { fmt.Fprintf(into, "%s %q %s\n", m.Subject, m.Header, m.Data) })
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// startLogging is start with a log that can be looked at.
func startLogging(t *testing.T, dir string, log io.Writer) *started {
	t.Helper()
	b, err := Open(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Default: protocol.Tables, MaxStore: 1 << 30,
		Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	s := &started{Broker: b, t: t, dir: dir, creds: map[string]string{}}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		b.Close()
	})
	t.Cleanup(s.stop)
	return s
}

// everything is all that any desk was given or could read, and all that lies in
// the streams, byte for byte, with headers and addresses.
func (s *stage) everything(t *testing.T) string {
	t.Helper()
	for _, nc := range s.copies {
		nc.Flush()
	}
	var all strings.Builder
	all.WriteString(s.live.String())
	for _, name := range []string{schemas.IntakeName, ledger.Stream} {
		for m, err := range ledger.Walk(t.Context(), s.js, name, ">", 0, time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&all, "%s %s %q %s\n", name, m.Subject, m.Header, m.Data)
		}
	}
	return all.String()
}

// stored is how many messages lie in the intake.
func (s *stage) stored(t *testing.T) uint64 {
	t.Helper()
	stream, err := s.js.Stream(t.Context(), schemas.IntakeName)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().State.Msgs
}

// works has the victim submit a tip that reaches Lincolnshire's feed.
func (s *stage) works(t *testing.T, n int) {
	t.Helper()
	before := s.stored(t)
	sequence := accept(t, s.connect(victim), farm(n))
	s.routed(sequence)
	if after := s.stored(t); after != before+1 {
		t.Errorf("the intake has %d messages where the victim's made it %d", after, before+1)
	}
	if got := fetch(t, s.desk("lincolnshire/main")); len(got) == 0 || got[len(got)-1].ID != farm(n).ID {
		t.Errorf("the victim's tip did not reach Lincolnshire: %d copies", len(got))
	}
	if r, err := s.Verify(t.Context()); err != nil || !r.Sound() {
		t.Errorf("verification: %+v, %v", r.Findings, err)
	}
}

// tipOf is a valid tip of the attacker's, or of any member's.
func tipOf(member schemas.MemberID, n int) *schemas.Message {
	m := farm(n)
	m.Originator, m.Reference = member, ""
	return m
}

// wire speaks the protocol itself, as no library would.
type wire struct {
	t     *testing.T
	conn  net.Conn
	lines *bufio.Reader
}

// dialWire opens a connection and reads the greeting.
func (s *started) dialWire(t *testing.T) (w *wire, nonce string) {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	w = &wire{t: t, conn: conn, lines: bufio.NewReaderSize(conn, 1<<20)}
	_, nonce, _ = strings.Cut(w.line(), `"nonce":"`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	return w, nonce
}

// wire logs in as a desk.
func (s *started) wire(t *testing.T, desk string) *wire {
	t.Helper()
	w, nonce := s.dialWire(t)
	token, pair := credsOf(t, s.creds[desk])
	w.send(connectLine(t, token, pair, nonce) + "SUB _INBOX.wire.> 1\r\nPING\r\n")
	if got := w.until("PONG", "-ERR"); got != "PONG" {
		t.Fatalf("logging in gives %s", got)
	}
	return w
}

func credsOf(t *testing.T, path string) (token string, pair nkeys.KeyPair) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if token, err = nkeys.ParseDecoratedJWT(b); err != nil {
		t.Fatal(err)
	}
	if pair, err = nkeys.ParseDecoratedNKey(b); err != nil {
		t.Fatal(err)
	}
	return token, pair
}

func (w *wire) send(text string) {
	w.t.Helper()
	if _, err := io.WriteString(w.conn, text); err != nil {
		w.t.Logf("writing: %v", err) // an attack may cost the connection
	}
}

// line reads one line, or "" when the connection is gone.
func (w *wire) line() string {
	text, err := w.lines.ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimRight(text, "\r\n")
}

// until reads to a line that begins with one of the words, or to the end.
func (w *wire) until(words ...string) string {
	for {
		text := w.line()
		if text == "" {
			return ""
		}
		for _, word := range words {
			if strings.HasPrefix(text, word) {
				return text
			}
		}
	}
}

// publish sends a message with a header block as it is, and returns the answer
// to it, or the server's objection, or "" if neither came before the answer to
// what was sent behind it: order is kept.
func (w *wire) publish(address, header string, body []byte) (answer string) {
	w.t.Helper()
	if header == "" {
		w.send(fmt.Sprintf("PUB %s _INBOX.wire.a %d\r\n%s\r\n", address, len(body), body))
	} else {
		w.send(fmt.Sprintf("HPUB %s _INBOX.wire.a %d %d\r\n%s%s\r\n", address, len(header), len(header)+len(body), header, body))
	}
	w.send("PUB submit _INBOX.wire.z 1\r\n?\r\n") // is refused, and so answered, in any case
	for {
		got := w.until("MSG _INBOX.wire.", "HMSG _INBOX.wire.a", "-ERR")
		switch {
		case got == "" || strings.HasPrefix(got, "MSG _INBOX.wire.z"):
			return answer
		case answer != "":
		case strings.HasPrefix(got, "MSG"):
			answer = w.line()
		default:
			answer = got
		}
	}
}

// hubJS is the hub's own way to the streams, where no protection is.
func (s *started) hubJS(t *testing.T) jetstream.JetStream {
	t.Helper()
	nc, err := s.node.Hub("control")
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// noTime is no bound.
var noTime time.Time
