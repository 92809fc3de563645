package broker

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	bolt "go.etcd.io/bbolt"

	"liaison/broker/ledger"
	"liaison/broker/retention"
	"liaison/schemas"
)

// tipOf is a tip of the GLA with a text that is looked for on disk.
func (m *matters) tipOf(text string) *schemas.Message {
	tip := full(m.message(schemas.KindTip, "gla"), text)
	tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
	return tip
}

// onDisk counts the blocks of the streams that hold a text.
func (m *matters) onDisk(text string) (n int) {
	m.t.Helper()
	for _, stream := range []string{schemas.IntakeName, ledger.Stream} {
		blocks, err := blocksOf(m.dir, stream)
		if err != nil || len(blocks) == 0 {
			m.t.Fatalf("blocks of %s: %v, %v", stream, blocks, err)
		}
		for _, b := range blocks {
			content, err := os.ReadFile(b)
			if err != nil {
				m.t.Fatal(err)
			}
			if bytes.Contains(content, []byte(text)) {
				n++
			}
		}
	}
	return n
}

// whole holds everything that looks for losses against the broker.
func (m *matters) whole() {
	m.t.Helper()
	m.sound()
	if err := m.scrub.scrub(m.t.Context()); err != nil || m.scrub.State().Damages > 0 {
		m.t.Errorf("the scrub found %+v, %v", m.scrub.State(), err)
	}
	if r, err := m.VerifyLedger(m.t.Context()); err != nil || len(r.Faults) > 0 {
		m.t.Errorf("the ledger does not verify: %+v, %v", r, err)
	}
	if b, err := m.Balance(m.t.Context()); err != nil || !b.Balanced() {
		m.t.Errorf("balance %+v, %v", b, err)
	}
	if err := m.Ready(); err != nil {
		m.t.Error(err)
	}
}

// told is how many of a clock's steps were told of. It is no matter of the ledger:
// told again, they are duplicates.
var told = regexp.MustCompile(`"told":[0-9]+,`)

// kept are the keys and values of the docket, but for its place, what waits to be
// removed, and what was told.
func (m *matters) kept() map[string]string {
	m.t.Helper()
	if err := m.docket.Advance(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(m.dir, docketFile))
	path := filepath.Join(m.t.TempDir(), "copy") // the broker has the file itself
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			if string(name) == "meta" || string(name) == "removals" {
				return nil
			}
			return b.ForEach(func(k, v []byte) error {
				all[string(name)+" "+string(k)] = told.ReplaceAllString(string(v), "")
				return nil
			})
		})
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return all
}

