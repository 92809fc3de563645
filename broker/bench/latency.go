package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/schemas"
)

// paces are at how many messages a second delays are measured.
var paces = []int{200, 2000}

// path is one way from a sender to a reader.
type path struct {
	sender  *nats.Conn
	address string
	supply  *supply
	// reader reads as long as the path is: whoever stops a pull may lose what is
	// on its way until it is delivered again.
	reader jetstream.MessagesContext
	// number reads the number of a message from a copy.
	number func(jetstream.Msg) (uint64, error)
}

// delays are how long messages took to be acknowledged, and to arrive.
type delays struct{ acked, arrived []time.Duration }

// measureLatency measures delays at an even pace, on the broker and on the
// plain engine that syncs always.
func (b *bench) measureLatency(ctx context.Context, r *running) error {
	ours, closeOurs, err := b.pathThrough(ctx, r)
	if err != nil {
		return err
	}
	defer closeOurs()
	plain, err := b.plainPath(ctx)
	if err != nil {
		return err
	}
	defer plain.reader.Stop()
	for _, pace := range paces {
		var all, beside summary
		var smallest []float64
		err := b.repeat(fmt.Sprintf("delays at %d a second", pace), func(oursFirst bool) error {
			return both(oursFirst,
				func() error { return all.measure(ctx, ours, pace, b.Plan.Latency) },
				func() error { return beside.measure(ctx, plain, pace, b.Plan.Latency) },
				func() error {
					ms, err := b.timeSmallest(ctx)
					smallest = append(smallest, ms)
					return err
				})
		})
		if err != nil {
			return err
		}
		if err := b.site.awaitDecided(ctx, r); err != nil {
			return err
		}
		b.addLatency(pace, all, beside)
		if pace == paces[0] {
			b.addSmallest(smallest)
		}
	}
	return nil
}

// summary has the medians and the 99th percentiles of the repetitions, in
// milliseconds.
type summary struct{ acked, arrived, acked99, arrived99 []float64 }

func (d *summary) measure(ctx context.Context, p path, pace int, lasts time.Duration) error {
	got, err := p.run(ctx, pace, max(int(float64(pace)*lasts.Seconds()), 1))
	if err != nil {
		return err
	}
	d.acked, d.acked99 = append(d.acked, percentile(got.acked, 0.5)), append(d.acked99, percentile(got.acked, 0.99))
	d.arrived, d.arrived99 = append(d.arrived, percentile(got.arrived, 0.5)), append(d.arrived99, percentile(got.arrived, 0.99))
	return nil
}

func (b *bench) addLatency(pace int, ours, plain summary) {
	add := func(name, says string, ours, plain []float64, atMost float64) {
		o, e := spread(ours), spread(plain)
		b.add(Figure{Part: Latency, Name: fmt.Sprintf("%d/s, %s", pace, name), Unit: "ms", Value: o, Ours: &o, Plain: &e, Of: "ms", AtMost: atMost,
			Says: fmt.Sprintf("%s, at an even %d messages a second for five members each; beside it a message from publisher to consumer of the plain engine that syncs always, over TCP, too", says, pace)})
	}
	var askedAck, askedFeed float64
	if pace == paces[0] {
		askedAck, askedFeed = 2, 10
	}
	add("receipt p50", "time from when a message was due to be sent until its receipt", ours.acked, plain.acked, askedAck)
	add("receipt p99", "the same, 99th percentile", ours.acked99, plain.acked99, 0)
	add("feed p50", "time from when a message was due to be sent until a desk that pulls has its copy", ours.arrived, plain.arrived, askedFeed)
	add("feed p99", "the same, 99th percentile", ours.arrived99, plain.arrived99, 0)
}

// addSmallest adds what the engine's smallest batches take.
func (b *bench) addSmallest(ms []float64) {
	b.add(Figure{Part: Latency, Name: "smallest batch", Unit: "ms", Value: spread(ms),
		Says: fmt.Sprintf("time that the engine itself takes to store an atomic batch of %d messages, a decision and five copies, when nothing else happens: a copy that is stored together with its decision is not in a feed sooner", smallestBatch)})
}

// pathThrough is the way from a sender to the desk of a force that hears of
// nothing else.
func (b *bench) pathThrough(ctx context.Context, r *running) (path, func(), error) {
	supply, err := newSupply(b.site.run, &b.site.counter, senders[0], 5, b.site.quiet)
	if err != nil {
		return path{}, nil, err
	}
	nc, err := b.site.connect(r.URL(), schemas.MemberID(b.site.quiet[0]))
	if err != nil {
		return path{}, nil, err
	}
	p := path{sender: r.doors[0], address: schemas.SubmitAddress, supply: supply,
		number: func(m jetstream.Msg) (uint64, error) { return numberOf(m.Headers().Get(schemas.HeaderID)) }}
	js, err := jetstream.NewWithAPIPrefix(nc, schemas.APIPrefix)
	if err == nil {
		p.reader, err = pull(js.Consumer(ctx, schemas.FeedName, schemas.ConsumerName))
	}
	if err != nil {
		nc.Close()
		return path{}, nil, fmt.Errorf("reading a feed: %w", err)
	}
	return p, func() { p.reader.Stop(); nc.Close() }, nil
}

