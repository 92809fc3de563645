//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// TestEveryRecordThroughAKill is the small form of TestEveryRecordThroughKills
// that runs each time.
func TestEveryRecordThroughAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	throughKills(t, 200, 1)
}

// TestEveryRecordThroughKills runs a broker and the agents of all agencies as
// processes, on LIAISON_LOAD_RECORDS generated records for each (100,000 unless
// it says otherwise), and kills the broker five times in the middle:
//
//	LIAISON_LOAD=1 go test -run TestEveryRecordThroughKills -timeout 0 -v .
func TestEveryRecordThroughKills(t *testing.T) {
	onDemand(t)
	const kills = 5
	each := numberOf(t, "LIAISON_LOAD_RECORDS", 100_000)
	run := throughKills(t, each, kills)
	evidence.Record(t, evidence.Row{Name: "agents-kills", Part: "load", Runs: kills, Messages: each * len(loadAgents), Acknowledged: run.answered,
		Fault: "The broker is killed while the agents of all agencies send",
		How: fmt.Sprintf("%d agents, each a process with an export of %d generated records; SIGKILL of the broker; every record must have one receipt or a reject with a reason, every receipt one decision",
			len(loadAgents), each),
		Command: fmt.Sprintf("LIAISON_LOAD=1 LIAISON_LOAD_RECORDS=%d go test -run TestEveryRecordThroughKills -timeout 0 -v .", each),
		Note:    run.String()})
}

func onDemand(t *testing.T) {
	t.Helper()
	if os.Getenv("LIAISON_LOAD") != "1" {
		t.Skip("NOT RUN: takes minutes and gigabytes; set LIAISON_LOAD=1")
	}
}

func numberOf(t *testing.T, env string, otherwise int) int {
	t.Helper()
	text := os.Getenv(env)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is no number", env, text)
	}
	return n
}

