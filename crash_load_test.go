//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/schemas"
)

// A trial is one broker, as a process of its own, under load through faults:
//
//	tr := newTrial(t, "")
//	tr.start()       // the broker, until it is ready
//	tr.load(pace)    // publishers and desks, which go on through every fault
//	...              // faults: tr.kill(), tr.start(), or others of the test's own
//	tr.settle()      // drive everything to its end, stop all
//	v := tr.judge()  // hold the logs against what the broker stored
//
// What was sent and answered, and what each desk got, is logged outside the
// broker's folder; the judge believes those logs and the streams, and nobody's
// memory.
type trial struct {
	t    *testing.T
	root string // logs and credentials
	dir  string // the broker's folder
	// program is what is run; "liaison" is this very test's program.
	program string
	address string
	logs    *os.File

	serve   *exec.Cmd
	exited  chan struct{} // closed when serve has ended
	started time.Time

	publishers []*publisher
	desks      []*reader
	read       func(*reader) // begins to read a desk; nil before load
	stopDesks  context.CancelFunc
	running    sync.WaitGroup // publishers
	reading    sync.WaitGroup // desks
	stopping   chan struct{}  // closed when publishers are to end

	// wanted is the hash of the tables that were loaded last, and extra counts
	// desks that were enrolled on the way.
	wanted string
	extra  int

	// readyAfter and routedAfter are how long each start took until the broker
	// was ready, and until it had decided something new.
	readyAfter, routedAfter []time.Duration
}

// publishing are the members that send, and each is a desk too.
var publishing = []schemas.MemberID{"gla", "eas", "hmrc-nmw", "lincolnshire", "kent", "ukba", "soca"}

// listening are further desks.
var listening = []string{"ukhtc/main", "ukhtc/json", "hmrc-tax/main", "hse/main"}

