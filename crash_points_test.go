//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/policy"
	"liaison/deploy/evidence"
	"liaison/deploy/protocol"
)

// step is a crash at a named point of the broker.
type step struct {
	point string
	// most is how many passings there are at most before the crash.
	most int
	// delay spreads the crash over what follows the point; 0 is at the point.
	delay time.Duration
	// act is what the operator does meanwhile; nil if the load passes there.
	act func(*trial)
	// after holds the broker that was started again to what must be so.
	after func(*trial)
}

var steps = []step{
	{point: "intake.examined", most: 20},
	{point: "intake.searched", most: 20},
	{point: "intake.searched", most: 20, delay: 5 * time.Millisecond}, // while a commit is on its way
	{point: "intake.published", most: 20},
	{point: "intake.stored", most: 20},
	{point: "intake.answered", most: 20},
	{point: "router.fetched", most: 20},
	{point: "router.decided", most: 20},
	{point: "router.decided", most: 20, delay: 8 * time.Millisecond}, // while a batch is on its way
	{point: "router.committed", most: 20},
	{point: "router.shown", most: 20},
	{point: "router.reconsidered", most: 2},
	{point: "router.adopted", most: 1, act: loadOther, after: otherInForce},
	{point: "tables.copied", most: 1}, // with the start
	{point: "tables.copied", most: 2, act: loadOther},
	{point: "tables.marked", most: 1, act: loadOther, after: otherInForce},
	{point: "tables.swapped", most: 1, act: loadOther, after: otherInForce},
	{point: "accounts.issued", most: 1, act: enrolNext, after: enrolAgain},
	{point: "accounts.written", most: 1, act: enrolNext, after: enrolAgain},
	{point: "accounts.enrolled", most: 1, act: enrolNext, after: enrolAgain},
	{point: "accounts.revoked", most: 1, act: revokeLast, after: lastIsShutOut},
}

// erasingPoints are those at which TestKilledWhileErasing crashes the broker.
var erasingPoints = []string{"retention.recorded", "retention.removed"}

// docketPoints are those at which TestDocketKilledAtEveryStep crashes the broker.
var docketPoints = []string{"docket.applied", "docket.told", "docket.marked"}

// TestEveryStepHasItsCrash keeps the table to the points that there are.
func TestEveryStepHasItsCrash(t *testing.T) {
	var there []string
	mark := regexp.MustCompile(`failpoint\.Here\("([a-z.]+)"\)`)
	err := filepath.WalkDir("broker", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range mark.FindAllSubmatch(text, -1) {
			there = append(there, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tried := slices.Clone(erasingPoints)
	for _, s := range steps {
		tried = append(tried, s.point)
	}
	tried = append(tried, docketPoints...)
	slices.Sort(there)
	slices.Sort(tried)
	if tried := slices.Compact(tried); !slices.Equal(there, tried) {
		t.Errorf("the broker has the points %v, and crashes are tried at %v", there, tried)
	}
}

// TestKilledAtEveryStep builds the broker with its failpoints and kills it at
// each of them, LIAISON_LOAD_KILLS times (3 unless it says otherwise), in random
// order under load:
//
//	LIAISON_LOAD=1 go test -run TestKilledAtEveryStep -timeout 0 -v .
func TestKilledAtEveryStep(t *testing.T) {
	onDemand(t)
	rounds := numberOf(t, "LIAISON_LOAD_KILLS", 3)
	tr := newTrial(t, "")
	tr.program = filepath.Join(tr.root, "liaison-failpoint")
	if out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", tr.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the broker with failpoints: %v\n%s", err, out)
	}
	tr.start()
	tr.enrol("suffolk/0", "")
	tr.load(20 * time.Millisecond)
	crashes := 0
	for range rounds {
		for _, i := range rand.Perm(len(steps)) {
			tr.kill() // between the steps, at any moment
			tr.crash(steps[i])
			crashes++
			tr.start()
			tr.routes(tr.place())
			if after := steps[i].after; after != nil {
				after(tr)
			}
		}
	}
	tr.settle()
	v := tr.judge()
	evidence.Record(t, evidence.Row{Name: "failpoints", Part: "crash", Fault: "kill at every named step of intake, router, registry and tables",
		How:     fmt.Sprintf("SIGKILL by the broker itself in %d ways, at each point or just behind it, in random order under load, and as often from outside between them", len(steps)),
		Command: onDemandCommand("TestKilledAtEveryStep", "LIAISON_LOAD_KILLS", rounds),
		Runs:    2 * crashes, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked, Note: v.note() + "; " + tr.times()})
}

// crash starts the broker with one failpoint and waits until it has died there.
func (tr *trial) crash(s step) {
	tr.t.Helper()
	count := s.most
	if s.act == nil && s.most > 2 {
		count = 1 + rand.N(s.most)
	}
	where := fmt.Sprintf("%s:%d", s.point, count)
	if s.delay > 0 {
		where += fmt.Sprintf(":%dus", 1+rand.N(s.delay.Microseconds()))
	}
	tr.launch("LIAISON_FAILPOINT=" + where)
	if s.act != nil {
		tr.ready()
		s.act(tr)
	}
	select {
	case <-tr.exited:
	case <-time.After(2 * time.Minute):
		tr.fatalf("the broker never came to %s", where)
	}
	if got, ok := tr.serve.ProcessState.Sys().(syscall.WaitStatus); !ok || !got.Signaled() || got.Signal() != syscall.SIGKILL {
		tr.fatalf("%s: the broker was to be killed there, and ended with %v", where, tr.serve.ProcessState)
	}
}

// tables returns a folder with a set of tables: the embedded one as it is, or
// without the rows of a file that begin with an id.
func (tr *trial) tables(file, id string) string {
	tr.t.Helper()
	dir, err := os.MkdirTemp(tr.root, "tables-")
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := os.CopyFS(dir, protocol.Tables); err != nil {
		tr.t.Fatal(err)
	}
	if file == "" {
		return dir
	}
	path := filepath.Join(dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		tr.t.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, id+",") {
			kept.WriteString(line)
		}
	}
	if kept.Len() == len(text) {
		tr.t.Fatalf("%s has no row %s", file, id)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(kept.String()), 0o600); err != nil {
		tr.t.Fatal(err)
	}
	return dir
}

