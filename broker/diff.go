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

// Change is what another set of tables would change about one item for one
// member.
type Change struct {
	Message    schemas.ID       `json:"message"`
	Originator schemas.MemberID `json:"originator"`
	Member     schemas.MemberID `json:"member"`
	// Item is the item's position in the message.
	Item int `json:"item"`
	// Before and After are the outcomes under the two sets; an empty one means
	// that the member is not concerned.
	Before schemas.ItemOutcome `json:"before"`
	After  schemas.ItemOutcome `json:"after"`
}

// Gains says whether the member would newly receive the item.
func (c Change) Gains() bool { return c.After.Outcome == schemas.Disclosed }

// Compare decides a message under two sets of tables and returns what differs
// in who receives what. received is when the broker took the message.
func Compare(before, after *policy.Policy, m *schemas.Message, received time.Time) []Change {
	type place struct {
		member schemas.MemberID
		item   int
	}
	old := map[place]schemas.ItemOutcome{}
	for _, o := range before.DecideAll(m, before.Day(m.Created.Time, received)) {
		for _, it := range o.Items {
			old[place{o.Member, it.Index}] = it
		}
	}
	var changes []Change
	note := func(at place, was, is schemas.ItemOutcome) {
		if (was.Outcome == schemas.Disclosed) != (is.Outcome == schemas.Disclosed) {
			changes = append(changes, Change{Message: m.ID, Originator: m.Originator, Member: at.member, Item: at.item, Before: was, After: is})
		}
	}
	for _, o := range after.DecideAll(m, after.Day(m.Created.Time, received)) {
		for _, it := range o.Items {
			at := place{o.Member, it.Index}
			note(at, old[at], it)
			delete(old, at)
		}
	}
	// What is left concerned members that the new set does not know of.
	for _, o := range before.DecideAll(m, before.Day(m.Created.Time, received)) {
		for _, it := range o.Items {
			if was, ok := old[place{o.Member, it.Index}]; ok {
				note(place{o.Member, it.Index}, was, schemas.ItemOutcome{Index: it.Index})
			}
		}
	}
	return changes
}

// DiffTables decides what the intake took since then under two sets of tables,
// and calls fn with every difference.
func (b *Broker) DiffTables(ctx context.Context, oldDir, newDir string, since time.Duration, fn func(Change) error) error {
	before, after := b.Policy(), (*policy.Policy)(nil)
	var err error
	if oldDir != "" {
		if before, err = policy.Load(os.DirFS(oldDir)); err != nil {
			return fmt.Errorf("reading the old tables: %w", err)
		}
	}
	if after, err = policy.Load(os.DirFS(newDir)); err != nil {
		return fmt.Errorf("reading the new tables: %w", err)
	}
	return b.replayIntake(ctx, b.cfg.Now().Add(-since), func(m *schemas.Message, received time.Time) error {
		for _, c := range Compare(before, after, m, received) {
			if err := fn(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// replayIntake calls fn with every accepted message that can be read, from a
// time on, up to the last that there is when it begins.
func (b *Broker) replayIntake(ctx context.Context, from time.Time, fn func(*schemas.Message, time.Time) error) error {
	for msg, err := range ledger.Walk(ctx, b.js(), schemas.IntakeName, "intake.>", 0, from) {
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
