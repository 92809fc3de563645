package broker

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// rotten returns the folder of a stopped broker that routed three messages to
// Lincolnshire, with one bit wrong in what a stream stored at an address.
func rotten(t *testing.T, stream, address string) *started {
	t.Helper()
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	publish(t, s, 0, 3)
	s.routed(3)
	s.stop()
	blocks, err := filepath.Glob(filepath.Join(s.dir, "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("the blocks of %s: %v, %v", stream, blocks, err)
	}
	b, err := os.ReadFile(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte(address))
	if at < 0 {
		t.Fatalf("%s does not hold %s", stream, address)
	}
	b[at+len(address)+100] ^= 4
	if err := os.WriteFile(blocks[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, s.dir)
	again.creds = s.creds
	return again
}

// damaged waits until the scrub has found something.
func (s *started) damaged() []Damage {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if found := s.Status().Scrub; found.Damages > 0 && !found.Completed.IsZero() && !s.Status().Ready {
			return found.Damage
		}
		if time.Now().After(end) {
			s.t.Fatalf("the scrub finds nothing: %+v", s.Status())
		}
	}
}

// A copy that cannot be read is named with its desk, and the others go on.
func TestADamagedCopyIsReportedAndTheOthersGoOn(t *testing.T) {
	s := rotten(t, ledger.Stream, "feed.lincolnshire.main")
	found := s.damaged()
	if len(found) != 1 || found[0].Stops || !strings.Contains(found[0].Problem, "lincolnshire/main") || found[0].From != found[0].To {
		t.Fatalf("found %+v, want one copy of lincolnshire/main", found)
	}
	if err := s.Ready(); !errors.Is(err, ErrStoredDamage) {
		t.Errorf("it says that it is ready: %v", err)
	}
	publish(t, s, 3, 5)
	s.routed(5)
	if got := fetch(t, s.desk("lincolnshire/main")); len(got) != 4 {
		t.Errorf("the desk has %d copies, want the two that are whole and the two new ones", len(got))
	}
}

// An accepted message or an entry that cannot be read stops the router, which
// does not begin again before everything was read and found whole.
func TestADamagedMessageStopsTheRouter(t *testing.T) {
	for name, at := range map[string]struct{ stream, address string }{
		"intake": {schemas.IntakeName, schemas.IntakeAddress("gla", farm(1).ID)},
		"ledger": {ledger.Stream, schemas.DecisionAddress("gla", farm(1).ID)},
	} {
		t.Run(name, func(t *testing.T) {
			s := rotten(t, at.stream, at.address)
			if found := s.damaged(); !found[0].Stops {
				t.Fatalf("found %+v, want that it stops", found)
			}
			stopped := func() {
				t.Helper()
				entries, _, err := s.Ledger().Last(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				publishOneMore(t, s)
				time.Sleep(300 * time.Millisecond) // long enough for a router that works
				if after, _, err := s.Ledger().Last(t.Context()); err != nil || after.Number != entries.Number {
					t.Errorf("it decides on: entry %d follows %d, %v", after.Number, entries.Number, err)
				}
			}
			stopped()
			s.stop()
			again := start(t, s.dir)
			again.creds = s.creds
			s = again
			stopped()
		})
	}
}

// publishOneMore submits a message of an id that was not used before, as soon as
// the intake listens.
func publishOneMore(t *testing.T, s *started) {
	t.Helper()
	nc, body := s.connect("gla/main"), encodeMsgPack(t, farm(int(time.Now().UnixNano()%1_000_000)+1000))
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, err := nc.Request(schemas.SubmitAddress, body, 10*time.Second)
		if err == nil {
			return
		}
		if !errors.Is(err, nats.ErrNoResponders) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// What was found before is believed until everything was read again.
func TestRoutingWaitsForAWholeReading(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 3)
	s.routed(3)
	scrub := newScrubber(s.cfg, s.js)
	scrub.last = Scrub{Damages: 1, Damage: []Damage{{Stream: schemas.IntakeName, From: 1, To: 1, Problem: "as of a test", Stops: true}}}
	routed := make(chan error, 2) // more than one rests on what is stored
	for range cap(routed) {
		go func() { routed <- scrub.guard(t.Context(), func(context.Context) error { return nil }, idle) }()
	}
	select {
	case <-routed:
		t.Fatal("it routes although damage is known")
	case <-time.After(50 * time.Millisecond):
	}
	if err := scrub.scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range cap(routed) {
		if err := <-routed; err != nil || scrub.Ready() != nil {
			t.Errorf("after a reading that found everything whole: %v, %v", err, scrub.Ready())
		}
	}
}

// While everything is read once more, what was found before is not forgotten, and
// what is found now counts at once.
func TestWhatStopsDecisionsIsKnownUntilAWholeReadingHasNotFoundIt(t *testing.T) {
	stop, lost := Damage{Stream: schemas.IntakeName, From: 1, To: 1, Stops: true}, Damage{Stream: ledger.Stream, From: 7, To: 7}
	done := time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		last, found Scrub
		want        bool
	}{
		{"a copy is found first where an accepted message was", Scrub{Damages: 1, Damage: []Damage{stop}}, Scrub{Damages: 1, Damage: []Damage{lost}}, true},
		{"an accepted message is found where copies were", Scrub{Damages: 2, Damage: []Damage{lost, lost}}, Scrub{Damages: 1, Damage: []Damage{stop}}, true},
		{"everything was read, and a copy was found", Scrub{Damages: 1, Damage: []Damage{stop}}, Scrub{Completed: done, Damages: 1, Damage: []Damage{lost}}, false},
		{"everything was read, and nothing was found", Scrub{Damages: 1, Damage: []Damage{stop}}, Scrub{Completed: done}, false},
		{"nothing was found before", Scrub{}, Scrub{Damages: 1, Damage: []Damage{lost}}, false},
	} {
		s := &scrubber{last: c.last, changed: make(chan struct{})}
		s.set(c.found)
		if _, stopped, _ := s.stopped(); stopped != c.want {
			t.Errorf("%s: decisions are stopped: %v", c.name, stopped)
		}
	}
}

// The engine fills the memory when it reads a record whose sequence is far from
// the one before.
func TestARecordWithAnImpossibleSequenceIsNotRead(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	publish(t, s, 0, 3)
	s.routed(3)
	s.stop()
	blocks, err := blocksOf(s.dir, schemas.IntakeName)
	if err != nil || len(blocks) != 1 {
		t.Fatalf("the blocks: %v, %v", blocks, err)
	}
	b, err := os.ReadFile(blocks[0])
	if err != nil {
		t.Fatal(err)
	}
	if last, err := checkFrames(blocks[0]); err != nil || last != 3 {
		t.Fatalf("a block that is whole: %d, %v", last, err)
	}
	at := bytes.Index(b, []byte(schemas.IntakeAddress("gla", farm(1).ID)))
	b[at-frameHead+4+4] ^= 1 // 2^32 further
	if err := os.WriteFile(blocks[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s.cfg); !errors.Is(err, errFrame) {
		t.Errorf("opening gives %v, want the record", err)
	}
	// In an older block the scrub finds it before anything is read there.
	found := &intakeReading{report: func(d Damage) {
		if !d.Stops || d.From != 2 {
			t.Errorf("found %+v", d)
		}
	}}
	from, err := (&scrubber{dir: s.dir}).frames(t.Context(), found.stream())
	if !errors.Is(err, errFrame) {
		t.Errorf("the scrub finds %v", err)
	}
	found.frame(from, 3, err)
}
