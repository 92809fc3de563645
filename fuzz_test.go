//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"liaison/deploy/evidence"
)

const (
	// fuzzSeconds is how long each target is fed, unless LIAISON_FUZZ_SECONDS says
	// otherwise.
	fuzzSeconds = 20
	// fuzzLeast is the fewest executions that say anything: a machine too busy
	// for them has hardly got beyond the seeds, and the run is no evidence.
	fuzzLeast = 200
)

var (
	fuzzTarget = regexp.MustCompile(`^Fuzz\w+$`)
	fuzzExecs  = regexp.MustCompile(`execs: (\d+)`)
)

// TestFuzzEveryTarget feeds every fuzz target of the module, as `go test -list`
// finds them, and fails if one of them finds something:
//
//	LIAISON_LOAD=1 go test -run TestFuzzEveryTarget -timeout 0 -v .
func TestFuzzEveryTarget(t *testing.T) {
	onDemand(t)
	seconds := numberOf(t, "LIAISON_FUZZ_SECONDS", fuzzSeconds)
	sum, notes := 0, []string{}
	for _, target := range fuzzTargets(t) {
		dir, name, _ := strings.Cut(target, " ")
		t.Run(filepath.Base(dir)+"."+name, func(t *testing.T) {
			execs := feed(t, dir, name, seconds)
			sum += execs
			notes = append(notes, fmt.Sprintf("%s.%s %d", filepath.Base(dir), name, execs))
		})
	}
	evidence.Record(t, evidence.Row{Name: "fuzz", Part: "fuzz", Fault: "whatever bytes come in place of messages, questions, proofs, tables, ledger entries and agencies' files",
		How:     fmt.Sprintf("Every one of the %d fuzz targets for %d s; runs are executions; a crash, a hang or a broken promise fails the run", len(notes), seconds),
		Command: onDemandCommand("TestFuzzEveryTarget", "LIAISON_FUZZ_SECONDS", seconds), Runs: sum, Note: strings.Join(notes, ", ")})
}

// fuzzTargets are folder and name of every target, in order.
func fuzzTargets(t *testing.T) (targets []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "./...").Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	for dir := range strings.Lines(string(out)) {
		dir = strings.TrimSpace(dir)
		cmd := exec.CommandContext(t.Context(), "go", "test", "-list", "^Fuzz", ".")
		cmd.Dir = dir
		listed, err := cmd.Output()
		if err != nil {
			t.Fatalf("listing the targets of %s: %v", dir, err)
		}
		for line := range strings.Lines(string(listed)) {
			if name := strings.TrimSpace(line); fuzzTarget.MatchString(name) {
				targets = append(targets, dir+" "+name)
			}
		}
	}
	if slices.Sort(targets); len(targets) == 0 {
		t.Fatal("no target was found")
	}
	return targets
}

// feed runs one target for some seconds and returns how often it was executed. Most of
// them would be spent on making inputs smaller, which is bounded.
func feed(t *testing.T, dir, name string, seconds int) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-run", "^$", "-fuzz", "^"+name+"$", "-fuzztime", fmt.Sprintf("%ds", seconds), "-fuzzminimizetime", "100x", ".")
	cmd.Dir = dir
	b, err := cmd.CombinedOutput()
	out := string(b)
	// A deadline that falls into an execution reads as a failure, without an
	// input that fails.
	cutOff := strings.Contains(out, "context deadline exceeded") && !strings.Contains(out, "Failing input")
	if err != nil && !cutOff {
		t.Fatalf("%v:\n%s", err, out)
	}
	all := fuzzExecs.FindAllStringSubmatch(out, -1)
	if len(all) == 0 {
		t.Fatalf("nothing says how often it was executed:\n%s", out)
	}
	execs, err := strconv.Atoi(all[len(all)-1][1])
	if err != nil || execs < fuzzLeast {
		t.Errorf("it was executed %q times, want at least %d: %v", all[len(all)-1][1], fuzzLeast, err)
	}
	return execs
}
