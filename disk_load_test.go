//go:build linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// badDisk is a broker in a process of its own on a folder whose disk a test
// spoils, a member that sends and one that reads. What they were told is kept
// outside that folder.
type badDisk struct {
	t     *testing.T
	dir   string
	url   string
	creds map[schemas.MemberID][]byte
	serve *exec.Cmd
	said  *syncBuffer

	mu       sync.Mutex            // guards what follows
	acked    map[schemas.ID]uint64 // the sequence of each receipt
	sent     int                   // messages, each however often it was sent
	refusals []time.Duration       // from sending to a refusal that says later
	codes    map[schemas.Code]int  // of those
	silent   int                   // requests that nobody answered
	got      map[schemas.ID]bool   // what the reading desk was given
	wrong    []string              // answers that may not be
	bundle   int                   // the most messages of one request; 0 means 40
	paused   atomic.Bool           // nothing new is sent
	reads    bool                  // a desk reads, and must be given everything
	maxStore string                // for --max-store
}

// syncBuffer is a buffer that a process writes and a test reads meanwhile.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

const (
	diskSender = schemas.MemberID("gla")
	diskReader = schemas.MemberID("lincolnshire")
)

// newBadDisk enrols the members in a new folder.
func newBadDisk(t *testing.T, dir string) *badDisk {
	t.Helper()
	d := &badDisk{t: t, dir: dir, said: &syncBuffer{}, creds: map[schemas.MemberID][]byte{}, acked: map[schemas.ID]uint64{},
		codes: map[schemas.Code]int{}, got: map[schemas.ID]bool{}}
	for _, m := range []schemas.MemberID{diskSender, diskReader} {
		issued, err := broker.Enrol(t.Context(), dir, protocol.Tables, accounts.Enrolment{Member: m, Role: accounts.Both})
		if err != nil {
			t.Fatal(err)
		}
		d.creds[m] = issued.Creds
	}
	t.Cleanup(func() {
		if t.Failed() {
			said := d.said.String()
			t.Logf("the broker said last:\n%s", said[max(0, len(said)-6000):])
		}
	})
	return d
}

// start starts the broker, behind the words of another command if there are
// any, and waits until it is ready or has ended. It returns whether it is ready.
func (d *badDisk) start(before ...string) bool {
	d.t.Helper()
	listen := "127.0.0.1:0"
	if d.url != "" {
		listen = d.url[len("nats://"):]
	}
	args := append(before, "liaison", "serve", "--dir", d.dir, "--listen", listen)
	if d.maxStore != "" {
		args = append(args, "--max-store", d.maxStore)
	}
	d.serve = exec.Command(args[0], args[1:]...)
	d.serve.Stderr = d.said
	d.serve.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.serve.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { d.serve.Wait(); close(ended) }()
	d.t.Cleanup(func() { d.serve.Process.Kill(); <-ended })
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s, ok := d.status(); ok && s.Ready {
			d.url = s.URL
			return true
		}
		select {
		case <-ended:
			return false
		default:
		}
	}
	d.t.Fatal("the broker is neither ready nor ended")
	return false
}

// status asks the broker, and says whether it answered within a second.
func (d *badDisk) status() (broker.Status, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	remote, ok := broker.Reach(d.dir)
	if !ok {
		return broker.Status{}, false
	}
	s, err := remote.Status(ctx)
	return s, err == nil
}

// until waits for something and returns how long that took.
func (d *badDisk) until(what string, within time.Duration, ok func() bool) time.Duration {
	d.t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > within {
			d.t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func (d *badDisk) ready() bool   { s, ok := d.status(); return ok && s.Ready }
func (d *badDisk) unready() bool { s, ok := d.status(); return ok && !s.Ready && s.Fault != "" }

func (d *badDisk) count() (acked, refused int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.acked), len(d.refusals)
}

// load sends with some senders and reads with one desk until the function that
// it returns is called, which sends again what has no receipt yet.
func (d *badDisk) load(senders int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	reading, stopReading := context.WithCancel(context.Background())
	var sending, read sync.WaitGroup
	for range senders {
		sending.Go(func() { d.send(ctx) })
	}
	if d.reads {
		read.Go(func() { d.read(reading) })
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		sending.Wait()
		// What was on its way when the broker was stopped comes again after 30 s.
		for end := time.Now().Add(45 * time.Second); d.reads && !d.readAll() && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		}
		stopReading()
		read.Wait()
	}
	d.t.Cleanup(stop)
	return stop
}

