package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/failpoint"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// Desk is where a member's copies go.
type Desk struct {
	Member schemas.MemberID
	Name   string
	// Account is the key of the desk's account, for live readers.
	Account string
	Filter  schemas.Filter
	// Encoding is the content type of its copies.
	Encoding string
}

// Desks lists the desks of a member, by name; none if it is not enrolled.
type Desks interface {
	DesksOf(member schemas.MemberID) []Desk
}

// Holders finds the members that got anything of a message, directly or through a
// correction of it or a message made of it, and says whether it, or what it corrects,
// is recalled: both by what is committed when it is asked.
type Holders interface {
	Holders(ctx context.Context, of schemas.MessageRef) ([]schemas.MemberID, error)
	Recalled(ctx context.Context, of schemas.MessageRef) (bool, error)
}

// Config is what a router needs. Every field is required unless it says otherwise.
type Config struct {
	// Conn publishes live copies as the hub; the router does not close it.
	Conn *nats.Conn
	// JetStream reaches the streams, on a connection of its own.
	JetStream jetstream.JetStream
	Desks     Desks
	// Settled returns nil once the intake is durable up to a sequence. It is asked
	// before each commit: the engine shows a batch before it has synced it, and a
	// decision must not outlive the message that it is about. Nil means that nobody
	// needs to be asked.
	Settled func(ctx context.Context, upTo uint64) error
	Holders Holders
	// Erasures says what of a message is still there to be erased. Nil means that
	// nothing is ever erased.
	Erasures Erasures
	// Heard says whether anybody listens at an address of the hub's, so that live
	// copies are published only to somebody. Nil means that somebody may.
	Heard func(address string) bool
	// Grown is called when the ledger has grown. It must not wait.
	Grown func(ledger.Growth)
	// Policy returns the tables in force, and who brought them into force.
	Policy func() (p *policy.Policy, by string)
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
}

// Router routes. Run does the work; the other methods may be called at any time.
type Router struct {
	cfg     Config
	ledger  *ledger.Ledger
	trouble atomic.Pointer[error]
	place   atomic.Uint64
	fence   atomic.Uint64
	inForce atomic.Pointer[string]
	turns   atomic.Uint64
	// changed rings when the tables or the desks may have changed, or an act waits.
	changed chan struct{}
	// acts wait to be recorded, and running says whether Run takes them.
	acts    chan act
	running atomic.Bool
	ran     atomic.Bool // Run was ever called
	// explained is what the ledger explains, for the goroutine of Run.
	explained ledger.Explained
}

// New returns a router that does nothing until Run.
func New(cfg Config) *Router {
	return &Router{cfg: cfg, ledger: ledger.New(cfg.JetStream), changed: make(chan struct{}, 1), acts: make(chan act, maxActs)}
}

// ErrGap says that the intake lacks a message that no entry says was erased.
var ErrGap = errors.New("a message is missing from the intake")

// errPassed says that a gap was accepted, so that the intake is read anew from
// behind it.
var errPassed = errors.New("a gap in the intake is passed")

// ErrDamaged says that the end of the ledger cannot be read.
var ErrDamaged = errors.New("the ledger is damaged")

// The router waits after a fault before it reads its place again, longer each
// time that the fault comes at once again.
const (
	retryWait    = 200 * time.Millisecond
	maxRetryWait = 5 * time.Second
)

// Run routes until the context ends. It returns an error only for a damaged
// ledger. At a gap in the intake it waits until an operator has accepted it.
func (r *Router) Run(ctx context.Context) error {
	r.ran.Store(true)
	r.running.Store(true)
	defer r.running.Store(false)
	wait, before := retryWait, ""
	for {
		place := r.place.Load()
		err := r.route(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errPassed) {
			continue
		}
		r.trouble.Store(&err)
		if errors.Is(err, ErrDamaged) {
			r.cfg.Log.Error("routing has stopped until an operator looks into it", "err", err)
			return err
		}
		if errors.Is(err, ErrGap) {
			if err.Error() != before {
				r.cfg.Log.Error("routing has stopped until an operator accepts the gap or restores a backup", "err", err)
				before = err.Error()
			}
			r.awaitAct(ctx)
			continue
		}
		// Any other error means: read fence and place again and go on.
		if r.place.Load() > place {
			wait = retryWait
		}
		if err.Error() != before {
			r.cfg.Log.Warn("router starts again from its place", "err", err)
			before = err.Error()
		}
		select {
		case <-time.After(wait):
			wait = min(2*wait, maxRetryWait)
		case <-ctx.Done():
			return nil
		}
	}
}