func generate(t *testing.T, agency string, m schemas.MemberID, path string, count int) {
	t.Helper()
	a, _, err := findAgency(agency, string(m))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := a.generate(w, m, count, 7); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// loadAgents are one agent for each kind of export.
var loadAgents = []struct {
	agency string
	member schemas.MemberID
}{
	{"gla", "gla"}, {"eas", "eas"}, {"hmrc", "hmrc-nmw"}, {"hmrc", "hmrc-tax"}, {"ukba", "ukba"}, {"soca", "soca"},
	{"police", "lincolnshire"}, {"helpline", "ukhtc"}, {"crimestoppers", "ukhtc"},
}

// load is one run of the agents of all agencies against one broker.
type load struct {
	t     *testing.T
	root  string
	url   string
	serve *exec.Cmd
	logs  *os.File
}

// through is what came of a run of throughKills.
type through struct {
	answered      int
	balance       broker.Balance
	sent, decided time.Duration
}

// String gives the figures in one line.
func (r through) String() string {
	return fmt.Sprintf("sent in %.0f s, decided after %.0f s; %d receipts, the other records rejected with a reason; %d disclosed to somebody and %d held",
		r.sent.Seconds(), r.decided.Seconds(), r.answered, r.balance.DisclosedToSomeone, r.balance.Held)
}

func throughKills(t *testing.T, each, kills int) through {
	t.Helper()
	l := newLoad(t)
	for i, a := range loadAgents {
		if err := os.MkdirAll(l.inbox(i), 0o700); err != nil {
			t.Fatal(err)
		}
		generate(t, a.agency, a.member, l.export(i, ""), each)
	}
	began := time.Now()
	l.start()
	stop := l.startAgents()
	phase := uint64(each * len(loadAgents) / (kills + 1) * 9 / 10) // some are rejects
	for k := range kills {
		l.await("the next kill", func() bool {
			s, err := askStatus(t.Context(), l.dir())
			return err == nil && (s.Place >= phase*uint64(k+1) || l.finished())
		})
		if l.finished() {
			t.Logf("kill %d comes when everything was sent", k+1)
		}
		l.serve.Process.Kill()
		l.serve.Wait()
		l.start()
	}
	l.await("the agents' end", l.finished)
	sent := time.Since(began)
	peaks := stop()
	l.serve.Process.Signal(os.Interrupt)
	if err := l.serve.Wait(); err != nil {
		t.Errorf("the broker ended with %v", err)
	}
	answered := l.answered(peaks)
	balance := l.verify(answered)
	run := through{answered: len(answered), balance: balance, sent: sent, decided: time.Since(began)}
	t.Logf("%d kills: %v; balance %+v", kills, run, balance)
	return run
}

func newLoad(t *testing.T) *load {
	dir := t.TempDir()
	l := &load{t: t, root: dir}
	b := l.open()
	for _, m := range b.Members() {
		issued, err := b.Enrol(t.Context(), accounts.Enrolment{Member: m.ID, Role: accounts.Both, At: time.Now(), By: broker.ThisUser()})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(l.credsFile(m.ID), issued.Creds, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.Close()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.url = "nats://" + port.Addr().String()
	port.Close()
	if l.logs, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.logs.Close() })
	return l
}

func (l *load) dir() string { return filepath.Join(l.root, "broker") }

func (l *load) credsFile(m schemas.MemberID) string { return filepath.Join(l.root, string(m)+".creds") }

func (l *load) inbox(i int) string {
	return filepath.Join(l.root, "agents", loadAgents[i].agency+"-"+string(loadAgents[i].member), "inbox")
}

func (l *load) open() *broker.Broker {
	l.t.Helper()
	b, err := broker.Open(l.t.Context(), broker.Config{Dir: l.dir(), Listen: "127.0.0.1:0", Default: protocol.Tables, Log: newLog(io.Discard, 0)})
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// export is where an agent's export is, in its inbox or a folder below it.
func (l *load) export(i int, sub string) string {
	return filepath.Join(l.inbox(i), sub, "load.export")
}

// start starts the broker and waits until it is ready.
func (l *load) start() {
	l.t.Helper()
	l.serve = exec.Command("liaison", "serve", "--dir", l.dir(), "--listen", l.url[len("nats://"):])
	l.serve.Stderr = l.logs
	if err := l.serve.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { l.serve.Process.Kill() })
	if s, err := awaitReady(l.t.Context(), l.dir(), time.Minute); err != nil || !s.Ready {
		l.t.Fatalf("the broker is not ready: %v, %v", s.Fault, err)
	}
}

// startAgents returns what stops them and tells the most memory of each.
func (l *load) startAgents() (stop func() []int64) {
	var running []*exec.Cmd
	for i, a := range loadAgents {
		cmd := exec.Command("liaison", "agent", a.agency, "--member", string(a.member), "--inbox", l.inbox(i),
			"--creds", l.credsFile(a.member), "--server", l.url)
		cmd.Stderr = l.logs
		if err := cmd.Start(); err != nil {
			l.t.Fatal(err)
		}
		l.t.Cleanup(func() { cmd.Process.Kill() })
		running = append(running, cmd)
	}
	return func() (peaks []int64) {
		for _, cmd := range running {
			cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil {
				l.t.Errorf("an agent ended with %v", err)
			}
			peaks = append(peaks, peakMemory(cmd.ProcessState))
		}
		return peaks
	}
}

// finished says whether every agent has put its export away.
func (l *load) finished() bool {
	for i := range loadAgents {
		if _, err := os.Stat(l.export(i, "done")); err != nil {
			return false
		}
	}
	return true
}

// await waits as long as the test may take.
func (l *load) await(what string, ok func() bool) {
	l.t.Helper()
	end := time.Now().Add(2 * time.Minute)
	if os.Getenv("LIAISON_LOAD") == "1" {
		end = end.Add(24 * time.Hour)
	}
	for ; !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			log, _ := os.ReadFile(l.logs.Name())
			l.t.Fatalf("in vain: %s\n%s", what, log[max(0, len(log)-4000):])
		}
	}
}

