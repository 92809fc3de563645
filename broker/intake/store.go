package intake

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"liaison/broker/failpoint"
	"liaison/broker/ledger"
	"liaison/schemas"
)

const (
	// commitWait bounds one commit. After a disk error the engine stops
	// answering; the sender then hears of it within a second.
	commitWait = time.Second
	// singly is the most records that are published one by one: an atomic
	// batch costs 3 to 6 ms of staging, a synced publish about 0.25 ms.
	singly = 16
	// lookupSize is the most ids of one look-up: 256 messages of 64 KiB stay
	// below what the server lets wait for one connection.
	lookupSize = 256
)

// The engine's error numbers that the intake tells apart.
const (
	codeWrongLastSequence jetstream.ErrorCode = 10071
	codeStoreFailed       jetstream.ErrorCode = 10077
	codeResources         jetstream.ErrorCode = 10023
)

// store keeps accepted records in the stream INTAKE.
type store struct {
	js jetstream.JetStream
}

// accept gives every record a final receipt: stored now, stored before, or
// refused. The error, if any, is the fault behind refusals for the store's sake.
func (s *store) accept(ctx context.Context, records []*record) error {
	if len(records) == 0 {
		return nil
	}
	known, err := s.find(ctx, records)
	if err != nil {
		refuseAll(records, err)
		return err
	}
	var fresh []*record
	twins := map[*record]*record{} // a record to an earlier one of the same id
	first := map[string]*record{}
	for _, r := range records {
		address := schemas.IntakeAddress(r.message.Originator, r.message.ID)
		switch have, ok := known[address]; {
		case ok:
			r.resolve(have)
		case first[address] != nil:
			twins[r] = first[address]
		default:
			first[address] = r
			fresh = append(fresh, r)
		}
	}
	if err := ctx.Err(); err != nil {
		refuseAll(fresh, err)
		return err
	}
	failpoint.Here("intake.searched")
	err = s.publish(ctx, fresh)
	for r, earlier := range twins {
		if earlier.receipt.Refusal != nil {
			r.receipt.Refusal = earlier.receipt.Refusal
			continue
		}
		r.resolve(accepted{sequence: earlier.receipt.Sequence, digest: digestText(earlier.digest)})
	}
	return err
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
			addresses[i] = schemas.IntakeAddress(r.message.Originator, r.message.ID)
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
		if _, ok := known[schemas.IntakeAddress(r.message.Originator, r.message.ID)]; !ok {
			decisions = append(decisions, schemas.DecisionAddress(r.message.Originator, r.message.ID))
		}
	}
	if len(decisions) == 0 {
		return nil
	}
	// Asked after the look-up: whatever was erased before it shows here.
	intake, err := s.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("looking up whether anything was erased: %w", err)
	}
	if state := intake.CachedInfo().State; state.Msgs == state.LastSeq {
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

// publish stores records that are new and gives each its receipt.
func (s *store) publish(ctx context.Context, fresh []*record) error {
	if len(fresh) == 0 {
		return nil
	}
	if len(fresh) <= singly {
		return s.publishSingly(ctx, fresh)
	}
	msgs := make([]*nats.Msg, len(fresh))
	for i, r := range fresh {
		msgs[i] = r.stored()
	}
	ack, err := jetstreamext.PublishMsgBatch(ctx, s.js, msgs, jetstreamext.BatchFlowControl{AckFirst: true, AckTimeout: commitWait})
	var api *jetstream.APIError
	if errors.As(err, &api) {
		// Nothing of the batch was stored. One by one, each record gets its
		// own answer.
		return s.publishSingly(ctx, fresh)
	}
	if err != nil {
		refuseAll(fresh, err)
		return fmt.Errorf("storing a batch of %d: %w", len(fresh), err)
	}
	for i, r := range fresh {
		r.receipt.Sequence = ack.Sequence - uint64(len(fresh)-1-i)
	}
	return nil
}

func (s *store) publishSingly(ctx context.Context, fresh []*record) error {
	futures := make([]jetstream.PubAckFuture, len(fresh))
	var fault error
	for i, r := range fresh {
		f, err := s.js.PublishMsgAsync(r.stored())
		if err != nil {
			refuseAll([]*record{r}, err)
			fault = err
			continue
		}
		futures[i] = f
		failpoint.Here("intake.published")
	}
	for i, f := range futures {
		if f == nil {
			continue
		}
		ack, err := await(ctx, f)
		if err == nil {
			fresh[i].receipt.Sequence = ack.Sequence
			continue
		}
		if err := s.settle(ctx, fresh[i], err); err != nil {
			fault = err
		}
	}
	return fault
}

func await(ctx context.Context, f jetstream.PubAckFuture) (*jetstream.PubAck, error) {
	select {
	case ack := <-f.Ok():
		return ack, nil
	case err := <-f.Err():
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// settle answers a record whose publish failed. If the fence held, its id was
// taken in the meantime: it is looked up again.
func (s *store) settle(ctx context.Context, r *record, cause error) error {
	var api *jetstream.APIError
	if errors.As(cause, &api) && api.ErrorCode == codeWrongLastSequence {
		known, err := s.find(ctx, []*record{r})
		if have, ok := known[schemas.IntakeAddress(r.message.Originator, r.message.ID)]; err == nil && ok {
			r.resolve(have)
			return nil
		}
	}
	refuseAll([]*record{r}, cause)
	return cause
}

// stored is the form in which the record lies in the intake. The fence makes
// the engine itself refuse a second message with the same id.
func (r *record) stored() *nats.Msg {
	return &nats.Msg{
		Subject: schemas.IntakeAddress(r.message.Originator, r.message.ID),
		Data:    r.canonical,
		Header: nats.Header{
			jetstream.ExpectedLastSubjSeqHeader: {"0"},
			ledger.HeaderAccount:                {r.account},
			ledger.HeaderDigest:                 {digestText(r.digest)},
			ledger.HeaderSalt:                   {ledger.NewSalt()},
		},
	}
}

// refuseAll answers records that the store did not take: full or not working,
// the sender may try again unchanged.
func refuseAll(records []*record, cause error) {
	code, advice := schemas.RefusedStorage, "try again later; if it was stored after all, you get the receipt of a duplicate"
	var api *jetstream.APIError
	if errors.As(cause, &api) && (api.ErrorCode == codeStoreFailed || api.ErrorCode == codeResources) {
		code, advice = schemas.RefusedFull, "the store is full: try again later, and tell the operator"
	}
	for _, r := range records {
		r.receipt.Refusal = schemas.Refuse(code, advice)
	}
}

func digestText(d schemas.Digest) string { return base64.RawURLEncoding.EncodeToString(d[:]) }
