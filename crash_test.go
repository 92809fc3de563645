//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"liaison/deploy/evidence"
)

// TestKilledUnderLoad is the small form of TestKilledOften that runs each time.
func TestKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	killedUnderLoad(t, 3, 200*time.Millisecond)
}

// TestKilledOften kills the broker LIAISON_LOAD_KILLS times (100 unless it says
// otherwise) at random moments under load, every fourth time while it starts:
//
//	LIAISON_LOAD=1 go test -run TestKilledOften -timeout 0 -v .
func TestKilledOften(t *testing.T) {
	onDemand(t)
	kills := numberOf(t, "LIAISON_LOAD_KILLS", 100)
	tr, v := killedUnderLoad(t, kills, 50*time.Millisecond)
	evidence.Record(t, evidence.Row{Name: "kill-broker", Part: "crash", Fault: "kill -9 of the broker under load",
		How:     "SIGKILL at random moments, every fourth while it starts; 7 publishers and 11 desks that go on through all of them",
		Command: onDemandCommand("TestKilledOften", "LIAISON_LOAD_KILLS", kills),
		Runs:    kills, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked, Note: v.note() + "; " + tr.times()})
}

// killedUnderLoad kills the broker at random moments and judges.
func killedUnderLoad(t *testing.T, kills int, pace time.Duration) (*trial, judgement) {
	tr := newTrial(t, "")
	tr.start()
	tr.load(pace)
	for k := range kills {
		place := tr.place()
		if k%4 == 3 {
			time.Sleep(rand.N(300 * time.Millisecond)) // it is starting up
		} else {
			tr.routes(place)
			time.Sleep(rand.N(500 * time.Millisecond))
		}
		tr.kill()
		tr.launch()
		if k%4 != 2 {
			tr.ready()
		}
	}
	tr.ready()
	tr.settle()
	return tr, tr.judge()
}

// onDemandCommand is what repeats a long run.
func onDemandCommand(test, env string, n int) string {
	return fmt.Sprintf("LIAISON_LOAD=1 LIAISON_EVIDENCE=1 %s=%d go test -run %s -timeout 0 .", env, n, test)
}

// note puts a judgement's other counts into words.
func (v judgement) note() string {
	return fmt.Sprintf("%d decisions (%d held), %d consents, %d items withheld, %d copies, %d of them delivered again; %d attempts without an answer, %d told to try later, %d receipts of duplicates",
		v.Decisions, v.Held, v.Recorded, v.Withheld, v.Copies, v.Again, v.Unanswered, v.Later, v.Duplicates)
}

// times puts into words how long starts took.
func (tr *trial) times() string {
	return fmt.Sprintf("restart to ready %s; to the first decision %s", spread(tr.readyAfter), spread(tr.routedAfter))
}

// spread is the median and the worst of some durations.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "not measured"
	}
	s := slices.Sorted(slices.Values(all))
	return fmt.Sprintf("p50 %v, worst %v of %d", s[len(s)/2].Round(time.Millisecond), s[len(s)-1].Round(time.Millisecond), len(s))
}
