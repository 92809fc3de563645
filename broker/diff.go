package broker

import (
	"context"
	"fmt"
	"os"
	"time"

	"liaison/broker/ledger"
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
// and calls fn with every difference. It returns how many it decided.
func (b *Broker) DiffTables(ctx context.Context, old, new string, since time.Duration, fn func(policy.Difference) error) (messages int, err error) {
	before, err := b.tablesNamed(old)
	if err != nil {
		return 0, fmt.Errorf("reading the old tables: %w", err)
	}
	after, err := b.tablesNamed(new)
	if err != nil {
		return 0, fmt.Errorf("reading the new tables: %w", err)
	}
	err = b.replayIntake(ctx, b.cfg.Now().Add(-since), func(m *schemas.Message, received time.Time) error {
		messages++
		for _, d := range policy.Compare(before, after, m, received, policy.Recorded{}) {
			if err := fn(d); err != nil {
				return err
			}
		}
		return nil
	})
	return messages, err
}

// replayIntake calls fn with every accepted message that can be read, from a
// time on, up to the last that there is when it begins.
func (b *Broker) replayIntake(ctx context.Context, from time.Time, fn func(*schemas.Message, time.Time) error) error {
	for msg, err := range ledger.Walk(ctx, b.js, schemas.IntakeName, "intake.>", 0, from) {
		if err != nil {
			return err
		}
		m, err := schemas.DecodeCopy(msg.Data)
		if err != nil || m.Kind == schemas.KindConsent {
			continue // held as undecodable under any tables; or decides nothing itself
		}
		if err := fn(m, msg.Time); err != nil {
			return err
		}
	}
	return nil
}
