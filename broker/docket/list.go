package docket

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/schemas"
)

// Selection says which clocks to list.
type Selection struct {
	// Member is who owes, or is owed; empty is everybody, for the operator.
	Member schemas.MemberID
	// Overdue wants only those whose time has run out; All wants also those
	// that have ended.
	Overdue, All bool
}

// List calls fn with the clocks that are wanted: those of a member by when they
// are due, those of everybody by their threads.
func (d *Docket) List(ctx context.Context, want Selection, fn func(schemas.Clock) error) error {
	if err := d.Advance(ctx); err != nil {
		return err
	}
	now := d.cfg.Now()
	return d.db.View(func(tx *bolt.Tx) error {
		show := func(c *Clock) error {
			v, err := d.shownTo(tx, c, want.Member)
			if err != nil || want.Overdue && !v.Overdue(now) || !want.All && !v.Running() {
				return err
			}
			return fn(v)
		}
		if want.Member != "" {
			return owedBy(tx, want, now, show)
		}
		return tx.Bucket(clocksBucket).ForEach(func(_, raw []byte) error {
			c := new(Clock)
			if err := json.Unmarshal(raw, c); err != nil {
				return fmt.Errorf("reading the docket: %w", err)
			}
			return show(c)
		})
	})
}

// owedBy calls fn with the clocks of one member, and of what is overdue with
// hardly more than that: no other clock is looked at.
func owedBy(tx *bolt.Tx, want Selection, now time.Time, fn func(*Clock) error) error {
	last := now
	var told time.Time
	if err := read(tx.Bucket(metaBucket), lapsedKey, &told); err != nil {
		return err
	}
	if told.After(last) {
		last = told // the clock on the wall was put back
	}
	prefix := owedPrefix(want.Member, true)
	if want.All && !want.Overdue {
		prefix = prefix[:len(prefix)-1]
	}
	cursor := tx.Bucket(owedBucket).Cursor()
	for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
		rest := k[len(want.Member)+2:] // the member, 0 and the state
		if due := int64(binary.BigEndian.Uint64(rest)); want.Overdue && due > last.UnixNano() {
			return nil
		}
		c, err := getClock(tx, rest[8:])
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}

// Owed calls fn with the clocks that a member owes or is owed: those that run,
// those whose time has run out, or all there were.
func (d *Docket) Owed(ctx context.Context, m schemas.MemberID, overdue, all bool, fn func(schemas.Clock) error) error {
	return d.List(ctx, Selection{Member: m, Overdue: overdue, All: all}, fn)
}
