package tree

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison/broker/ledger"
	"liaison/schemas/proof"
)

// retryWait is how long Check and Run wait before they read the ledger again.
const retryWait = 500 * time.Millisecond

// Check holds the end of the ledger against the tree, however long it takes
// until the ledger can be read. An error that is ErrDamaged names the first
// entry that is missing or differs.
func (t *Tree) Check(ctx context.Context) error {
	for {
		err := t.take(ctx)
		if err == nil {
			err = t.check(ctx)
			t.give()
		}
		if err == nil {
			t.trouble.Store(nil)
			return nil
		}
		t.trouble.Store(&err)
		if errors.Is(err, ErrDamaged) || ctx.Err() != nil {
			return err
		}
		t.cfg.Log.Warn("reading the end of the ledger; trying again", "err", err)
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// check makes the end known. The caller has the turn.
func (t *Tree) check(ctx context.Context) error {
	if t.known {
		return nil
	}
	last, _, err := t.cfg.Ledger.Last(ctx)
	if err != nil {
		return fmt.Errorf("reading the end of the ledger: %w", err)
	}
	if t.size == 0 {
		if last.Number > 0 {
			t.cfg.Log.Warn("the ledger's tree is built anew: compare its head with those that members keep", "entries", last.Number)
		}
		t.end, t.sequence, t.known = ledger.Chain{}, 0, true
		return nil
	}
	if err := t.checkEnd(ctx, last.Number); err != nil {
		return err
	}
	t.known = true
	return nil
}

// checkEnd compares the last entries that the tree has with the ledger, which
// ends at an entry.
func (t *Tree) checkEnd(ctx context.Context, last uint64) error {
	if last < t.size {
		if first, err := t.firstChanged(ctx, last); err != nil || first <= last {
			return errors.Join(err, t.differs(first))
		}
		return fmt.Errorf("%w: the ledger ends at entry %d, and the tree has %d: entry %d is the first that is missing; %s",
			ErrDamaged, last, t.size, last+1, advice)
	}
	first := t.size - min(t.size, endSize) + 1
	at, err := t.cfg.Ledger.Numbered(ctx, first)
	if errors.Is(err, ledger.ErrNotFound) {
		return fmt.Errorf("%w: entry %d is missing; %s", ErrDamaged, first, advice)
	}
	if err != nil {
		return err
	}
	next := first
	for msg, err := range t.cfg.Ledger.Raw(ctx, at.Sequence-1) {
		if err != nil {
			return err
		}
		same, err := t.has(next, msg.Data)
		if err != nil {
			return err
		}
		if !same {
			changed, err := t.firstChanged(ctx, next)
			return errors.Join(err, t.differs(min(changed, next)))
		}
		if next == t.size {
			t.end, t.sequence = ledger.Chain{Number: next, Hash: ledger.HashOf(msg.Data)}, msg.Sequence
			return nil
		}
		next++
	}
	return fmt.Errorf("%w: entry %d is missing; %s", ErrDamaged, next, advice)
}

const advice = "restore a newer backup of the store; only if there is none, move the folder's \"ledger\" away, " +
	"and the tree is built anew from what is left, as members will see from the heads that they keep"

func (t *Tree) differs(number uint64) error {
	return fmt.Errorf("%w: entry %d is not the one that the tree has; %s", ErrDamaged, number, advice)
}

// has says whether the tree has these bytes as that entry.
func (t *Tree) has(number uint64, raw []byte) (bool, error) {
	var want tlog.Hash
	if err := t.hashes.read(want[:], tlog.StoredHashIndex(0, int64(number-1))); err != nil {
		return false, err
	}
	leaf, err := t.leaf(number, raw)
	return err == nil && leaf.Number == number && leaf.Hash() == want, nil
}

// firstChanged looks for the first entry up to a number that the tree has
// otherwise. In a ledger that was forked all behind it differ too, since each
// names the hash of the one before. It returns number+1 if none differs.
func (t *Tree) firstChanged(ctx context.Context, number uint64) (uint64, error) {
	var fault error
	i := sort.Search(int(number), func(i int) bool {
		if fault != nil {
			return true
		}
		e, err := t.cfg.Ledger.Numbered(ctx, uint64(i)+1)
		if err != nil {
			return true // missing or unreadable: changed, too
		}
		same, err := t.has(e.Number, e.Raw)
		fault = err
		return !same
	})
	return uint64(i) + 1, fault
}

// Verify reads the whole ledger and checks the chain of its entries, each
// against the tree, and the tree's hashes against each other and its head.
func (t *Tree) Verify(ctx context.Context, now time.Time) (ledger.Report, error) {
	head := t.head.Load()
	r, err := ledger.Verify(t.cfg.Ledger.Raw(ctx, 0), now, func(number uint64, raw []byte) string {
		if number == 0 || number > head.Size {
			return ""
		}
		same, err := t.has(number, raw)
		switch {
		case err != nil:
			return err.Error()
		case !same:
			return "is not the entry that the tree has"
		}
		return ""
	})
	if err != nil {
		return r, err
	}
	r.Signed = head.Size
	if r.Last < head.Size {
		r.Faults = append(r.Faults, ledger.ChainFault{Entry: r.Last + 1, Problem: fmt.Sprintf("is missing: the tree has %d entries", head.Size)})
	}
	err = t.verifyHashes(ctx, head.Head, &r)
	return r, err
}

// verifyHashes recomputes every hash of the tree from the two below it, and the
// head from those that stand alone.
func (t *Tree) verifyHashes(ctx context.Context, head proof.Head, r *ledger.Report) error {
	settled := t.hashes.settled()
	for at := range tlog.StoredHashCount(int64(head.Size)) {
		level, n := tlog.SplitStoredHashIndex(at)
		if level == 0 {
			continue // the entry's own, which Verify holds against the entry
		}
		three, err := settled.ReadHashes([]int64{at, tlog.StoredHashIndex(level-1, 2*n), tlog.StoredHashIndex(level-1, 2*n+1)})
		if err != nil {
			return err
		}
		if three[0] != tlog.NodeHash(three[1], three[2]) {
			r.Faults = append(r.Faults, ledger.ChainFault{Entry: uint64(n+1) << level, Problem: fmt.Sprintf(
				"the tree's hash of the %d entries up to it is not that of the hashes below (hash %d)", 1<<level, at)})
		}
		if at%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	root, err := tlog.TreeHash(int64(head.Size), settled)
	if err == nil && root != head.Root {
		r.Faults = append(r.Faults, ledger.ChainFault{Entry: head.Size, Problem: "the tree's hashes are not those of its signed head"})
	}
	return err
}
