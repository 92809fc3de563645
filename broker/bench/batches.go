package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"liaison/schemas"
)

// The engine's own atomic batches are the limit of a broker that stores each
// record on its own and acknowledges it when it is on the disk.
const (
	// halfBatch is what a commit has at most when another of the same size
	// gathers meanwhile, with as many in flight as at the deepest.
	halfBatch = deepest / 2
	// largestBatch is the most that one commit of the intake has.
	largestBatch = 1000
	// smallestBatch is a decision with five copies.
	smallestBatch = 6

	batchStream = "BATCHES"
)

// batches publishes atomic batches of messages that lie ready to the plain
// engine that syncs always, within the process, the next when the last is on
// the disk: nothing is examined, and nobody waits for a receipt.
type batches struct {
	js    jetstream.JetStream
	size  int
	each  time.Duration
	next  func() (raw []byte, number uint64)
	guess float64 // messages a second
}

// ownBatches makes a stream for batches on the plain engine that syncs always.
func (b *bench) ownBatches(ctx context.Context, size int) (*batches, error) {
	_, err := b.synced.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: batchStream, Subjects: []string{"batches.>"}, Storage: jetstream.FileStorage,
		AllowDirect: true, AllowAtomicPublish: true, Duplicates: time.Second})
	if err != nil {
		return nil, fmt.Errorf("making a stream for batches: %w", err)
	}
	supply, err := newSupply(b.site.run, &b.batched, senders[0], 1, b.site.areas)
	if err != nil {
		return nil, err
	}
	return &batches{js: b.synced.js, size: size, each: b.Plan.Each, next: supply.one, guess: 10_000}, nil
}

// measure returns the rate in messages a second.
func (g *batches) measure(ctx context.Context) (float64, error) {
	ready := make([][]*nats.Msg, max(int(g.guess*g.each.Seconds())/g.size, 2))
	for i := range ready {
		ready[i] = g.batch()
	}
	began := time.Now()
	for _, msgs := range ready {
		if _, err := jetstreamext.PublishMsgBatch(ctx, g.js, msgs, jetstreamext.BatchFlowControl{AckFirst: true, AckTimeout: answerWait}); err != nil {
			return 0, fmt.Errorf("publishing a batch of %d: %w", g.size, err)
		}
	}
	g.guess = rate(len(ready)*g.size, time.Since(began))
	return g.guess, nil
}

// batch is what the intake would store: each message at an address of its own.
func (g *batches) batch() []*nats.Msg {
	msgs := make([]*nats.Msg, g.size)
	for i := range msgs {
		raw, number := g.next()
		msgs[i] = &nats.Msg{Subject: fmt.Sprintf("batches.%s.%012x", senders[0], number), Data: raw,
			Header: nats.Header{jetstream.ExpectedLastSubjSeqHeader: {"0"}, schemas.HeaderID: {fmt.Sprint(number)}}}
	}
	return msgs
}

// besideBatches adds how near a rate of ours comes to what the engine itself
// does with batches of a size.
func (b *bench) besideBatches(ctx context.Context, name string, ours *gauge, size int) error {
	own, err := b.ownBatches(ctx, size)
	if err != nil {
		return err
	}
	f, err := b.compare(ctx, "the intake, "+name, ours, own)
	if err != nil {
		return err
	}
	f.Part, f.Name = Intake, name+", to batches"
	f.Says = fmt.Sprintf("messages a second that members submit and get receipts for, %s, to those that the engine itself stores as atomic batches of %d that lie ready, one after the other within the process", name, size)
	b.add(f)
	return nil
}

// timeSmallest times the engine's own batches of a decision with its copies: no
// feed can have a copy sooner that is stored together with its decision.
func (b *bench) timeSmallest(ctx context.Context) (ms float64, err error) {
	own, err := b.ownBatches(ctx, smallestBatch)
	if err != nil {
		return 0, err
	}
	perSecond, err := own.measure(ctx)
	return 1000 * smallestBatch / perSecond, err
}
