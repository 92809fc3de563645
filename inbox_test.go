package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// TestUsersOfOneDeskDoNotOverhearOurClient listens at the shared inbox of a desk
// while another user of it asks with our client, also after its credentials have
// become those of a third user. An unmodified client is overheard: the control.
func TestUsersOfOneDeskDoNotOverhearOurClient(t *testing.T) {
	dir := t.TempDir()
	b, stop := openBroker(t, dir, "127.0.0.1:0")
	creds := filepath.Join(t.TempDir(), "gla.creds")
	enrol := func(path string) {
		t.Helper()
		issued, err := b.Enrol(t.Context(), accounts.Enrolment{Member: "gla", Role: accounts.Both, At: time.Now()})
		if err == nil {
			err = os.WriteFile(path, issued.Creds, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	enrol(creds)
	enrol(creds + ".other")
	spy, err := nats.Connect(b.URL(), nats.UserCredentials(creds+".other"), nats.ReconnectWait(10*time.Millisecond), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort())
	if err != nil {
		t.Fatal(err)
	}
	defer spy.Close()
	heard, err := spy.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	client, err := agents.Connect(t.Context(), agents.Config{Server: b.URL(), Creds: creds, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	quietly := func() {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; {
			self, err := client.Self(t.Context())
			if err == nil && self.Member == "gla" {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("asking: %+v, %v", self, err)
			}
		}
		if err := client.Desk(t.Context(), agents.DeskOptions{Once: true}, func(context.Context, agents.Copy) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for spy.FlushTimeout(time.Second) != nil {
		}
		if m, err := heard.NextMsg(time.Millisecond); err == nil {
			t.Errorf("the other user hears %s", m.Data)
		}
	}
	quietly()
	enrol(creds)
	at, err := url.Parse(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	stop()
	b, _ = openBroker(t, dir, at.Host)
	quietly()

	plain, err := nats.Connect(b.URL(), nats.UserCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := plain.Request(schemas.AskSelf, nil, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.NextMsg(10 * time.Second); err != nil || !bytes.Contains(m.Data, []byte("gla")) || !strings.HasPrefix(m.Subject, "_INBOX.") {
		t.Errorf("the control hears %+v, %v", m, err)
	}
}

// openBroker runs a broker in this process until the test ends or stop is called.
func openBroker(t *testing.T, dir, listen string) (*broker.Broker, func()) {
	t.Helper()
	b, err := broker.Open(t.Context(), broker.Config{Dir: dir, Listen: listen, Default: protocol.Tables, MaxStore: 1 << 30, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		b.Close()
	}
	t.Cleanup(stop)
	return b, stop
}
