package tree

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison/broker/ledger"
)

const (
	// lookEvery is how often the follower looks whether the router has
	// committed, and publishEvery how often it signs while much is to be done.
	lookEvery    = 200 * time.Millisecond
	publishEvery = time.Second
	// askedEvery is how often a head is signed for those who ask.
	askedEvery = 100 * time.Millisecond
	// stepSize is how many entries are taken up in one turn.
	stepSize = 256
	// rest is how many times as long as it worked the follower rests, so that
	// the router has the machine.
	rest = 3
	// endSize is how many of the last entries are checked at start.
	endSize = 256
)

// Run follows the ledger until the context ends. It returns an error only for
// a ledger that is not the one that the tree has, and still is not when it is
// read again: the router stops then, and not for an answer that was cut short.
func (t *Tree) Run(ctx context.Context) error {
	seen := uint64(0)
	var before error
	for {
		wait := lookEvery
		if to := t.cfg.Committed(); to != seen {
			err := t.follow(ctx, to)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				// A head costs three syncs, which small commits would wait for:
				// those who ask get theirs sooner.
				t.trouble.Store(nil)
				seen, before = to, nil
			} else {
				t.trouble.Store(&err)
				if errors.Is(err, ErrDamaged) && errors.Is(before, ErrDamaged) {
					return err
				}
				if before == nil || err.Error() != before.Error() {
					t.cfg.Log.Warn("following the ledger; trying again", "err", err)
				}
				before, wait = err, retryWait
			}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// follow takes up everything that is committed, resting in between.
func (t *Tree) follow(ctx context.Context, to uint64) error {
	for {
		began := time.Now()
		more, err := t.step(ctx, to, stepSize)
		if err != nil || !more {
			return err
		}
		select {
		case <-time.After(rest * time.Since(began)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fresh brings the published head up to what is committed, for whoever asks:
// not so often that questions keep the disk busy.
func (t *Tree) fresh(ctx context.Context) (*signed, error) {
	select {
	case <-time.After(askedEvery - time.Since(t.head.Load().at)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := t.catchUp(ctx); err != nil {
		return nil, err
	}
	return t.head.Load(), nil
}

// catchUp takes up everything that is committed at once, and publishes it.
func (t *Tree) catchUp(ctx context.Context) error {
	for {
		more, err := t.step(ctx, t.cfg.Committed(), stepSize)
		if err != nil || !more {
			return err
		}
	}
}

// step takes up at most so many entries up to a sequence of the stream (0 means
// its end), and says whether there are more. After an error the tree goes on
// from its published head.
func (t *Tree) step(ctx context.Context, to uint64, most int) (more bool, err error) {
	if err := t.take(ctx); err != nil {
		return false, err
	}
	defer t.give()
	if err := t.check(ctx); err != nil {
		return false, err
	}
	if more, err = t.takeUp(ctx, to, most); err == nil {
		err = t.hashes.flush()
	}
	if err == nil && t.size > t.head.Load().Size && (!more || time.Since(t.head.Load().at) > publishEvery) {
		err = t.publish()
	}
	if err != nil {
		t.size, t.known = t.head.Load().Size, false
		t.hashes.count, t.hashes.pending = tlog.StoredHashCount(int64(t.size)), nil
	}
	return more, err
}

// takeUp appends entries. The caller has the turn, and the end is known.
func (t *Tree) takeUp(ctx context.Context, to uint64, most int) (more bool, err error) {
	for msg, err := range t.cfg.Ledger.Raw(ctx, t.sequence) {
		if err != nil {
			return false, err
		}
		if to != 0 && msg.Sequence > to {
			return false, nil
		}
		if most--; most < 0 {
			return true, nil
		}
		if err := t.append(msg.Data, msg.Sequence); err != nil {
			return false, err
		}
	}
	return false, nil
}

// append adds the next entry to the tree, if it is the next.
func (t *Tree) append(raw []byte, sequence uint64) error {
	number := t.size + 1
	e, err := ledger.ParseLink(raw)
	if err != nil {
		return fmt.Errorf("%w: at sequence %d, where entry %d must be: %w", ErrDamaged, sequence, number, err)
	}
	if e.Number != number || e.Previous != t.end.Hash {
		return fmt.Errorf("%w: what lies at sequence %d (entry %d) does not follow entry %d", ErrDamaged, sequence, e.Number, t.size)
	}
	leaf, err := t.leaf(number, raw)
	if err != nil {
		return fmt.Errorf("%w: at sequence %d: %w", ErrDamaged, sequence, err)
	}
	if err := t.hashes.add(t.size, leaf.Hash()); err != nil {
		return err
	}
	t.size, t.sequence = number, sequence
	t.end = ledger.Chain{Number: number, Hash: ledger.HashOf(raw)}
	return nil
}
