package agents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison/agents"
)

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
