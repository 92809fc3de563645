//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// rig is a broker process on a folder, with senders and a reading desk in this
// process, which keep outside that folder what they were told.
type rig struct {
	t    *testing.T
	dir  string // the broker's
	root string // ours
	url  string
	// bin is the broker's program, wrap what runs it, env what it gets on top.
	bin   string
	wrap  []string
	env   []string
	serve *exec.Cmd
	logs  *bytes.Buffer // of the broker; read it only once that has ended
	ended chan error    // how it ended, once

	mu    sync.Mutex // guards what follows
	sent  int
	acked map[schemas.ID]uint64          // to the sequence on the receipt
	held  map[schemas.ID]map[uint64]bool // what the desk was handed: sequences by id
	said  map[schemas.Code]int           // refusals by code
}

// rigSenders and rigReader are the members that take part.
var rigSenders = []schemas.MemberID{"gla", "eas", "ukba"}

const rigReader schemas.MemberID = "lincolnshire"

// newRig enrols the members in a new folder and starts nothing.
func newRig(t *testing.T, dir string) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir, root: t.TempDir(), bin: "liaison", acked: map[schemas.ID]uint64{}, held: map[schemas.ID]map[uint64]bool{},
		said: map[schemas.Code]int{}}
	b, err := broker.Open(t.Context(), broker.Config{Dir: dir, Listen: "127.0.0.1:0", Default: protocol.Tables, Log: newLog(t.Output(), 8)})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range append([]schemas.MemberID{rigReader, "ukhtc"}, rigSenders...) {
		issued, err := b.Enrol(t.Context(), accounts.Enrolment{Member: m, Role: accounts.Both, At: time.Now(), By: broker.ThisUser()})
		if err == nil {
			err = os.WriteFile(r.creds(m), issued.Creds, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Close()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.url = "nats://" + port.Addr().String()
	port.Close()
	t.Cleanup(r.kill)
	return r
}

func (r *rig) creds(m schemas.MemberID) string { return filepath.Join(r.root, string(m)+".creds") }

// launch starts the broker and does not wait.
func (r *rig) launch() {
	r.t.Helper()
	args := append(append([]string{}, r.wrap...), r.bin, "serve", "--dir", r.dir, "--listen", r.url[len("nats://"):])
	r.serve, r.logs = exec.Command(args[0], args[1:]...), &bytes.Buffer{}
	r.serve.Env = append(os.Environ(), r.env...)
	r.serve.Stderr = r.logs
	r.serve.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what wraps it dies with it
	if err := r.serve.Start(); err != nil {
		r.t.Fatal(err)
	}
	serve, ended := r.serve, make(chan error, 1)
	r.ended = ended
	go func() { ended <- serve.Wait() }()
}

// start starts the broker and waits until it is ready.
func (r *rig) start() {
	r.t.Helper()
	r.launch()
	if s, err := awaitReady(r.t.Context(), r.dir, time.Minute); err != nil || !s.Ready {
		r.kill()
		r.t.Fatalf("the broker is not ready: %s, %v\n%s", s.Fault, err, r.logs)
	}
}

// kill ends the broker as a power cut does, and waits until it is gone.
func (r *rig) kill() {
	if r.serve == nil {
		return
	}
	syscall.Kill(-r.serve.Process.Pid, syscall.SIGKILL)
	<-r.ended
	r.serve = nil
}

// stop ends the broker in order.
func (r *rig) stop() {
	r.t.Helper()
	r.serve.Process.Signal(os.Interrupt)
	if err := <-r.ended; err != nil {
		r.t.Errorf("the broker ended with %v\n%s", err, r.logs)
	}
	r.serve = nil
}

// load sends and reads until the function that it returns is called, through
// whatever becomes of the broker meanwhile. A message is sent until it has a
// receipt.
func (r *rig) load() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	var all sync.WaitGroup
	for _, m := range rigSenders {
		for range 4 {
			all.Go(func() { r.send(ctx, m) })
		}
	}
	all.Go(func() { r.read(ctx) })
	return func() { cancel(); all.Wait() }
}

func (r *rig) connect(ctx context.Context, m schemas.MemberID) *agents.Client {
	for ctx.Err() == nil {
		c, err := agents.Connect(ctx, agents.Config{Server: r.url, Creds: r.creds(m), Timeout: 3 * time.Second, Patient: true})
		if err == nil {
			return c
		}
		pauseFor(ctx, 50*time.Millisecond)
	}
	return nil
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (r *rig) send(ctx context.Context, m schemas.MemberID) {
	c := r.connect(ctx, m)
	if c == nil {
		return
	}
	defer c.Close()
	for ctx.Err() == nil {
		r.mu.Lock()
		r.sent++
		msg := rigTip(m, r.sent)
		r.mu.Unlock()
		for ctx.Err() == nil && !r.submit(ctx, c, msg) {
			pauseFor(ctx, 20*time.Millisecond)
		}
	}
}

// submit sends a message once and keeps the receipt, if there is one.
func (r *rig) submit(ctx context.Context, c *agents.Client, msg *schemas.Message) bool {
	receipts, err := c.Submit(ctx, msg)
	if err != nil || len(receipts) != 1 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if refusal := receipts[0].Refusal; refusal != nil {
		r.said[refusal.Code]++
		return false
	}
	r.acked[msg.ID] = receipts[0].Sequence
	return true
}

func (r *rig) read(ctx context.Context) {
	c := r.connect(ctx, rigReader)
	if c == nil {
		return
	}
	defer c.Close()
	c.Desk(ctx, agents.DeskOptions{}, func(_ context.Context, got agents.Copy) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.held[got.ID] == nil {
			r.held[got.ID] = map[uint64]bool{}
		}
		r.held[got.ID][got.Sequence] = true
		return nil
	})
}

// ackedNow counts the receipts so far.
func (r *rig) ackedNow() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.acked)
}

