//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"liaison/deploy/evidence"
	"liaison/schemas"
)

// TestMemoryOfALargeExport reads an export of LIAISON_LOAD_MIB (256 unless it
// says otherwise) with each adapter in a process of its own, and looks at the
// most memory that it ever had:
//
//	LIAISON_LOAD=1 go test -run TestMemoryOfALargeExport -timeout 0 -v .
func TestMemoryOfALargeExport(t *testing.T) {
	onDemand(t)
	mib := numberOf(t, "LIAISON_LOAD_MIB", 256)
	size, read := int64(mib)<<20, tally{}
	var figures []string
	for _, a := range loadAgents {
		t.Run(string(a.member)+"/"+a.agency, func(t *testing.T) {
			export := filepath.Join(t.TempDir(), "export")
			generateSize(t, a.agency, a.member, export, size)
			info, err := os.Stat(export)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			cmd := exec.Command("liaison", "agent", a.agency, "--member", string(a.member), "--explain", export)
			out, errs := &tally{}, &bytes.Buffer{}
			cmd.Stdout, cmd.Stderr = out, errs
			// Exit code 3 says that some records are faulty, as generated.
			if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != exitRefused {
				t.Fatalf("%v\n%s", err, errs)
			}
			peak := peakMemory(cmd.ProcessState)
			t.Logf("%d MiB read in %.0f s, %d lines printed, at most %d MiB of memory", info.Size()>>20, time.Since(began).Seconds(), out.lines, peak>>20)
			if info.Size() < size || out.lines == 0 || peak > 100<<20 {
				t.Errorf("the whole process had %d MiB", peak>>20)
			}
			read.lines += out.lines
			figures = append(figures, fmt.Sprintf("%s/%s %d MiB in %.0f s", a.member, a.agency, peak>>20, time.Since(began).Seconds()))
		})
	}
	evidence.Record(t, evidence.Row{Name: "agents-memory", Part: "load", Runs: len(figures),
		Fault:   fmt.Sprintf("An export of %d MiB for each agency's adapter", mib),
		How:     "a process of its own reads each with `liaison agent --explain`; the most memory that the whole process ever had, of 100 MiB allowed",
		Command: fmt.Sprintf("LIAISON_LOAD=1 LIAISON_LOAD_MIB=%d go test -run TestMemoryOfALargeExport -timeout 0 -v .", mib),
		Note:    strings.Join(figures, ", ") + fmt.Sprintf("; %d lines printed", read.lines)})
}

// tally counts lines and keeps none.
type tally struct{ lines int }

func (c *tally) Write(p []byte) (int, error) {
	c.lines += bytes.Count(p, []byte{'\n'})
	return len(p), nil
}

// peakMemory is the most memory that a process had. Linux counts in what this
// one had when it started the other, so that it is never too little.
func peakMemory(s *os.ProcessState) int64 {
	peak := int64(s.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS == "linux" {
		peak <<= 10 // it counts in KiB
	}
	return peak
}

// generateSize generates as many records as give at least the size.
func generateSize(t *testing.T, agency string, m schemas.MemberID, path string, size int64) {
	t.Helper()
	const trial = 2000
	generate(t, agency, m, path, trial)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	generate(t, agency, m, path, int(trial*(size+size/20)/info.Size()))
}
