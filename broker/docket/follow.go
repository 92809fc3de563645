package docket

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/ledger"
)

// Committed tells the docket that the ledger has grown. It does not wait. What
// changes no matter is passed over without being read, if the docket is free
// and stands where the growth began.
func (d *Docket) Committed(g ledger.Growth) {
	if !g.Matters && d.advancing.TryLock() {
		passed := d.checked && d.at.Number == g.From && g.To < d.kept+keepEvery
		if passed {
			d.at = place{Number: g.To, Sequence: g.Sequence}
		}
		d.advancing.Unlock()
		if passed {
			return
		}
	}
	d.Look()
}

// Advance brings the docket up to the end of the ledger as it is now.
func (d *Docket) Advance(ctx context.Context) error {
	d.advancing.Lock()
	defer d.advancing.Unlock()
	at, err := d.found(ctx)
	if err != nil {
		return err
	}
	var waiting []ledger.Stored
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		err := d.apply(ctx, waiting)
		waiting = waiting[:0]
		return err
	}
	for msg, err := range ledger.Walk(ctx, d.cfg.JetStream, ledger.Stream, ledger.Address, at.Sequence, time.Time{}) {
		if err != nil {
			return errors.Join(flush(), err)
		}
		e, err := ledger.Parse(msg.Data)
		if err != nil {
			return errors.Join(flush(), fmt.Errorf("following the ledger at sequence %d: %w", msg.Sequence, err))
		}
		waiting = append(waiting, ledger.Stored{Entry: e, Sequence: msg.Sequence})
		if len(waiting) == batchSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// found returns the place from which to go on. A docket that is ahead of the
// ledger was kept from before a backup was put back: it is made anew.
func (d *Docket) found(ctx context.Context) (place, error) {
	if d.checked {
		return d.at, nil
	}
	at, err := d.place()
	if err != nil {
		return at, err
	}
	last, _, err := d.ledger.Last(ctx)
	if err != nil {
		return place{}, err
	}
	if last.Number < at.Number {
		d.cfg.Log.Warn("the docket is ahead of the ledger, and is made anew", "docket", at.Number, "ledger", last.Number)
		if err := d.clear(); err != nil {
			return place{}, err
		}
		at = place{}
	}
	d.checked, d.at, d.kept = true, at, at.Number
	return at, nil
}

// Reset empties the docket; it is then made anew from the ledger.
func (d *Docket) Reset() error {
	d.advancing.Lock()
	defer d.advancing.Unlock()
	d.checked = false
	return d.clear()
}

// clear empties the docket.
func (d *Docket) clear() error {
	err := d.db.Update(func(tx *bolt.Tx) error {
		if err := empty(tx); err != nil {
			return err
		}
		return tx.Bucket(metaBucket).Put(formKey, encode(form))
	})
	if err != nil {
		return fmt.Errorf("emptying the docket: %w", err)
	}
	return nil
}

// empty empties all buckets.
func empty(tx *bolt.Tx) error {
	for _, name := range buckets {
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return nil
}

// batchSize is the most entries of one transaction.
const batchSize = 1000

// keepEvery is after how many entries that change nothing the place is kept all
// the same, so that a start has no more to read.
const keepEvery = 10_000
