package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// noteFile is what the broker notes outside the engine of how far the engine
// has come. The engine passes over what it cannot read, so that a log which has
// lost its end looks like one that has not got so far: only a note made
// elsewhere tells them apart.
const noteFile = "note"

// note is what was noted last. The zero note is that of a new folder.
type note struct {
	At time.Time `json:"at"`
	// Ends are the last sequences of the streams, by name.
	Ends map[string]uint64 `json:"ends"`
	// Floors are up to where each desk's copies were acknowledged, by account.
	Floors map[string]uint64 `json:"floors"`
	// Places are the hashes of the files in which the engine keeps the desks'
	// places, by account. They are there only if the broker stopped in order:
	// while it runs the files change.
	Places map[string]string `json:"places,omitempty"`
}

// sealedNote is a note as it is stored: Hash is that of the note's bytes.
type sealedNote struct {
	Note json.RawMessage `json:"note"`
	Hash string          `json:"hash"`
}

// readNote returns what was noted last in a folder.
func readNote(dir string) (note, error) {
	b, err := os.ReadFile(filepath.Join(dir, noteFile))
	if errors.Is(err, fs.ErrNotExist) {
		return note{}, nil
	}
	var sealed sealedNote
	var n note
	if err == nil {
		err = json.Unmarshal(b, &sealed)
	}
	if err == nil && hashOf(sealed.Note) != sealed.Hash {
		err = errors.New("it is damaged")
	}
	if err == nil {
		err = json.Unmarshal(sealed.Note, &n)
	}
	if err != nil {
		return note{}, fmt.Errorf("reading how far the streams had come: %s: %w; "+
			"remove the file and run 'liaison verify', which reads what is stored; if anything is off restore a backup", filepath.Join(dir, noteFile), err)
	}
	return n, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// write makes the note durable.
func (n note) write(dir string) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("noting how far the streams have come: %w", err)
	}
	if b, err = json.Marshal(sealedNote{Note: b, Hash: hashOf(b)}); err != nil {
		return fmt.Errorf("noting how far the streams have come: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, noteFile), string(b)+"\n"); err != nil {
		return fmt.Errorf("noting how far the streams have come: %w", err)
	}
	return nil
}

// look brings a note up to date. No end is ever taken back.
func (n note) look(ctx context.Context, js jetstream.JetStream, now time.Time) (note, error) {
	fresh := note{At: now.UTC(), Ends: map[string]uint64{}, Floors: map[string]uint64{}}
	for _, name := range []string{schemas.IntakeName, ledger.Stream} {
		s, err := js.Stream(ctx, name)
		if err != nil {
			return n, fmt.Errorf("noting how far %s has come: %w", name, err)
		}
		fresh.Ends[name] = max(n.Ends[name], s.CachedInfo().State.LastSeq)
	}
	desks, err := consumersOf(ctx, js)
	for account, c := range desks {
		fresh.Floors[account] = max(n.Floors[account], c.AckFloor.Stream)
	}
	return fresh, err
}

// placesOf hashes the files in which the engine keeps the places of the desks.
// It must not run meanwhile.
func placesOf(dir string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", ledger.Stream, "obs", "*", "o.dat"))
	if err != nil {
		return nil, err
	}
	places := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("noting how far the desks have read: %w", err)
		}
		places[filepath.Base(filepath.Dir(f))] = hashOf(b)
	}
	return places, nil
}

// openNote reads the note of a folder before the engine starts, and returns the
// desks whose place on disk is not what it was when the broker stopped.
func (b *Broker) openNote() (moved map[string]bool, err error) {
	if b.note, err = readNote(b.cfg.Dir); err != nil || b.note.Places == nil {
		return nil, err
	}
	places, err := placesOf(b.cfg.Dir)
	if err != nil {
		return nil, err
	}
	moved = map[string]bool{}
	for account, hash := range b.note.Places {
		if places[account] != hash {
			moved[account] = true
		}
	}
	b.note.Places = nil
	return moved, b.note.write(b.cfg.Dir)
}

const (
	// noteEvery is how often a running broker notes how far it has come: what it
	// accepted since, and did not decide, is what could be cut off unnoticed if
	// it then stops without order.
	noteEvery = time.Minute
	// clockEvery is how often it looks whether the clock was set back. What is
	// handed out while the clock is ahead for less than that is not noticed.
	clockEvery = time.Second
)

