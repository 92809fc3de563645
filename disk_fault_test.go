//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"liaison/deploy/evidence"
)

// faultTimes are what one kind of fault was seen to take.
type faultTimes struct {
	refusal, unready, recovery      []time.Duration
	runs, sent, acked, lost, silent int
	atStart, unnoticed              int // faults that ended the start, or that the broker did not even feel
}

func (f *faultTimes) add(t *testing.T, d *badDisk) {
	lost, report := d.judge()
	f.lost += lost
	f.sent += d.sent
	f.acked += len(d.acked)
	f.silent += d.silent
	f.refusal = append(f.refusal, d.refusals...)
	if report.Waiting > 0 {
		t.Errorf("%d messages wait", report.Waiting)
	}
}

func (f *faultTimes) record(t *testing.T, r evidence.Row) {
	worstOver(t, "a refusal", time.Second, f.refusal)
	worstOver(t, "unready", 2*time.Second, f.unready)
	worstOver(t, "recovery", 30*time.Second, f.recovery)
	if f.silent > 0 {
		t.Errorf("%d requests heard nothing for a second", f.silent)
	}
	r.Part, r.Runs, r.Messages, r.Acknowledged, r.Lost = "disk", f.runs, f.sent, f.acked, f.lost
	r.Note = fmt.Sprintf("%s refusal after sending: %s (%d); unready: %s; ready again: %s", r.Note, spread(f.refusal), len(f.refusal), spread(f.unready), spread(f.recovery))
	evidence.Record(t, r)
}

