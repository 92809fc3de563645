package agents_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"liaison/agents"
	"liaison/schemas"
)

// hub is a real NATS server with a small responder that accepts once, as the
// broker's intake does.
type hub struct {
	t    *testing.T
	conf string
	port int
	srv  *server.Server
	nc   *nats.Conn

	mu       sync.Mutex
	stored   map[schemas.ID]schemas.Digest
	sequence map[schemas.ID]uint64
	order    []*schemas.Message
	later    int // how many submissions to answer "try later"
	waiting  int // how many to answer that what they are about is not decided
	dropped  int // how many submissions not to answer at all
	bundles  []int
	desk     schemas.MemberID
	// after runs after each submission that was stored.
	after func(total int)
}

func newHub(t *testing.T, extra string) *hub {
	t.Helper()
	h := &hub{t: t, stored: map[schemas.ID]schemas.Digest{}, sequence: map[schemas.ID]uint64{}}
	h.conf = filepath.Join(t.TempDir(), "hub.conf")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	text := fmt.Sprintf("host: 127.0.0.1\nport: %d\nmax_payload: 2097152\njetstream { store_dir: %q }\n%s", h.port, t.TempDir(), extra)
	if err := os.WriteFile(h.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *hub) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", h.port) }

func (h *hub) start(opts ...nats.Option) {
	h.t.Helper()
	o, err := server.ProcessConfigFile(h.conf)
	if err != nil {
		h.t.Fatal(err)
	}
	o.NoSigs, o.NoLog = true, true
	if h.srv, err = server.NewServer(o); err != nil {
		h.t.Fatal(err)
	}
	h.srv.Start()
	if !h.srv.ReadyForConnections(10 * time.Second) {
		h.t.Fatal("the test server does not start")
	}
	user := []nats.Option{nats.InProcessServer(h.srv)}
	if o.Users != nil {
		user = append(user, nats.UserInfo("hub", "hub"))
	}
	if h.nc, err = nats.Connect("", append(user, opts...)...); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.nc.Subscribe(schemas.SubmitAddress, h.submit); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.nc.Subscribe(schemas.AskSelf, h.self); err != nil {
		h.t.Fatal(err)
	}
	if err := h.nc.Flush(); err != nil {
		h.t.Fatal(err)
	}
}

// self says that everybody is gla, or whoever desk says.
func (h *hub) self(m *nats.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.Respond(fmt.Appendf(nil, `{"member":%q,"desk":"main"}`, cmp.Or(h.desk, "gla")))
}

func (h *hub) stop() {
	h.nc.Close()
	h.srv.Shutdown()
	h.srv.WaitForShutdown()
}

func (h *hub) submit(m *nats.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dropped > 0 {
		h.dropped--
		return
	}
	parts, err := schemas.Split(m.Data)
	if err != nil {
		parts = [][]byte{m.Data}
	}
	h.bundles = append(h.bundles, len(parts))
	receipts := make([]schemas.Receipt, len(parts))
	for i, part := range parts {
		receipts[i] = h.accept(part)
	}
	if h.later > 0 {
		h.later--
	}
	body, _ := json.Marshal(schemas.Answered(receipts))
	m.Respond(body)
	if h.after != nil {
		h.after(len(h.order))
	}
}

func (h *hub) accept(part []byte) schemas.Receipt {
	msg, err := schemas.Decode(part)
	if err != nil {
		return schemas.Receipt{Refusal: schemas.Refuse(schemas.RefusedMalformed, "send a message")}
	}
	r := schemas.Receipt{ID: msg.ID}
	if h.later > 0 {
		r.Refusal = schemas.Refuse(schemas.RefusedFull, "try later")
		return r
	}
	if h.waiting > 0 {
		h.waiting--
		r.Refusal = schemas.Refuse(schemas.RefusedWaiting, "send it again in a moment")
		return r
	}
	if msg.Reference == "REFUSE-ME" {
		r.Refusal = schemas.Refuse(schemas.RefusedErased, "do not send it again")
		return r
	}
	digest, _ := schemas.DigestOf(msg)
	if was, ok := h.stored[msg.ID]; ok {
		if was != digest {
			r.Refusal = schemas.Refuse(schemas.RefusedConflict, "use another id")
			return r
		}
		r.Sequence, r.Duplicate = h.sequence[msg.ID], true
		return r
	}
	h.order = append(h.order, msg)
	h.stored[msg.ID], h.sequence[msg.ID] = digest, uint64(len(h.order))
	r.Sequence = uint64(len(h.order))
	return r
}

func connect(t *testing.T, h *hub, cfg agents.Config) *agents.Client {
	t.Helper()
	cfg.Server = h.url()
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	c, err := agents.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func tip(n int) *schemas.Message {
	return &schemas.Message{
		Schema: 1, ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012x", n)), Kind: schemas.KindTip,
		Originator: "gla", Reference: fmt.Sprintf("GLA/%d", n), Created: schemas.At(time.Date(2009, 8, 14, 9, 0, 0, 0, time.UTC)),
		Marking: schemas.Restricted, Urgency: schemas.Routine, Purpose: "prevent-detect-crime",
		Jurisdictions: []schemas.Jurisdiction{{Code: "lincolnshire", Role: schemas.RoleIncident}},
		CrimeTypes:    []schemas.Code{"unlicensed-gangmaster"},
		Items: []schemas.Item{{Text: strings.Repeat("invented ", 100), Source: "B", Information: 2,
			Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered}},
		Tip: &schemas.Tip{Channel: "intelligence-report"},
	}
}

func connectAs(t *testing.T, h *hub, user string) *agents.Client {
	t.Helper()
	server := strings.Replace(h.url(), "nats://", "nats://"+user+"@", 1)
	c, err := agents.Connect(t.Context(), agents.Config{Server: server, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
