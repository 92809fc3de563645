package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
)

// Damage is a part of a stream that cannot be read, or is not what was stored.
type Damage struct {
	Stream string `json:"stream"`
	// From and To are the first and the last sequence of it.
	From    uint64 `json:"from"`
	To      uint64 `json:"to"`
	Problem string `json:"problem"`
	// Stops says that nothing may be decided any more: an accepted message or a
	// ledger entry is damaged, and later decisions rest on both. A damaged copy
	// harms its desk alone.
	Stops bool `json:"stops"`
	// Frame says that a record there has an impossible length or sequence: whoever
	// reads on kills the engine.
	Frame bool `json:"frame,omitempty"`
}

func (d Damage) String() string {
	return fmt.Sprintf("%s %d to %d: %s", d.Stream, d.From, d.To, d.Problem)
}

// Scrub is what reading everything that is stored has shown.
type Scrub struct {
	// Completed is when everything was last read to its end, zero if never;
	// Messages is how many messages that were.
	Completed time.Time `json:"completed,omitzero"`
	Messages  uint64    `json:"messages"`
	// Damages counts what was found then, or in the reading that is under way;
	// Damage has the first of it, and the first that stops decisions.
	Damages int      `json:"damages"`
	Damage  []Damage `json:"damage,omitempty"`
}

// stops returns the first damage after which nothing may be decided.
func (s Scrub) stops() (Damage, bool) {
	for _, d := range s.Damage {
		if d.Stops {
			return d, true
		}
	}
	return Damage{}, false
}

const (
	// scrubFile keeps the result over restarts.
	scrubFile = "scrub"
	// scrubEvery is how often everything is read, besides at each start.
	scrubEvery = 24 * time.Hour
	// scrubRetry is the wait after a reading that could not be completed.
	scrubRetry = time.Minute
	// maxDamage bounds what is listed.
	maxDamage = 100
	// The pace at which a scrub reads, so that the work does not suffer: a
	// rest after each step of so many messages or bytes.
	stepMessages = 1000
	stepBytes    = 2 << 20
	stepRest     = 100 * time.Millisecond
)

// ErrStoredDamage says that something stored is damaged.
var ErrStoredDamage = errors.New("what is stored is damaged")

// scrubber reads both streams slowly, at each start and then daily: the engine
// passes over what it cannot read without a word, and would serve a desk short.
type scrubber struct {
	js     jetstream.JetStream
	ledger *ledger.Ledger
	dir    string
	now    func() time.Time
	log    *slog.Logger
	// again rings when everything is to be read once more at once.
	again chan struct{}

	mu   sync.Mutex // guards what follows
	last Scrub
	// changed is closed when last changes, and another takes its place.
	changed chan struct{}
}

// newScrubber returns a scrubber that knows what was found before.
func newScrubber(cfg Config, js jetstream.JetStream) *scrubber {
	s := &scrubber{js: js, ledger: ledger.New(js), dir: cfg.Dir, now: cfg.Now, log: cfg.Log, again: make(chan struct{}, 1), changed: make(chan struct{})}
	b, err := os.ReadFile(filepath.Join(cfg.Dir, scrubFile))
	if err == nil {
		err = json.Unmarshal(b, &s.last)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("what the last scrub found cannot be read; everything is read again now", "err", err)
		s.last = Scrub{}
	}
	return s
}

// State returns what is known.
func (s *scrubber) State() Scrub {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Ready returns nil if no damage is known, else what is damaged.
func (s *scrubber) Ready() error {
	last := s.State()
	if last.Damages == 0 {
		return nil
	}
	return fmt.Errorf("%w in %d places: %s; restore a backup", ErrStoredDamage, last.Damages, last.Damage[0])
}

// guard runs what rests on what is stored for as long as nothing is known to be
// damaged that decisions rest on, and idle while something is: until everything
// has been read and found whole. It returns what either returns by itself.
func (s *scrubber) guard(ctx context.Context, work, idle func(context.Context) error) error {
	for {
		d, stopped, _ := s.stopped()
		run := work
		if stopped {
			s.log.Error("nothing is decided until everything is read and found whole", "err", d.String())
			run = idle
		}
		if over, err := s.during(ctx, stopped, run); !over || ctx.Err() != nil {
			return err
		}
	}
}

// stopped returns the first damage after which nothing may be decided, if there
// is any, and what is closed when that may have changed.
func (s *scrubber) stopped() (d Damage, stopped bool, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, stopped = s.last.stops()
	return d, stopped, s.changed
}

// during runs something for as long as decisions are stopped, or are not, and says
// whether that is over.
func (s *scrubber) during(ctx context.Context, stopped bool, run func(context.Context) error) (over bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan bool, 1)
	go func() {
		for {
			_, now, changed := s.stopped()
			if now != stopped {
				stop()
				ended <- true
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				ended <- false
				return
			}
		}
	}()
	err = run(ctx)
	stop()
	return <-ended, err
}

