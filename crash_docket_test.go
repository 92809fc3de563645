//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/schemas"
)

const (
	docketRequests = 150
	// Each request has two recipients, with two clocks each of three steps.
	noticesEach = 2 * 2 * 3
	// farAhead is when all of them have run out.
	farAhead = 30 * time.Hour
)

// TestDocketKilledAtEveryStep has clocks run out and kills the broker while it
// tells of them, at each failpoint of the docket LIAISON_LOAD_KILLS times (10
// unless it says otherwise), with the clock put back between: each notice must be
// sent exactly once.
//
//	LIAISON_LOAD=1 go test -run TestDocketKilledAtEveryStep -timeout 0 -v .
func TestDocketKilledAtEveryStep(t *testing.T) {
	onDemand(t)
	rounds := numberOf(t, "LIAISON_LOAD_KILLS", 10)
	c := newSkewed(t, "-tags", "failpoint")
	r := newRig(t, filepath.Join(t.TempDir(), "b"))
	r.bin, r.env = c.bin, []string{"CLOCK_SKEW_FILE=" + c.file}
	r.start()
	r.ask(t, docketRequests)
	r.stop()
	crashes, jumps := 0, 0
	for range rounds {
		for _, i := range rand.Perm(len(docketPoints)) {
			c.set(farAhead)
			count := 1
			if docketPoints[i] != "docket.applied" { // which is passed once for many notices
				count += rand.N(5)
			}
			if r.dies(fmt.Sprintf("LIAISON_FAILPOINT=%s:%d", docketPoints[i], count)) {
				crashes++
			}
		}
		c.set(-farAhead)
		r.start()
		r.kill()
		jumps += 2
	}
	c.set(farAhead)
	r.start()
	r.sentOnce(t)
	v := r.sound()
	r.stop()
	if crashes < rounds {
		t.Errorf("the broker died at its failpoints only %d times", crashes)
	}
	evidence.Record(t, evidence.Row{Name: "docket-clock", Part: "crash", Fault: "kill at every step of telling that clocks ran out, the clock put forward and back between",
		How:     "SIGKILL by the broker itself at each failpoint of the docket, over a time.Now that a file moves by 30 hours either way",
		Command: onDemandCommand("TestDocketKilledAtEveryStep", "LIAISON_LOAD_KILLS", rounds), Runs: crashes + jumps, Messages: docketRequests * (1 + noticesEach),
		Acknowledged: docketRequests * (1 + noticesEach), Lost: v.lost, Doubled: v.doubled,
		Note: fmt.Sprintf("%d notices of %d requests, each sent exactly once; %d crashes and %d jumps", docketRequests*noticesEach, docketRequests, crashes, jumps)})
}

// ask asks two members for information, again and again.
func (r *rig) ask(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := r.connect(ctx, "gla")
	if client == nil {
		t.Fatal("the broker cannot be reached")
	}
	defer client.Close()
	for i := range n {
		m := rigTip("gla", i)
		m.ID, m.Urgency = schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7f-%012x", i+1)), schemas.Immediate
		m.Kind, m.Tip, m.Request = schemas.KindRequest, nil, &schemas.Request{To: []schemas.MemberID{rigReader, "eas"}}
		if !r.submit(ctx, client, m) {
			t.Fatalf("a request is not taken: %v", r.said)
		}
	}
	r.judge() // waits until all is decided
}

// dies starts the broker with a failpoint and waits until it has died there; if
// nothing is left to do that would come there, it is killed.
func (r *rig) dies(failpoint string) bool {
	r.t.Helper()
	env := r.env
	r.env = append(append([]string{}, env...), failpoint)
	r.launch()
	r.env = env
	select {
	case <-r.ended:
		r.serve = nil
		return true
	case <-time.After(15 * time.Second):
		r.kill()
		return false
	}
}

// sentOnce waits until all notices are decided, and requires that there are no
// more of any request than its clocks have steps.
func (r *rig) sentOnce(t *testing.T) {
	t.Helper()
	remote, ok := broker.Reach(r.dir)
	if !ok {
		t.Fatal("no broker answers")
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		seen, of, all := map[schemas.ID]int{}, map[schemas.MessageRef]int{}, 0
		err := remote.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
			if e.Kind == ledger.DecisionEntry && e.Originator == "liaison" {
				seen[e.Message]++
				of[*e.Of]++
				all++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if all >= docketRequests*noticesEach || time.Now().After(end) {
			for ref, n := range of {
				if n != noticesEach {
					t.Errorf("%d notices of %s, want %d", n, ref, noticesEach)
				}
			}
			if len(seen) != all || all != docketRequests*noticesEach {
				t.Errorf("%d notices, %d different, want %d", all, len(seen), docketRequests*noticesEach)
			}
			return
		}
	}
}
