package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/policy"
	"liaison/schemas"
)

// The sets of tables that DiffTables knows by name; any other name is a folder.
const (
	TablesInForce  = "in-force"
	EmbeddedTables = "embedded"
)

// tablesNamed returns the set of tables with a name.
func (b *Broker) tablesNamed(name string) (*policy.Policy, error) {
	switch name {
	case TablesInForce:
		return b.Policy(), nil
	case EmbeddedTables:
		return policy.Load(b.cfg.Default)
	}
	return policy.Load(os.DirFS(name))
}

// DiffTables decides what the intake took since then under two sets of tables,
// and calls fn with every difference.
func (b *Broker) DiffTables(ctx context.Context, old, new string, since time.Duration, fn func(policy.Difference) error) error {
	before, err := b.tablesNamed(old)
	if err != nil {
		return fmt.Errorf("reading the old tables: %w", err)
	}
	after, err := b.tablesNamed(new)
	if err != nil {
		return fmt.Errorf("reading the new tables: %w", err)
	}
	return b.replayIntake(ctx, b.cfg.Now().Add(-since), func(m *schemas.Message, received time.Time) error {
		for _, d := range policy.Compare(before, after, m, received, policy.Recorded{}) {
			if err := fn(d); err != nil {
				return err
			}
		}
		return nil
	})
}

// replayWait bounds the wait for a message that the stream says it has.
const replayWait = 10 * time.Second

// replayIntake calls fn with every accepted message that can be read, from a
// time on, up to the last that there is when it begins.
func (b *Broker) replayIntake(ctx context.Context, from time.Time, fn func(*schemas.Message, time.Time) error) error {
	cons, err := b.js().OrderedConsumer(ctx, schemas.IntakeName, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from})
	if err != nil {
		return fmt.Errorf("reading the intake: %w", err)
	}
	left := cons.CachedInfo().NumPending
	if left == 0 {
		return nil
	}
	msgs, err := cons.Messages(jetstream.PullMaxMessages(500))
	if err != nil {
		return fmt.Errorf("reading the intake: %w", err)
	}
	defer msgs.Stop()
	for ; left > 0; left-- {
		msg, err := nextWithin(ctx, msgs, replayWait)
		if err != nil {
			return fmt.Errorf("reading the intake, %d messages left: %w", left, err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("reading the intake: %w", err)
		}
		m, err := schemas.DecodeCopy(msg.Data())
		var bad *schemas.MalformedError
		if errors.As(err, &bad) {
			continue // held as undecodable under any tables
		}
		if err != nil {
			return err
		}
		if err := fn(m, meta.Timestamp); err != nil {
			return err
		}
	}
	return nil
}

func nextWithin(ctx context.Context, msgs jetstream.MessagesContext, wait time.Duration) (jetstream.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return msgs.Next(jetstream.NextContext(ctx))
}
