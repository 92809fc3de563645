package agents_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"liaison/agents"
	"liaison/agents/gla"
)

// TestProcessToKill is no test: it is the agent that TestAgentSurvivesSIGKILL
// starts as a process of its own.
func TestProcessToKill(t *testing.T) {
	inbox := os.Getenv("LIAISON_TEST_INBOX")
	if inbox == "" {
		t.Skip("started by TestAgentSurvivesSIGKILL only")
	}
	c, err := agents.Connect(t.Context(), agents.Config{Server: os.Getenv("LIAISON_TEST_SERVER")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a, err := agents.NewAgent(agents.AgentConfig{Client: c, Adapter: gla.New(), Member: gla.Member, Inbox: inbox, Settle: time.Millisecond, Once: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestAgentSurvivesSIGKILL kills the process at moments that nobody chose.
func TestAgentSurvivesSIGKILL(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	b := newBench(t)
	const files, each = 8, 400
	for i := range files {
		b.put(string(rune('a'+i))+".csv", export(i*each, (i+1)*each))
	}
	for round := 0; ; round++ {
		cmd := exec.Command(os.Args[0], "-test.run=^TestProcessToKill$")
		cmd.Env = append(os.Environ(), "LIAISON_TEST_INBOX="+b.inbox, "LIAISON_TEST_SERVER="+b.hub.url())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		dead := time.AfterFunc(time.Duration(20+rand.IntN(100+40*round))*time.Millisecond, func() { cmd.Process.Kill() })
		if err := cmd.Wait(); dead.Stop() && err != nil {
			t.Fatalf("the agent ended by itself: %v", err)
		} else if err == nil {
			t.Logf("done after %d kills", round)
			break
		}
		if round > 200 {
			t.Fatal("it never ends")
		}
	}
	if b.stored() != files*each {
		t.Errorf("%d of %d records stored", b.stored(), files*each)
	}
	receipts := 0
	for i := range files {
		// The lists of a process that was killed just then have a number more.
		name := string(rune('a'+i)) + ".csv"
		for _, done := range []string{name, string(rune('a'+i)) + "~2.csv", string(rune('a'+i)) + "~3.csv"} {
			if b.has("done/" + done) {
				receipts += len(b.linesOf("done/" + done + ".receipts.jsonl"))
			}
		}
		if b.has(name) {
			t.Errorf("%s is still in the inbox", name)
		}
	}
	if receipts != files*each {
		t.Errorf("%d receipts beside the files", receipts)
	}
}
