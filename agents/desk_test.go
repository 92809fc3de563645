package agents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/agents"
	"liaison/schemas"
)

// deskHub gives the plain account the names that a desk sees.
func deskHub(t *testing.T) *hub {
	t.Helper()
	return newHub(t, `accounts { A: { jetstream: enabled, users: [{user: hub, password: hub}], mappings: {
		"liaison.>": "$JS.API.>" } } }
		no_auth_user: hub`)
}

func fillDesk(t *testing.T, h *hub, n int) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(h.nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: schemas.FeedName, Subjects: []string{"stored.>"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateOrUpdateConsumer(t.Context(), schemas.FeedName, jetstream.ConsumerConfig{
		Durable: schemas.ConsumerName, AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Second, MaxDeliver: -1}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		msg := nats.NewMsg("stored.x")
		msg.Data, _ = schemas.EncodeMsgPack(tip(i))
		msg.Header.Set(schemas.HeaderID, string(tip(i).ID))
		msg.Header.Set(schemas.HeaderDecision, strconv.Itoa(100+i))
		if _, err := js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	return js
}

func TestDeskRepeatsUntilTaken(t *testing.T) {
	h := deskHub(t)
	js := fillDesk(t, h, 5)
	c := connect(t, h, agents.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	taken := map[uint64]int{}
	failed := false
	err := c.Desk(ctx, agents.DeskOptions{}, func(_ context.Context, one agents.Copy) error {
		if one.Decision == 102 && !failed {
			failed = true
			return fmt.Errorf("the disk is full")
		}
		if taken[one.Sequence]++; len(taken) == 5 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(taken) != 5 {
		t.Errorf("took %v, %v", taken, err)
	}
	_ = js
}

func TestAgentWritesCopiesBeforeItAcknowledges(t *testing.T) {
	h := deskHub(t)
	js := fillDesk(t, h, 3)
	if _, err := js.Publish(t.Context(), "stored.x", []byte("no message")); err != nil {
		t.Fatal(err)
	}
	outbox := t.TempDir()
	run := func() {
		a, err := agents.NewAgent(agents.AgentConfig{Client: connect(t, h, agents.Config{}), Outbox: outbox, Once: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	run()
	names, _ := os.ReadDir(outbox)
	if len(names) != 4 {
		t.Fatalf("the outbox has %v", names)
	}
	b, err := os.ReadFile(filepath.Join(outbox, string(tip(1).ID)+"-101.json"))
	var got struct {
		Sequence uint64
		Decision uint64
		Message  json.RawMessage
	}
	if err != nil || json.Unmarshal(b, &got) != nil || got.Sequence != 2 || got.Decision != 101 {
		t.Errorf("got %s, %v", b, err)
	}
	if m, err := schemas.DecodeCopy(got.Message); err != nil || m.Reference != "GLA/1" {
		t.Errorf("the message in the outbox is %v, %v", m, err)
	}
	before := len(names)
	run()
	if names, _ = os.ReadDir(outbox); len(names) != before {
		t.Error("acknowledged copies came again")
	}
}
