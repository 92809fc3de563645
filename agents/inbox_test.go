package agents_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liaison/agents"
	"liaison/agents/gla"
)

// TestAgentReadsFilesAtOnceAndKeepsTheirOrder makes the hub put everybody off
// until as many files are under way as may be, and then lets them go.
func TestAgentReadsFilesAtOnceAndKeepsTheirOrder(t *testing.T) {
	b := newBench(t)
	const files, each = 7, 700
	for i := range files {
		b.put(fmt.Sprintf("%d.csv", i), export(i*each, (i+1)*each))
	}
	b.hub.mu.Lock()
	b.hub.later = 1 << 30
	b.hub.mu.Unlock()
	var calls atomic.Int32
	alone := func(fn func()) {
		if calls.Add(1) != 1 {
			t.Error("two callbacks at the same time")
		}
		fn()
		calls.Add(-1)
	}
	var mu sync.Mutex
	begun, finished, last := map[string]bool{}, 0, agents.Backlog{}
	a, err := agents.NewAgent(agents.AgentConfig{
		Client: connect(t, b.hub, agents.Config{Timeout: 2 * time.Second}), Adapter: gla.New(), Member: gla.Member,
		Inbox: b.inbox, Settle: 10 * time.Millisecond, Poll: 50 * time.Millisecond,
		Report: func(r agents.FileReport) {
			alone(func() {
				mu.Lock()
				defer mu.Unlock()
				begun[r.File] = true
				if r.Finished {
					finished++
				}
			})
		},
		Waiting: func(b agents.Backlog) {
			alone(func() {
				mu.Lock()
				defer mu.Unlock()
				last = b
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	b.until("four files are under way", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(begun) == 4 && finished == 0
	})
	var unread int64
	mu.Lock()
	for i := range files {
		if name := fmt.Sprintf("%d.csv", i); !begun[name] {
			unread += int64(len(export(i*each, (i+1)*each)))
		}
	}
	mu.Unlock()
	b.until("what waits is told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return last == agents.Backlog{Files: files, Bytes: unread}
	})
	b.hub.mu.Lock()
	b.hub.later = 0
	b.hub.mu.Unlock()
	b.until("all are done", func() bool { mu.Lock(); defer mu.Unlock(); return finished == files })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if b.stored() != files*each || last != (agents.Backlog{}) {
		t.Errorf("%d stored, backlog %+v", b.stored(), last)
	}
	for i := range files {
		if n := len(b.linesOf(fmt.Sprintf("done/%d.csv.receipts.jsonl", i))); n != each {
			t.Errorf("file %d has %d receipts", i, n)
		}
	}
	next := map[int]int{}
	for _, m := range b.hub.order {
		n := 0
		fmt.Sscanf(m.Reference, "GLA/INT/09/%d", &n)
		if n%each != next[n/each] {
			t.Fatalf("record %d of file %d came when %d was due", n%each, n/each, next[n/each])
		}
		next[n/each]++
	}
	if left, _ := filepath.Glob(filepath.Join(b.inbox, "state", "*.partial")); len(left) > 0 {
		t.Errorf("lists were left behind: %v", left)
	}
}

func TestAgentKeepsWhatIsNotForSharing(t *testing.T) {
	b := newBench(t)
	register, err := os.ReadFile(filepath.Join("gla", "testdata", "licences.csv"))
	if err != nil {
		t.Fatal(err)
	}
	b.put("register.csv", string(register))
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	r := b.last()
	if r.Kept != 3 || r.Accepted == 0 || r.Records != r.Accepted+r.Rejected+r.Kept || r.Read != int64(len(register)) || r.Size != r.Read {
		t.Errorf("%+v", r)
	}
	kept := 0
	for _, text := range b.linesOf("done/register.csv.receipts.jsonl") {
		var one struct{ ID, Reference, Kept string }
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		if one.Kept != "" {
			kept++
			if one.ID != "" || one.Reference == "" {
				t.Errorf("%s", text)
			}
		}
	}
	if kept != 3 {
		t.Errorf("%d records listed as kept", kept)
	}
	if b.has("rejected/register.csv.rejects.jsonl") && strings.Contains(strings.Join(b.linesOf("rejected/register.csv.rejects.jsonl"), ""), "in force") {
		t.Error("a licence in force is among the rejects")
	}
}

// TestAgentOnceGoesOnAfterABadFile gives one file up and deals with the rest.
func TestAgentOnceGoesOnAfterABadFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read every file")
	}
	b := newBench(t)
	b.put("a.csv", export(0, 3))
	os.Chmod(filepath.Join(b.inbox, "a.csv"), 0)
	for i := 1; i < 7; i++ {
		b.put(fmt.Sprintf("b%d.csv", i), export(3*i, 3*i+3))
	}
	if err := b.once(); err == nil || b.stored() != 18 || !b.has("a.csv") {
		t.Errorf("%d stored, %v", b.stored(), err)
	}
}

// TestAgentDoesNotWaitForAnAnswerThatIsLost cuts the link while an answer is
// due: the agent must not wait for it as long as it would for a slow broker.
func TestAgentDoesNotWaitForAnAnswerThatIsLost(t *testing.T) {
	b := newBench(t)
	b.put("a.csv", export(0, 3))
	b.hub.mu.Lock()
	b.hub.dropped = 1
	b.hub.mu.Unlock()
	a, err := agents.NewAgent(agents.AgentConfig{
		Client: connect(t, b.hub, agents.Config{Timeout: time.Hour}), Adapter: gla.New(), Member: gla.Member,
		Inbox: b.inbox, Settle: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	b.until("the answer is withheld", func() bool { b.hub.mu.Lock(); defer b.hub.mu.Unlock(); return b.hub.dropped == 0 })
	b.hub.stop()
	b.hub.start()
	b.until("the file is done", func() bool { return b.has("done/a.csv") })
	cancel()
	if err := <-done; err != nil || b.stored() != 3 {
		t.Errorf("%d stored, %v", b.stored(), err)
	}
}
