//go:build linux

package main

import (
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison/deploy/evidence"
	"liaison/schemas"
)

// TestRestoringABackup is the small form of TestRestoringBackups that runs each
// time.
func TestRestoringABackup(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	restoreBackups(t, 1, 0)
}

// TestRestoringBackups restores copies of the folder that were made while the
// broker was stopped and while it worked, LIAISON_RESTORES of each (20 unless it
// says otherwise):
//
//	LIAISON_LOAD=1 go test -run TestRestoringBackups -timeout 0 -v .
func TestRestoringBackups(t *testing.T) {
	onDemand(t)
	n := numberOf(t, "LIAISON_RESTORES", 20)
	restoreBackups(t, n, n)
}

func restoreBackups(t *testing.T, stopped, live int) {
	row := evidence.Row{Name: "restore", Part: "crash", Fault: "Restored from a backup",
		How:     "cp -a of the broker's folder, stopped and under load; what had a receipt when the copy began is judged",
		Command: "LIAISON_LOAD=1 go test -run TestRestoringBackups -timeout 0 -v .", Runs: stopped + live}
	r := newRig(t, filepath.Join(t.TempDir(), "b"))
	r.start()
	sound := 0
	for n := range stopped {
		stop := r.load()
		r.awaitAcked(60)
		r.stop()
		b := r.backup(fmt.Sprintf("stopped-%d", n))
		r.start()
		r.awaitAcked(60) // what comes after the backup is not in it
		stop()
		if why := b.restore(&row); why != "" {
			t.Errorf("a copy of the stopped broker's folder is refused: %s", why)
		}
	}
	refused := map[string]int{}
	for n := range live {
		stop := r.load()
		r.awaitAcked(60)
		b := r.backup(fmt.Sprintf("live-%d", n))
		stop()
		if why := b.restore(&row); why != "" {
			refused[whatIsWrong(why)]++
			t.Logf("copy %d: %s", n, why)
		} else {
			sound++
		}
	}
	r.sound()
	r.stop()
	row.Messages, row.Acknowledged = r.sent, len(r.acked)
	row.Note = fmt.Sprintf("%d of %d copies of the stopped folder whole; of %d copies made under load %d whole and the rest refused at the start, never served short: %v",
		stopped, stopped, live, sound, refused)
	evidence.Record(t, row)
}

// whatIsWrong is the kind of a refusal: its text up to the figures.
func whatIsWrong(why string) string {
	for _, kind := range []string{"a message is missing from the intake", "a stream was cut short", "the ledger is damaged", "what is stored is damaged"} {
		if strings.Contains(why, kind) {
			return kind
		}
	}
	return why
}

// backup is a copy of a broker's folder, with what was known when it began.
type backup struct {
	*rig
	// read is what the desk had been handed when the copy was made.
	read map[schemas.ID]bool
}

func (r *rig) backup(name string) *backup {
	r.t.Helper()
	b := &backup{rig: &rig{t: r.t, root: r.root, bin: r.bin, dir: filepath.Join(r.root, name), held: map[schemas.ID]map[uint64]bool{}, said: map[schemas.Code]int{}},
		read: map[schemas.ID]bool{}}
	r.mu.Lock()
	b.acked = maps.Clone(r.acked)
	r.mu.Unlock()
	// cp reports the files of a working broker that vanish meanwhile: what
	// matters is what the broker says of the copy.
	out, err := exec.Command("cp", "-a", r.dir, b.dir).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "No such file") {
		r.t.Fatalf("copying the folder: %v\n%s", err, out)
	}
	r.mu.Lock()
	for id := range r.held {
		b.read[id] = true
	}
	r.mu.Unlock()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	b.url = "nats://" + port.Addr().String()
	port.Close()
	return b
}

// restore starts a broker on the copy and has it judged. If it does not start,
// or is not ready, restore returns why.
func (b *backup) restore(row *evidence.Row) (refused string) {
	b.t.Helper()
	defer os.RemoveAll(b.dir)
	os.Remove(filepath.Join(b.dir, "admin.sock"))
	b.launch()
	defer b.kill()
	if why := b.awaitWhole(); why != "" {
		return why
	}
	v := b.judge()
	if v.lost+v.doubled > 0 || !v.report.Sound() {
		b.t.Errorf("restored: %d lost, %d doubled of %d: %v", v.lost, v.doubled, len(b.acked), v.what)
	}
	missing := b.neverHanded()
	if missing > 0 {
		b.t.Errorf("the desk neither had %d messages nor gets them from the restored broker", missing)
	}
	row.Lost, row.Doubled = row.Lost+v.lost+missing, row.Doubled+v.doubled
	b.worksOn()
	return ""
}

