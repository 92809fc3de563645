package tree

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison/broker/ledger"
	"liaison/schemas"
	"liaison/schemas/proof"
)

// freshEnough is how old a head may be that is given to whoever asks for one,
// so that questions do not keep the disk busy.
const freshEnough = time.Second

// Head proves the head, and that it extends one of so many entries if since is
// not zero. It says nothing of an extension of more entries than there are:
// whoever holds such a head sees that the ledger went back.
func (t *Tree) Head(ctx context.Context, since uint64) ([]byte, error) {
	head := t.head.Load()
	if time.Since(head.at) > freshEnough {
		var err error
		if head, err = t.fresh(ctx); err != nil {
			return nil, err
		}
	}
	p, err := t.proofOf(head, since)
	if err != nil {
		return nil, err
	}
	return p.Encode()
}

// Prove proves that an entry is in the tree, and shows of it what a member may
// see: the originator everything that was decided, another member what was
// disclosed to it. Shown to nobody ("") is the whole entry, with the key that
// opens all commitments. The entry is not found (ledger.ErrNotFound) where the
// member may see nothing of it.
func (t *Tree) Prove(ctx context.Context, number uint64, to schemas.MemberID, since uint64) ([]byte, error) {
	head := t.head.Load()
	if number > head.Size {
		var err error
		if head, err = t.fresh(ctx); err != nil {
			return nil, err
		}
	}
	if number == 0 || number > head.Size {
		return nil, ledger.ErrNotFound
	}
	e, err := t.cfg.Ledger.Numbered(ctx, number)
	if err != nil {
		return nil, err
	}
	if same, err := t.has(number, e.Raw); err != nil || !same {
		return nil, fmt.Errorf("proving entry %d: %w", number, t.differs(number))
	}
	p, err := t.proofOf(head, since)
	if err != nil {
		return nil, err
	}
	if p.Entry, err = t.inclusion(head, e, to); err != nil {
		return nil, err
	}
	return p.Encode()
}

// proofOf begins a proof with a head, and its extension if one is asked for.
func (t *Tree) proofOf(head *signed, since uint64) (*proof.Proof, error) {
	p := &proof.Proof{Version: proof.Version, Head: string(head.note)}
	if since == 0 || since > head.Size {
		return p, nil
	}
	path, err := tlog.ProveTree(int64(head.Size), int64(since), t.hashes.settled())
	if err != nil {
		return nil, fmt.Errorf("proving that the head extends one of %d entries: %w", since, err)
	}
	p.Since = &proof.Extension{Size: since, Path: path}
	return p, nil
}

func (t *Tree) inclusion(head *signed, e ledger.Stored, to schemas.MemberID) (*proof.Inclusion, error) {
	key := t.keys.entryKey(e.Number, e.Raw)
	leaf, err := proof.NewLeaf(e.Raw, key)
	if err != nil {
		return nil, err
	}
	path, err := tlog.ProveRecord(int64(head.Size), int64(e.Number-1), t.hashes.settled())
	if err != nil {
		return nil, fmt.Errorf("proving entry %d: %w", e.Number, err)
	}
	in := &proof.Inclusion{Number: e.Number, Leaf: leaf.Commitments, Path: path}
	if to == "" {
		in.Audit = &proof.Audit{Key: tlog.Hash(key), Entry: string(e.Raw)}
		return in, nil
	}
	if in.Shown = shownTo(leaf, &e.Entry, to); in.Shown == nil {
		return nil, ledger.ErrNotFound
	}
	return in, nil
}

// shownTo returns the view of an entry that a member may see, or nil.
func shownTo(leaf *proof.Leaf, e *ledger.Entry, to schemas.MemberID) *proof.Shown {
	for _, part := range leaf.Parts {
		switch part.View {
		case proof.SenderView:
			if e.Originator != to {
				continue
			}
		case proof.MemberView:
			var r proof.Received
			if err := json.Unmarshal(part.Text, &r); err != nil || r.Member != to {
				continue
			}
		default:
			continue
		}
		return &proof.Shown{View: part.View, Salt: part.Salt, Text: string(part.Text)}
	}
	return nil
}