// idle does nothing until the context ends.
func idle(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// run scrubs until the context ends.
func (s *scrubber) run(ctx context.Context) error {
	for {
		wait := scrubEvery
		err := s.scrub(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			s.log.Error("the scrub could not be completed", "err", err)
			wait = scrubRetry
		}
		select {
		case <-time.After(wait):
		case <-s.again:
		case <-ctx.Done():
			return nil
		}
	}
}

// Again has everything read once more, because what is missing was accepted.
func (s *scrubber) Again() {
	select {
	case s.again <- struct{}{}:
	default: // it will be read anyhow
	}
}

// scrub reads everything once and keeps what it found.
func (s *scrubber) scrub(ctx context.Context) error {
	found := Scrub{}
	report := func(d Damage) {
		_, stops := found.stops()
		if found.Damages++; found.Damages > maxDamage && (stops || !d.Stops) {
			return
		}
		found.Damage = append(found.Damage, d)
		s.log.Error("what is stored is damaged", "stream", d.Stream, "from", d.From, "to", d.To, "err", d.Problem)
		s.set(found)
	}
	for _, r := range []reading{&intakeReading{report: report}, &disclosuresReading{report: report}} {
		n, err := s.read(ctx, r)
		if err != nil {
			return err
		}
		found.Messages += n
	}
	found.Completed = s.now().UTC()
	s.set(found)
	b, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("keeping what the scrub found: %w", err)
	}
	if err := replaceFile(filepath.Join(s.dir, scrubFile), string(b)+"\n"); err != nil {
		return fmt.Errorf("keeping what the scrub found: %w", err)
	}
	s.log.Info("scrubbed", "messages", found.Messages, "damages", found.Damages)
	return nil
}

// set tells others what is known. What was found before stays known until a
// whole reading has not found it.
func (s *scrubber) set(found Scrub) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found.Completed.IsZero() {
		_, stops := found.stops()
		_, stopped := s.last.stops()
		if stopped && !stops || stopped == stops && found.Damages < s.last.Damages {
			return
		}
		found.Completed, found.Messages = s.last.Completed, s.last.Messages
	}
	s.last = found
	close(s.changed)
	s.changed = make(chan struct{})
}

// reading looks at the messages of one stream.
type reading interface {
	// stream is its name.
	stream() string
	// frame is called when what lies behind a sequence must not be read.
	frame(from, to uint64, err error)
	// gap is called for sequences that cannot be read, with those of them that
	// nothing explains, and stored for each message.
	gap(from, to uint64, lost ledger.Spans)
	stored(m *jetstream.RawStreamMsg)
}

// read reads a stream up to the end that it has now and returns how many
// messages it says it should have.
func (s *scrubber) read(ctx context.Context, r reading) (uint64, error) {
	info, err := s.js.Stream(ctx, r.stream())
	if err != nil {
		return 0, fmt.Errorf("reading %s: %w", r.stream(), err)
	}
	end, last := info.CachedInfo().State.LastSeq, uint64(0)
	if from, err := s.frames(ctx, r.stream()); errors.Is(err, errFrame) {
		// Whoever reads on kills the engine.
		r.frame(from, end, err)
		return end, nil
	} else if err != nil {
		return 0, err
	}
	messages, bytes := 0, 0
	var explained ledger.Explained
	gap := func(from, to uint64) error {
		// Asked when the gap is seen: what was erased meanwhile was recorded before.
		if err := s.ledger.Explain(ctx, &explained); err != nil {
			return err
		}
		r.gap(from, to, explained.Left(r.stream(), ledger.Span{From: from, To: to}))
		return nil
	}
	for m, err := range ledger.Walk(ctx, s.js, r.stream(), ">", 0, time.Time{}) {
		if err != nil {
			return 0, err
		}
		if m.Sequence > end {
			break
		}
		if m.Sequence > last+1 {
			if err := gap(last+1, m.Sequence-1); err != nil {
				return 0, err
			}
		}
		last = m.Sequence
		r.stored(m)
		if messages, bytes = messages+1, bytes+len(m.Data); messages < stepMessages && bytes < stepBytes {
			continue
		}
		messages, bytes = 0, 0
		select {
		case <-time.After(stepRest):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if last < end {
		if err := gap(last+1, end); err != nil {
			return 0, err
		}
	}
	return end, nil
}

// frames looks at the blocks of a stream before the engine reads them. A block
// may vanish meanwhile, when it is erased.
func (s *scrubber) frames(ctx context.Context, stream string) (from uint64, err error) {
	blocks, err := blocksOf(s.dir, stream)
	for _, b := range blocks {
		if last, err := checkFrames(b); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return last + 1, err
		}
		select {
		case <-time.After(stepRest):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return 0, err
}