// pull begins to read from a consumer, if there is one.
func pull(c jetstream.Consumer, err error) (jetstream.MessagesContext, error) {
	if err != nil {
		return nil, err
	}
	return c.Messages(jetstream.PullMaxMessages(500), jetstream.PullExpiry(30*time.Second))
}

// plainPath is the way from a publisher to a durable consumer of the plain engine.
func (b *bench) plainPath(ctx context.Context) (path, error) {
	if err := b.synced.empty(ctx); err != nil {
		return path{}, err
	}
	t, err := b.plain(b.synced, 5, overTCP)
	if err != nil {
		return path{}, err
	}
	p := path{sender: t.conns[0], address: plainAddress, supply: t.supplies[0],
		number: func(m jetstream.Msg) (uint64, error) { return t.supplies[0].numberIn(m.Data()) }}
	js, err := jetstream.New(t.conns[1])
	if err == nil {
		p.reader, err = pull(js.CreateConsumer(ctx, plainStream, jetstream.ConsumerConfig{Durable: plainReader, AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 1000}))
	}
	if err != nil {
		return path{}, fmt.Errorf("reading the plain stream: %w", err)
	}
	return p, nil
}

// run sends messages at an even pace, whatever becomes of those before, and
// waits until each has arrived. A delay counts from when a message was due, so
// that a pause of the system counts for all that it holds up.
func (p path) run(ctx context.Context, pace, count int) (delays, error) {
	patience := 10*time.Duration(count)*time.Second/time.Duration(pace) + answerWait // a side may not keep pace
	js, err := jetstream.New(p.sender, jetstream.WithPublishAsyncMaxPending(count), jetstream.WithPublishAsyncTimeout(patience))
	if err != nil {
		return delays{}, err
	}
	defer js.CleanupPublisher()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	t := &timed{due: map[uint64]time.Time{}}
	receipts := make(chan receipt, count)
	var faults [2]error
	var waiting sync.WaitGroup
	waiting.Go(func() { faults[0] = t.hear(ctx, js, p.address, receipts) })
	waiting.Go(func() { faults[1] = t.read(ctx, p, count) })
	err = p.send(ctx, js, pace, count, t, receipts)
	close(receipts)
	if err != nil {
		cancel()
	}
	waiting.Wait()
	return t.delays, errors.Join(err, faults[0], faults[1])
}

// receipt is the promise of one.
type receipt struct {
	due     time.Time
	body    []byte
	promise jetstream.PubAckFuture
}

func (p path) send(ctx context.Context, js jetstream.JetStream, pace, count int, t *timed, receipts chan<- receipt) error {
	began := time.Now()
	for i := range count {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(pace))
		time.Sleep(time.Until(due))
		raw, number := p.supply.one()
		t.expect(number, due)
		promise, err := js.PublishAsync(p.address, raw)
		if err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
		receipts <- receipt{due, raw, promise}
	}
	return context.Cause(ctx)
}

// timed is what is known of one run.
type timed struct {
	mu  sync.Mutex
	due map[uint64]time.Time // guarded by mu

	delays // acked belongs to hear, arrived to read
}

func (t *timed) expect(number uint64, due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due[number] = due
}

// hear waits for the receipts, which come in the order of sending. What is
// refused, as by a broker whose disk stalls, is sent again, and its delay counts
// all the same.
func (t *timed) hear(ctx context.Context, js jetstream.JetStream, address string, receipts <-chan receipt) error {
	for r := range receipts {
		select {
		case <-r.promise.Ok():
		case <-r.promise.Err():
			if err := publishOne(ctx, js, address, r.body); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		t.acked = append(t.acked, time.Since(r.due))
	}
	return nil
}

// read reads until so many of the messages sent have arrived.
func (t *timed) read(ctx context.Context, p path, count int) error {
	for len(t.arrived) < count {
		m, err := p.reader.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("after %d copies of %d: %w", len(t.arrived), count, err)
		}
		now := time.Now()
		number, err := p.number(m)
		if err != nil {
			return fmt.Errorf("reading copies: %w", err)
		}
		t.mu.Lock()
		due, ok := t.due[number]
		t.mu.Unlock()
		if ok {
			t.arrived = append(t.arrived, now.Sub(due))
		}
		if err := m.Ack(); err != nil {
			return fmt.Errorf("acknowledging a copy: %w", err)
		}
	}
	return nil
}