func TestAnOperatorErasesAMessageAndTheLedgerOutlivesIt(t *testing.T) {
	const text = "Workers at an invented farm have had their passports taken."
	dir := t.TempDir()
	m := startMatters(t, dir, "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip, other := m.takes(m.tipOf(text)), m.takes(m.tipOf("Another invented farm."))
	if m.onDisk(text) != 2 {
		t.Fatalf("the text is in %d blocks before, want it in both streams", m.onDisk(text))
	}
	if _, err := m.Erase(t.Context(), Erasing{Of: refTo(tip), Reason: " "}); err == nil {
		t.Error("erased without a reason")
	}
	e, err := m.Erase(t.Context(), Erasing{Of: refTo(tip), Reason: "the Commissioner ordered it", By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if g := e.Erased.Messages; len(g) != 1 || g[0].Of != refTo(tip) || g[0].Intake != 1 || len(g[0].Copies) != 1 || g[0].Copies[0] != (ledger.Span{From: 3, To: 4}) || e.By != "test" {
		t.Errorf("the entry names %+v by %s", g, e.By)
	}
	if n := m.onDisk(text); n != 0 {
		t.Errorf("the text is still in %d blocks", n)
	}
	// The first message of a stream and the last: the stream's bounds move.
	if _, err := m.Erase(t.Context(), Erasing{Of: refTo(other), Reason: "all of it"}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Erase(t.Context(), Erasing{Of: refTo(other), Reason: "again"}); !errors.Is(err, retention.ErrNothing) {
		t.Errorf("erased twice: %v", err)
	}
	m.whole()

	a := submit(t, m.links["gla"], "submit", encodeMsgPack(t, tip), nil)
	if a.Error == nil || a.Receipts[0].Refusal.Code != schemas.RefusedErased {
		t.Errorf("sent again it is answered with %+v", a)
	}
	var status schemas.Status
	question(t, m.links["gla"], "ask.receipt", `{"id":"`+string(tip.ID)+`"}`, &status)
	if status.Erased == nil || !status.Erased.Message || status.Erased.Why != ledger.ErasedOperator || status.Erased.Entry != e.Number || len(status.Outcomes) == 0 {
		t.Errorf("the receipt says %+v", status)
	}
	for _, desk := range []schemas.MemberID{"lincolnshire", "ukhtc"} {
		if got := fetch(t, m.feeds[desk]); len(got) != 0 {
			t.Errorf("%s still gets %v", desk, got)
		}
	}
	m.stop()
	m = startMatters(t, dir, "2009-08-25 10:00", "gla", "lincolnshire", "ukhtc")
	m.n = 2
	third := m.takes(m.tipOf("A third invented farm."))
	if got := fetch(t, m.feeds["lincolnshire"]); len(got) != 1 || got[0].ID != third.ID {
		t.Errorf("after a restart Lincolnshire gets %v", got)
	}
	m.whole()
}

func TestNothingIsErasedThatAnOpenMatterNeeds(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-28 10:00", "gla", "kent", "lincolnshire", "ukhtc")
	request := full(m.message(schemas.KindRequest, "gla"), "Is an invented gangmaster known?")
	request.Request = &schemas.Request{To: []schemas.MemberID{"kent"}}
	m.takes(request)
	tip := m.takes(m.tipOf("An invented tip of a case."))
	opened := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen))
	for _, open := range []*schemas.Message{request, tip, opened} {
		if _, err := m.Erase(t.Context(), Erasing{Of: refTo(open), Reason: "a test"}); !errors.Is(err, retention.ErrOpen) {
			t.Errorf("the %s of an open matter: %v", open.Kind, err)
		}
	}
	answer := full(m.message(schemas.KindAnswer, "kent"), "It is known.")
	answer.Answer = &schemas.Reply{Of: refTo(request), Status: schemas.AnswerFull}
	m.takes(answer)
	closed := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed)
	closed.Links = append(closed.Links, schemas.Link{Originator: "lincolnshire", ID: opened.ID, Relation: schemas.Supersedes})
	m.takes(closed)
	outcome := full(m.message(schemas.KindOutcome, "lincolnshire"), "Two were charged.")
	outcome.Outcome = &schemas.Feedback{Of: refTo(closed), To: []schemas.MemberID{"gla"}, Results: []schemas.Code{"prosecution"}, Status: schemas.CaseClosed}
	m.takes(outcome)
	for _, done := range []*schemas.Message{answer, request, tip, opened, outcome, closed} {
		if _, err := m.Erase(t.Context(), Erasing{Of: refTo(done), Reason: "a test"}); err != nil {
			t.Errorf("the %s of a closed matter: %v", done.Kind, err)
		}
	}
	var seen schemas.Thread
	question(t, m.links["gla"], schemas.AskThread, `{"originator":"gla","id":"`+string(request.ID)+`"}`, &seen)
	if len(seen.Steps) != 2 || seen.Steps[0].Erased == nil || seen.Steps[1].Erased == nil {
		t.Errorf("the thread does not say what was erased: %+v", seen.Steps)
	}

	// What is left of a step is enough to make the docket anew, to the letter:
	// an answer that is gone does not start its clock again.
	m.keptAnew()
	m.whole()
	// And it says nothing of what was said.
	m.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		if e.Erased != nil {
			for _, g := range e.Erased.Messages {
				if strings.Contains(string(g.Step), "invented") || strings.Contains(string(g.Step), "known") {
					t.Errorf("entry %d keeps content of a message: %q", e.Number, g.Step)
				}
			}
		}
		return nil
	})
}

