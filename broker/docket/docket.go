package docket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	bolt "go.etcd.io/bbolt"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// Config is what a docket needs. Every field is required.
type Config struct {
	// Path is the docket's file.
	Path string
	// JetStream reads the streams.
	JetStream jetstream.JetStream
	// Policy returns the tables in force, and Tables those of a hash, which were
	// in force once.
	Policy func() *policy.Policy
	Tables func(hash string) (*policy.Policy, error)
	// Submit submits a notice as the broker's own member, and returns once it is
	// stored, or why it was not.
	Submit func(context.Context, *schemas.Message) error
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
}

// Docket is open. Run keeps it up to date; Close must be called.
type Docket struct {
	cfg    Config
	ledger *ledger.Ledger
	db     *bolt.DB
	// advancing lets one goroutine at a time bring the file up to date.
	advancing sync.Mutex
	checked   bool // the place was held against the ledger; guarded by advancing
	// committed rings when the ledger has grown, and trouble is what the last
	// look at it met.
	committed chan struct{}
	trouble   atomic.Pointer[error]
}

// openWait bounds the wait for another process that has the file.
const openWait = 5 * time.Second

// Open opens the file, or makes it.
func Open(cfg Config) (*Docket, error) {
	db, err := bolt.Open(cfg.Path, 0o600, &bolt.Options{Timeout: openWait})
	if err != nil {
		return nil, fmt.Errorf("opening the docket %s (it can be deleted: it is rebuilt): %w", cfg.Path, err)
	}
	d := &Docket{cfg: cfg, ledger: ledger.New(cfg.JetStream), db: db, committed: make(chan struct{}, 1)}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("opening the docket %s: %w", cfg.Path, err)
	}
	return d, nil
}

// Close closes the file.
func (d *Docket) Close() error { return d.db.Close() }

// Committed tells the docket that the ledger has grown.
func (d *Docket) Committed() {
	select {
	case d.committed <- struct{}{}:
	default: // it will look anyhow
	}
}

// Ready returns nil when the last look at the ledger worked.
func (d *Docket) Ready() error {
	if err := d.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// A docket that cannot read, or is not heard, tries again.
const retryWait = time.Second

// Run keeps the docket up to date and tells of what ran out, until the context
// ends.
func (d *Docket) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := d.turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		d.trouble.Store(nil)
		wait := time.Until(next)
		switch {
		case err != nil:
			d.cfg.Log.Warn("the docket tries again", "err", err)
			d.trouble.Store(&err)
			wait = retryWait
		case next.IsZero():
			wait = time.Hour
		default:
			wait = next.Sub(d.cfg.Now())
		}
		timer := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-timer.C:
		case <-d.committed:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// turn brings the docket up to date, tells of what has run out, and returns
// when the next clock is due; zero if there is none.
func (d *Docket) turn(ctx context.Context) (time.Time, error) {
	if err := d.Advance(ctx); err != nil {
		return time.Time{}, err
	}
	return d.tell(ctx)
}

// Advance brings the docket up to the end of the ledger as it is now.
func (d *Docket) Advance(ctx context.Context) error {
	d.advancing.Lock()
	defer d.advancing.Unlock()
	at, err := d.found(ctx)
	if err != nil {
		return err
	}
	var waiting []ledger.Stored
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		err := d.apply(ctx, waiting)
		waiting = waiting[:0]
		return err
	}
	for msg, err := range ledger.Walk(ctx, d.cfg.JetStream, ledger.Stream, ledger.Address, at.Sequence, time.Time{}) {
		if err != nil {
			return errors.Join(flush(), err)
		}
		e, err := ledger.Parse(msg.Data)
		if err != nil {
			return errors.Join(flush(), fmt.Errorf("following the ledger at sequence %d: %w", msg.Sequence, err))
		}
		waiting = append(waiting, ledger.Stored{Entry: e, Sequence: msg.Sequence})
		if len(waiting) == batchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// found returns the place from which to go on. A docket that is ahead of the
// ledger was kept from before a backup was put back: it is made anew.
func (d *Docket) found(ctx context.Context) (place, error) {
	at, err := d.place()
	if err != nil || d.checked {
		return at, err
	}
	last, _, err := d.ledger.Last(ctx)
	if err != nil {
		return place{}, err
	}
	if last.Number < at.Number {
		d.cfg.Log.Warn("the docket is ahead of the ledger, and is made anew", "docket", at.Number, "ledger", last.Number)
		if err := d.clear(); err != nil {
			return place{}, err
		}
		at = place{}
	}
	d.checked = true
	return at, nil
}

// Reset empties the docket; it is then made anew from the ledger.
func (d *Docket) Reset() error {
	d.advancing.Lock()
	defer d.advancing.Unlock()
	return d.clear()
}

// clear empties the docket.
func (d *Docket) clear() error {
	err := d.db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("emptying the docket: %w", err)
	}
	return nil
}

// batchSize is the most entries of one transaction.
const batchSize = 1000
