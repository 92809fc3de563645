//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/schemas"
)

// clockJumps are the jumps of the test, each made at run and at a restart.
var clockJumps = []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour, 40 * 24 * time.Hour, 366 * 24 * time.Hour, 3653 * 24 * time.Hour}

// TestClockJumps builds the program with a clock that a file moves, and moves
// it by a second to ten years, both ways, under load and while the broker is
// down. Monotonic time goes on, as it does on a machine whose clock is set.
//
//	LIAISON_LOAD=1 go test -run TestClockJumps -timeout 0 -v .
func TestClockJumps(t *testing.T) {
	onDemand(t)
	c := newSkewed(t)
	r := newRig(t, filepath.Join(t.TempDir(), "b"))
	r.bin, r.env = c.bin, []string{"CLOCK_SKEW_FILE=" + c.file}
	r.start()
	stop := r.load()
	jumps := 0
	for _, by := range clockJumps {
		for n, to := range []time.Duration{by, -by, 0, -by, by, 0} {
			r.awaitAcked(20)
			if n < 3 {
				c.set(to)
			} else {
				r.stop()
				c.set(to)
				r.start()
			}
			jumps++
		}
		r.awaitAcked(20)
	}
	stop()
	v := r.sound()
	if len(r.said) > 0 {
		t.Logf("refusals that were tried again: %v", r.said)
	}
	first, last := r.timesInLedger()
	if span := last.Sub(first); span < 2*3652*24*time.Hour {
		t.Fatalf("the ledger's times span %s: the clock did not jump, and nothing was tested", span)
	}
	t.Run("revoked under a clock that is behind", func(t *testing.T) { c.revoked(t, r) })
	t.Run("copies taken while the clock was ahead", func(t *testing.T) { c.takenAhead(t, r) })
	r.stop()
	evidence.Record(t, evidence.Row{Name: "clock", Part: "disk", Fault: "The clock jumps by 1 s to 10 years, both ways",
		How:     "the program built over a time.Now that a file moves (go build -overlay), half of the jumps under load and half over a restart",
		Command: "LIAISON_LOAD=1 go test -run TestClockJumps -timeout 0 -v .", Runs: jumps, Messages: r.sent, Acknowledged: len(r.acked), Lost: v.lost, Doubled: v.doubled,
		Note: fmt.Sprintf("entries numbered without a gap with times from %s to %s; credentials revoked while the clock was 10 years behind stay out; "+
			"copies that were handed out unacknowledged while it was a year ahead come again after it is put right",
			first.Format("2006"), last.Format("2006"))})
}

// timesInLedger returns the earliest and the latest time of an entry, having
// checked that the numbers have no gap.
func (r *rig) timesInLedger() (first, last time.Time) {
	r.t.Helper()
	remote, ok := broker.Reach(r.dir)
	if !ok {
		r.t.Fatal("no broker answers")
	}
	number := uint64(0)
	err := remote.ShowLedger(r.t.Context(), "", func(e ledger.Entry) error {
		if number++; e.Number != number {
			return fmt.Errorf("entry %d stands where %d must be", e.Number, number)
		}
		if first.IsZero() || e.At.Before(first) {
			first = e.At
		}
		if e.At.After(last) {
			last = e.At
		}
		return nil
	})
	if err != nil {
		r.t.Error(err)
	}
	return first, last
}

