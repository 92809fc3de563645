package router

import (
	"context"
	"errors"
	"fmt"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// Erasures knows what of a message is still in the broker.
type Erasures interface {
	// Corrected returns all that is left of a message and of its originator's
	// corrections of it, by what is committed when it is asked; none of what is
	// gone.
	Corrected(ctx context.Context, of schemas.MessageRef) ([]ledger.Gone, error)
	// Erased says whether the ledger records that the accepted message is erased,
	// though it may not be removed yet.
	Erased(ctx context.Context, of schemas.MessageRef) (bool, error)
}

// act is an entry that an operator or the broker itself has written, about no
// message that waits to be decided.
type act struct {
	plan func(context.Context) (*ledger.Entry, error)
	// mends says that it is recorded even where what is stored is damaged.
	mends bool
	done  chan acted // has room for the answer, so that nobody waits for a caller that left
}

type acted struct {
	entry *ledger.Entry
	err   error
}

// Act writes the entry that plan returns as the next one of the ledger, or
// nothing if that is nil, and returns it once it is durable. The router calls
// plan when nothing else is on its way to the ledger. At, tables, place and number
// of the entry are filled in. Before Run, Act writes itself; where Run has ended, as
// after damage, nothing is written.
func (r *Router) Act(ctx context.Context, plan func(context.Context) (*ledger.Entry, error)) (*ledger.Entry, error) {
	return r.act(ctx, act{plan: plan, done: make(chan acted, 1)})
}

// Mend is Act for what helps where what is stored is damaged: it is recorded by
// Record, too.
func (r *Router) Mend(ctx context.Context, plan func(context.Context) (*ledger.Entry, error)) (*ledger.Entry, error) {
	return r.act(ctx, act{plan: plan, mends: true, done: make(chan acted, 1)})
}

func (r *Router) act(ctx context.Context, a act) (*ledger.Entry, error) {
	if !r.running.Load() {
		if r.ran.Load() {
			return nil, errIdle
		}
		at, err := r.takePlace(ctx)
		if err != nil {
			return nil, err
		}
		_, err = r.carryOut(ctx, at, a)
		d := <-a.done
		if d.err == nil {
			d.err = err
		}
		return d.entry, d.err
	}
	select {
	case r.acts <- a:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.Changed()
	select {
	case d := <-a.done:
		return d.entry, d.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// errIdle says that nothing is written to the ledger at the moment.
var errIdle = errors.New("the router does not work now, and nothing is recorded; see 'liaison status'")

// errDamagedStore refuses an act while what is stored is damaged.
var errDamagedStore = errors.New("what is stored is damaged, and until it has been found whole nothing but the acceptance of a gap is recorded; see 'liaison status'")

// maxActs bounds the acts that wait for the router.
const maxActs = 64

// actAll writes the entries of all acts that wait. Nothing is on its way. An act
// that cannot be done is its caller's trouble; an error is one of the ledger.
func (r *Router) actAll(ctx context.Context, at position) (position, error) {
	mended := false
	for {
		select {
		case a := <-r.acts:
			var err error
			mended = mended || a.mends
			if at, err = r.carryOut(ctx, at, a); err != nil {
				return at, err
			}
		default:
			if !mended {
				return at, nil
			}
			return at, r.explain(ctx) // a gap may have been accepted
		}
	}
}

// carryOut writes the entry of one act, and answers its caller.
func (r *Router) carryOut(ctx context.Context, at position, a act) (position, error) {
	e, err := a.plan(ctx)
	if ctx.Err() != nil {
		select {
		case r.acts <- a: // for whoever goes on
			return at, ctx.Err()
		default:
		}
	}
	if p, _ := r.cfg.Policy(); err == nil && e != nil && at.policy != "" && p.Hash() != at.policy {
		err = errors.New("other tables have come into force meanwhile; try again") // the entry would name those before
	}
	if err != nil || e == nil {
		a.done <- acted{err: err}
		return at, nil
	}
	b := newBatch(at)
	e.At, e.Policy = r.cfg.Now().UTC(), at.policy
	if e.Intake < at.place {
		e.Intake = at.place // more only if a gap in the intake is passed
	}
	if err = b.addEntry(e); err == nil && b.bytes > maxEntry {
		a.done <- acted{err: fmt.Errorf("recording it: the entry would have %d bytes, more than can be stored", b.bytes)}
		return at, nil // it could never be stored, and would be tried for ever
	}
	if err == nil {
		ahead := r.launch(ctx, b)
		err = ahead.land()
	}
	if err != nil {
		a.done <- acted{err: fmt.Errorf("recording it: %w", err)}
		return at, err
	}
	r.tell(b)
	r.stand(b.end)
	a.done <- acted{entry: e}
	return b.end, nil
}

// awaitAct waits where nothing can be routed until something has changed: an
// operator may accept what is missing.
func (r *Router) awaitAct(ctx context.Context) {
	select {
	case <-r.changed:
	case <-ctx.Done():
	}
}

// Record carries out what mends, takes the turns that others wait for, and routes
// nothing, until the context ends: where what is stored is damaged, an operator may
// accept what is missing. It does not run beside Run. It returns an error only for a
// damaged end of the ledger.
func (r *Router) Record(ctx context.Context) error {
	r.ran.Store(true)
	r.running.Store(true)
	defer r.running.Store(false)
	for before := ""; ; {
		err := r.record(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrDamaged):
			r.trouble.Store(&err)
			return err
		case err == nil:
			r.awaitAct(ctx)
			continue
		}
		if err.Error() != before {
			before = err.Error()
			r.cfg.Log.Warn("what operators do cannot be recorded yet", "err", err)
		}
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
			return nil
		}
	}
}

// record takes one turn: the tables in force, and the acts that wait.
func (r *Router) record(ctx context.Context) error {
	at, err := r.takePlace(ctx)
	if err != nil {
		return err
	}
	if at, err = r.recordPolicy(ctx, at); err != nil {
		return err
	}
	for len(r.acts) > 0 {
		a := <-r.acts
		if !a.mends {
			a.done <- acted{err: errDamagedStore}
			continue
		}
		if at, err = r.carryOut(ctx, at, a); err != nil {
			return err
		}
	}
	return nil
}

// addErasures adds the entries that say that all that is left of a recalled message
// and of its corrections is erased, right behind the recall: one, unless it would be
// too large. The originator keeps its own record, as the law may want of it (Criminal
// Procedure and Investigations Act 1996); the broker has no more purpose for which to
// keep it (Data Protection Act 1998, fifth principle), and a consent that comes later
// must not open it again.
func (r *Router) addErasures(ctx context.Context, b *batch, rec intakeRecord, of schemas.MessageRef) error {
	if r.cfg.Erasures == nil || of.Originator != rec.originator {
		return nil
	}
	left, err := r.cfg.Erasures.Corrected(ctx, of)
	if err != nil {
		return err
	}
	for _, part := range ledger.Entryfuls(left) {
		for _, g := range part {
			b.decided[schemas.DecisionAddress(g.Of.Originator, g.Of.ID)] = true // a consent behind it waits until that is committed
		}
		err := b.addEntry(&ledger.Entry{Kind: ledger.ErasedEntry, At: r.cfg.Now().UTC(), Policy: b.end.policy, Intake: b.end.place,
			Erased: &ledger.Erasure{Why: ledger.ErasedRecall, Recall: &schemas.MessageRef{Originator: rec.originator, ID: rec.id}, Messages: part}})
		if err != nil {
			return err
		}
	}
	return nil
}

// explain brings up to date what the ledger explains of the intake's gaps.
func (r *Router) explain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, explainWait)
	defer cancel()
	if err := r.ledger.Explain(ctx, &r.explained); err != nil {
		return fmt.Errorf("looking into what the ledger explains: %w", err)
	}
	return nil
}

// explainWait bounds the reading of what explains gaps.
const explainWait = time.Minute