// keepNote notes how far the streams have come, and watches the clock, until
// the context ends.
func (b *Broker) keepNote(ctx context.Context) error {
	note, clock := time.NewTicker(noteEvery), time.NewTicker(clockEvery)
	defer note.Stop()
	defer clock.Stop()
	b.noteNow(ctx)
	for before := b.cfg.Now(); ; {
		select {
		case <-note.C:
			b.noteNow(ctx)
		case <-clock.C:
			now := b.cfg.Now()
			passed, shown := now.Sub(before), now.Round(0).Sub(before.Round(0))
			if before = now; shown < passed-clockSlack {
				b.handOutAgain(ctx, passed-shown)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// noteNow notes how far the streams have come.
func (b *Broker) noteNow(ctx context.Context) {
	fresh, err := b.note.look(ctx, b.js, b.cfg.Now())
	if err == nil {
		err = fresh.write(b.cfg.Dir)
	}
	if err == nil {
		b.note = fresh
	} else if ctx.Err() == nil {
		b.cfg.Log.Error("the note of the streams' ends is not kept", "err", err)
	}
}

// clockSlack is how far the clock may be set back without anything being done.
const clockSlack = 5 * time.Second

// handOutAgain has every desk's copies come again that were handed out and not
// acknowledged. The engine waits for an acknowledgement by the clock: set back by
// a year, it would wait for a year.
func (b *Broker) handOutAgain(ctx context.Context, by time.Duration) {
	b.cfg.Log.Warn("the clock was set back; copies that wait for an acknowledgement are handed out again", "by", by.String())
	desks, err := consumersOf(ctx, b.js)
	for account, c := range desks {
		if err != nil || c.NumAckPending == 0 {
			continue
		}
		_, err = b.js.ResetConsumerToSequence(ctx, ledger.Stream, account, c.AckFloor.Stream+1)
	}
	if err != nil && ctx.Err() == nil {
		b.cfg.Log.Error("copies cannot be handed out again", "err", err)
	}
}

// lastNote looks once more before the engine stops, and returns what completes
// and writes the note once it has.
func (b *Broker) lastNote() (finish func() error) {
	if b.ledger == nil {
		return func() error { return nil } // it never opened
	}
	ctx, cancel := context.WithTimeout(context.Background(), openWait)
	defer cancel()
	fresh, err := b.note.look(ctx, b.js, b.cfg.Now())
	return func() error {
		if err != nil {
			return err // the note that is there stays true
		}
		if fresh.Places, err = placesOf(b.cfg.Dir); err != nil {
			return err
		}
		return fresh.write(b.cfg.Dir)
	}
}

// checkEnds refuses to work on streams that are shorter than they were, or that
// are not from the same moment. Nothing may be writing.
func (b *Broker) checkEnds(ctx context.Context) error {
	for _, name := range []string{schemas.IntakeName, ledger.Stream} {
		s, err := b.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("looking for the end of %s: %w", name, err)
		}
		state, noted := s.CachedInfo().State, b.note.Ends[name]
		if state.LastSeq < noted {
			return fmt.Errorf("%w: %s ends at sequence %d, and had come to %d by %s: what lies behind is gone; restore a backup",
				ErrCutShort, name, state.LastSeq, noted, b.note.At.Format(time.RFC3339))
		}
		if lost, err := b.lost(ctx, name, state.FirstSeq); err != nil {
			return err
		} else if lost {
			return fmt.Errorf("%w: %s begins at sequence %d: what lies before is gone; restore a backup", ErrCutShort, name, state.FirstSeq)
		}
	}
	return b.router.CheckPlace(ctx)
}

// lost says whether a stream lacks a message before its first that no entry says
// was erased, and no operator accepted.
func (b *Broker) lost(ctx context.Context, stream string, first uint64) (bool, error) {
	if first <= 1 {
		return false, nil
	}
	var e ledger.Explained
	if err := b.ledger.Explain(ctx, &e); err != nil {
		return false, fmt.Errorf("looking for the beginning of %s: %w", stream, err)
	}
	return len(e.Left(stream, ledger.Span{From: 1, To: first - 1})) > 0, nil
}

// ErrCutShort says that a stream lacks its end or its beginning.
var ErrCutShort = errors.New("a stream was cut short")