// loadOther loads the set that is not in force. The broker dies of it.
func loadOther(tr *trial) {
	tr.t.Helper()
	s, err := tr.remote().Status(tr.t.Context())
	if err != nil {
		tr.fatalf("asking which tables are in force: %v", err)
	}
	dir := tr.tables("", "")
	if s.Policy == policyOf(tr.t, dir) {
		dir = tr.tables("rules.csv", "police-labour-exploitation")
	}
	tr.wanted = policyOf(tr.t, dir)
	if _, err := tr.remote().Load(tr.t.Context(), dir); err == nil {
		tr.fatalf("the broker survived loading tables")
	}
}

// otherInForce requires that a load that was cut short behind its mark is in
// force with the next start.
func otherInForce(tr *trial) {
	tr.t.Helper()
	s, err := tr.remote().Status(tr.t.Context())
	if err != nil || s.Policy != tr.wanted {
		tr.t.Errorf("after the restart %s are in force (%v), and %s were loaded", s.Policy, err, tr.wanted)
	}
}

// policyOf returns the hash of the tables in a folder.
func policyOf(t *testing.T, dir string) string {
	t.Helper()
	p, err := policy.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return p.Hash()
}

// enrolNext enrols a desk that is not there. The broker dies of it.
func enrolNext(tr *trial) {
	tr.t.Helper()
	_, err := tr.remote().Enrol(tr.t.Context(), accounts.Enrolment{Member: "suffolk", Desk: fmt.Sprint(tr.extra + 1), Role: accounts.Both})
	if err == nil {
		tr.fatalf("the broker survived an enrolment")
	}
}

// enrolAgain enrols the same desk, which must work whether it is there or not,
// and has it read from its beginning.
func enrolAgain(tr *trial) {
	tr.t.Helper()
	tr.extra++
	name := fmt.Sprintf("suffolk/%d", tr.extra)
	tr.enrol(name, "")
	tr.addDesk(name)
}

// revokeLast revokes a desk that nobody reads. The broker dies of it.
func revokeLast(tr *trial) {
	tr.t.Helper()
	if _, err := tr.remote().Revoke(tr.t.Context(), "suffolk", "0"); err == nil {
		tr.fatalf("the broker survived a revocation")
	}
}

// lastIsShutOut requires that a revocation that was recorded holds, then
// enrols the desk again for the next time.
func lastIsShutOut(tr *trial) {
	tr.t.Helper()
	if nc, err := tr.dialOnce("suffolk/0"); err == nil {
		nc.Close()
		tr.t.Errorf("a desk that was revoked before the crash may connect after it")
	}
	tr.enrol("suffolk/0", "")
	nc, err := tr.dialOnce("suffolk/0")
	if err != nil {
		tr.t.Errorf("a desk that was enrolled again may not connect: %v", err)
		return
	}
	nc.Close()
}
