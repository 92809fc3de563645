package agents_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison/agents"
	"liaison/schemas"
)

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

func TestAStepIsSentAgainWhileWhatItIsAboutWaits(t *testing.T) {
	h := newHub(t, "")
	c := connect(t, h, agents.Config{})
	take := func(waiting, later int) (stored bool, submissions int, err error) {
		h.mu.Lock()
		h.waiting, h.later, h.bundles = waiting, later, nil
		h.mu.Unlock()
		m := tip(1)
		m.ID = ""
		id, err := c.Take(t.Context(), m)
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.sequence[id] > 0, len(h.bundles), err
	}
	if stored, submissions, err := take(2, 0); !stored || submissions != 3 || err != nil {
		t.Errorf("taken: %v, after %d submissions, %v", stored, submissions, err)
	}
	var refusal *schemas.Refusal
	if _, submissions, err := take(0, 1); !errors.As(err, &refusal) || refusal.Code != schemas.RefusedFull || submissions != 1 {
		t.Errorf("what is refused for the store's sake ends with %v, after %d submissions", err, submissions)
	}
}
