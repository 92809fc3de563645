//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"liaison/deploy/evidence"
)

// A power cut is what the file system shows after FS_IOC_SHUTDOWN: everything
// that was not synced is gone, data and folders alike. It neither tears a
// sector nor models a drive that lies.
const (
	fsShutdown         = 0x8004587D
	shutdownWithoutLog = 2 // the journal is not flushed
)

// TestPowerCuts cuts the power under load on loop-mounted ext4 and xfs,
// LIAISON_POWER_CUTS times each (20 unless it says otherwise), and then cuts it
// under a broker whose syncs are answered and not done, which must lose
// messages: else the test could not fail. It needs root.
//
//	LIAISON_LOAD=1 go test -run TestPowerCuts -timeout 0 -v .
func TestPowerCuts(t *testing.T) {
	onDemand(t)
	needRootAnd(t, "mkfs.ext4", "strace")
	cuts := numberOf(t, "LIAISON_POWER_CUTS", 20)
	row := evidence.Row{Name: "power-loss", Part: "crash", Fault: "Power lost under load",
		How:     "FS_IOC_SHUTDOWN without flushing the journal on a loop-mounted file system (commit=600), then kill -9, remount, start",
		Command: "LIAISON_LOAD=1 go test -run TestPowerCuts -timeout 0 -v ."}
	ran := ""
	for _, fs := range []string{"ext4", "xfs"} {
		t.Run(fs, func(t *testing.T) {
			if _, err := exec.LookPath("mkfs." + fs); err != nil {
				t.Skipf("NOT RUN: no mkfs.%s here", fs)
			}
			r, slowest := throughPowerCuts(t, fs, cuts)
			v := r.sound()
			row.Runs, row.Messages, row.Acknowledged = row.Runs+cuts, row.Messages+r.sent, row.Acknowledged+len(r.acked)
			row.Lost, row.Doubled = row.Lost+v.lost, row.Doubled+v.doubled
			ran += fmt.Sprintf("%s: %d cuts, ready again within %.1f s. ", fs, cuts, slowest.Seconds())
			r.stop()
		})
	}
	t.Run("control", func(t *testing.T) {
		lost, acked, how := cutWhereSyncsLie(t)
		if lost == 0 {
			t.Errorf("a broker whose syncs are not done lost nothing of %d: this test could not fail", acked)
		}
		ran += fmt.Sprintf("Control, fsync answered and not done: %d of %d lost (%s)", lost, acked, how)
	})
	row.Note = ran
	evidence.Record(t, row)
}

// throughPowerCuts returns the rig with the broker running, and how long it
// took at most until it was ready again.
func throughPowerCuts(t *testing.T, fs string, cuts int) (*rig, time.Duration) {
	d := newDisk(t, fs)
	r := newRig(t, d.dir())
	r.start()
	defer r.load()()
	var slowest time.Duration
	for n := range cuts {
		r.awaitAcked(50 + 37*n%200)
		d.cut()
		time.Sleep(time.Duration(n%5) * 50 * time.Millisecond) // it still believes that it runs
		r.kill()
		d.remount()
		began := time.Now()
		r.start()
		slowest = max(slowest, time.Since(began))
	}
	r.awaitAcked(100)
	return r, slowest
}

// cutWhereSyncsLie returns how many messages with a receipt a broker loses
// whose syncs are answered and not done, and how that showed.
func cutWhereSyncsLie(t *testing.T) (lost, acked int, how string) {
	d := newDisk(t, "ext4")
	r := newRig(t, d.dir())
	unix.Sync() // what was enrolled is safe
	r.wrap = []string{"strace", "-f", "-qq", "-o", filepath.Join(r.root, "strace"), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:retval=0"}
	r.start()
	stop := r.load()
	r.awaitAcked(500)
	d.cut()
	stop()
	r.kill()
	d.remount()
	r.wrap = nil
	r.launch()
	s, err := awaitReady(t.Context(), r.dir, 15*time.Second)
	if err != nil || !s.Ready {
		r.kill()
		return len(r.acked), len(r.acked), fmt.Sprintf("it does not start any more: %s %.300s", s.Fault, lastLine(r.logs.String()))
	}
	v := r.judge()
	r.stop()
	return v.lost, len(r.acked), "it starts, and the judge misses them"
}

// disk is a file system of its own in a file.
type disk struct {
	t           *testing.T
	fs          string
	image, path string
}

func newDisk(t *testing.T, fs string) *disk {
	t.Helper()
	root := t.TempDir()
	d := &disk{t: t, fs: fs, image: filepath.Join(root, "image"), path: filepath.Join(root, "disk")}
	f, err := os.Create(d.image)
	if err == nil {
		err = f.Truncate(1 << 30)
		f.Close()
	}
	if err == nil {
		err = os.Mkdir(d.path, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	force := "-F"
	if fs == "xfs" {
		force = "-f"
	}
	d.run("mkfs."+fs, "-q", force, d.image)
	d.mount()
	t.Cleanup(func() { unix.Unmount(d.path, unix.MNT_DETACH) })
	return d
}

// dir is the broker's folder on it.
func (d *disk) dir() string { return filepath.Join(d.path, "b") }

func (d *disk) run(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func (d *disk) mount() {
	options := "loop"
	if d.fs == "ext4" {
		options += ",commit=600" // nothing is written by luck
	}
	d.run("mount", "-t", d.fs, "-o", options, d.image, d.path)
}

// cut drops what is not synced, and fails whatever is asked of it from now on.
func (d *disk) cut() {
	d.t.Helper()
	f, err := os.Open(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), fsShutdown, shutdownWithoutLog); err != nil {
		d.t.Fatalf("shutting the file system down: %v", err)
	}
}

// remount brings back what a disk would have. Nothing may have it open.
func (d *disk) remount() {
	d.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := unix.Unmount(d.path, 0)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			d.t.Fatalf("unmounting: %v", err)
		}
	}
	d.mount()
}

func needRootAnd(t *testing.T, programs ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT RUN: mounting a disk of its own needs root")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("NOT RUN: %v", err)
		}
	}
}

// lastLine is the last line of a text that is not empty.
func lastLine(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != '\n' {
			s = s[:i+1]
			break
		}
	}
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '\n' {
			return s[i+1:]
		}
	}
	return s
}