// An entry that was written and nothing of it removed, as after a crash between
// the two, is carried out at the next start, and heeded before that.
func TestAnErasureIsFinishedAtTheNextStart(t *testing.T) {
	const text = "Workers at an invented farm have had their passports taken."
	dir := t.TempDir()
	m := startMatters(t, dir, "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.takes(m.tipOf(text))
	m.stop()
	b, err := Open(t.Context(), m.cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.router.Act(t.Context(), func(ctx context.Context) (*ledger.Entry, error) {
		left, _, err := b.retention.Left(ctx, refTo(tip))
		return &ledger.Entry{Kind: ledger.ErasedEntry, By: "test", Erased: &ledger.Erasure{Why: ledger.ErasedOperator, Reason: "a test", Messages: []ledger.Gone{left}}}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := b.retention.Erased(t.Context(), refTo(tip)); !gone || err != nil {
		t.Errorf("recorded and not removed: gone is %v, %v", gone, err)
	}
	b.Close()
	if m.onDisk(text) != 2 {
		t.Fatal("it is removed already")
	}
	m = startMatters(t, dir, "2009-08-24 10:01", "gla", "lincolnshire", "ukhtc")
	for end := time.Now().Add(20 * time.Second); m.onDisk(text) != 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never removed: %v", m.Ready())
		}
	}
	m.whole()
}

func TestARecallErasesWhatTheBrokerHasOfTheMessage(t *testing.T) {
	const text = "Workers at an invented farm have had their passports taken."
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc", "kent")
	tip := m.tipOf(text)
	tip.Items = append(tip.Items, schemas.Item{Text: "Invented pay records were false.", Source: "B", Information: 2,
		Handling: schemas.Handling{1}, Origin: "hmrc-nmw", ObtainedBy: schemas.ByInspectionPower})
	m.takes(tip)
	if got := fetch(t, m.feeds["lincolnshire"]); len(got) != 1 {
		t.Fatalf("Lincolnshire has read %d copies before the recall", len(got))
	}
	derived := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen))
	recall := m.message(schemas.KindRecall, "gla")
	recall.Recall = &schemas.Recall{Of: refTo(tip), Reason: schemas.RecallSource}
	m.takes(recall)
	// A consent that comes later must not open it again, were it removed or not.
	consent := m.message(schemas.KindConsent, "hmrc-nmw")
	consent.Consent = &schemas.Consent{Of: refTo(tip), Items: []int{1}, Authority: "commissioners", Answer: schemas.Given}
	m.takes(consent)
	if err := m.retention.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := m.onDisk(text); n != 0 {
		t.Errorf("the text is still in %d blocks", n)
	}
	// The hub had not read it, and never does; the derived case is another's.
	got := fetch(t, m.feeds["ukhtc"])
	if slices.ContainsFunc(got, func(c *schemas.Message) bool { return c.ID == tip.ID }) ||
		!slices.ContainsFunc(got, func(c *schemas.Message) bool { return c.ID == derived.ID }) ||
		!slices.ContainsFunc(got, func(c *schemas.Message) bool { return c.Recall != nil }) {
		t.Errorf("the hub gets %v", got)
	}
	if again := replayed(t, m.links["lincolnshire"]); slices.Contains(again, tip.ID) || len(again) == 0 {
		t.Errorf("Lincolnshire can still read %v again", again)
	}
	var status schemas.Status
	question(t, m.links["gla"], schemas.AskReceipt, `{"id":"`+string(tip.ID)+`"}`, &status)
	if status.Erased == nil || status.Erased.Why != ledger.ErasedRecall {
		t.Errorf("the receipt says %+v", status.Erased)
	}
	var list struct{ Held []schemas.Status }
	question(t, m.links["gla"], schemas.AskHeld, `{}`, &list)
	if len(list.Held) != 0 || m.owed()["held gla"] != "" {
		t.Errorf("the item that waited is still held: %+v; owed %v", list.Held, m.owed())
	}
	if m.owed()["recall-confirm lincolnshire"] == "" {
		t.Errorf("Lincolnshire owes no confirmation: %v", m.owed())
	}
	// The broker's docket can still be made anew, with the recall's clocks.
	m.keptAnew()
	if _, err := m.Erase(t.Context(), Erasing{Of: refTo(recall), Reason: "a test"}); !errors.Is(err, retention.ErrOpen) {
		t.Errorf("a recall that waits for confirmations: %v", err)
	}
	m.whole()
}

// replayed are the ids of the copies that a desk can read once more.
func replayed(t *testing.T, nc *nats.Conn) (ids []schemas.ID) {
	t.Helper()
	inbox := nats.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	if err := nc.PublishRequest(schemas.AskReplay, inbox, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := sub.NextMsg(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if msg.Header.Get(schemas.HeaderEnd) != "" {
			return ids
		}
		ids = append(ids, schemas.ID(msg.Header.Get(schemas.HeaderID)))
	}
}