// awaitDecided waits until the router has passed as many messages as were
// accepted, or moves no more: then the balance will tell what is missing. Only
// the router's place is looked at, since a balance walks the whole ledger.
func (l *load) awaitDecided(b *broker.Broker, accepted uint64) {
	place, since := uint64(0), time.Now()
	l.await("the last decision", func() bool {
		if now := b.Status().Place; now != place {
			place, since = now, time.Now()
		}
		return place >= accepted || place > 0 && time.Since(since) > time.Minute
	})
}

// answered checks that every record of every export has exactly one answer, and
// returns the ids that have receipts.
func (l *load) answered(peaks []int64) map[schemas.ID]bool {
	all := map[schemas.ID]bool{}
	for i, a := range loadAgents {
		want, got := l.records(i), map[int]int{}
		var accepted, before, kept, rejected int
		eachLine(l.t, l.export(i, "done")+".receipts.jsonl", func(r struct {
			Line      int
			ID        schemas.ID
			Duplicate bool
			Kept      string
		}) {
			got[r.Line]++
			switch {
			case r.Kept != "":
				kept++
				return
			case r.Duplicate:
				before++
			default:
				accepted++
			}
			if all[r.ID] || r.ID == "" {
				l.t.Errorf("%s: the id %q stands on two receipts", a.member, r.ID)
			}
			all[r.ID] = true
		})
		eachLine(l.t, l.export(i, "rejected")+".rejects.jsonl", func(r agents.Reject) {
			got[r.Line]++
			rejected++
			if len(r.Faults) == 0 && r.Refusal == nil {
				l.t.Errorf("%s: line %d was rejected without a reason", a.member, r.Line)
			}
		})
		if !maps.Equal(got, want) {
			l.t.Errorf("%s: the answers are not those to the records, one each", a.member)
		}
		l.t.Logf("%-14s %-14s %7d records = %7d accepted + %5d accepted, receipt lost with the broker + %5d rejected + %d kept; %3d MiB",
			a.member, a.agency, len(want), accepted, before, rejected, kept, peaks[i]>>20)
	}
	return all
}

// records reads an export and counts the records by line.
func (l *load) records(i int) map[int]int {
	l.t.Helper()
	a, m, err := findAgency(loadAgents[i].agency, string(loadAgents[i].member))
	if err != nil {
		l.t.Fatal(err)
	}
	adapter, err := a.adapter(m)
	if err != nil {
		l.t.Fatal(err)
	}
	f, err := os.Open(l.export(i, "done"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer f.Close()
	found := map[int]int{}
	if err := adapter.Read(f, "load", func(r agents.Record) error { found[r.Line]++; return nil }); err != nil {
		l.t.Fatal(err)
	}
	return found
}

func eachLine[T any](t *testing.T, path string, fn func(T)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var line T
		if err := d.Decode(&line); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		fn(line)
	}
}

// verify checks that the ledger has exactly one decision about each message
// that has a receipt, and about no other.
func (l *load) verify(answered map[schemas.ID]bool) broker.Balance {
	t := l.t
	b := l.open()
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	l.awaitDecided(b, uint64(len(answered)))
	balance, err := b.Balance(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !balance.Balanced() || balance.Accepted != uint64(len(answered)) {
		t.Errorf("the balance does not hold: %+v", balance)
	}
	decided := map[schemas.ID]int{}
	err = b.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		if e.Kind == ledger.DecisionEntry {
			decided[e.Message]++
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for id, n := range decided {
		if n != 1 || !answered[id] {
			t.Errorf("%d decisions about %s, which has a receipt: %v", n, id, answered[id])
		}
	}
	for id := range answered {
		if decided[id] == 0 {
			t.Errorf("no decision about %s, which has a receipt", id)
		}
	}
	if report, err := b.VerifyLedger(t.Context()); err != nil || len(report.Faults) > 0 {
		t.Errorf("the ledger does not verify: %v, %v", report.Faults, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return balance
}
