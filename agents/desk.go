package agents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/schemas"
)

// DeskOptions say how to read a desk.
type DeskOptions struct {
	// Once stops when the consumer has nothing more to give.
	Once bool
}

// Desk hands on the desk's copies from its durable consumer, at least once
// each, and acknowledges a copy when take returns nil. After an error the broker
// delivers the copy again, so take must be safe to run twice. Copies come in
// order, save for those that have to come again.
//
// The consumer belongs to one application: two that read it share the copies
// between them. Desk goes on through cut links for as long as the context
// lasts; it reports an error when it cannot begin for another reason than that
// the broker is out of reach.
func (c *Client) Desk(ctx context.Context, o DeskOptions, take func(context.Context, Copy) error) error {
	if o.Once {
		return c.drain(ctx, take)
	}
	for pause := (backoff{}); ; {
		err := c.consume(ctx, &pause, take)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, ErrPermission) {
			return err
		}
		c.log.Warn("desk: reading again after a fault", "err", err)
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

// consume reads until something goes wrong.
func (c *Client) consume(ctx context.Context, pause *backoff, take func(context.Context, Copy) error) error {
	cons, err := c.consumer(ctx)
	if err != nil {
		return err
	}
	// The broker bounds a pull's life at 90 seconds. One page at a time keeps
	// the copies that a crash repeats few.
	msgs, err := cons.Messages(jetstream.PullMaxMessages(pageSize), jetstream.PullExpiry(30*time.Second))
	if err != nil {
		return fmt.Errorf("reading the desk: %w", err)
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if errors.Is(err, jetstream.ErrNoHeartbeat) {
			c.log.Warn("desk: no heartbeat from the broker")
			continue
		}
		if err != nil {
			return fmt.Errorf("reading the desk: %w", err)
		}
		if err := c.takeOne(ctx, m, take); err != nil {
			return err
		}
		pause.reset()
	}
}

// drain reads until the consumer has nothing more to give.
func (c *Client) drain(ctx context.Context, take func(context.Context, Copy) error) error {
	cons, err := c.consumer(ctx)
	if err != nil {
		return err
	}
	for {
		batch, err := cons.FetchNoWait(pageSize)
		if err != nil {
			return fmt.Errorf("reading the desk: %w", err)
		}
		n := 0
		for m := range batch.Messages() {
			if err := c.takeOne(ctx, m, take); err != nil {
				return err
			}
			n++
		}
		if err := batch.Error(); err != nil && n == 0 {
			return fmt.Errorf("reading the desk: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}

// takeOne hands on one copy and acknowledges it. An acknowledgement that is
// lost means only that the copy comes again.
func (c *Client) takeOne(ctx context.Context, m jetstream.Msg, take func(context.Context, Copy) error) error {
	if err := take(ctx, deskCopy(m)); err != nil {
		return errors.Join(fmt.Errorf("a copy could not be taken and comes again: %w", err), m.NakWithDelay(time.Second))
	}
	if err := m.Ack(); err != nil {
		return fmt.Errorf("acknowledging a copy: %w", err)
	}
	return nil
}

// consumer finds the desk's consumer.
func (c *Client) consumer(ctx context.Context) (jetstream.Consumer, error) {
	js, err := jetstream.NewWithAPIPrefix(c.link.now(), schemas.APIPrefix)
	if err != nil {
		return nil, fmt.Errorf("reading the desk: %w", err)
	}
	address := schemas.APIPrefix + ".CONSUMER.INFO." + schemas.FeedName + "." + schemas.ConsumerName
	asking, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	asking, done := c.denied.watch(asking, address)
	defer done()
	cons, err := js.Consumer(asking, schemas.FeedName, schemas.ConsumerName)
	if err != nil {
		return nil, askFault(asking, address, err)
	}
	return cons, nil
}

// deskCopy reads a copy as the consumer delivers it: its place is in the
// delivery and not in a header.
func deskCopy(m jetstream.Msg) Copy {
	header := m.Headers()
	if header == nil {
		header = nats.Header{}
	}
	one := copyOf(header, m.Data())
	if meta, err := m.Metadata(); err == nil && one.Sequence == 0 {
		one.Sequence = meta.Sequence.Stream
	}
	return one
}

func ringer(bell chan struct{}) nats.MsgHandler {
	return func(*nats.Msg) { strike(bell) }
}
