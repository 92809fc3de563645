package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// GapQuery is a gap that an operator accepts, and why. By is filled in.
type GapQuery struct {
	ledger.Gap
	By string `json:"by,omitempty"`
}

// ErrNoGap says that what an operator wants to accept is no gap that could be
// accepted.
var ErrNoGap = errors.New("it cannot be accepted")

// maxGap bounds the places of one gap.
const maxGap = 1 << 20

// AcceptGap records that a gap which nothing explains is accepted, so that the
// router goes on behind it. What was in it is lost; the entry says so for ever.
func (b *Broker) AcceptGap(ctx context.Context, q GapQuery) (ledger.Entry, error) {
	if err := CheckReason(q.Reason); err != nil {
		return ledger.Entry{}, err
	}
	if q.By == "" {
		q.By = ThisUser()
	}
	e, err := b.router.Mend(ctx, func(ctx context.Context) (*ledger.Entry, error) {
		place, err := b.checkGap(ctx, q.Gap)
		if err != nil {
			return nil, err
		}
		return &ledger.Entry{Kind: ledger.GapEntry, By: q.By, Intake: place, Gap: &q.Gap}, nil
	})
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("accepting the gap of %s from %d to %d: %w", q.Stream, q.From, q.To, err)
	}
	b.scrub.Again()
	return *e, nil
}

// checkGap refuses what is no gap, what is explained already, and what nobody can
// accept. It returns the place in the intake behind which the router goes on.
func (b *Broker) checkGap(ctx context.Context, g ledger.Gap) (uint64, error) {
	if g.Stream != schemas.IntakeName && g.Stream != ledger.Stream || g.From == 0 || g.From > g.To || g.To-g.From >= maxGap {
		return 0, fmt.Errorf("%w: name the stream %s or %s, and the first and the last sequence", ErrNoGap, schemas.IntakeName, ledger.Stream)
	}
	s, err := b.js.Stream(ctx, g.Stream)
	if err != nil {
		return 0, err
	}
	if end := s.CachedInfo().State.LastSeq; g.To > end {
		return 0, fmt.Errorf("%w: the stream ends at %d", ErrNoGap, end)
	}
	for _, d := range b.scrub.State().Damage {
		if d.Frame && d.Stream == g.Stream && d.From <= g.To {
			return 0, fmt.Errorf("%w: from %d on nothing may be read (%s); restore a backup", ErrNoGap, d.From, d.Problem)
		}
	}
	for at := g.From; at <= g.To; at++ {
		if _, err := s.GetMsg(ctx, at); err == nil {
			return 0, fmt.Errorf("%w: message %d is there", ErrNoGap, at)
		} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return 0, err
		}
	}
	var explained ledger.Explained
	if err := b.ledger.Explain(ctx, &explained); err != nil {
		return 0, err
	}
	if left := explained.Left(g.Stream, g.Span); len(left) != 1 || left[0] != g.Span {
		return 0, fmt.Errorf("%w: the ledger explains some of it already; what it does not is %v", ErrNoGap, left)
	}
	if g.Stream == ledger.Stream {
		return 0, b.onlyCopies(ctx, g.Span)
	}
	last, _, err := b.ledger.Last(ctx)
	if err != nil {
		return 0, err
	}
	if g.From > last.Intake+1 {
		return last.Intake, nil // what is before it is still to be decided
	}
	return max(last.Intake, g.To), nil
}

// onlyCopies refuses a gap in which there must have been an entry: without it the
// ledger proves nothing, and only a backup helps.
func (b *Broker) onlyCopies(ctx context.Context, s ledger.Span) error {
	e, err := b.ledger.At(ctx, s.From)
	if err != nil {
		return err
	}
	if s.To > e.Sequence+uint64(e.Copies) {
		return fmt.Errorf("%w: ledger entry %d has %d copies behind it at %d, so that an entry is missing, too; restore a backup, "+
			"or accept the copies of one decision at a time", ErrNoGap, e.Number, e.Copies, e.Sequence)
	}
	return nil
}

// AcceptGap has a gap accepted at the running broker.
func (r *Remote) AcceptGap(ctx context.Context, q GapQuery) (ledger.Entry, error) {
	return one[ledger.Entry](ctx, r, request{Gap: &q})
}
