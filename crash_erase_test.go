//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/schemas"
)

// TestKilledWhileErasing builds the broker with its failpoints and kills it
// between an erasure's entry and the removal of what it names, and after each
// message that is removed; then it starts the broker again and looks whether
// everything that the entry names is gone and nothing else is:
//
//	LIAISON_LOAD=1 go test -run TestKilledWhileErasing -timeout 0 -v .
func TestKilledWhileErasing(t *testing.T) {
	onDemand(t)
	rounds := numberOf(t, "LIAISON_LOAD_KILLS", 3)
	tr := newTrial(t, "")
	tr.program = filepath.Join(tr.root, "liaison-failpoint")
	if out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", tr.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the broker with failpoints: %v\n%s", err, out)
	}
	runs, n := 0, 0
	for range rounds {
		for _, where := range []string{"retention.recorded:1", "retention.removed:1", "retention.removed:2", "retention.removed:3"} {
			n += 2
			tr.eraseAndDie(where, n)
			runs++
		}
	}
	tr.start()
	report, err := tr.remote().Verify(t.Context())
	if err != nil || !report.Sound() || report.Erased != uint64(runs) || report.Accepted != uint64(n-runs) {
		t.Errorf("after %d erasures of %d messages: %+v, %v", runs, n, report, err)
	}
	evidence.Record(t, evidence.Row{Name: "erasing-kills", Part: "crash", Fault: "kill between the record of an erasure and the removal, and amid the removal",
		How:     "SIGKILL by the broker itself at named points; at the next start the rest is removed, and the checker finds everything else where it was",
		Command: onDemandCommand("TestKilledWhileErasing", "LIAISON_LOAD_KILLS", rounds),
		Runs:    runs, Messages: n, Acknowledged: n, Note: fmt.Sprintf("%d messages and %d copies erased", report.Erased, report.ErasedCopies)})
}

// eraseAndDie sends two messages, and has the broker killed while it erases the
// first.
func (tr *trial) eraseAndDie(where string, n int) {
	tr.t.Helper()
	tr.launch("LIAISON_FAILPOINT=" + where)
	tr.ready()
	c, err := agents.Connect(tr.t.Context(), agents.Config{Server: "nats://" + tr.address, Creds: tr.credsFile("gla/main")})
	if err != nil {
		tr.fatalf("connecting: %v", err)
	}
	defer c.Close()
	first := rigTip("gla", n)
	if receipts, err := c.Submit(tr.t.Context(), first, rigTip("gla", n+1)); err != nil || receipts[0].Refusal != nil || receipts[1].Refusal != nil {
		tr.fatalf("sending: %v, %v", receipts, err)
	}
	tr.await("the decisions", func() bool { return tr.place() >= uint64(n) })
	if _, err := tr.remote().Erase(tr.t.Context(), broker.Erasing{Of: schemas.MessageRef{Originator: "gla", ID: first.ID}, Reason: "a test"}); err == nil {
		tr.fatalf("the broker survived an erasure")
	}
	<-tr.exited
	tr.start()
	report, err := tr.remote().Verify(tr.t.Context())
	if err != nil || !report.Sound() || report.Erasures != uint64(n/2) || report.Erased != uint64(n/2) {
		tr.t.Errorf("%s: after the restart %+v, %v", where, report, err)
	}
	var seen []ledger.Kind
	err = tr.remote().ShowLedger(tr.t.Context(), first.ID, func(e ledger.Entry) error { seen = append(seen, e.Kind); return nil })
	if err != nil || fmt.Sprint(seen) != "[decision erased]" {
		tr.t.Errorf("%s: the ledger says %v of the message, %v", where, seen, err)
	}
	tr.kill()
}