// newTrial enrols publishers and desks at a new broker on a folder, or on one
// of the test's own if none is given.
func newTrial(t *testing.T, dir string) *trial {
	t.Helper()
	root := t.TempDir()
	if dir == "" {
		dir = filepath.Join(root, "broker")
	}
	tr := &trial{t: t, root: root, dir: dir, program: "liaison", stopping: make(chan struct{})}
	var err error
	if tr.logs, err = os.Create(filepath.Join(root, "serve.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.logs.Close() })
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for i, m := range publishing {
		tr.enrol(string(m)+"/main", "")
		p, err := newPublisher(tr, m, seed+uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		tr.publishers = append(tr.publishers, p)
		tr.addDesk(string(m) + "/main")
	}
	for _, name := range listening {
		encoding := ""
		if strings.HasSuffix(name, "/json") {
			encoding = schemas.TypeJSON
		}
		tr.enrol(name, encoding)
		tr.addDesk(name)
	}
	tr.address = freeAddress(t)
	return tr
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	return free.Addr().String()
}

// enrol gives a desk credentials, beside a running broker or without one.
func (tr *trial) enrol(name, encoding string) {
	tr.t.Helper()
	member, desk, _ := strings.Cut(name, "/")
	issued, err := broker.Enrol(tr.t.Context(), tr.dir, openTables(""), accounts.Enrolment{
		Member: schemas.MemberID(member), Desk: desk, Role: accounts.Both, Encoding: encoding})
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(tr.credsFile(name), issued.Creds, 0o600); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr *trial) credsFile(desk string) string {
	return filepath.Join(tr.root, strings.ReplaceAll(desk, "/", "-")+".creds")
}

// addDesk has a desk read by load, or at once if the load has begun.
func (tr *trial) addDesk(name string) *reader {
	tr.t.Helper()
	d, err := newReader(tr, name)
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.desks = append(tr.desks, d)
	if tr.read != nil {
		tr.read(d)
	}
	return d
}

// launch starts the broker and does not wait. Further variables are added to
// its environment.
func (tr *trial) launch(env ...string) {
	tr.t.Helper()
	cmd := exec.Command(tr.program, "serve", "--dir", tr.dir, "--listen", tr.address)
	cmd.Stderr = tr.logs
	cmd.Env = append(os.Environ(), env...)
	tr.started = time.Now()
	if err := cmd.Start(); err != nil {
		tr.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	tr.serve, tr.exited = cmd, exited
	tr.t.Cleanup(func() {
		cmd.Process.Kill() // no harm if it has ended
		<-exited
	})
}

// start starts the broker and waits until it is ready.
func (tr *trial) start(env ...string) {
	tr.t.Helper()
	tr.launch(env...)
	tr.ready()
}

// ready waits until the broker says that it is ready.
func (tr *trial) ready() broker.Status {
	tr.t.Helper()
	var s broker.Status
	tr.await("readiness", func() bool {
		var err error
		s, err = askStatus(tr.t.Context(), tr.dir)
		return err == nil && s.Ready
	})
	tr.readyAfter = append(tr.readyAfter, time.Since(tr.started))
	return s
}

// place returns the intake sequence up to which the broker has decided, or 0 if
// it does not say.
func (tr *trial) place() uint64 {
	s, err := askStatus(tr.t.Context(), tr.dir)
	if err != nil {
		return 0
	}
	return s.Place
}

// routes waits until the broker has decided something since this start.
func (tr *trial) routes(before uint64) {
	tr.t.Helper()
	tr.await("a decision", func() bool {
		s, err := askStatus(tr.t.Context(), tr.dir)
		return err == nil && s.Place > before
	})
	tr.routedAfter = append(tr.routedAfter, time.Since(tr.started))
}

// alive fails the test if the broker has ended by itself.
func (tr *trial) alive() {
	tr.t.Helper()
	select {
	case <-tr.exited:
		tr.fatalf("the broker ended by itself: %v", tr.serve.ProcessState)
	default:
	}
}

// kill ends the broker as a crash does.
func (tr *trial) kill() {
	tr.t.Helper()
	tr.alive()
	tr.serve.Process.Kill()
	<-tr.exited
	if s, ok := tr.serve.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
		tr.fatalf("the broker was to be killed, and ended with %v", tr.serve.ProcessState)
	}
}

// remote is the running broker's administration.
func (tr *trial) remote() *broker.Remote {
	tr.t.Helper()
	r, ok := broker.Reach(tr.dir)
	if !ok {
		tr.fatalf("the broker cannot be reached")
	}
	return r
}

// stop ends the broker as an operator does.
func (tr *trial) stop() {
	tr.t.Helper()
	tr.alive()
	tr.serve.Process.Signal(os.Interrupt)
	<-tr.exited
	if code := tr.serve.ProcessState.ExitCode(); code != exitDone {
		tr.fatalf("the broker was stopped and ended with %v", tr.serve.ProcessState)
	}
}

// load starts the publishers, each with a pause between its submissions, and
// the desks.
func (tr *trial) load(pause time.Duration) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(tr.t.Context()))
	tr.stopDesks = cancel
	tr.t.Cleanup(func() {
		tr.stopPublishers()
		cancel()
		tr.running.Wait()
		tr.reading.Wait()
	})
	tr.read = func(d *reader) { tr.reading.Go(func() { d.run(ctx) }) }
	for _, d := range tr.desks {
		tr.read(d)
	}
	for _, p := range tr.publishers {
		tr.running.Go(func() { p.run(ctx, pause) })
	}
}

func (tr *trial) stopPublishers() {
	select {
	case <-tr.stopping:
	default:
		close(tr.stopping)
	}
}

// await waits until something is so, and fails the test after two minutes, or
// at once if the broker has ended by itself.
func (tr *trial) await(what string, ok func() bool) {
	tr.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		tr.alive()
		if time.Now().After(end) {
			tr.fatalf("in vain: %s", what)
		}
	}
}

// fatalf ends the test and shows the end of the broker's log.
func (tr *trial) fatalf(format string, args ...any) {
	tr.t.Helper()
	log, _ := os.ReadFile(tr.logs.Name())
	tr.t.Logf("the broker's log ends:\n%s", log[max(0, len(log)-4000):])
	tr.t.Fatalf(format, args...)
}
