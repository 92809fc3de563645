package agents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
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
	dropped  int // how many submissions not to answer at all
	bundles  []int
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
	if err := h.nc.Flush(); err != nil {
		h.t.Fatal(err)
	}
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

func TestSubmitBundlesAndReturnsAReceiptForEach(t *testing.T) {
	h := newHub(t, "")
	c := connect(t, h, agents.Config{})
	msgs := make([]*schemas.Message, 1203)
	for i := range msgs {
		msgs[i] = tip(i)
	}
	msgs[7].Reference = "REFUSE-ME"
	receipts, err := c.Submit(t.Context(), msgs...)
	if err != nil || len(receipts) != len(msgs) {
		t.Fatalf("got %d receipts, %v", len(receipts), err)
	}
	for i, r := range receipts {
		if r.ID != msgs[i].ID || (r.Refusal != nil) != (i == 7) {
			t.Fatalf("receipt %d is %+v", i, r)
		}
	}
	h.mu.Lock()
	if n := slices.Max(h.bundles); n > schemas.MaxBundle {
		t.Errorf("a bundle had %d messages", n)
	}
	h.mu.Unlock()
	again, err := c.Submit(t.Context(), msgs[0], msgs[1])
	if err != nil || !again[0].Duplicate || !again[1].Duplicate {
		t.Errorf("sent again: %+v, %v", again, err)
	}
}

func TestSubmitEncodedLetsTheBrokerJudge(t *testing.T) {
	h := newHub(t, "")
	c := connect(t, h, agents.Config{})
	good, _ := schemas.EncodeJSON(tip(1))
	packed, _ := schemas.EncodeMsgPack(tip(2))
	bad := []byte(`{"schema":1,"colour":"blue"}`)
	receipts, err := c.SubmitEncoded(t.Context(), [][]byte{append(good, '\n'), bad, packed, {}, []byte("garbage")})
	if err != nil || len(receipts) != 5 {
		t.Fatalf("got %+v, %v", receipts, err)
	}
	for i, refused := range []bool{false, true, false, true, true} {
		if (receipts[i].Refusal != nil) != refused {
			t.Errorf("receipt %d is %+v", i, receipts[i])
		}
	}
}

func TestSubmitRefusesHereWhatTheServerWouldNotCarry(t *testing.T) {
	h := newHub(t, "")
	c := connect(t, h, agents.Config{})
	big := tip(1)
	big.Items[0].Text = strings.Repeat("x", 3<<20)
	receipts, err := c.Submit(t.Context(), tip(2), big, tip(3))
	if err != nil || len(receipts) != 3 || receipts[0].Refusal != nil || receipts[2].Refusal != nil {
		t.Fatalf("got %+v, %v", receipts, err)
	}
	if r := receipts[1].Refusal; r == nil || r.Code != schemas.RefusedOversize {
		t.Errorf("the large message got %+v", receipts[1])
	}
}

func TestConnectSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open.creds")
	if err := os.WriteFile(open, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := newHub(t, "authorization { users: [ {user: hub, password: hub} ] }")
	tests := map[string]struct {
		cfg  agents.Config
		want error
		says string
	}{
		"no file":      {agents.Config{Server: h.url(), Creds: filepath.Join(dir, "none")}, agents.ErrCredentials, "liaison enrol"},
		"open file":    {agents.Config{Server: h.url(), Creds: open}, agents.ErrCredentials, "chmod 600"},
		"folder":       {agents.Config{Server: h.url(), Creds: dir}, agents.ErrCredentials, "not a regular file"},
		"refused":      {agents.Config{Server: h.url()}, agents.ErrCredentials, "operator"},
		"nobody there": {agents.Config{Server: "nats://127.0.0.1:1"}, agents.ErrUnreachable, "check the address"},
		"password":     {agents.Config{Server: "nats://me:hunter2@127.0.0.1:1"}, agents.ErrUnreachable, "xxxxx"},
	}
	for name, tt := range tests {
		_, err := agents.Connect(t.Context(), tt.cfg)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConnectWaitsWhenPatient(t *testing.T) {
	h := newHub(t, "")
	h.stop()
	var wg sync.WaitGroup
	wg.Go(func() { time.Sleep(600 * time.Millisecond); h.start() })
	defer wg.Wait()
	c, err := agents.Connect(t.Context(), agents.Config{Server: h.url(), Patient: true})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestAskingSaysWhyThereIsNoAnswer(t *testing.T) {
	h := newHub(t, `authorization { users: [
		{user: hub, password: hub},
		{user: reader, password: r, permissions: {publish: {deny: ["submit"]}}} ] }`)
	h.mu.Lock()
	h.dropped = 1
	h.mu.Unlock()
	all := connectAs(t, h, "hub:hub")
	if _, err := all.Submit(t.Context(), tip(1)); !errors.Is(err, agents.ErrUnreachable) {
		t.Errorf("no answer in time: %v", err)
	}
	if _, err := all.Status(t.Context(), tip(1).ID); !errors.Is(err, agents.ErrUnreachable) || !strings.Contains(err.Error(), "nothing there") {
		t.Errorf("nobody there: %v", err)
	}
	start := time.Now()
	if _, err := connectAs(t, h, "reader:r").Submit(t.Context(), tip(1)); !errors.Is(err, agents.ErrPermission) {
		t.Errorf("not permitted: %v", err)
	}
	if time.Since(start) > 900*time.Millisecond {
		t.Error("a refused permission was waited for")
	}
	h.stop()
	defer h.start()
	if _, err := all.Submit(t.Context(), tip(1)); !errors.Is(err, agents.ErrUnreachable) {
		t.Errorf("link down: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := all.Submit(ctx, tip(1)); err == nil {
		t.Error("a cancelled submission succeeded")
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
