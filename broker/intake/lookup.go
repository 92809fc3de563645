package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// lookupSize is the most ids of one look-up: 256 messages of 64 KiB stay below
// what the server lets wait for one connection.
const lookupSize = 256

// unknown looks records up, gives those that are known their receipts and
// returns the others. After an error all are refused.
func (s *store) unknown(ctx context.Context, records []*record) (fresh []*record, err error) {
	known, err := s.find(ctx, records)
	if err == nil && len(known) > 0 {
		// A batch that could not be made durable can be found all the same: no
		// receipt may rest on it. The engine ends the batch before it answers a
		// look-up, so that its fault shows by now.
		err = s.healthy()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		refuseAll(records, err)
		return nil, err
	}
	s.again = len(known) > 0
	for _, r := range records {
		if have, ok := known[r.address]; ok {
			r.resolve(have)
			continue
		}
		fresh = append(fresh, r)
	}
	return fresh, nil
}

// accepted is what is known of a record that was accepted before.
type accepted struct {
	sequence uint64
	digest   string
	erased   bool
}

// resolve gives a record whose id is known its receipt.
func (r *record) resolve(have accepted) {
	switch {
	case have.erased:
		r.receipt.Refusal = schemas.Refuse(schemas.RefusedErased, "it was accepted before and has been erased; it is not taken again",
			schemas.Fault{Path: "id", Code: "erased", Problem: "a message with this id was decided and then erased", Advice: "ask the operator for the ledger entry"})
	case have.digest != digestText(r.digest):
		r.receipt.Refusal = schemas.Refuse(schemas.RefusedConflict, "choose a new id, and link to the earlier message with the relation \"supersedes\"",
			schemas.Fault{Path: "id", Code: "conflict", Problem: fmt.Sprintf("the id was accepted before, at sequence %d, with other content", have.sequence),
				Advice: "an accepted message never changes"})
	default:
		r.receipt.Sequence, r.receipt.Duplicate = have.sequence, true
	}
}

// find looks every id up, in the intake and, if it is not there, among the
// decisions: an id that has a decision and no message any more was erased.
func (s *store) find(ctx context.Context, records []*record) (map[string]accepted, error) {
	known := map[string]accepted{}
	for part := range slices.Chunk(records, lookupSize) {
		addresses := make([]string, len(part))
		for i, r := range part {
			addresses[i] = r.address
		}
		err := s.lookUp(ctx, schemas.IntakeName, addresses, func(m *jetstream.RawStreamMsg) {
			known[m.Subject] = accepted{sequence: m.Sequence, digest: m.Header.Get(ledger.HeaderDigest)}
		})
		if err != nil {
			return nil, err
		}
		if err := s.findErased(ctx, part, known); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// findErased looks for decisions about records that the intake does not have.
// There are nearly never any, and a decision may be large: so only one is asked
// for, and only if there is one, each record on its own.
func (s *store) findErased(ctx context.Context, records []*record, known map[string]accepted) error {
	var decisions []string
	for _, r := range records {
		if _, ok := known[r.address]; !ok {
			decisions = append(decisions, schemas.DecisionAddress(r.message.Originator, r.message.ID))
		}
	}
	if len(decisions) == 0 {
		return nil
	}
	// Asked after the look-up: whatever was erased before it shows here.
	opened := s.opened.Load()
	intake, err := s.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("looking up whether anything was erased: %w", err)
	}
	state := intake.CachedInfo().State
	if s.whole, s.wholeAt = state.Msgs == state.LastSeq, opened; s.whole {
		return nil // the intake still has all that it ever took
	}
	erased := false
	err = s.lookUp(ctx, ledger.Stream, decisions, func(*jetstream.RawStreamMsg) { erased = true }, jetstreamext.GetLastMsgsBatchSize(1))
	if err != nil || !erased {
		return err
	}
	for _, d := range decisions {
		err := s.lookUp(ctx, ledger.Stream, []string{d}, func(m *jetstream.RawStreamMsg) {
			known["intake"+m.Subject[len("decision"):]] = accepted{erased: true}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lookUp calls found with the last message at each address that has one.
func (s *store) lookUp(ctx context.Context, stream string, addresses []string, found func(*jetstream.RawStreamMsg), opts ...jetstreamext.GetLastForOpt) error {
	msgs, err := jetstreamext.GetLastMsgsFor(ctx, s.js, stream, addresses, opts...)
	if err != nil {
		return fmt.Errorf("looking up ids in %s: %w", stream, err)
	}
	for m, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("looking up ids in %s: %w", stream, err)
		}
		found(m)
	}
	// Not heard to the end is not the same as not there.
	if err := ledger.Whole(ctx, s.js); err != nil {
		return fmt.Errorf("looking up ids in %s: %w", stream, err)
	}
	return nil
}