// Ready returns nil when the router works, else what went wrong.
func (r *Router) Ready() error {
	if err := r.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// Place returns the intake sequence up to which everything is decided.
func (r *Router) Place() uint64 { return r.place.Load() }

// Committed returns the sequence of the last entry or copy whose commit was
// acknowledged, or 0 before the router has begun.
func (r *Router) Committed() uint64 { return r.fence.Load() }

// InForce returns the hash of the tables under which the router decides, as
// the ledger records it, or "" before it has begun.
func (r *Router) InForce() string {
	if hash := r.inForce.Load(); hash != nil {
		return *hash
	}
	return ""
}

// Turns counts how often the router has said where it stands. Whatever it
// decides after a turn it decides under the tables that are in force then, and
// for the desks that there are then.
func (r *Router) Turns() uint64 { return r.turns.Load() }

// Changed tells the router to take a turn, even if nothing waits to be routed,
// because the tables or the desks have changed. It does not wait: see Turns and
// InForce.
func (r *Router) Changed() {
	select {
	case r.changed <- struct{}{}:
	default: // it will look anyhow
	}
}

// route takes up the work at its place and goes on until an error.
func (r *Router) route(ctx context.Context) error {
	at, err := r.takePlace(ctx)
	if err != nil {
		return err
	}
	if at, err = r.recordPolicy(ctx, at); err != nil {
		return err
	}
	if at, err = r.actAll(ctx, at); err != nil {
		return err
	}
	if err := r.explain(ctx); err != nil {
		return err
	}
	r.trouble.Store(nil)
	in := r.newReader(at.place)
	defer in.stop()
	for {
		waiting, err := in.next(ctx, r.changed)
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			// Without a message something has changed, and somebody waits for
			// the turn, and for the entry if it was the tables.
			if at, err = r.recordPolicy(ctx, at); err != nil {
				return err
			}
			place := at.place
			if at, err = r.actAll(ctx, at); err != nil {
				return err
			}
			if at.place != place {
				return errPassed
			}
		}
		if at, err = r.routeAll(ctx, at, in, waiting); err != nil {
			return err
		}
	}
}

// stand tells others where the router stands.
func (r *Router) stand(at position) {
	r.place.Store(at.place)
	r.fence.Store(at.fence)
	r.inForce.Store(&at.policy)
	r.turns.Add(1)
}

// position is where the router stands: what the next entry must follow, the
// place in the intake, and the fence.
type position struct {
	chain  ledger.Chain
	place  uint64
	fence  uint64
	policy string
}

// CheckPlace says what keeps the router from taking its place: a feed that ends
// within the copies of a decision, a damaged ledger, or streams that are not
// from the same moment. Nothing may be writing.
func (r *Router) CheckPlace(ctx context.Context) error {
	_, err := r.takePlace(ctx)
	return err
}

// takePlace reads the fence first and the place after it: whatever another
// router writes in between makes the fence stale, and never the place.
func (r *Router) takePlace(ctx context.Context) (position, error) {
	stream, err := r.cfg.JetStream.Stream(ctx, ledger.Stream)
	if err != nil {
		return position{}, fmt.Errorf("reading the fence: %w", err)
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return position{}, fmt.Errorf("reading the fence: %w", err)
	}
	last, chain, err := r.ledger.Last(ctx)
	if err != nil {
		return position{}, err
	}
	at := position{fence: info.State.LastSeq, chain: chain, place: last.Intake, policy: last.Policy}
	if end := last.Sequence + uint64(last.Copies); at.fence < end {
		// Another router may be storing a batch right now. Nobody is when the
		// broker starts.
		return position{}, fmt.Errorf("the feeds end at %d, and the copies of the last entry at %d", at.fence, end)
	}
	if end := last.Sequence + uint64(last.Copies); at.fence > end {
		// The engine passes over what it cannot read. Going on would decide
		// again what a later entry decided.
		return position{}, fmt.Errorf("%w: the feeds end at %d, and the last entry that can be read ends at %d; restore a backup", ErrDamaged, at.fence, end)
	}
	// Asked again: another router may have written behind the fence meanwhile.
	if info, err = stream.Info(ctx); err != nil {
		return position{}, fmt.Errorf("reading the fence: %w", err)
	}
	if end := last.Sequence + uint64(last.Copies); info.State.LastSeq < end {
		return position{}, fmt.Errorf("%w: the feeds end at %d, and the last entry has copies up to %d: half a batch was stored; restore a backup", ErrDamaged, info.State.LastSeq, end)
	}
	intake, err := r.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return position{}, fmt.Errorf("reading the end of the intake: %w", err)
	}
	if end := intake.CachedInfo().State.LastSeq; end < at.place {
		return position{}, fmt.Errorf("%w: it ends at %d, and messages up to %d were decided; restore both streams from one backup", ErrGap, end, at.place)
	}
	return at, nil
}

// recordPolicy appends an entry if the tables in force are not those of the
// last entry.
func (r *Router) recordPolicy(ctx context.Context, at position) (position, error) {
	b := newBatch(at)
	if _, err := r.adopt(b); err != nil {
		return at, err
	}
	ahead := r.launch(ctx, b)
	if err := ahead.land(); err != nil {
		return at, err
	}
	at = b.end
	r.tell(ahead.batch)
	r.stand(at)
	return at, nil
}