func (d *badDisk) connect(m schemas.MemberID) *nats.Conn {
	nc, err := nats.Connect(d.url, nats.UserCredentialBytes(d.creds[m]), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond),
		nats.ReconnectJitter(0, 0), nats.ReconnectBufSize(-1), nats.RetryOnFailedConnect(true), nats.IgnoreAuthErrorAbort())
	if err != nil {
		panic(fmt.Sprintf("connecting as %s: %v", m, err))
	}
	return nc
}

// send sends one bundle after another, each until it has all its receipts, or
// for 20 s more once the context has ended.
func (d *badDisk) send(ctx context.Context) {
	nc := d.connect(diskSender)
	defer nc.Close()
	for ctx.Err() == nil {
		if d.paused.Load() {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		d.mu.Lock()
		n := 1 + rand.IntN(cmp.Or(d.bundle, 40))
		d.sent += n
		d.mu.Unlock()
		rest := map[schemas.ID]json.RawMessage{}
		for range n {
			id, raw := diskMessage()
			rest[id] = raw
		}
		var end time.Time
		for len(rest) > 0 {
			if ctx.Err() != nil && end.IsZero() {
				end = time.Now().Add(20 * time.Second)
			}
			if !end.IsZero() && time.Now().After(end) {
				return
			}
			if !d.submit(nc, rest) {
				time.Sleep(20 * time.Millisecond)
			}
		}
	}
}

// diskMessage is a tip of about 2 KB that goes to the reader.
func diskMessage() (schemas.ID, json.RawMessage) {
	id := schemas.ID(fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", rand.Uint32(), rand.Uint32()&0xffff, rand.Uint32()&0xfff, rand.Uint32()&0xfff, rand.Uint64()&0xffffffffffff))
	return id, json.RawMessage(fmt.Sprintf(`{"schema":1,"id":%q,"kind":"tip","originator":"gla","created":"2009-08-14T09:30:00Z",
"marking":"restricted","urgency":"routine","purpose":"prevent-detect-crime","jurisdictions":[{"code":"lincolnshire","role":"incident"}],
"crime_types":["forced-labour"],"items":[{"text":%q,"source":"B","information":2,"handling":[1],"obtained_by":"volunteered"}],
"tip":{"channel":"intelligence-report"}}`, id, strings.Repeat("Workers were seen at an invented farm. ", 45)))
}

// submit sends what has no receipt, takes those out that get one, and says
// whether any did.
func (d *badDisk) submit(nc *nats.Conn, rest map[schemas.ID]json.RawMessage) bool {
	body := make([]json.RawMessage, 0, len(rest))
	for _, raw := range rest {
		body = append(body, raw)
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	began, cuts := time.Now(), nc.Stats().Reconnects
	msg, err := nc.Request(schemas.SubmitAddress, data, 5*time.Second)
	took := time.Since(began)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if took > time.Second && nc.IsConnected() && nc.Stats().Reconnects == cuts {
			d.silent++ // and not because the connection was cut
		}
		return false
	}
	var a schemas.Answer
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		d.wrong = append(d.wrong, err.Error())
		return false
	}
	before := len(rest)
	for i, r := range a.Receipts {
		switch {
		case r.Refusal == nil:
			if was := d.acked[r.ID]; was != 0 && was != r.Sequence {
				d.wrong = append(d.wrong, fmt.Sprintf("%s has the sequences %d and %d", r.ID, was, r.Sequence))
			}
			d.acked[r.ID] = r.Sequence
			delete(rest, r.ID)
		case !r.Refusal.Later():
			d.wrong = append(d.wrong, fmt.Sprintf("%s was refused as %s", r.ID, r.Refusal.Code))
			delete(rest, r.ID)
		case i == 0 || len(d.refusals) == 0 || len(rest) == before:
			d.refusals = append(d.refusals, took)
			d.codes[r.Refusal.Code]++
		}
	}
	return len(rest) < before
}

// read takes the desk's copies and acknowledges them.
func (d *badDisk) read(ctx context.Context) {
	nc := d.connect(diskReader)
	defer nc.Close()
	js, err := jetstream.NewWithAPIPrefix(nc, "liaison")
	if err != nil {
		panic(err)
	}
	for ctx.Err() == nil {
		c, err := js.Consumer(ctx, "FEED", "main")
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		batch, err := c.Fetch(200, jetstream.FetchMaxWait(300*time.Millisecond))
		if err != nil {
			continue
		}
		for msg := range batch.Messages() {
			d.mu.Lock()
			d.got[schemas.ID(msg.Headers().Get(schemas.HeaderID))] = true
			d.mu.Unlock()
			msg.Ack()
		}
	}
}

// readAll says whether the desk was given a copy of every message with a receipt.
func (d *badDisk) readAll() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.acked {
		if !d.got[id] {
			return false
		}
	}
	return true
}