// revoked revokes a desk while the clock is far behind the time at which its
// credentials were issued.
func (c *skewed) revoked(t *testing.T, r *rig) {
	c.set(-clockJumps[len(clockJumps)-1])
	defer c.set(0)
	remote, _ := broker.Reach(r.dir)
	if _, err := remote.Revoke(t.Context(), "ukhtc", schemas.MainDesk); err != nil {
		t.Fatal(err)
	}
	old := agents.Config{Server: r.url, Creds: r.creds("ukhtc"), Timeout: 3 * time.Second}
	if _, err := agents.Connect(t.Context(), old); !errors.Is(err, agents.ErrCredentials) {
		t.Errorf("revoked credentials: %v, want them refused", err)
	}
	issued, err := remote.Enrol(t.Context(), accounts.Enrolment{Member: "ukhtc", Role: accounts.Both})
	if err != nil {
		t.Fatal(err)
	}
	c.set(0)
	if _, err := agents.Connect(t.Context(), old); !errors.Is(err, agents.ErrCredentials) {
		t.Errorf("revoked credentials after the clock was put right: %v, want them refused", err)
	}
	fresh := old
	fresh.Creds = filepath.Join(t.TempDir(), "user.creds")
	if err := os.WriteFile(fresh.Creds, issued.Creds, 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := agents.Connect(t.Context(), fresh)
	if err != nil {
		t.Fatalf("credentials issued while the clock was behind: %v", err)
	}
	client.Close()
}

// takenAhead takes copies while the clock is a year ahead, without ever
// acknowledging them, and puts the clock right: they must come again as they do
// for any reader that died, and not in a year.
func (c *skewed) takenAhead(t *testing.T, r *rig) {
	c.set(366 * 24 * time.Hour)
	defer c.set(0)
	r.sendMore(t, "gla", 10)
	cons := deskOf(t, r, rigReader)
	taken := map[uint64]bool{}
	batch, err := cons.Fetch(5, jetstream.FetchMaxWait(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		taken[meta.Sequence.Stream] = true
	}
	if len(taken) == 0 {
		t.Fatal("there was nothing to take")
	}
	time.Sleep(3 * time.Second) // the broker looks at its clock each second
	c.set(0)
	for end := time.Now().Add(100 * time.Second); len(taken) > 0; {
		batch, err := cons.Fetch(100, jetstream.FetchMaxWait(2*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				t.Fatal(err)
			}
			delete(taken, meta.Sequence.Stream)
			if err := m.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d copies that a reader took and did not acknowledge do not come again", len(taken))
		}
	}
}

// sendMore submits a few more messages of a member until each has a receipt.
func (r *rig) sendMore(t *testing.T, m schemas.MemberID, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := r.connect(ctx, m)
	if c == nil {
		t.Fatal("the broker cannot be reached")
	}
	defer c.Close()
	for range n {
		r.mu.Lock()
		r.sent++
		msg := rigTip(m, r.sent)
		r.mu.Unlock()
		for !r.submit(ctx, c, msg) {
			if ctx.Err() != nil {
				t.Fatalf("no receipt; refusals %v", r.said)
			}
			pauseFor(ctx, 20*time.Millisecond)
		}
	}
}

// deskOf binds to a desk as a plain client does.
func deskOf(t *testing.T, r *rig, m schemas.MemberID) jetstream.Consumer {
	t.Helper()
	nc, err := nats.Connect(r.url, nats.UserCredentials(r.creds(m)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.NewWithAPIPrefix(nc, schemas.APIPrefix)
	if err != nil {
		t.Fatal(err)
	}
	cons, err := js.Consumer(t.Context(), schemas.FeedName, schemas.ConsumerName)
	if err != nil {
		t.Fatal(err)
	}
	return cons
}

// skewed is a program whose clock a file moves.
type skewed struct {
	t         *testing.T
	bin, file string
}

// skewSource is added to package time: the seconds in a mapped file are added
// to what the clock says.
const skewSource = `package time

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

var skew *int64

func init() {
	name, ok := syscall.Getenv("CLOCK_SKEW_FILE")
	if !ok {
		return
	}
	fd, err := syscall.Open(name, syscall.O_RDONLY, 0)
	if err != nil {
		return
	}
	if b, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED); err == nil {
		skew = (*int64)(unsafe.Pointer(&b[0]))
	}
}

func skewSeconds() int64 {
	if skew == nil {
		return 0
	}
	return atomic.LoadInt64(skew)
}
`

// newSkewed builds the program over the changed clock, with flags of the build.
func newSkewed(t *testing.T, flags ...string) *skewed {
	t.Helper()
	dir := t.TempDir()
	c := &skewed{t: t, bin: filepath.Join(dir, "liaison-skewed"), file: filepath.Join(dir, "skew")}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("NOT RUN: building needs the go command: %v", err)
	}
	clock := filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	source, err := os.ReadFile(filepath.Join(clock, "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	const reads = "\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(source), reads) != 1 {
		t.Fatal("this version of Go reads the clock in another way: the test must follow")
	}
	replace := map[string]string{}
	for name, text := range map[string]string{"time.go": strings.Replace(string(source), reads, reads+"\tsec += skewSeconds()\n", 1), "zskew.go": skewSource} {
		replace[filepath.Join(clock, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.set(0)
	if out, err := exec.Command("go", append(append([]string{"build"}, flags...), "-overlay", filepath.Join(dir, "overlay.json"), "-o", c.bin, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return c
}

// set moves the clock, of programs that run too.
func (c *skewed) set(by time.Duration) {
	c.t.Helper()
	var b [8]byte
	binary.NativeEndian.PutUint64(b[:], uint64(int64(by/time.Second)))
	f, err := os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.WriteAt(b[:], 0)
		f.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
}