// adopt returns the tables in force, having added an entry to the batch if
// they are not those of the entry before: what is decided behind it is decided
// under them and no others.
func (r *Router) adopt(b *batch) (*policy.Policy, error) {
	p, by := r.cfg.Policy()
	if b.end.policy == p.Hash() {
		return p, nil
	}
	failpoint.Here("router.adopted")
	return p, b.addEntry(&ledger.Entry{Kind: ledger.PolicyEntry, At: r.cfg.Now().UTC(), Policy: p.Hash(), By: by, Intake: b.end.place})
}

// fill adds whole records to a batch up to its bounds and returns how many. What
// an answer is about must be read from the ledger, so that one waits until
// nothing is on its way there: until the batch is alone.
func (r *Router) fill(ctx context.Context, b *batch, waiting []intakeRecord, alone bool) (int, error) {
	p, err := r.adopt(b)
	if err != nil {
		return 0, err
	}
	for i, rec := range waiting {
		if i > 0 && b.full() {
			return i, nil
		}
		added, err := r.addRecord(ctx, b, p, rec, alone)
		if err != nil || !added {
			return i, err
		}
	}
	return len(waiting), nil
}

// addRecord adds what is decided about one record, or nothing if what it is
// about must be committed first: it may be on its way, or in this very batch.
func (r *Router) addRecord(ctx context.Context, b *batch, p *policy.Policy, rec intakeRecord, alone bool) (added bool, err error) {
	m, err := schemas.DecodeCopy(rec.data)
	if err != nil {
		return true, b.addDecision(r.decide(p, rec, nil, policy.Recorded{}))
	}
	var known policy.Recorded
	switch of, _ := m.Of(); {
	case m.Consent != nil:
		if !alone || b.decided[schemas.DecisionAddress(of.Originator, of.ID)] {
			return false, nil
		}
		return r.reconsider(ctx, b, p, rec, m)
	case m.Recall != nil || m.Correction != nil:
		if !alone || len(b.msgs) > 0 {
			return false, nil // others may still get it
		}
		if known.Holders, err = r.cfg.Holders.Holders(ctx, of); err != nil {
			return false, fmt.Errorf("finding who has a message: %w", err)
		}
	}
	if refs := policy.Mentions(m); len(refs) > 0 {
		if !alone || len(b.msgs) > 0 {
			return false, nil // others may still get what it mentions
		}
		if known.Known, err = r.known(ctx, refs); err != nil {
			return false, err
		}
	}
	made := claims(m)
	if slices.ContainsFunc(made, func(of schemas.MessageRef) bool { return of.Originator != m.Originator }) {
		if !alone || len(b.msgs) > 0 {
			return false, nil // its sender may still get what it names
		}
		if made, err = r.has(ctx, m.Originator, made); err != nil {
			return false, err
		}
	}
	d, err := r.unlessRecalled(ctx, r.decide(p, rec, m, known), m)
	if err != nil {
		return false, err
	}
	d.entry.MadeOf = made
	if err := b.addDecision(d); err != nil || m.Recall == nil {
		return true, err
	}
	return true, r.addErasures(ctx, b, rec, m.Recall.Of)
}

// has returns those of the messages that a member sent or has something of: whoever
// has what it makes of them then has something of them, too, and hears of their
// recall and their correction. To name one is not to have it.
func (r *Router) has(ctx context.Context, m schemas.MemberID, refs []schemas.MessageRef) (some []schemas.MessageRef, err error) {
	for _, of := range refs {
		if of.Originator != m {
			holders, err := r.cfg.Holders.Holders(ctx, of)
			if err != nil {
				return nil, fmt.Errorf("finding who has a message: %w", err)
			}
			if !slices.Contains(holders, m) {
				continue
			}
		}
		some = append(some, of)
	}
	return some, nil
}

// known returns who got anything of each of the messages, by what is committed.
func (r *Router) known(ctx context.Context, refs []schemas.MessageRef) (map[schemas.MessageRef][]schemas.MemberID, error) {
	got := map[schemas.MessageRef][]schemas.MemberID{}
	for _, ref := range refs {
		e, err := r.ledger.Decision(ctx, ref.Originator, ref.ID)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("finding who may learn of a message: %w", err)
		}
		for _, o := range e.Outcomes {
			if o.Outcome == schemas.Disclosed {
				got[ref] = append(got[ref], o.Member)
			}
		}
	}
	return got, nil
}

// publishLive shows committed copies to live readers, if there are any, at most
// once: whoever misses one finds it in the feed.
func (r *Router) publishLive(b *batch) {
	for _, c := range b.copies {
		address := schemas.LiveCopyAddress(c.account, c.message)
		if r.cfg.Heard != nil && !r.cfg.Heard(address) {
			continue
		}
		msg := &nats.Msg{Subject: address, Data: c.msg.Data, Header: c.liveHeader(b.start.fence + 1)}
		if err := r.cfg.Conn.PublishMsg(msg); err != nil {
			r.cfg.Log.Warn("publishing live copies", "err", err)
			return
		}
	}
}