// judge stops the broker and holds what it stored against what it said: each
// receipt's message decided exactly once, and the whole balance by the
// independent checker. It returns how many receipts are lost.
func (d *badDisk) judge() (lost int, report check.Report) {
	t := d.t
	t.Helper()
	d.end()
	b, err := broker.Open(t.Context(), broker.Config{Dir: d.dir, Listen: "", Default: protocol.Tables, Log: newLog(d.said, 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	d.until("the last decision", time.Minute, func() bool {
		balance, err := b.Balance(ctx)
		return err == nil && balance.Decided == balance.Accepted
	})
	decided := map[schemas.ID]int{}
	sequences := map[schemas.ID]uint64{}
	err = b.ShowLedger(ctx, "", func(e ledger.Entry) error {
		if e.Kind == ledger.DecisionEntry {
			decided[e.Message]++
			sequences[e.Message] = e.Intake
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if report, err = b.Verify(ctx); err != nil || !report.Sound() {
		t.Errorf("the balance does not hold: %v %+v", err, report.Findings[:min(10, len(report.Findings))])
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, sequence := range d.acked {
		if decided[id] != 1 || sequences[id] != sequence {
			lost++
			t.Errorf("%s has a receipt that names %d, and %d decisions, about %d", id, sequence, decided[id], sequences[id])
		}
		if d.reads && !d.got[id] {
			lost++
			t.Errorf("%s has a receipt, and the desk was never given its copy", id)
		}
	}
	for id, n := range decided {
		if n > 1 {
			t.Errorf("%d decisions about %s", n, id)
		}
	}
	for _, w := range d.wrong {
		t.Error(w)
	}
	return lost, report
}

// end stops the broker as an operator does.
func (d *badDisk) end() {
	d.t.Helper()
	pid := d.pid()
	syscall.Kill(pid, syscall.SIGINT)
	d.until("the broker stops", 30*time.Second, func() bool { return syscall.Kill(pid, 0) != nil })
}

// worstOver complains if a time is longer than promised.
func worstOver(t *testing.T, what string, limit time.Duration, times []time.Duration) {
	t.Helper()
	if len(times) > 0 && slices.Max(times) > limit {
		t.Errorf("%s: %s, promised %s", what, spread(times), limit)
	}
}

// largestFile returns the size of the largest file of the streams' messages.
func (d *badDisk) largestFile() (size int64) {
	blocks, err := filepath.Glob(filepath.Join(d.dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, b := range blocks {
		if info, err := os.Stat(b); err == nil {
			size = max(size, info.Size())
		}
	}
	return size
}

// pid is the broker's process, which another command may have started.
func (d *badDisk) pid() int {
	text, err := os.ReadFile(filepath.Join(d.dir, "node.lock"))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "(process ")
	number, _, _ := strings.Cut(rest, ",")
	pid, err := strconv.Atoi(number)
	if err != nil {
		d.t.Fatalf("%q names no process: %v", text, err)
	}
	return pid
}
