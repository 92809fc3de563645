package docket

import (
	"context"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/schemas"
)

// weed keeps the day of a message's review, at whose end it may be due to be
// erased. One that had passed when the message came in means nothing.
func (c *change) weed() error {
	end := c.entry.Review.Start().AddDate(0, 0, 1)
	if c.entry.Review.IsZero() || !end.After(c.entry.At) {
		return nil
	}
	return c.tx.Bucket(laterBucket).Put(dueKey(end, []byte(c.self().String())), nil)
}

// Later returns at most so many messages at which somebody is to look by now,
// because their review is due or because they were put off, and when the next one
// is to be looked at; zero if there is none. It brings the docket up to date first.
func (d *Docket) Later(ctx context.Context, now time.Time, most int) (refs []Put, next time.Time, err error) {
	if err := d.Advance(ctx); err != nil {
		return nil, time.Time{}, err
	}
	err = d.db.View(func(tx *bolt.Tx) error {
		cursor := tx.Bucket(laterBucket).Cursor()
		for k, _ := cursor.First(); k != nil; k, _ = cursor.Next() {
			at, name := dueOf(k)
			if at.After(now) || len(refs) == most {
				next = at
				return nil
			}
			of, err := parseRef(string(name))
			if err != nil {
				return err
			}
			refs = append(refs, Put{Of: of, At: at})
		}
		return nil
	})
	return refs, next, err
}

// Put is a message, and when it is to be looked at.
type Put struct {
	Of schemas.MessageRef
	At time.Time
}

// PutOff says that messages were looked at, and are to be looked at again.
func (d *Docket) PutOff(looked, again []Put) error {
	err := d.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(laterBucket)
		for _, p := range looked {
			if err := b.Delete(dueKey(p.At, []byte(p.Of.String()))); err != nil {
				return err
			}
		}
		for _, p := range again {
			if err := b.Put(dueKey(p.At, []byte(p.Of.String())), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("putting off what was looked at: %w", err)
	}
	return nil
}

// Walked returns up to which place of the stream somebody has walked, by a name
// of its own; 0 in a rebuilt docket.
func (d *Docket) Walked(name string) (sequence uint64, err error) {
	err = d.db.View(func(tx *bolt.Tx) error { return read(tx.Bucket(metaBucket), []byte("walked "+name), &sequence) })
	return sequence, err
}

// SetWalked keeps up to which place of the stream somebody has walked.
func (d *Docket) SetWalked(name string, sequence uint64) error {
	return d.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put([]byte("walked "+name), encode(sequence)) })
}
