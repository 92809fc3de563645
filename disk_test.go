//go:build linux

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"liaison/schemas"
)

// TestABrokerOnAFullDiskRefusesAndHeals lets no file of the broker grow any
// further, which the kernel answers as a full disk answers, under load; then
// takes the limit away.
func TestABrokerOnAFullDiskRefusesAndHeals(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	d := newBadDisk(t, filepath.Join(t.TempDir(), "broker"))
	if !d.start() {
		t.Fatal("the broker does not start")
	}
	stop := d.load(3)
	d.until("messages are accepted", 20*time.Second, func() bool { acked, _ := d.count(); return acked > 100 })
	d.limit(uint64(d.largestFile()) + 64<<10)
	d.until("a refusal", 10*time.Second, func() bool { _, refused := d.count(); return refused > 0 })
	unready := d.until("the broker is unready", 2*time.Second, d.unready)
	s, _ := d.status()
	if !strings.Contains(s.Fault, "file too large") {
		t.Errorf("the status does not say why: %q", s.Fault)
	}

	// Nothing can be kept: whoever is enrolled or revoked now is not.
	registry := filepath.Join(d.dir, "accounts.json")
	before, err := os.ReadFile(registry)
	if err != nil {
		t.Fatal(err)
	}
	d.limit(100)
	if code := run(t.Context(), []string{"revoke", string(diskReader), "--dir", d.dir}, &bytes.Buffer{}, &bytes.Buffer{}, time.Now); code != exitFault {
		t.Errorf("revoking ends with %d, want %d", code, exitFault)
	}
	if code := run(t.Context(), []string{"enrol", "ukhtc", "--dir", d.dir, "--out", filepath.Join(t.TempDir(), "x.creds")}, &bytes.Buffer{}, &bytes.Buffer{}, time.Now); code != exitFault {
		t.Errorf("enrolling ends with %d, want %d", code, exitFault)
	}
	if after, err := os.ReadFile(registry); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the registry was changed by what failed: %v", err)
	}

	acked, refused := d.count()
	d.until("more refusals", 5*time.Second, func() bool { _, r := d.count(); return r > refused+3 })
	if now, _ := d.count(); now != acked {
		t.Errorf("%d receipts while nothing could be stored", now-acked)
	}
	d.limit(unix.RLIM_INFINITY)
	recovered := d.until("the broker is ready again", 30*time.Second, d.ready)
	d.until("messages are accepted again", 10*time.Second, func() bool { now, _ := d.count(); return now > acked+50 })
	if s, _ := d.status(); s.Reopened != 1 {
		t.Errorf("the store was opened again %d times, want once", s.Reopened)
	}
	stop()
	d.judge()
	worstOver(t, "a refusal", time.Second, d.refusals)
	if d.silent > 0 {
		t.Errorf("%d requests heard nothing", d.silent)
	}
	t.Logf("unready after %s; ready again after %s; refusals %v: %s; %d receipts", unready, recovered, d.codes, spread(d.refusals), len(d.acked))
}

// limit bounds the size of the files that the broker may write.
func (d *badDisk) limit(size uint64) {
	d.t.Helper()
	if err := unix.Prlimit(d.pid(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil); err != nil {
		d.t.Skipf("NOT RUN: the size of another process's files cannot be limited here: %v", err)
	}
}

// TestAFullStoreIsNotAFullDisk fills the intake up to its bound: that is the
// operator's choice and no fault of the disk, so that the broker stays ready.
// With a higher bound it takes what it refused.
func TestAFullStoreIsNotAFullDisk(t *testing.T) {
	onDemand(t) // half a minute
	d := newBadDisk(t, filepath.Join(t.TempDir(), "broker"))
	d.bundle = 200
	d.maxStore = "16777216"
	if !d.start() {
		t.Fatal("the broker does not start")
	}
	stop := d.load(4)
	d.until("a refusal as full", 30*time.Second, func() bool { _, refused := d.count(); return refused > 20 })
	d.mu.Lock()
	codes := len(d.codes)
	full := d.codes[schemas.RefusedFull]
	d.mu.Unlock()
	if s, ok := d.status(); !ok || !s.Ready || !s.Full || s.Reopened != 0 || full == 0 || codes != 1 {
		t.Errorf("the status is %+v and the refusals %v, want a ready broker that says full", s, d.codes)
	}
	acked, _ := d.count()
	d.end()
	d.maxStore = "67108864"
	if !d.start() {
		t.Fatal("the broker does not start with a higher bound")
	}
	d.until("messages are accepted again", 20*time.Second, func() bool { now, _ := d.count(); return now > acked+100 })
	d.paused.Store(true)
	stop()
	d.judge()
}

// TestAStartOnAFullDiskSaysSo starts a broker that may write nothing.
func TestAStartOnAFullDiskSaysSo(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	d := newBadDisk(t, filepath.Join(t.TempDir(), "broker"))
	if d.start("sh", "-c", `ulimit -f 512; exec "$@"`, "sh") {
		t.Fatal("the broker starts although it cannot write 1 MiB")
	}
	if said := d.said.String(); d.serve.ProcessState.ExitCode() != exitFault || !strings.Contains(said, "trying whether the folder takes") {
		t.Errorf("it ends with %d and says %q", d.serve.ProcessState.ExitCode(), said)
	}
	if !d.start() {
		t.Error("it does not start when there is room")
	}
}
