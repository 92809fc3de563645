//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/check"
	"liaison/deploy/evidence"
	"liaison/schemas"
)

// rot is a broker's folder at rest, which is copied, damaged and started.
type rot struct {
	*rig
	sound string // the folder as it was
	// report is what a verification says of it, rest what the desk has not read.
	report check.Report
	rest   map[schemas.ID]bool
}

// damage is one thing that happened to one file at rest.
type damage struct {
	file   string // below the folder
	offset int64
	bit    int // -1 cuts the file at the offset
	// stale removes the indexes beside the blocks, as after a crash.
	stale bool
}

func (d damage) String() string {
	what := fmt.Sprintf("bit %d of byte %d flipped", d.bit, d.offset)
	if d.bit < 0 {
		what = fmt.Sprintf("cut at byte %d", d.offset)
	}
	if d.stale {
		what += ", index gone"
	}
	return d.file + ": " + what
}

// The ways in which damage may end well. Silent is the one that is not.
const (
	rotRefused  = "refused"  // the broker does not start, and says why
	rotReported = "reported" // it is not ready, and names what is damaged
	rotRepaired = "repaired" // it says that it put something back, and nothing is missing
	rotHarmless = "harmless" // nothing is missing, by the judge
	rotSilent   = "SILENT"
)

// TestDamageAtRestIsNeverServed is the small form of TestRandomDamageAtRest
// that runs each time: one place of each kind.
func TestDamageAtRestIsNeverServed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	r := newRot(t, 60)
	stream := func(name, file string) string {
		found, err := filepath.Glob(filepath.Join(r.sound, "jetstream", "*", "streams", name, file))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s of %s: %v", file, name, err)
		}
		rel, _ := filepath.Rel(r.sound, found[0])
		return rel
	}
	for _, c := range []struct {
		damage
		want []string
	}{
		{damage{stream(schemas.IntakeName, "msgs/*.blk"), 900, 3, false}, []string{rotReported}},
		{damage{stream("DISCLOSURES", "msgs/*.blk"), 30_000, 1, true}, []string{rotReported, rotRefused}},
		{damage{stream("DISCLOSURES", "meta.inf"), 40, 1, false}, []string{rotRefused}},
		{damage{stream("DISCLOSURES", "obs/*/o.dat"), 5, 2, false}, []string{rotRepaired}},
	} {
		if got, why := r.after(c.damage); !slices.Contains(c.want, got) {
			t.Errorf("%s: %s, want one of %v\n%s", c.damage, got, c.want, why)
		}
	}
}

// TestRandomDamageAtRest damages a folder at random places of all its files,
// LIAISON_ROT times (300 unless it says otherwise), one at a time, and then at
// every bit of the head of one record of each stream:
//
//	LIAISON_LOAD=1 go test -run TestRandomDamageAtRest -timeout 0 -v .
func TestRandomDamageAtRest(t *testing.T) {
	onDemand(t)
	r := newRot(t, 600)
	seed := uint64(numberOf(t, "LIAISON_ROT_SEED", 7))
	random := rand.New(rand.NewPCG(seed, 1))
	files := r.files()
	outcomes := map[string]map[string]int{}
	total := map[string]int{}
	try := func(kind string, d damage) {
		got, why := r.after(d)
		if outcomes[kind] == nil {
			outcomes[kind] = map[string]int{}
		}
		outcomes[kind][got]++
		total[got]++
		t.Logf("%-9s %s: %s", got, d, why)
		if got == rotSilent {
			t.Errorf("SILENT: %s\n%s", d, why)
		}
	}
	for range numberOf(t, "LIAISON_ROT", 300) {
		kind := slices.Sorted(maps.Keys(files))[random.IntN(len(files))]
		if random.IntN(2) == 0 {
			kind = "stream block" // where the messages are
		}
		try(kind, r.randomDamage(random, files[kind]))
	}
	for _, d := range r.heads(files["stream block"]) {
		try("head of a record", d)
	}
	runs := 0
	for kind, n := range outcomes {
		t.Logf("%-16s %v", kind, n)
	}
	for _, n := range total {
		runs += n
	}
	evidence.Record(t, evidence.Row{Name: "bit-rot", Part: "disk", Fault: "One bit flipped, or a file cut short, at rest",
		How: "random place of a random file of the stopped broker's folder (half of them in stream blocks, with and without their index), " +
			"and every bit of the head of a record, one damage at a time",
		Command: "LIAISON_LOAD=1 go test -run TestRandomDamageAtRest -timeout 0 -v .",
		Runs:    runs, Messages: r.sent, Acknowledged: len(r.acked),
		Note: fmt.Sprintf("%d refused to start naming it, %d not ready naming it, %d put back and said so, %d without any effect by the judge, %d silent (seed %d)",
			total[rotRefused], total[rotReported], total[rotRepaired], total[rotHarmless], total[rotSilent], seed)})
}