// TestDiskFullCycles fills a small tmpfs under load and makes it larger again,
// LIAISON_DISK_CYCLES times (50 unless it says otherwise):
//
//	LIAISON_LOAD=1 go test -run TestDiskFullCycles -timeout 0 -v .
func TestDiskFullCycles(t *testing.T) {
	onDemand(t)
	cycles := numberOf(t, "LIAISON_DISK_CYCLES", 50)
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("NOT RUN: no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(disk, unix.MNT_DETACH) })
	d := newBadDisk(t, filepath.Join(disk, "broker"))
	d.reads, d.bundle = true, 100
	if !d.start() {
		t.Fatal("the broker does not start")
	}
	stop := d.load(3)
	var f faultTimes
	for range cycles {
		acked, refused := d.count()
		resize(t, disk, 256<<10+rand.Int64N(6<<20))
		d.until("a refusal", 30*time.Second, func() bool { _, r := d.count(); return r > refused })
		f.unready = append(f.unready, d.until("the broker is unready", 2*time.Second, d.unready))
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
		resize(t, disk, 64<<20)
		f.recovery = append(f.recovery, d.until("the broker is ready again", 30*time.Second, d.ready))
		d.until("messages are accepted again", 10*time.Second, func() bool { a, _ := d.count(); return a > acked+20 })
		f.runs++
	}
	s, _ := d.status()
	resize(t, disk, 1<<30) // for what is still on its way, and for the judge
	stop()
	f.add(t, d)
	f.record(t, evidence.Row{Name: "disk-full", Fault: "the disk is full, and has room again",
		How:     "a tmpfs is made as small as what it holds, under load, and larger after up to 1 s",
		Command: fmt.Sprintf("LIAISON_LOAD=1 LIAISON_EVIDENCE=1 LIAISON_DISK_CYCLES=%d go test -run TestDiskFullCycles -timeout 0 -v .", cycles),
		Note:    fmt.Sprintf("one process throughout; its store was opened again %d times;", s.Reopened)})
}

// resize gives a tmpfs that many bytes beyond what it holds.
func resize(t *testing.T, disk string, free int64) {
	t.Helper()
	for try := 0; ; try++ {
		var s unix.Statfs_t
		if err := unix.Statfs(disk, &s); err != nil {
			t.Fatal(err)
		}
		used := int64(s.Blocks-s.Bfree) * s.Bsize
		err := unix.Mount("tmpfs", disk, "tmpfs", unix.MS_REMOUNT, fmt.Sprintf("size=%d", used+free))
		if err == nil {
			return
		}
		if try == 100 { // it holds more by now
			t.Fatal(err)
		}
	}
}

// TestEveryNthSync lets the Nth sync of the process fail, for N = 1, 1 + step
// and so on, each time once and each time in a new folder:
//
//	LIAISON_LOAD=1 go test -run TestEveryNthSync -timeout 0 -v .
func TestEveryNthSync(t *testing.T) {
	onDemand(t)
	runs := numberOf(t, "LIAISON_DISK_RUNS", 50)
	var f faultTimes
	for i := range runs {
		n := 1 + i*12
		f.inject(t, "fsync,fdatasync", fmt.Sprintf("error=EIO:when=%d..%d", n, n+i%2*2))
	}
	f.record(t, evidence.Row{Name: "fsync-error", Fault: "a sync fails",
		How:     fmt.Sprintf("strace answers EIO to the Nth fsync or fdatasync of each thread (1 or 3 in a row), N = 1, 13, ... %d", 1+(runs-1)*12),
		Command: fmt.Sprintf("LIAISON_LOAD=1 LIAISON_EVIDENCE=1 LIAISON_DISK_RUNS=%d go test -run TestEveryNthSync -timeout 0 -v .", runs),
		Note:    f.felt()})
}

// TestEveryNthWrite does the same with writes of the streams, which find no
// room from the Nth on, some times in a row.
func TestEveryNthWrite(t *testing.T) {
	onDemand(t)
	runs := numberOf(t, "LIAISON_DISK_RUNS", 50)
	var f faultTimes
	for i := range runs {
		n := 1 + i*12
		f.inject(t, "pwrite64", fmt.Sprintf("error=ENOSPC:when=%d..%d", n, n+i%2*2))
	}
	f.record(t, evidence.Row{Name: "write-error", Fault: "a write finds no room",
		How:     fmt.Sprintf("strace answers ENOSPC to the Nth pwrite64 of each thread (1 or 3 in a row), N = 1, 13, ... %d", 1+(runs-1)*12),
		Command: fmt.Sprintf("LIAISON_LOAD=1 LIAISON_EVIDENCE=1 LIAISON_DISK_RUNS=%d go test -run TestEveryNthWrite -timeout 0 -v .", runs),
		Note:    f.felt()})
}

func (f *faultTimes) felt() string {
	return fmt.Sprintf("%d ended the start, which said why, and the next start was whole; %d were met without a stop;", f.atStart, f.unnoticed)
}

// inject runs a broker of which system calls fail, under load, until it has
// met the fault and accepted 100 messages more.
func (f *faultTimes) inject(t *testing.T, calls, fault string) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("NOT RUN: there is no strace")
	}
	root, err := os.MkdirTemp("/dev/shm", "liaison-disk-") // fast, and the faults are not the disk's
	if err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	defer os.RemoveAll(root)
	d := newBadDisk(t, filepath.Join(root, "broker"))
	d.reads = true
	trace := filepath.Join(root, "trace")
	injected := func() bool {
		text, err := os.ReadFile(trace)
		return err == nil && strings.Contains(string(text), "(INJECTED)")
	}
	if !d.start("strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", trace, "-e", "trace="+calls, "-e", "inject="+calls+":"+fault) {
		if !injected() {
			t.Fatalf("the start fails without a fault: %s", d.said)
		}
		if said := d.said.String(); !strings.Contains(said, "liaison: ") || !strings.Contains(said, "input/output error") && !strings.Contains(said, "no space left") {
			t.Errorf("%s: the start does not say what is wrong: %s", fault, said)
		}
		f.atStart++
		if !d.start() {
			t.Fatal("the next start is not whole")
		}
	}
	stop := d.load(2)
	met := injected()
	for end := time.Now().Add(time.Minute); !met && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		met = injected()
	}
	if !met {
		t.Fatalf("%s: nothing was injected", fault)
	}
	began := time.Now()
	wasUnready := false
	acked, _ := d.count()
	d.until(fault+": 100 messages are accepted behind the fault", 40*time.Second, func() bool {
		ready := d.ready()
		if !ready && !wasUnready {
			wasUnready = true
			f.unready = append(f.unready, time.Since(began))
		}
		now, _ := d.count()
		return ready && now >= acked+100
	})
	s, _ := d.status()
	if s.Reopened > 0 || wasUnready {
		f.recovery = append(f.recovery, time.Since(began))
	} else {
		f.unnoticed++
	}
	stop()
	f.runs++
	f.add(t, d)
	if t.Failed() {
		t.Fatalf("%s failed at %s", calls, fault)
	}
}
