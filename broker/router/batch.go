package router

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// Bounds of one commit. A batch ends with a whole record, so it may exceed
// them by the copies of one record: at most the 1,000 desks there can be.
const (
	maxEntries = 3900
	maxBytes   = 8 << 20
	// few is how many messages may be sent to an engine that may not take them.
	few = 64
	// maxEntry is the most bytes of one entry: the server takes 2 MiB.
	maxEntry = 1 << 20
	// ampleOutcome is more than an item's outcome ever takes of an entry.
	ampleOutcome = 1 << 10
)

// commitWait bounds one commit.
const commitWait = 5 * time.Second

// batch is what one commit makes durable: for each record its entry, then its
// copies.
type batch struct {
	start  position
	end    position
	msgs   []*nats.Msg
	bytes  int
	copies []batchCopy
	// matters says whether an entry begins or changes a matter.
	matters bool
	// decided has the address of every decision in the batch.
	decided map[string]bool
	// staged has all messages but the last, if they are with the engine already.
	staged jetstreamext.BatchPublisher
}

// seal fences a batch that is complete, and says where it will end.
func (b *batch) seal() {
	b.msgs[0].Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(b.start.fence, 10))
	b.end.fence = b.start.fence + uint64(len(b.msgs))
}

// batchCopy is a copy in a batch, with what live readers need.
type batchCopy struct {
	account string
	message *schemas.Message
	msg     *nats.Msg
	index   int
}

func newBatch(at position) *batch { return &batch{start: at, end: at, decided: map[string]bool{}} }

// full says whether another record should wait for the next batch.
func (b *batch) full() bool { return len(b.msgs) >= maxEntries || b.bytes >= maxBytes }

// addEntry seals an entry as the next of the chain and adds it.
func (b *batch) addEntry(e *ledger.Entry) error {
	raw, chain, err := b.end.chain.Seal(e)
	if err != nil {
		return err
	}
	b.end.chain, b.end.place, b.end.policy = chain, e.Intake, e.Policy
	b.decided[ledger.AddressOf(e)] = true
	b.matters = b.matters || e.Matters()
	b.add(&nats.Msg{Subject: ledger.AddressOf(e), Data: raw, Header: nats.Header{}})
	return nil
}

// addDecision adds a decision's entry and its copies.
func (b *batch) addDecision(d decision) error {
	if d.tooLarge() {
		// It could never be committed, and would be tried for ever.
		d.copies, d.entry.Outcomes = nil, nil
		d = d.hold(ReasonTooLarge)
	}
	d.entry.Copies = len(d.copies)
	if err := b.addEntry(&d.entry); err != nil {
		return err
	}
	for _, c := range d.copies {
		msg := c.stored(&d.entry)
		b.copies = append(b.copies, batchCopy{account: c.desk.Account, message: c.message, msg: msg, index: len(b.msgs)})
		b.add(msg)
	}
	return nil
}

// tooLarge says whether the decision's entry is more than can be stored.
func (d decision) tooLarge() bool {
	outcomes := 0
	for _, o := range d.entry.Outcomes {
		outcomes += 1 + len(o.Items)
	}
	if (outcomes+2*len(d.entry.Records))*ampleOutcome < maxEntry {
		return false // nearly always: no need to write it out to see
	}
	raw, _, err := ledger.Chain{}.Seal(&d.entry)
	return err != nil || len(raw)+200 > maxEntry // the chain's own fields come on top
}

func (b *batch) add(msg *nats.Msg) {
	b.msgs = append(b.msgs, msg)
	b.bytes += len(msg.Data) + len(msg.Subject) + 200 // about what headers take
}

// commit stores a batch as a whole, fenced: if anything else was written since
// the fence was read, nothing of it is stored. A crash in here leaves either
// all of it or nothing.
func (r *Router) commit(ctx context.Context, b *batch) error {
	ctx, cancel := context.WithTimeout(ctx, commitWait)
	defer cancel()
	if r.cfg.Settled != nil {
		if err := r.cfg.Settled(ctx, b.end.place); err != nil {
			return fmt.Errorf("waiting until the intake is durable: %w", err)
		}
	}
	last, err := r.store(ctx, b)
	if err == nil && last != b.end.fence {
		err = fmt.Errorf("they end at %d instead of %d", last, b.end.fence)
	}
	if err != nil {
		return fmt.Errorf("committing %d entries and copies: %w", len(b.msgs), err)
	}
	return nil
}

// store writes messages atomically and returns the sequence of the last. One
// message alone needs no batch, and is much cheaper without.
func (r *Router) store(ctx context.Context, b *batch) (uint64, error) {
	msgs := b.msgs
	if len(msgs) == 1 {
		ack, err := r.cfg.JetStream.PublishMsg(ctx, msgs[0], jetstream.WithRetryAttempts(0))
		if err != nil {
			return 0, err
		}
		return ack.Sequence, nil
	}
	var ack *jetstreamext.BatchAck
	var err error
	if b.staged != nil {
		ack, err = b.staged.CommitMsg(ctx, msgs[len(msgs)-1])
	} else {
		// A few messages are sent at once; many, only when the engine takes the first.
		ack, err = jetstreamext.PublishMsgBatch(ctx, r.cfg.JetStream, msgs, jetstreamext.BatchFlowControl{AckFirst: len(msgs) > few, AckTimeout: commitWait})
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// liveHeader is the header of the stored copy with its place in the feed.
func (c batchCopy) liveHeader(first uint64) nats.Header {
	h := nats.Header(schemas.CopyHeader(c.msg.Header))
	h.Set(schemas.HeaderSequence, strconv.FormatUint(first+uint64(c.index), 10))
	return h
}
