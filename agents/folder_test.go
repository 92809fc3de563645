package agents_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison/agents"
	"liaison/agents/gla"
)

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

// TestAgentSendsNothingWithAnotherMembersCredentials starts with the credentials
// of somebody else, for whom the broker would refuse every record.
func TestAgentSendsNothingWithAnotherMembersCredentials(t *testing.T) {
	b := newBench(t)
	b.hub.mu.Lock()
	b.hub.desk = "soca"
	b.hub.mu.Unlock()
	b.put("a.csv", export(0, 3))
	if err := b.once(); err == nil || !strings.Contains(err.Error(), "those of soca") || !b.has("a.csv") || b.stored() != 0 {
		t.Errorf("%v, %d stored", err, b.stored())
	}
}

func TestAFileNameDoesNotMoveTheCursor(t *testing.T) {
	b := newBench(t)
	b.put("a\x1b[2J\nrejected b\u009b.csv", export(0, 1))
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	if got, want := b.last().File, "a\ufffd[2J\ufffdrejected b\ufffd.csv"; got != want || b.stored() != 1 {
		t.Errorf("%q is shown, %d stored", got, b.stored())
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

// TestAgentWaitsForALastLineThatIsOnItsWay pauses in the middle of a record for
// longer than files settle.
func TestAgentWaitsForALastLineThatIsOnItsWay(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	a := b.agent(false)
	go func() { done <- a.Run(ctx) }()
	b.until("the agent works", func() bool { return b.has("state/key") })
	whole := export(0, 3)
	b.put("slow.csv", whole[:len(whole)-20])
	time.Sleep(60 * time.Millisecond) // six times as long as files settle
	if !b.has("slow.csv") || b.stored() != 0 {
		t.Error("a file that ends within a line was read at once")
	}
	b.put("slow.csv", whole)
	b.until("the file is done", func() bool { return b.has("done/slow.csv") })
	cancel()
	<-done
	if b.stored() != 3 || len(b.rejects) != 0 {
		t.Errorf("%d stored, rejects %v", b.stored(), b.rejects)
	}
}

// TestAgentTakesBackWhatStillGrows goes on writing to a file that the agent has
// put away.
func TestAgentTakesBackWhatStillGrows(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	a := b.agent(false)
	go func() { done <- a.Run(ctx) }()
	f, err := os.Create(filepath.Join(b.inbox, "open.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString(export(0, 2))
	b.until("the file is put away", func() bool { return b.has("done/open.csv") })
	f.WriteString(line(2, "after a pause", "RESTRICTED"))
	b.until("the late record is stored", func() bool { return b.stored() == 3 })
	b.until("the file is put away again", func() bool { return b.has("done/open~2.csv.receipts.jsonl") })
	cancel()
	<-done
	if n := len(b.linesOf("done/open~2.csv.receipts.jsonl")); n != 3 {
		t.Errorf("%d receipts for the whole file", n)
	}
}

// TestAgentTakesBackWhatGrewWhileNobodyWatched goes on writing to files that an
// agent has put away, and starts another.
func TestAgentTakesBackWhatGrewWhileNobodyWatched(t *testing.T) {
	b := newBench(t)
	for name, text := range map[string]string{"grown.csv": export(0, 2), "old.csv": export(10, 12), "whole.csv": export(20, 22), "empty.csv": header, "wrong.csv": "not,our,header\r\n"} {
		b.put(name, text)
	}
	if err := b.once(); err != nil {
		t.Fatal(err)
	}
	before := map[string]time.Duration{
		"done/grown.csv": time.Hour, "done/old.csv": 48 * time.Hour, "done/whole.csv": time.Hour, "done/empty.csv": time.Hour, "rejected/wrong.csv": time.Hour,
	}
	for name, ago := range before {
		for _, one := range []string{name, name + ".receipts.jsonl", name + ".rejects.jsonl"} {
			at := time.Now().Add(-ago)
			if err := os.Chtimes(filepath.Join(b.inbox, one), at, at); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		if name == "done/whole.csv" {
			continue
		}
		f, err := os.OpenFile(filepath.Join(b.inbox, name), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(line(100, name, "RESTRICTED"))
		f.Close()
	}
	for range 2 { // what was taken back once is not taken back again
		if err := b.once(); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]bool{
		"done/grown~2.csv": true, "done/empty~2.csv": true, "rejected/wrong~2.csv": true, "done/old.csv": true, "done/whole.csv": true,
		"done/grown~3.csv": false, "done/empty~3.csv": false, "rejected/wrong~3.csv": false,
	} {
		if b.has(name) != want {
			t.Errorf("%s is there: %v", name, !want)
		}
	}
	if b.stored() != 8 {
		t.Errorf("%d stored, want the six that were whole and two late ones", b.stored())
	}
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
