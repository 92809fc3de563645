package router

import (
	"context"
	"errors"
	"fmt"

	"github.com/synadia-io/orbit.go/jetstreamext"

	"liaison/broker/failpoint"
	"liaison/broker/ledger"
)

// flight is a batch on its way to the disk; the zero flight is of none.
type flight struct {
	batch *batch
	done  chan error
}

// launch begins to commit a batch and says where it will end. The caller must
// let it land, and use nothing of what it says if that fails.
func (r *Router) launch(ctx context.Context, b *batch) flight {
	if len(b.msgs) == 0 {
		return flight{}
	}
	b.seal()
	f := flight{batch: b, done: make(chan error, 1)}
	go func() { f.done <- r.commit(ctx, b) }()
	return f
}

// stage hands all messages of a batch but the last to the engine, which does
// nothing with them until the last one comes: the batch before is being made
// durable meanwhile. One that is never committed is forgotten by the engine.
func (r *Router) stage(b *batch) (err error) {
	if len(b.msgs) < few {
		return nil
	}
	b.seal()
	b.staged, err = jetstreamext.NewBatchPublisher(r.cfg.JetStream, jetstreamext.BatchFlowControl{AckTimeout: commitWait})
	for _, msg := range b.msgs[:len(b.msgs)-1] {
		if err == nil {
			err = b.staged.AddMsg(msg)
		}
	}
	if err != nil {
		return fmt.Errorf("staging %d entries and copies: %w", len(b.msgs), err)
	}
	return nil
}

// land waits until the batch is durable, or returns why it is not.
func (f flight) land() error {
	if f.batch == nil {
		return nil
	}
	return <-f.done
}

// backlog is how many records must have arrived for the next batch to be made of
// them while one is on its way. Fewer are better left to gather until it has
// landed: a batch costs the same for a few records as for many.
const backlog = 500

// routeAll decides what waits and commits it, and what arrives meanwhile if it is
// a backlog, unless somebody waits for a turn. While one batch is being made durable the next one
// is decided: its place, its chain and its fence are known before, and hold if
// the commit does. Nothing is on its way when it returns.
func (r *Router) routeAll(ctx context.Context, at position, in *reader, waiting []intakeRecord) (position, error) {
	var ahead flight
	for {
		var err error
		if len(r.changed) == 0 && len(in.arrived) >= backlog {
			waiting, err = in.more(ctx, waiting)
		}
		if err != nil || len(waiting) == 0 {
			return r.arrive(at, ahead, err)
		}
		b := newBatch(at)
		n, err := r.fill(ctx, b, waiting, ahead.batch == nil)
		failpoint.Here("router.decided")
		if err == nil && ahead.batch != nil {
			err = r.stage(b)
		}
		before := ahead.batch
		if err := errors.Join(err, ahead.land()); err != nil {
			return at, err
		}
		waiting = waiting[n:]
		ahead = r.launch(ctx, b)
		at = b.end
		r.tell(before)
	}
}

// arrive lets the last batch land and says where the router stands.
func (r *Router) arrive(at position, ahead flight, err error) (position, error) {
	if err := errors.Join(err, ahead.land()); err != nil {
		return at, err
	}
	r.tell(ahead.batch)
	r.stand(at)
	return at, nil
}

// tell tells others of a batch that is durable, if there is one.
func (r *Router) tell(b *batch) {
	if b == nil {
		return
	}
	failpoint.Here("router.committed")
	r.cfg.Grown(ledger.Growth{From: b.start.chain.Number, To: b.end.chain.Number, Sequence: b.end.fence, Matters: b.matters})
	r.place.Store(b.end.place)
	r.fence.Store(b.end.fence)
	r.publishLive(b)
	failpoint.Here("router.shown")
}