// heads are the bits of the length, sequence, time and address length of one
// record in the middle of each block.
func (r *rot) heads(blocks []string) (all []damage) {
	for _, block := range blocks {
		b, err := os.ReadFile(filepath.Join(r.sound, block))
		if err != nil {
			r.t.Fatal(err)
		}
		const head = 22
		middle := len(b) / 2
		address := slices.Max([]int{bytes.Index(b[middle:], []byte("feed.")), bytes.Index(b[middle:], []byte("intake."))})
		if address < head {
			r.t.Fatalf("no record in the middle of %s", block)
		}
		for bit := range head * 8 {
			all = append(all, damage{file: block, offset: int64(middle + address - head + bit/8), bit: bit % 8})
		}
	}
	return all
}

// newRot fills a folder, lets the desk read a part of it and stops the broker.
func newRot(t *testing.T, messages int) *rot {
	r := &rot{rig: newRig(t, filepath.Join(t.TempDir(), "b"))}
	r.start()
	stop := r.load()
	r.awaitAcked(messages)
	stop()
	v := r.rig.sound()
	r.report = v.report
	r.stop()
	r.sound = r.dir
	r.rest = map[schemas.ID]bool{}
	for id := range r.drain(t.Context(), "before") {
		r.rest[id] = true
	}
	return r
}

// drain starts a broker on a copy of the sound folder and returns what the
// desk still gets.
func (r *rot) drain(ctx context.Context, name string) map[schemas.ID]bool {
	r.copyTo(name)
	defer os.RemoveAll(r.dir)
	r.start()
	defer r.kill()
	return r.handed(ctx)
}

// handed reads the desk until it has no more.
func (r *rot) handed(ctx context.Context) map[schemas.ID]bool {
	c := r.connect(ctx, rigReader)
	defer c.Close()
	got := map[schemas.ID]bool{}
	err := c.Desk(ctx, agents.DeskOptions{Once: true}, func(_ context.Context, a agents.Copy) error {
		if a.Message != nil {
			got[a.ID] = true
		}
		return nil
	})
	if err != nil {
		r.t.Errorf("reading the desk: %v", err)
	}
	return got
}

// copyTo makes a copy of the sound folder the one that is used.
func (r *rot) copyTo(name string) {
	r.t.Helper()
	r.dir = filepath.Join(r.root, name)
	if out, err := exec.Command("cp", "-a", r.sound, r.dir).CombinedOutput(); err != nil {
		r.t.Fatalf("copying the folder: %v\n%s", err, out)
	}
}

