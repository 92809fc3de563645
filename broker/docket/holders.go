package docket

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"liaison/schemas"
)

// Who has anything of a message. A message may be corrected as often as its
// originator likes, so that whatever is kept of a correction is kept once, and a
// correction costs the same however many were there before: of all corrections of a
// message, and theirs, one set has who got any, and one thread the steps.

// correcting is where a correction stands.
type correcting struct {
	// Of is what it corrects, and First the message that those before it correct,
	// which is no correction itself.
	Of    schemas.MessageRef `json:"of"`
	First schemas.MessageRef `json:"first"`
	// Late says that what it corrects was recalled, or late itself, when it was
	// decided. What is recalled later is marked with its corrections.
	Late bool `json:"late,omitempty"`
}

// correctionOf says what a message corrects, if it is its originator's correction of
// another; nil if it is none.
func correctionOf(tx *bolt.Tx, m schemas.MessageRef) (*correcting, error) {
	raw := tx.Bucket(correctingBucket).Get([]byte(m.String()))
	if raw == nil {
		return nil, nil
	}
	k := new(correcting)
	if err := json.Unmarshal(raw, k); err != nil {
		return nil, fmt.Errorf("reading the docket: %w", err)
	}
	return k, nil
}

// firstOf is the message that a correction, and those before it, correct in the end;
// of anything else it is the message itself.
func firstOf(tx *bolt.Tx, m schemas.MessageRef) (schemas.MessageRef, error) {
	k, err := correctionOf(tx, m)
	if err != nil || k == nil {
		return m, err
	}
	return k.First, nil
}

// corrects takes up a correction of its originator's own message, and who has it.
func (c *change) corrects() error {
	self, k := c.self(), correcting{Of: *c.entry.Of}
	var err error
	if k.First, err = firstOf(c.tx, k.Of); err != nil || k.First == self {
		return err // nothing corrects itself
	}
	if k.Late, err = isRecalled(c.tx, k.Of); err != nil {
		return err
	}
	name := []byte(self.String())
	if err := c.tx.Bucket(correctsBucket).Put(under(k.Of, name), nil); err != nil {
		return err
	}
	if err := c.tx.Bucket(correctingBucket).Put(name, encode(k)); err != nil {
		return err
	}
	some := false
	err = eachUnder(c.tx.Bucket(madeBucket), self, func(_, _ []byte) error { some = true; return nil })
	if err == nil && some {
		err = c.tx.Bucket(usedBucket).Put(under(k.First, name), nil)
	}
	for _, m := range append(c.reached(), self.Originator) {
		if err == nil {
			err = addHolder(c.tx, k.Of, m)
		}
	}
	return err
}

// addHolder notes that a member has a correction of a message, and of those that the
// message itself corrects. Who is noted once is noted all the way.
func addHolder(tx *bolt.Tx, of schemas.MessageRef, m schemas.MemberID) error {
	b := tx.Bucket(heldBucket)
	for {
		key := under(of, []byte(m))
		if k, _ := b.Cursor().Seek(key); string(k) == string(key) {
			return nil
		}
		if err := b.Put(key, nil); err != nil {
			return err
		}
		k, err := correctionOf(tx, of)
		if err != nil || k == nil {
			return err
		}
		of = k.Of
	}
}

// uses notes that something is made of a message, if it is a correction.
func (c *change) uses(of schemas.MessageRef) error {
	k, err := correctionOf(c.tx, of)
	if err != nil || k == nil {
		return err
	}
	return c.tx.Bucket(usedBucket).Put(under(k.First, []byte(of.String())), nil)
}

// Holders returns the members that got anything of a message by what is
// committed now, directly or through a correction of it or a message made of it. It
// brings the docket up to date first.
func (d *Docket) Holders(ctx context.Context, of schemas.MessageRef) ([]schemas.MemberID, error) {
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	var messages []schemas.MessageRef
	var holders []schemas.MemberID
	err := d.db.View(func(tx *bolt.Tx) (err error) {
		messages, err = madeOf(tx, of)
		for i := 0; err == nil && i < len(messages); i++ {
			err = eachUnder(tx.Bucket(heldBucket), messages[i], func(member, _ []byte) error {
				holders = append(holders, schemas.MemberID(member))
				return nil
			})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, ref := range messages {
		if ref != of {
			holders = append(holders, ref.Originator)
		}
		e, err := d.ledger.Decision(ctx, ref.Originator, ref.ID)
		if notThere(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("finding who has a message: %w", err)
		}
		for _, o := range e.Outcomes {
			if o.Outcome == schemas.Disclosed {
				holders = append(holders, o.Member)
			}
		}
	}
	slices.Sort(holders)
	return slices.Compact(holders), nil
}

// madeOf returns a message, and all that are made of it or of a correction of it,
// however indirectly; the corrections themselves it leaves out.
func madeOf(tx *bolt.Tx, of schemas.MessageRef) ([]schemas.MessageRef, error) {
	return closure(of, func(m schemas.MessageRef, add func(rest, _ []byte) error) error {
		from, err := used(tx, m)
		for i := 0; err == nil && i < len(from); i++ {
			err = eachUnder(tx.Bucket(madeBucket), from[i], add)
		}
		return err
	})
}

// used are a message, and those corrections of it of which something is made.
func used(tx *bolt.Tx, of schemas.MessageRef) (list []schemas.MessageRef, err error) {
	list = []schemas.MessageRef{of}
	first, err := firstOf(tx, of)
	if err != nil {
		return nil, err
	}
	err = eachUnder(tx.Bucket(usedBucket), first, func(rest, _ []byte) error {
		ref, err := parseRef(string(rest))
		for at := ref; err == nil; {
			var k *correcting
			if k, err = correctionOf(tx, at); err != nil || k == nil {
				return err
			}
			if at = k.Of; at == of {
				list = append(list, ref)
				return nil
			}
		}
		return err
	})
	return list, err
}

// follow returns a message and all to which the buckets lead from it.
func follow(tx *bolt.Tx, of schemas.MessageRef, buckets ...[]byte) ([]schemas.MessageRef, error) {
	return closure(of, func(m schemas.MessageRef, add func(rest, _ []byte) error) error {
		for _, b := range buckets {
			if err := eachUnder(tx.Bucket(b), m, add); err != nil {
				return err
			}
		}
		return nil
	})
}

// closure returns a message and, once each, all to which next leads from it and from
// those.
func closure(of schemas.MessageRef, next func(m schemas.MessageRef, add func(rest, _ []byte) error) error) ([]schemas.MessageRef, error) {
	messages := []schemas.MessageRef{of}
	seen := map[schemas.MessageRef]bool{of: true}
	add := func(rest, _ []byte) error {
		ref, err := parseRef(string(rest))
		if err == nil && !seen[ref] {
			seen[ref] = true
			messages = append(messages, ref)
		}
		return err
	}
	for n := 0; n < len(messages); n++ {
		if err := next(messages[n], add); err != nil {
			return nil, err
		}
	}
	return messages, nil
}
