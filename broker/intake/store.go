package intake

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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
)

// The engine's error numbers that the intake tells apart.
const (
	codeWrongLastSequence jetstream.ErrorCode = 10071
	codeStoreFailed       jetstream.ErrorCode = 10077
	codeResources         jetstream.ErrorCode = 10023
)

// store keeps accepted records in the stream INTAKE.
//
// An id is taken once and for ever. That the intake has no message with it is
// the condition under which the engine stores one, so that fresh records are
// published without a look-up before. The engine's condition holds for what is
// in the intake now: as long as that is everything it ever took, no more need be
// asked. Otherwise, and as long as senders send again what was accepted, each id
// is looked up first, among the decisions, too.
type store struct {
	js jetstream.JetStream
	// healthy says whether every stream still works.
	healthy func() error
	gate    gate
	last    atomic.Uint64 // the highest sequence that a receipt has named
	steps   Steps
	// opened counts how often the streams were opened again: a new start may make
	// the intake lack what it took. So does whatever erases messages, and says so
	// before in lacks; committing is held by each commit.
	opened     atomic.Uint64
	lacks      atomic.Bool
	committing sync.Mutex

	// What follows belongs to the goroutine that commits.
	whole     bool   // the intake was seen to have all that it ever took
	wholeAt   uint64 // what opened was before that
	again     bool   // the last records that were published or looked up were not all new
	room      room
	undecided undecided
}

// accept gives every record a final receipt: stored now, stored before, or
// refused. The error, if any, is the fault behind refusals for the store's sake.
func (s *store) accept(ctx context.Context, records []*record) error {
	if len(records) == 0 {
		return nil
	}
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	if refusal := s.gate.enter(giveUp); refusal != nil {
		refuseWith(records, refusal)
		return nil // said already by whoever shut the gate
	}
	err := s.commit(ctx, records)
	if refusal := s.gate.leave(); refusal != nil && err != nil {
		refuseWith(slices.DeleteFunc(slices.Clone(records), func(r *record) bool {
			return r.receipt.Refusal == nil || !r.receipt.Refusal.Later()
		}), refusal)
	}
	for _, r := range records {
		if r.receipt.Refusal == nil && r.receipt.Sequence > s.last.Load() {
			s.last.Store(r.receipt.Sequence)
		}
	}
	return err
}

// commit stores the records that are new and gives the others their receipts.
func (s *store) commit(ctx context.Context, records []*record) error {
	first, twins := apart(records)
	fresh, err := first, error(nil)
	s.committing.Lock()
	defer s.committing.Unlock()
	looked := s.again || s.lacks.Load() || !s.whole || s.wholeAt != s.opened.Load() || slices.ContainsFunc(fresh, (*record).isStep)
	if looked {
		if fresh, err = s.unknown(ctx, fresh); err != nil {
			return err
		}
		if fresh, err = s.checkSteps(ctx, fresh); err != nil {
			return err
		}
	}
	failpoint.Here("intake.searched")
	taken, err := s.publish(ctx, fresh, looked)
	if len(taken) > 0 {
		fresh, fault := s.unknown(ctx, taken)
		if fault == nil {
			_, fault = s.publish(ctx, fresh, true)
		}
		err = errors.Join(err, fault)
	}
	if err != nil {
		s.undecided.asked = false // what is stored all the same is asked for
	}
	if fault := s.undecided.add(first); fault != nil {
		s.undecided.asked = false
		err = errors.Join(err, fault)
	}
	for r, earlier := range twins {
		if earlier.receipt.Refusal != nil {
			r.receipt.Refusal = earlier.receipt.Refusal
			continue
		}
		r.resolve(accepted{sequence: earlier.receipt.Sequence, digest: digestText(earlier.digest)})
	}
	return err
}

// erasing is called before anything is removed from the intake. When it returns
// no commit is under way that takes an id for new because the intake has no
// message with it.
func (s *store) erasing() {
	s.lacks.Store(true)
	s.committing.Lock()
	defer s.committing.Unlock()
}

// apart tells the first record of each id from its twins, each with that first.
func apart(records []*record) (first []*record, twins map[*record]*record) {
	if len(records) == 1 {
		return records, nil
	}
	byAddress := make(map[string]*record, len(records))
	first, twins = make([]*record, 0, len(records)), map[*record]*record{}
	for _, r := range records {
		if earlier, ok := byAddress[r.address]; ok {
			twins[r] = earlier
			continue
		}
		byAddress[r.address] = r
		first = append(first, r)
	}
	return first, twins
}

// publish stores records and gives each its receipt, but for those that the
// engine did not take although it works: they are returned, unless they were
// looked up already.
func (s *store) publish(ctx context.Context, fresh []*record, looked bool) (taken []*record, err error) {
	if len(fresh) == 0 {
		return nil, nil
	}
	if err := s.take(ctx, fresh); err != nil {
		refuseAll(fresh, err)
		return nil, err
	}
	if len(fresh) <= singly {
		return s.publishSingly(ctx, fresh, looked)
	}
	msgs := make([]*nats.Msg, len(fresh))
	for i, r := range fresh {
		msgs[i] = r.stored()
	}
	ack, err := jetstreamext.PublishMsgBatch(ctx, s.js, msgs, jetstreamext.BatchFlowControl{AckFirst: true, AckTimeout: commitWait})
	var api *jetstream.APIError
	if errors.As(err, &api) && !full(err) {
		// Nothing of the batch was stored.
		if !looked {
			return fresh, nil
		}
		return s.publishSingly(ctx, fresh, looked) // each gets its own answer
	}
	if err != nil {
		refuseAll(fresh, err)
		return nil, fmt.Errorf("storing a batch of %d: %w", len(fresh), err)
	}
	for i, r := range fresh {
		r.receipt.Sequence = ack.Sequence - uint64(len(fresh)-1-i)
	}
	return nil, nil
}

func (s *store) publishSingly(ctx context.Context, fresh []*record, looked bool) (taken []*record, fault error) {
	futures := make([]jetstream.PubAckFuture, len(fresh))
	for i, r := range fresh {
		f, err := s.js.PublishMsgAsync(r.stored())
		if err == nil {
			err = ctx.Err() // the rest need not be tried, and this one not awaited
		}
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
		var api *jetstream.APIError
		switch {
		case err == nil:
			fresh[i].receipt.Sequence = ack.Sequence
		case !looked && errors.As(err, &api) && api.ErrorCode == codeWrongLastSequence:
			taken = append(taken, fresh[i])
		default:
			refuseAll(fresh[i:i+1], err)
			fault = err
		}
	}
	return taken, fault
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

// stored is the form in which the record lies in the intake. The fence makes
// the engine itself refuse a second message with the same id.
func (r *record) stored() *nats.Msg {
	return &nats.Msg{
		Subject: r.address,
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
	if full(cause) {
		code, advice = schemas.RefusedFull, "the store is full: try again later, and tell the operator"
	}
	refuseWith(records, schemas.Refuse(code, advice))
}

// full says whether the engine refused because the store has reached its bound.
// An error of the disk is never answered with that.
func full(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, errFull) || errors.As(err, &api) && (api.ErrorCode == codeStoreFailed || api.ErrorCode == codeResources)
}

func refuseWith(records []*record, refusal *schemas.Refusal) {
	for _, r := range records {
		own := *refusal
		r.receipt.Refusal = &own
	}
}

func digestText(d schemas.Digest) string { return base64.RawURLEncoding.EncodeToString(d[:]) }
