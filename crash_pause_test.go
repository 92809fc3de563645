//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"liaison/deploy/evidence"
)

// TestPausedUnderLoad is the small form of TestPausedOften that runs each time.
func TestPausedUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	pausedUnderLoad(t, 1, 200*time.Millisecond, 200*time.Millisecond)
}

// TestPausedOften stops the broker's process LIAISON_LOAD_PAUSES times (15 unless
// it says otherwise) for 0.1 to 20 seconds under load, and lets it go on:
//
//	LIAISON_LOAD=1 go test -run TestPausedOften -timeout 0 -v .
func TestPausedOften(t *testing.T) {
	onDemand(t)
	pauses := numberOf(t, "LIAISON_LOAD_PAUSES", 15)
	v, longest := pausedUnderLoad(t, pauses, 20*time.Second, 20*time.Millisecond)
	evidence.Record(t, evidence.Row{Name: "pause", Part: "crash", Fault: "the broker's process stopped for a while under load",
		How:     "SIGSTOP, 0.1 to 20 s, SIGCONT; a second broker on the same folder is tried during each pause and is refused by the lock",
		Command: onDemandCommand("TestPausedOften", "LIAISON_LOAD_PAUSES", pauses),
		Runs:    pauses, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked,
		Note: fmt.Sprintf("the longest pause was %.1f s; %s", longest.Seconds(), v.note())})
}

// pausedUnderLoad stops and continues the broker, for times that are spread
// evenly over the orders of magnitude from 0.1 s up to the most.
func pausedUnderLoad(t *testing.T, pauses int, most, pace time.Duration) (v judgement, longest time.Duration) {
	tr := newTrial(t, "")
	tr.start()
	tr.load(pace)
	for range pauses {
		tr.routes(tr.place())
		time.Sleep(rand.N(300 * time.Millisecond))
		pause := time.Duration(0.1 * math.Pow(10*most.Seconds(), rand.Float64()) * float64(time.Second))
		longest = max(longest, pause)
		tr.pause(pause)
	}
	tr.settle()
	return tr.judge(), longest
}

// pause stops the process, tries to start a second broker on its folder, and
// continues it after a while.
func (tr *trial) pause(d time.Duration) {
	tr.t.Helper()
	tr.alive()
	end := time.Now().Add(d)
	if err := tr.serve.Process.Signal(syscall.SIGSTOP); err != nil {
		tr.fatalf("stopping the broker: %v", err)
	}
	tr.second()
	time.Sleep(time.Until(end))
	if err := tr.serve.Process.Signal(syscall.SIGCONT); err != nil {
		tr.fatalf("continuing the broker: %v", err)
	}
}

// second starts another broker on the same folder, which must be refused.
func (tr *trial) second() {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, tr.program, "serve", "--dir", tr.dir, "--listen", freeAddress(tr.t)).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFault || !strings.Contains(string(out), "in use") {
		tr.fatalf("a second broker on the same folder ends with %v and says %s", err, out)
	}
}