// awaitAcked waits until that many more have a receipt.
func (r *rig) awaitAcked(more int) {
	r.t.Helper()
	want := r.ackedNow() + more
	for end := time.Now().Add(time.Minute); r.ackedNow() < want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.kill()
			r.t.Fatalf("%d receipts, want %d; refusals %v\n%s", r.ackedNow(), want, r.said, r.logs)
		}
	}
}

// ruling is what the judge found.
type ruling struct {
	report        check.Report
	lost, doubled int
	what          []string // the first few
}

// judge waits until the running broker has decided everything, has it verified
// and holds it against the receipts and what the desk was handed.
func (r *rig) judge() (v ruling) {
	r.t.Helper()
	remote, ok := broker.Reach(r.dir)
	if !ok {
		r.t.Fatal("no broker answers")
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var err error
		if v.report, err = remote.Verify(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		if v.report.Waiting == 0 {
			break
		}
		if time.Now().After(end) {
			v.what = append(v.what, fmt.Sprintf("%d messages wait for a decision that does not come", v.report.Waiting))
			break
		}
	}
	for _, f := range v.report.Findings {
		v.what = append(v.what, f.String())
	}
	decided := map[schemas.ID][]uint64{}
	err := remote.ShowLedger(r.t.Context(), "", func(e ledger.Entry) error {
		if e.Kind == ledger.DecisionEntry {
			decided[e.Message] = append(decided[e.Message], e.Intake)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.count(&v, decided)
	return v
}

// count holds receipts and copies against where each message was decided.
func (r *rig) count(v *ruling, decided map[schemas.ID][]uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, sequence := range r.acked {
		if at := decided[id]; len(at) != 1 || at[0] != sequence {
			v.lost++
			v.what = append(v.what, fmt.Sprintf("%s has a receipt for sequence %d, and was decided at %v", id, sequence, at))
		}
	}
	for id, sequences := range r.held {
		if len(sequences) > 1 {
			v.doubled++
			v.what = append(v.what, fmt.Sprintf("the desk was handed %s from %d places", id, len(sequences)))
		}
	}
	v.what = v.what[:min(len(v.what), 10)]
}

// sound fails the test unless nothing is off.
func (r *rig) sound() ruling {
	r.t.Helper()
	v := r.judge()
	if v.lost+v.doubled > 0 || !v.report.Sound() || v.report.Waiting > 0 {
		s, err := askStatus(r.t.Context(), r.dir)
		r.kill()
		logs := r.logs.String()
		r.t.Fatalf("%d lost, %d doubled of %d with a receipt: %v; %s, %v\n%s", v.lost, v.doubled, len(r.acked), v.what, s.Fault, err, logs[max(0, len(logs)-4000):])
	}
	return v
}

// rigTip is a tip of a member that goes to several others.
func rigTip(from schemas.MemberID, n int) *schemas.Message {
	return &schemas.Message{
		Schema: 1, ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012x", n)), Kind: schemas.KindTip, Originator: from,
		Reference: fmt.Sprintf("RIG/%d", n), Created: schemas.At(time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)),
		Marking: schemas.Restricted, Urgency: schemas.Priority, Purpose: "prevent-detect-crime",
		Jurisdictions: []schemas.Jurisdiction{{Code: "lincolnshire", Role: schemas.RoleIncident}},
		CrimeTypes:    []schemas.Code{"unlicensed-gangmaster", "forced-labour"}, Sectors: []schemas.Code{"agriculture"},
		Items: []schemas.Item{{Text: fmt.Sprintf("Workers at the invented farm %d have had their passports taken.", n), Source: "B", Information: 2,
			Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered, Indicators: []schemas.Code{"GEN01"}, Subjects: []int{0}}},
		Subjects: []schemas.Subject{{Kind: schemas.PremisesSubject, Name: "Invented Farm", Postcode: "ZZ99 3VZ"}},
		Tip:      &schemas.Tip{Channel: "intelligence-report"},
	}
}
