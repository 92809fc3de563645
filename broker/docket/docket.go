package docket

import (
	"context"
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
	Tables func(hash string) *policy.Policy
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
	// What follows is guarded by advancing: at is the place, once it was held
	// against the ledger, and kept how far it is in the file.
	checked bool
	at      place
	kept    uint64
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
		return reform(tx)
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("opening the docket %s: %w", cfg.Path, err)
	}
	return d, nil
}

// reform empties a file that another version wrote: it is made anew from the
// ledger.
func reform(tx *bolt.Tx) error {
	var was int
	if err := read(tx.Bucket(metaBucket), formKey, &was); err != nil {
		return err
	}
	if was == form {
		return nil
	}
	if err := empty(tx); err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(formKey, encode(form))
}

// Close closes the file.
func (d *Docket) Close() error { return d.db.Close() }

// Look has the docket look at the ledger and the clock.
func (d *Docket) Look() {
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

// lookEvery is how often the clock on the wall is looked at while nothing is due.
const lookEvery = time.Second

// Run keeps the docket up to date and tells of what ran out, until the context
// ends.
func (d *Docket) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := d.turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		d.trouble.Store(nil)
		if err != nil {
			d.cfg.Log.Warn("the docket tries again", "err", err)
			d.trouble.Store(&err)
			next = d.cfg.Now().Add(retryWait)
		}
		Rest(ctx, d.cfg.Now, next, d.committed)
	}
	return nil
}

// Rest waits until a time by a clock on the wall, zero being none, until the bell
// rings or until the context ends. The clock may be put forward, or the machine
// sleep, while the timer counts on: so it is looked at every second, and nothing
// else is.
func Rest(ctx context.Context, now func() time.Time, until time.Time, bell <-chan struct{}) {
	for {
		wait := lookEvery
		if !until.IsZero() {
			wait = min(wait, max(until.Sub(now()), time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-bell:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if !until.IsZero() && !now().Before(until) {
			return
		}
	}
}

// turn brings the docket up to date, tells of what has run out, and returns
// when the next clock is due; zero if there is none.
func (d *Docket) turn(ctx context.Context) (time.Time, error) {
	if err := d.Advance(ctx); err != nil {
		return time.Time{}, err
	}
	return d.tell(ctx)
}
