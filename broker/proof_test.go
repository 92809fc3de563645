package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	sumnote "golang.org/x/mod/sumdb/note"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/ledger/tree"
	"liaison/schemas"
	"liaison/schemas/proof"
)

// proves asks for a proof and returns the answer as it comes.
func proves(t *testing.T, nc *nats.Conn, address, body string) *nats.Msg {
	t.Helper()
	msg, err := nc.Request(address, []byte(body), 10*time.Second)
	if err != nil {
		t.Fatalf("asking %s: %v", address, err)
	}
	return msg
}

// verifier is the key that members of the broker have.
func (s *started) verifier() sumnote.Verifier {
	s.t.Helper()
	key, err := tree.PublicKey(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := sumnote.NewVerifier(key)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func TestMembersAreProvenWhatIsTheirsAndNoMore(t *testing.T) {
	s := start(t, t.TempDir())
	for _, member := range []string{"gla", "lincolnshire", "ukhtc", "merseyside"} {
		s.enrol(member, accounts.Enrolment{})
	}
	publish(t, s, 0, 3)
	s.routed(3)
	gla, key, id := s.connect("gla/main"), s.verifier(), string(farm(1).ID)
	older := proves(t, gla, schemas.AskHead, `{}`).Data
	head, err := proof.Verify(older, key, nil)
	if err != nil || head.Head.Size < 1 || head.Head.Size > 4 {
		t.Fatalf("the head is %+v, %v", head.Head, err)
	}
	publish(t, s, 3, 8)
	s.routed(8)
	since := fmt.Sprintf(`"since":%d`, head.Head.Size)

	sent := proves(t, gla, schemas.AskProof, `{"id":"`+id+`",`+since+`}`)
	p, err := proof.Verify(sent.Data, key, older)
	if err != nil || p.Sent == nil || !strings.Contains(string(p.Sent.Outcomes), `"lincolnshire"`) {
		t.Fatalf("the sender is proven %+v, %v", p, err)
	}
	if err := p.Sent.CheckSent(farm(1), sent.Header.Get(schemas.HeaderSalt)); err != nil {
		t.Error(err)
	}
	if err := p.Sent.CheckSent(farm(1), "another salt"); err == nil {
		t.Error("another salt gives the same commitment")
	}

	copied := fetchSome(t, s.desk("lincolnshire/main"), 8)[1]
	for _, question := range []string{`{"id":"` + id + `"}`, fmt.Sprintf(`{"entry":%d}`, p.Number)} {
		got := proves(t, s.connect("lincolnshire/main"), schemas.AskProof, question)
		r, err := proof.Verify(got.Data, key, nil)
		if err != nil || r.Received == nil || r.Received.Member != "lincolnshire" || r.Number != p.Number {
			t.Fatalf("the recipient asks %s and is proven %s, %v", question, got.Data, err)
		}
		if err := r.Received.CheckReceived(copied); err != nil {
			t.Error(err)
		}
		if got.Header.Get(schemas.HeaderSalt) != "" {
			t.Error("the recipient is given the sender's salt")
		}
		for _, other := range []string{"ukhtc", "merseyside", "withheld", p.Sent.Commitment, sent.Header.Get(schemas.HeaderSalt)} {
			if bytes.Contains(got.Data, []byte(other)) {
				t.Errorf("the recipient is told %q: %s", other, got.Data)
			}
		}
	}

	// Whoever got nothing hears the same as of a message that there is not.
	stranger := s.connect("merseyside/main")
	none := proves(t, stranger, schemas.AskProof, `{"id":"6f1d0c9e-3f0e-8b0a-9d7e-ffffffffffff"}`)
	for _, question := range []string{`{"id":"` + id + `"}`, fmt.Sprintf(`{"entry":%d}`, p.Number), `{"entry":1}`, `{"entry":999999}`} {
		if got := proves(t, stranger, schemas.AskProof, question); !bytes.Equal(got.Data, none.Data) || dump(t, got.Header) != dump(t, none.Header) {
			t.Errorf("%s is answered %s, and what there is not %s", question, got.Data, none.Data)
		}
	}
	if !bytes.Contains(none.Data, []byte("not-found")) {
		t.Errorf("what there is not is answered %s", none.Data)
	}
	for _, question := range []string{``, `{}`, `{"id":"x"}`, `{"entry":-1}`, `{"id":"` + id + `","entry":2}`, `[`} {
		if got := proves(t, gla, schemas.AskProof, question); !bytes.Contains(got.Data, []byte("malformed")) {
			t.Errorf("the question %q is answered %s", question, got.Data)
		}
	}
}

func TestTheFollowerSignsWhatIsCommitted(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 5)
	s.routed(5)
	last, _, err := s.Ledger().Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		msg, err := os.ReadFile(filepath.Join(s.dir, "ledger", "head"))
		if err != nil {
			t.Fatal(err)
		}
		head, err := proof.OpenHead(msg, s.verifier())
		if err != nil {
			t.Fatal(err)
		}
		if head.Size == last.Number {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the signed head has %d entries of %d", head.Size, last.Number)
		}
	}
	// The head is shown a moment after it lies on the disk.
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r, err := s.VerifyLedger(t.Context())
		if err != nil || len(r.Faults) > 0 || r.Signed != last.Number && time.Now().After(end) {
			t.Fatalf("the ledger verifies as %+v, %v", r, err)
		}
		if r.Signed == last.Number {
			return
		}
	}
}

