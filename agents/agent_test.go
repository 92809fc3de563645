package agents_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison/agents"
	"liaison/agents/gla"
	"liaison/schemas"
)

const header = "gla_ref,received_at,source_type,source_grade,intel_grade,handling_code,subject,labour_provider,labour_user,worker_nationality,worker_count,location,narrative,marking\r\n"

func line(n int, narrative, marking string) string {
	return fmt.Sprintf("GLA/INT/09/%d,14/08/2009,Worker,B,2,1,Debt bondage,Example Labour Ltd,,N/K,5,Boston,%s,%s\r\n", n, narrative, marking)
}

func export(from, to int) string {
	var b strings.Builder
	b.WriteString(header)
	for n := from; n < to; n++ {
		b.WriteString(line(n, fmt.Sprintf("SECRETWORD invented %d", n), "RESTRICTED"))
	}
	return b.String()
}

// bench is an agent on an inbox, and the hub that it sends to.
type bench struct {
	t     *testing.T
	hub   *hub
	inbox string
	logs  *syncBuffer

	mu      sync.Mutex
	reports []agents.FileReport
	rejects []agents.Reject
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, hub: newHub(t, ""), inbox: t.TempDir(), logs: &syncBuffer{}}
}

func (b *bench) agent(once bool) *agents.Agent {
	b.t.Helper()
	log := slog.New(slog.NewTextHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := agents.NewAgent(agents.AgentConfig{
		Client: connect(b.t, b.hub, agents.Config{Timeout: 2 * time.Second, Log: log}), Adapter: gla.New(), Member: gla.Member,
		Inbox: b.inbox, Settle: 10 * time.Millisecond, Poll: 50 * time.Millisecond, Once: once, Log: log,
		Report: func(r agents.FileReport) { b.mu.Lock(); b.reports = append(b.reports, r); b.mu.Unlock() },
		Reject: func(r agents.Reject) { b.mu.Lock(); b.rejects = append(b.rejects, r); b.mu.Unlock() },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *bench) once() error { b.t.Helper(); return b.agent(true).Run(b.t.Context()) }

func (b *bench) put(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.inbox, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) has(name string) bool {
	_, err := os.Lstat(filepath.Join(b.inbox, name))
	return err == nil
}

func (b *bench) linesOf(name string) []string {
	text, err := os.ReadFile(filepath.Join(b.inbox, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func (b *bench) stored() int { b.hub.mu.Lock(); defer b.hub.mu.Unlock(); return len(b.hub.order) }

func (b *bench) last() agents.FileReport {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.reports) == 0 {
		b.t.Fatal("nothing was reported")
	}
	return b.reports[len(b.reports)-1]
}

func TestAgentAccountsForEveryRecord(t *testing.T) {
	b := newBench(t)
	b.put("a.csv", export(0, 600)+line(900, "too high", "SECRET")+line(901, "", "RESTRICTED")+"REFUSE-ME"+strings.TrimPrefix(line(1, "x", "PROTECT"), "GLA/INT/09/1"))
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	r := b.last()
	if !r.Finished || r.Records != 603 || r.Accepted != 600 || r.Duplicates != 0 || r.Rejected != 3 || b.stored() != 600 {
		t.Errorf("report %+v, %d stored", r, b.stored())
	}
	if b.has("a.csv") || !b.has("done/a.csv") || len(b.linesOf("done/a.csv.receipts.jsonl")) != 600 {
		t.Error("the file is not put away with its receipts")
	}
	var fields []string
	for _, text := range b.linesOf("rejected/a.csv.rejects.jsonl") {
		var one agents.Reject
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		what := ""
		if one.Refusal != nil {
			what = string(one.Refusal.Code)
		} else {
			what = one.Faults[0].Field
		}
		fields = append(fields, fmt.Sprintf("%d %s", one.Line, what))
		if one.File != "a.csv" || one.Record == "" {
			t.Errorf("reject %+v does not say which record it is", one)
		}
	}
	if got := strings.Join(fields, ", "); got != "602 marking, 603 narrative, 604 erased" {
		t.Errorf("rejects: %s", got)
	}
	if strings.Contains(b.logs.String(), "SECRETWORD") {
		t.Error("the log has content")
	}
	for _, sub := range []string{"done/a.csv.receipts.jsonl", "rejected/a.csv.rejects.jsonl", "state/key"} {
		if info, err := os.Stat(filepath.Join(b.inbox, sub)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", sub, info.Mode(), err)
		}
	}
}

func TestAgentTakesRepetitionsAsDuplicates(t *testing.T) {
	b := newBench(t)
	for i, name := range []string{"a.csv", "a.csv", "renamed.csv"} {
		b.put(name, export(0, 5))
		if err := b.once(); err != nil {
			t.Fatal(err)
		}
		if r := b.last(); b.stored() != 5 || r.Accepted+r.Duplicates != 5 || (i > 0 && r.Duplicates != 5) {
			t.Errorf("%s: %+v, %d stored", name, r, b.stored())
		}
	}
	if !b.has("done/a.csv") || !b.has("done/a~2.csv") || !b.has("done/renamed.csv") {
		t.Error("a file was overwritten")
	}
}

// TestAgentCanBeKilledAnywhere cuts the work off after every batch that the
// hub has stored, and at several places of the folder's work, and goes on.
func TestAgentCanBeKilledAnywhere(t *testing.T) {
	b := newBench(t)
	const many = 2600
	b.put("a.csv", export(0, many))
	for kills := 0; b.has("a.csv"); kills++ {
		ctx, kill := context.WithCancel(t.Context())
		seen := 0
		b.hub.mu.Lock()
		b.hub.after = func(int) {
			if seen++; seen > kills {
				kill()
			}
		}
		b.hub.mu.Unlock()
		err := b.agent(true).Run(ctx)
		kill()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if kills > 20 {
			t.Fatal("it never ends")
		}
	}
	if b.stored() != many || len(b.linesOf("done/a.csv.receipts.jsonl")) != many {
		t.Errorf("%d stored, %d receipts", b.stored(), len(b.linesOf("done/a.csv.receipts.jsonl")))
	}
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	for i, m := range b.hub.order {
		if m.Reference != fmt.Sprintf("GLA/INT/09/%d", i) {
			t.Fatalf("message %d is %s: order was lost", i, m.Reference)
		}
	}
}

// TestAgentFinishesWhatACrashLeft leaves behind what crashes in the middle of
// putting a file away do.
func TestAgentFinishesWhatACrashLeft(t *testing.T) {
	b := newBench(t)
	b.put("a.csv", export(0, 3))
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	// The lists were placed and the file was not moved.
	if err := os.Rename(filepath.Join(b.inbox, "done/a.csv"), filepath.Join(b.inbox, "a.csv")); err != nil {
		t.Fatal(err)
	}
	// Half a list, and a key that was being written.
	b.put("state/receipts.partial", "half")
	b.put("state/key.tmp", "half")
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	if r := b.last(); r.Duplicates != 3 || b.stored() != 3 || b.has("a.csv") || !b.has("done/a~2.csv") || !b.has("done/a.csv.receipts.jsonl") {
		t.Errorf("%+v, %d stored", r, b.stored())
	}
}

func TestAgentWaitsForTheBroker(t *testing.T) {
	b := newBench(t)
	b.hub.mu.Lock()
	b.hub.later = 1
	b.hub.dropped = 1
	b.hub.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	a := b.agent(false)
	go func() { done <- a.Run(ctx) }()
	b.put("a.csv", export(0, 3))
	b.until("the first file is done", func() bool { return b.has("done/a.csv") })
	b.hub.stop()
	b.put("b.csv", export(3, 6))
	time.Sleep(100 * time.Millisecond)
	b.hub.start()
	b.until("the second file is done", func() bool { return b.has("done/b.csv") })
	if b.stored() != 6 {
		t.Errorf("%d stored", b.stored())
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("in vain: %s\n%s", what, b.logs.String())
		}
	}
}

func TestAgentOnceSaysThatTheBrokerIsAway(t *testing.T) {
	b := newBench(t)
	b.put("a.csv", export(0, 3))
	a := b.agent(true)
	b.hub.stop()
	defer b.hub.start()
	if err := a.Run(t.Context()); !errors.Is(err, agents.ErrUnreachable) || !b.has("a.csv") {
		t.Errorf("got %v", err)
	}
}

func TestAgentLeavesAloneWhatIsNoFinishedFile(t *testing.T) {
	b := newBench(t)
	outside := filepath.Join(t.TempDir(), "outside.csv")
	os.WriteFile(outside, []byte(export(0, 3)), 0o600)
	os.Symlink(outside, filepath.Join(b.inbox, "link.csv"))
	os.Symlink("/etc/passwd", filepath.Join(b.inbox, "passwd.csv"))
	os.Mkdir(filepath.Join(b.inbox, "folder.csv"), 0o700)
	for _, name := range []string{".hidden.csv", "a.csv.tmp", "b.part", "c.CSV.PARTIAL", "~lock.csv"} {
		b.put(name, export(0, 3))
	}
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Join(b.inbox, "done")); b.stored() != 0 || len(entries) != 0 {
		t.Errorf("%d stored, %d done", b.stored(), len(entries))
	}
	if !strings.Contains(b.logs.String(), "not a regular file") {
		t.Error("nobody is told about the links")
	}
}

func TestAgentRejectsWholeFiles(t *testing.T) {
	b := newBench(t)
	files := map[string]string{"zip.csv": "PK\x03\x04rest", "gzip.csv": "\x1f\x8brest", "office.csv": "\xd0\xcf\x11\xe0", "wrong.csv": "not,our,header\r\n1,2,3\r\n", "empty.csv": ""}
	for name, text := range files {
		b.put(name, text)
	}
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if b.has(name) || !b.has("rejected/"+name) || len(b.linesOf("rejected/"+name+".rejects.jsonl")) != 1 {
			t.Errorf("%s is not rejected as a whole", name)
		}
	}
	if b.stored() != 0 {
		t.Errorf("%d stored", b.stored())
	}
}

// TestAgentWaitsUntilAFileIsWhole writes a file slowly.
func TestAgentWaitsUntilAFileIsWhole(t *testing.T) {
	b := newBench(t)
	client := connect(t, b.hub, agents.Config{})
	a, err := agents.NewAgent(agents.AgentConfig{Client: client, Adapter: gla.New(), Member: gla.Member, Inbox: b.inbox, Settle: 400 * time.Millisecond, Poll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	f, err := os.Create(filepath.Join(b.inbox, "slow.csv"))
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(header)
	for n := range 10 {
		f.WriteString(line(n, "slow", "RESTRICTED"))
		time.Sleep(40 * time.Millisecond)
		if b.stored() != 0 {
			t.Fatal("a file that still grew was read")
		}
	}
	f.Close()
	b.until("the file is done", func() bool { return b.has("done/slow.csv") })
	if b.stored() != 10 {
		t.Errorf("%d stored", b.stored())
	}
	cancel()
	<-done
}

func TestAgentRefusesABadSetUp(t *testing.T) {
	b := newBench(t)
	if _, err := agents.NewAgent(agents.AgentConfig{Ceiling: "cosmic"}); err == nil || !strings.Contains(err.Error(), "client") || !strings.Contains(err.Error(), "cosmic") {
		t.Errorf("got %v", err)
	}
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(b.inbox, "state/key")
	os.Chmod(key, 0o644)
	if err := b.once(); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a readable key: %v", err)
	}
	os.Chmod(key, 0o600)
	os.WriteFile(key, []byte("rubbish"), 0o600)
	if err := b.once(); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a damaged key: %v", err)
	}
	os.Remove(key)
	os.RemoveAll(filepath.Join(b.inbox, "done"))
	os.Symlink(t.TempDir(), filepath.Join(b.inbox, "done"))
	if err := b.once(); err == nil || !strings.Contains(err.Error(), "no link") {
		t.Errorf("a linked folder: %v", err)
	}
}

func TestTwoAgentsDoNotShareAnInbox(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	a := b.agent(false)
	go func() { done <- a.Run(ctx) }()
	b.until("the first agent has the lock", func() bool { return b.has("state/key") })
	if err := b.once(); err == nil || !strings.Contains(err.Error(), "another agent") {
		t.Errorf("got %v", err)
	}
	cancel()
	<-done
}

func TestAgentCannotReadAFile(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	b := newBench(t)
	b.put("a.csv", export(0, 1))
	os.Chmod(filepath.Join(b.inbox, "a.csv"), 0)
	if err := b.once(); err == nil || !b.has("a.csv") {
		t.Errorf("got %v", err)
	}
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