// awaitWhole waits until the broker is ready and has read everything through,
// or returns why it is not.
func (b *backup) awaitWhole() (refused string) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-b.ended:
			b.ended <- err
			return lastLine(b.logs.String())
		default:
		}
		s, err := askStatus(b.t.Context(), b.dir)
		if err == nil && s.Scrub.Damages > 0 {
			return s.Fault
		}
		if err == nil && s.Ready && !s.Scrub.Completed.IsZero() {
			return ""
		}
		if time.Now().After(end) {
			b.t.Fatalf("neither ready nor refused: %+v, %v", s, err)
		}
	}
}

// neverHanded counts the messages that the desk neither had before nor gets from
// the restored broker. What a reader had taken and not acknowledged comes again
// after a while, for which only the long form of the test has time.
func (b *backup) neverHanded() int {
	reader := &rot{rig: b.rig}
	handed := reader.handed(b.t.Context())
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		left := maps.Clone(b.acked)
		maps.DeleteFunc(left, func(id schemas.ID, _ uint64) bool { return handed[id] || b.read[id] })
		if len(left) == 0 || os.Getenv("LIAISON_LOAD") != "1" {
			return 0
		}
		if time.Now().After(end) {
			return len(left)
		}
		maps.Copy(handed, reader.handed(b.t.Context()))
	}
}

// worksOn checks that what is new is decided and reaches the desk.
func (b *backup) worksOn() {
	b.t.Helper()
	const first, count = 1 << 40, 10
	b.sent = first
	before := len(b.acked)
	b.sendMore(b.t, rigSenders[0], count)
	if v := b.judge(); v.lost > 0 || len(b.acked) != before+count {
		b.t.Errorf("after the restore: %v", v.what)
	}
	got := (&rot{rig: b.rig}).handed(b.t.Context())
	for n := first + 1; n <= first+count; n++ {
		if id := rigTip(rigSenders[0], n).ID; !got[id] {
			b.t.Errorf("the desk does not get the new message %s from the restored broker", id)
		}
	}
}

// Streams of different moments are refused, with both ends named.
func TestStreamsOfDifferentMomentsAreRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	r := newRig(t, filepath.Join(t.TempDir(), "b"))
	r.start()
	r.sendMore(t, "gla", 20)
	r.sound()
	r.stop()
	old := r.backup("old")
	r.start()
	r.sendMore(t, "gla", 20)
	r.sound()
	r.stop()
	for name, c := range map[string]struct {
		part string // that comes from the older backup
		note bool   // whether the note does too
		want string
	}{
		"an older intake":                     {"streams/INTAKE", false, "INTAKE ends at sequence 20, and had come to 40"},
		"an older intake with its note":       {"streams/INTAKE", true, "it ends at 20, and messages up to 40 were decided"},
		"older disclosures":                   {"streams/DISCLOSURES", false, "DISCLOSURES ends at sequence"},
		"older copies, and the desks' places": {"streams/DISCLOSURES/msgs", false, "DISCLOSURES ends at sequence"},
	} {
		t.Run(name, func(t *testing.T) {
			mixed := r.backup("mixed")
			defer os.RemoveAll(mixed.dir)
			account, err := filepath.Glob(filepath.Join(mixed.dir, "jetstream", "A*"))
			if err != nil || len(account) == 0 {
				t.Fatalf("no streams: %v", err)
			}
			for _, a := range account {
				part, from := filepath.Join(a, c.part), filepath.Join(old.dir, "jetstream", filepath.Base(a), c.part)
				if _, err := os.Stat(part); err != nil {
					continue
				}
				replaceBy(t, part, from)
			}
			if c.note {
				replaceBy(t, filepath.Join(mixed.dir, "note"), filepath.Join(old.dir, "note"))
			}
			mixed.launch()
			defer mixed.kill()
			select {
			case err := <-mixed.ended:
				mixed.ended <- err
				if text := lastLine(mixed.logs.String()); err == nil || !strings.Contains(text, c.want) {
					t.Errorf("it ended with %v and said %q, want %q", err, text, c.want)
				}
			case <-time.After(20 * time.Second):
				t.Error("the broker runs on streams of different moments")
			}
		})
	}
}

func replaceBy(t *testing.T, part, from string) {
	t.Helper()
	if err := os.RemoveAll(part); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", from, part).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
