package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// answerWait is how long an answer may take before it counts as lost.
const answerWait = 20 * time.Second

// target is where messages are published: a side, as its clients see it.
type target struct {
	address string
	// conns are its connections, and supplies what each publishes.
	conns    []*nats.Conn
	supplies []*supply
	// bundled makes each submission a bundle.
	bundled bool
}

func (t target) perSubmission() int {
	if t.bundled {
		return perBundle
	}
	return 1
}

// publish publishes so many messages, of which so many submissions are in
// flight at a time, and returns how long it took until the last of them was
// acknowledged. It is the same program for both sides.
func (t target) publish(ctx context.Context, messages, inFlight int) (time.Duration, error) {
	if inFlight == 1 {
		return t.publishOneByOne(ctx, messages)
	}
	conns := min(len(t.conns), inFlight)
	submissions := max(messages/t.perSubmission(), conns)
	began := time.Now()
	faults := make([]error, conns)
	var running sync.WaitGroup
	for i := range conns {
		running.Go(func() { faults[i] = t.publishOn(ctx, i, submissions/conns, inFlight/conns) })
	}
	running.Wait()
	return time.Since(began), errors.Join(faults...)
}

// publishOn publishes over one connection and waits for the answers. What is
// refused, as by a broker whose disk stalls, is sent again: ids make it harmless.
func (t target) publishOn(ctx context.Context, i, submissions, inFlight int) error {
	again := make(chan failed, submissions)
	var answers sync.WaitGroup
	js, err := jetstream.New(t.conns[i], jetstream.WithPublishAsyncMaxPending(inFlight), jetstream.WithPublishAsyncTimeout(answerWait),
		jetstream.WithPublishAsyncAckHandler(func(jetstream.JetStream, *nats.Msg, *jetstream.PubAck) { answers.Done() }),
		jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, m *nats.Msg, err error) {
			again <- failed{m.Data, err}
			answers.Done()
		}))
	if err != nil {
		return err
	}
	defer js.CleanupPublisher()
	next := func() []byte { return t.body(i) }
	for range attempts {
		for range submissions {
			answers.Add(1)
			if _, err := js.PublishAsync(t.address, next(), jetstream.WithStallWait(answerWait)); err != nil {
				return fmt.Errorf("publishing: %w", err)
			}
		}
		answers.Wait() // the timeout ends it at the latest
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if submissions = len(again); submissions == 0 {
			return nil
		}
		next = func() []byte { f := <-again; err = f.err; return f.body }
	}
	return fmt.Errorf("%d submissions were refused %d times, at last with: %w", submissions, attempts, err)
}

// failed is a submission that got no receipt.
type failed struct {
	body []byte
	err  error
}

// attempts bounds how often a submission is sent.
const attempts = 10

func (t target) publishOneByOne(ctx context.Context, messages int) (time.Duration, error) {
	js, err := jetstream.New(t.conns[0])
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for range max(messages/t.perSubmission(), 1) {
		if err := publishOne(ctx, js, t.address, t.body(0)); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// publishOne publishes until there is a receipt, or it was refused too often.
func publishOne(ctx context.Context, js jetstream.JetStream, address string, body []byte) (err error) {
	for range attempts {
		if _, err = js.Publish(ctx, address, body); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("publishing: refused %d times, at last with: %w", attempts, err)
}

func (t target) body(i int) []byte {
	if t.bundled {
		return t.supplies[i].bundle()
	}
	raw, _ := t.supplies[i].one()
	return raw
}

// count returns the number of messages that publish really publishes when it is
// asked for so many.
func (t target) count(messages, inFlight int) int {
	conns := 1
	if inFlight > 1 {
		conns = min(len(t.conns), inFlight)
	}
	submissions := max(messages/t.perSubmission(), conns)
	return submissions / conns * conns * t.perSubmission()
}

// gauge measures the rate of one target at one depth again and again. It finds
// out by itself how many messages take the time that a measurement should.
type gauge struct {
	target   target
	inFlight int
	each     time.Duration
	guess    float64 // messages a second
}

// measure returns the rate in messages a second.
func (g *gauge) measure(ctx context.Context) (float64, error) {
	if g.guess == 0 { // the warm-up
		g.guess = 1000
		for range 2 {
			if err := g.once(ctx, g.each/4); err != nil {
				return 0, err
			}
		}
	}
	err := g.once(ctx, g.each)
	return g.guess, err
}

func (g *gauge) once(ctx context.Context, lasts time.Duration) error {
	messages := g.target.count(int(g.guess*lasts.Seconds()), g.inFlight)
	took, err := g.target.publish(ctx, messages, g.inFlight)
	g.guess = rate(messages, took)
	return err
}
