package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/docket"
	"liaison/broker/failpoint"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// Config is what a keeper needs. Every field is required.
type Config struct {
	JetStream jetstream.JetStream
	Docket    *docket.Docket
	// Policy returns the tables in force.
	Policy func() *policy.Policy
	// Act has an entry written into the ledger: see router.Act.
	Act func(context.Context, func(context.Context) (*ledger.Entry, error)) (*ledger.Entry, error)
	// Erasing is called before anything is removed from the intake.
	Erasing func()
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
}

// Keeper erases. Run does the work; the other methods may be called at any time
// by any number of goroutines.
type Keeper struct {
	cfg    Config
	ledger *ledger.Ledger
	// durable is up to where the ledger is known to be durable: nothing is removed
	// that an entry behind it names.
	durable atomic.Uint64
	grown   chan struct{}
	trouble atomic.Pointer[error]

	removing sync.Mutex // one at a time removes
}

// Open returns a keeper. Nothing may be writing meanwhile: all that the ledger
// has now counts as durable.
func Open(ctx context.Context, cfg Config) (*Keeper, error) {
	k := &Keeper{cfg: cfg, ledger: ledger.New(cfg.JetStream), grown: make(chan struct{}, 1)}
	s, err := cfg.JetStream.Stream(ctx, ledger.Stream)
	if err != nil {
		return nil, fmt.Errorf("looking for what is to be erased: %w", err)
	}
	k.durable.Store(s.CachedInfo().State.LastSeq)
	return k, nil
}

// Committed tells the keeper that the ledger has grown. It does not wait.
func (k *Keeper) Committed(g ledger.Growth) {
	k.durable.Store(g.Sequence)
	if g.Matters {
		k.Look()
	}
}

// Look has the keeper look at the ledger, the tables and the clock.
func (k *Keeper) Look() {
	select {
	case k.grown <- struct{}{}:
	default: // it will look anyhow
	}
}

// Ready returns nil when the last look worked.
func (k *Keeper) Ready() error {
	if err := k.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// A keeper that could not do its work tries again.
const retryWait = time.Second

// Run carries out erasures until the context ends: at first what an earlier run
// left undone.
func (k *Keeper) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := k.turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		k.trouble.Store(nil)
		if err != nil {
			k.cfg.Log.Warn("erasing is tried again", "err", err)
			k.trouble.Store(&err)
			next = k.cfg.Now().Add(retryWait)
		}
		docket.Rest(ctx, k.cfg.Now, next, k.grown)
	}
	return nil
}

// turn carries out what is recorded, erases what is due, and returns when more
// will be; zero if nothing is.
func (k *Keeper) turn(ctx context.Context) (next time.Time, err error) {
	if err := k.Finish(ctx); err != nil {
		return time.Time{}, err
	}
	return k.due(ctx)
}

// Finish carries out every erasure that is recorded.
func (k *Keeper) Finish(ctx context.Context) error {
	k.removing.Lock()
	defer k.removing.Unlock()
	for {
		e, sequence, err := k.cfg.Docket.Removal(ctx, k.durable.Load())
		if err != nil || e == nil {
			return err
		}
		failpoint.Here("retention.recorded")
		if err := k.remove(ctx, e.Erased); err != nil {
			return fmt.Errorf("carrying out ledger entry %d: %w", e.Number, err)
		}
		if err := k.cfg.Docket.Removed(sequence); err != nil {
			return fmt.Errorf("carrying out ledger entry %d: %w", e.Number, err)
		}
	}
}

// remove removes what an entry names. A crash in here leaves some of it: it is
// gone through again as a whole.
func (k *Keeper) remove(ctx context.Context, e *ledger.Erasure) error {
	feeds, err := k.cfg.JetStream.Stream(ctx, ledger.Stream)
	if err != nil {
		return err
	}
	intake, err := k.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return err
	}
	for _, g := range e.Messages {
		for _, s := range g.Copies {
			for at := s.From; at <= s.To; at++ {
				if err := k.overwrite(ctx, feeds, at); err != nil {
					return err
				}
			}
		}
		if g.Intake != 0 {
			k.cfg.Erasing()
			if err := k.overwrite(ctx, intake, g.Intake); err != nil {
				return err
			}
		}
	}
	return nil
}

// overwrite has the engine overwrite a message and forget it, and then rests as
// long as that took: nothing else is stored in the stream meanwhile. That it is
// gone already is no fault.
func (k *Keeper) overwrite(ctx context.Context, s jetstream.Stream, sequence uint64) error {
	began := time.Now()
	fault := s.SecureDeleteMsg(ctx, sequence)
	failpoint.Here("retention.removed")
	if fault != nil {
		if _, err := s.GetMsg(ctx, sequence); errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		return fmt.Errorf("removing message %d of %s: %w", sequence, s.CachedInfo().Config.Name, fault)
	}
	select {
	case <-time.After(min(time.Since(began), maxRest)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxRest bounds the rest after each removal.
const maxRest = time.Second