func TestEveryEntryIsFoundByItsNumber(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{}) // copies in between
	publish(t, s, 0, 20)
	s.routed(20)
	last, _, err := s.Ledger().Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lost, err := s.Ledger().Numbered(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := s.js.Stream(t.Context(), ledger.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.DeleteMsg(t.Context(), lost.Sequence); err != nil {
		t.Fatal(err)
	}
	for n := uint64(0); n <= last.Number+2; n++ {
		e, err := s.Ledger().Numbered(t.Context(), n)
		if n == 0 || n == 7 || n > last.Number {
			if !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("entry %d: %+v, %v", n, e.Entry, err)
			}
			continue
		}
		if err != nil || e.Number != n {
			t.Errorf("entry %d: found %d, %v", n, e.Number, err)
		}
	}
}

// forget takes away the note of how far the streams had come, which would tell
// of an older store by itself.
func forget(t *testing.T, dir string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, noteFile)); err != nil {
		t.Fatal(err)
	}
}

// TestAStoreThatWentBack puts back an older store: alone, and with its tree.
func TestAStoreThatWentBack(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	s := start(t, dir)
	s.enrol("gla", accounts.Enrolment{})
	creds := s.creds
	publish(t, s, 0, 4)
	s.routed(4)
	proves(t, s.connect("gla/main"), schemas.AskProof, `{"id":"`+string(farm(3).ID)+`"}`)
	s.stop()
	for _, part := range []string{"jetstream", "ledger"} {
		if err := os.CopyFS(filepath.Join(backup, part), os.DirFS(filepath.Join(dir, part))); err != nil {
			t.Fatal(err)
		}
	}
	s = start(t, dir)
	s.creds = creds
	publish(t, s, 4, 9)
	s.routed(9)
	kept := proves(t, s.connect("gla/main"), schemas.AskProof, `{"id":"`+string(farm(8).ID)+`"}`).Data
	p, err := proof.Verify(kept, s.verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.stop()

	putBack(t, backup, dir, "jetstream")
	forget(t, dir)
	b, err := Open(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	for end := time.Now().Add(20 * time.Second); !errors.Is(b.Ready(), tree.ErrDamaged); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the broker says it is ready: %v", b.Ready())
		}
	}
	want := fmt.Sprintf("entry %d is the first that is missing", p.Number-4)
	if err := b.Ready(); !strings.Contains(err.Error(), want) {
		t.Errorf("the broker says %v, want %q", err, want)
	}
	if r, err := b.VerifyLedger(t.Context()); err != nil || len(r.Faults) != 1 || r.Faults[0].Entry != p.Number-4 {
		t.Errorf("the ledger verifies as %+v, %v", r, err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, tree.ErrDamaged) || b.router.Turns() != 0 {
		t.Errorf("Run returned %v after %d turns of the router", err, b.router.Turns())
	}
	b.Close()

	// Put back with its tree it runs, and only the head that was kept knows.
	putBack(t, backup, dir, "jetstream")
	putBack(t, backup, dir, "ledger")
	forget(t, dir)
	s = start(t, dir)
	s.creds = creds
	s.routed(4)
	gla := s.connect("gla/main")
	since := fmt.Sprintf(`{"since":%d}`, p.Head.Size)
	if _, err := proof.Verify(proves(t, gla, schemas.AskHead, since).Data, s.verifier(), kept); err == nil || !strings.Contains(err.Error(), "went back") {
		t.Errorf("a ledger that went back extends the head that was kept: %v", err)
	}
	for n := 20; n < 40; n++ { // and so it does when it has outgrown the old one
		if a := submit(t, gla, "submit", encodeMsgPack(t, farm(n)), nil); a.Error != nil {
			t.Fatalf("message %d: %+v", n, a.Error)
		}
	}
	s.routed(24)
	proves(t, gla, schemas.AskProof, `{"id":"`+string(farm(39).ID)+`"}`)
	if _, err := proof.Verify(proves(t, gla, schemas.AskHead, since).Data, s.verifier(), kept); err == nil || !strings.Contains(err.Error(), "does not extend") {
		t.Errorf("a ledger that was forked extends the head that was kept: %v", err)
	}
}

func putBack(t *testing.T, backup, dir, part string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, part)); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(backup, part))); err != nil {
		t.Fatal(err)
	}
	// A copy of the standard library is readable by everybody.
	if err := filepath.WalkDir(filepath.Join(dir, part), func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chmod(path, 0o700))
	}); err != nil {
		t.Fatal(err)
	}
}
