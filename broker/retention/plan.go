package retention

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/docket"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// Left returns all that is left of a message, by what is committed when it is
// asked; false if there is nothing.
func (k *Keeper) Left(ctx context.Context, of schemas.MessageRef) (ledger.Gone, bool, error) {
	g := ledger.Gone{Of: of}
	parts, err := k.cfg.Docket.Parts(ctx, of)
	if err != nil {
		return g, false, err
	}
	var gone ledger.Spans
	inIntake := true
	for _, p := range parts {
		inIntake = inIntake && !p.Message
		for _, s := range p.Copies {
			gone = gone.Add(s)
		}
	}
	for e, err := range k.ledger.Entries(ctx, schemas.DecisionAddress(of.Originator, of.ID)) {
		if err != nil {
			return g, false, fmt.Errorf("finding the copies of a message: %w", err)
		}
		if e.Copies > 0 {
			g.Copies = append(g.Copies, gone.Without(ledger.Span{From: e.Sequence + 1, To: e.Sequence + uint64(e.Copies)})...)
		}
		if inIntake && e.Replaces == 0 {
			if err := k.accepted(ctx, &g, &e.Entry); err != nil {
				return g, false, err
			}
		}
	}
	return g, g.Intake != 0 || len(g.Copies) > 0, nil
}

// Corrected returns all that is left of a message and of its originator's
// corrections of it; none of what is gone.
func (k *Keeper) Corrected(ctx context.Context, of schemas.MessageRef) (left []ledger.Gone, err error) {
	messages, err := k.cfg.Docket.Corrected(ctx, of)
	for i := 0; err == nil && i < len(messages); i++ {
		var g ledger.Gone
		var some bool
		if g, some, err = k.Left(ctx, messages[i]); some {
			left = append(left, g)
		}
	}
	return left, err
}

// accepted adds the accepted message, and what the docket needs of it.
func (k *Keeper) accepted(ctx context.Context, g *ledger.Gone, e *ledger.Entry) error {
	s, err := k.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("reading what is to be erased: %w", err)
	}
	msg, err := s.GetMsg(ctx, e.Intake)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // lost, and the scrub says so: an entry must not cover that up
	}
	if err != nil {
		return fmt.Errorf("reading what is to be erased: %w", err)
	}
	g.Intake = e.Intake
	m, err := schemas.DecodeCopy(msg.Data)
	if err != nil || !e.Matters() {
		return nil // what cannot be read began no matter
	}
	if g.Step, err = schemas.EncodeMsgPack(docket.Bare(m)); err != nil {
		return fmt.Errorf("keeping what the docket needs of a message: %w", err)
	}
	return nil
}

// Erased says whether the ledger records that the accepted message is erased,
// though it may not be removed yet.
func (k *Keeper) Erased(ctx context.Context, of schemas.MessageRef) (bool, error) {
	e, err := k.cfg.Docket.Erased(ctx, of)
	return e != nil && e.Message, err
}

// ErrOpen says that a message belongs to a matter that is open.
var ErrOpen = errors.New("it belongs to a matter that is open")

// ErrNothing says that nothing is left of a message, or that there never was one.
var ErrNothing = errors.New("there is no such message, or nothing of it is left")

// Erase has all that is left of a message erased, for an operator's reason, and
// returns the entry that says so, when it is carried out.
func (k *Keeper) Erase(ctx context.Context, of schemas.MessageRef, reason, by string) (*ledger.Entry, error) {
	e, err := k.cfg.Act(ctx, func(ctx context.Context) (*ledger.Entry, error) {
		why, err := k.cfg.Docket.Open(ctx, of)
		if err == nil && why != "" {
			err = fmt.Errorf("%w: %s", ErrOpen, why)
		}
		if err != nil {
			return nil, err
		}
		left, some, err := k.Left(ctx, of)
		if err == nil && !some {
			err = ErrNothing
		}
		if err != nil {
			return nil, err
		}
		return &ledger.Entry{Kind: ledger.ErasedEntry, By: by,
			Erased: &ledger.Erasure{Why: ledger.ErasedOperator, Reason: reason, Messages: []ledger.Gone{left}}}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("erasing %s: %w", of, err)
	}
	return e, k.Finish(ctx)
}