// files lists the files of the folder that have content, by kind.
func (r *rot) files() map[string][]string {
	kinds := map[string][]string{}
	err := filepath.WalkDir(r.sound, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if info, err := e.Info(); err != nil || info.Size() == 0 {
			return err
		}
		rel, err := filepath.Rel(r.sound, path)
		kind := "broker's own"
		switch {
		case strings.HasSuffix(rel, ".blk"):
			kind = "stream block"
		case strings.HasSuffix(rel, "index.db"):
			kind = "stream index"
		case strings.Contains(rel, "/obs/"):
			kind = "desk's place"
		case strings.HasPrefix(rel, "jetstream/"):
			kind = "stream description"
		case strings.HasPrefix(rel, "keys/"):
			kind = "keys"
		case strings.HasPrefix(rel, "protocol/"):
			kind = "tables"
		case rel == "accounts.json":
			kind = "registry"
		}
		kinds[kind] = append(kinds[kind], rel)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return kinds
}

func (r *rot) randomDamage(random *rand.Rand, files []string) damage {
	d := damage{file: files[random.IntN(len(files))], bit: random.IntN(8), stale: random.IntN(2) == 0}
	info, err := os.Stat(filepath.Join(r.sound, d.file))
	if err != nil {
		r.t.Fatal(err)
	}
	d.offset = random.Int64N(info.Size())
	if random.IntN(10) == 0 {
		d.bit = -1
	}
	return d
}

func (d damage) happen(dir string) error {
	path := filepath.Join(dir, d.file)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if d.bit < 0 {
		b = b[:d.offset]
	} else {
		b[d.offset] ^= 1 << d.bit
	}
	if err := os.WriteFile(path, b, 0o600); err != nil || !d.stale {
		return err
	}
	indexes, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "index.db"))
	for _, i := range indexes {
		err = errors.Join(err, os.Remove(i))
	}
	return err
}

// after starts the broker on a damaged copy of the folder and says how that
// ended, and why.
func (r *rot) after(d damage) (outcome, why string) {
	r.t.Helper()
	r.copyTo("damaged")
	defer os.RemoveAll(r.dir)
	if err := d.happen(r.dir); err != nil {
		r.t.Fatal(err)
	}
	began := time.Now()
	r.launch()
	defer r.kill()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-r.ended:
			r.ended <- err
			if text := lastLine(r.logs.String()); err != nil && strings.HasPrefix(text, "liaison: ") {
				return rotRefused, text
			}
			return rotSilent, fmt.Sprintf("it ended with %v and gave no reason: %s", err, r.logs)
		default:
		}
		s, err := askStatus(r.t.Context(), r.dir)
		if err == nil && s.Fault != "" && s.Scrub.Completed.After(began) {
			return rotReported, s.Fault
		}
		if err == nil && s.Ready && s.Scrub.Completed.After(began) {
			return r.compare()
		}
		if time.Now().After(end) {
			return rotSilent, fmt.Sprintf("after %s: %+v, %v", time.Since(began), s, err)
		}
	}
}

// compare holds a broker that says it is well against what was there before.
func (r *rot) compare() (outcome, why string) {
	remote, ok := broker.Reach(r.dir)
	if !ok {
		return rotSilent, "it does not answer any more"
	}
	got, err := remote.Verify(r.t.Context())
	if err != nil {
		return rotSilent, err.Error()
	}
	handed, missing := r.allHanded()
	r.kill()
	if len(missing) > 0 {
		return rotSilent, fmt.Sprintf("the desk did not get %v\n%s", missing, r.logs)
	}
	want := r.report
	want.Checked, want.Findings, got.Checked = time.Time{}, nil, time.Time{}
	if findings := got.Findings; !got.Sound() || len(findings) > 0 {
		return rotSilent, fmt.Sprintf("it says that it is well, and the judge found %v", findings)
	}
	if got.Findings = nil; fmt.Sprint(got) != fmt.Sprint(want) {
		return rotSilent, fmt.Sprintf("it has %+v and had %+v", got, want)
	}
	if line := errorLine(r.logs); line != "" {
		return rotRepaired, line
	}
	return rotHarmless, fmt.Sprintf("%d copies again", len(handed)-len(r.rest))
}

// allHanded reads the desk until it has what it had not read before. What
// another reader had taken and not acknowledged comes only after a while.
func (r *rot) allHanded() (handed map[schemas.ID]bool, missing []schemas.ID) {
	handed = map[schemas.ID]bool{}
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		maps.Copy(handed, r.handed(r.t.Context()))
		missing = nil
		for id := range r.rest {
			if !handed[id] {
				missing = append(missing, id)
			}
		}
		if len(missing) == 0 || time.Now().After(end) {
			return handed, missing
		}
		r.t.Logf("%d copies are late", len(missing))
	}
}

// errorLine is the first error in a log.
func errorLine(logs *bytes.Buffer) string {
	for line := range strings.SplitSeq(logs.String(), "\n") {
		if strings.Contains(line, `"level":"ERROR"`) {
			return line
		}
	}
	return ""
}
