package broker

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// open runs a broker for a fuzz target, with the GLA connected and one tip of
// Lincolnshire's, which the GLA may not hear of.
func open(f *testing.F) (*Broker, *nats.Conn) {
	f.Helper()
	dir := f.TempDir()
	b, err := Open(f.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Default: protocol.Tables, MaxStore: 1 << 30, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	f.Cleanup(func() { cancel(); <-ended; b.Close() })
	login := func(member schemas.MemberID) *nats.Conn {
		issued, err := b.Enrol(f.Context(), accounts.Enrolment{Member: member, Role: accounts.Both, At: time.Now()})
		if err != nil {
			f.Fatal(err)
		}
		path := filepath.Join(dir, string(member)+".creds")
		if err := os.WriteFile(path, issued.Creds, 0o600); err != nil {
			f.Fatal(err)
		}
		nc, err := nats.Connect(b.URL(), nats.UserCredentials(path))
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(nc.Close)
		return nc
	}
	held := tipOf("lincolnshire", 1)
	held.Items[0].Handling, held.Items[0].Text = schemas.Handling{4}, smuggled
	if m, err := login("lincolnshire").Request("submit", must(schemas.EncodeMsgPack(held)), 10*time.Second); err != nil || !strings.Contains(string(m.Data), `"seq":1`) {
		f.Fatalf("the tip that nobody may hear of: %s, %v", m.Data, err)
	}
	return b, login("gla")
}

// FuzzSubmit sends anything at all to the front door. It is answered; what is
// accepted is what a member's own validation accepts; there is a receipt for
// each record, and as many records as the answer says are stored.
func FuzzSubmit(f *testing.F) {
	one := must(schemas.EncodeMsgPack(farm(2)))
	text := must(schemas.EncodeJSON(farm(2)))
	for _, b := range [][]byte{one, text, append([]byte{0x92}, append(one[:len(one):len(one)], one...)...),
		[]byte("[" + string(text) + "," + string(must(schemas.EncodeJSON(farm(3)))) + "]"), []byte("[]"), {}, {0xdd, 0xff, 0xff, 0xff, 0xff}} {
		f.Add(b)
	}
	b, nc := open(f)
	stored := b.intake.Accepted() // what this process has stored so far
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > schemas.MaxBundleBytes {
			return
		}
		m, err := nc.Request("submit", body, 10*time.Second)
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		var a schemas.Answer
		if err := json.Unmarshal(m.Data, &a); err != nil {
			t.Fatalf("the answer %s: %v", m.Data, err)
		}
		if a.Error != nil && a.Error.Status == 503 {
			return // the disk is busy
		}
		parts, err := schemas.Split(body)
		if want := max(1, len(parts)); len(a.Receipts) != want {
			t.Fatalf("%d receipts for %d records (%v)", len(a.Receipts), want, err)
		}
		fresh := uint64(0)
		for i, r := range a.Receipts {
			if r.Refusal != nil {
				continue
			}
			if !r.Duplicate {
				fresh++
			}
			if _, refusal := schemas.Read(parts[i], time.Now()); refusal != nil {
				t.Fatalf("record %d is accepted and invalid: %v", i, refusal)
			}
		}
		if stored += fresh; b.intake.Accepted() != stored {
			t.Fatalf("%d records are stored, and the receipts say %d", b.intake.Accepted(), stored)
		}
	})
}

// FuzzAsk asks anything at all. It is answered, and not with what is another's.
func FuzzAsk(f *testing.F) {
	for _, q := range []string{"", "{}", `{"id":"` + string(farm(1).ID) + `"}`, `{"after":18446744073709551615,"max":-1}`, `{"since":"2009-08-14T09:30:00Z"}`, `{"id":"*"}`, `{"after":-1}`} {
		f.Add(uint8(0), []byte(q))
		f.Add(uint8(1), []byte(q))
		f.Add(uint8(2), []byte(q))
	}
	_, nc := open(f)
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		if len(body) > schemas.MaxBundleBytes {
			return
		}
		address := []string{schemas.AskReceipt, schemas.AskReplay, schemas.AskHeld}[which%3]
		m, err := nc.Request(address, body, 15*time.Second)
		if err != nil {
			t.Fatalf("no answer from %s: %v", address, err)
		}
		if strings.Contains(string(m.Data), smuggled) || strings.Contains(string(m.Data), "lincolnshire") {
			t.Fatalf("%s answers with another's: %s", address, m.Data)
		}
	})
}
