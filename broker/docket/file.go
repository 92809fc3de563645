package docket

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"liaison/schemas"
)

// The buckets of the file.
var (
	metaBucket     = []byte("meta")     // "place": the place in the ledger
	madeBucket     = []byte("made")     // message, 0, message made of it
	clocksBucket   = []byte("clocks")   // Clock.key: Clock
	dueBucket      = []byte("due")      // dueKey: nothing
	threadsBucket  = []byte("threads")  // message: Thread
	stepsBucket    = []byte("steps")    // message, 0, number of the entry: schemas.Step
	erasedBucket   = []byte("erased")   // message, 0, number of the entry: Part
	removalsBucket = []byte("removals") // place of the entry: nothing
	laterBucket    = []byte("later")    // dueKey of the message: nothing
	buckets        = [][]byte{metaBucket, madeBucket, clocksBucket, dueBucket, threadsBucket, stepsBucket, erasedBucket, removalsBucket, laterBucket}
)

// place is how far in the ledger the docket is.
type place struct {
	Number   uint64 `json:"entry"`
	Sequence uint64 `json:"sequence"`
}

var placeKey = []byte("place")

func (d *Docket) place() (at place, err error) {
	err = d.db.View(func(tx *bolt.Tx) error { return read(tx.Bucket(metaBucket), placeKey, &at) })
	return at, err
}

// read reads a value, which is left as it is if there is none.
func read(b *bolt.Bucket, key []byte, v any) error {
	raw := b.Get(key)
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("reading the docket: %w", err)
	}
	return nil
}

// putClock stores a clock and when it is next looked at.
func putClock(tx *bolt.Tx, c *Clock) error {
	key := c.key()
	var before Clock
	if err := read(tx.Bucket(clocksBucket), key, &before); err != nil {
		return err
	}
	if !before.Next.IsZero() {
		if err := tx.Bucket(dueBucket).Delete(dueKey(before.Next, key)); err != nil {
			return err
		}
	}
	if !c.Next.IsZero() {
		if err := tx.Bucket(dueBucket).Put(dueKey(c.Next, key), nil); err != nil {
			return err
		}
	}
	return tx.Bucket(clocksBucket).Put(key, encode(c))
}

// getClock returns a clock, or nil.
func getClock(tx *bolt.Tx, key []byte) (*Clock, error) {
	if tx.Bucket(clocksBucket).Get(key) == nil {
		return nil, nil
	}
	c := new(Clock)
	return c, read(tx.Bucket(clocksBucket), key, c)
}

// eachUnder calls fn with every entry of a bucket that begins with a message's
// name.
func eachUnder(b *bolt.Bucket, of schemas.MessageRef, fn func(rest, value []byte) error) error {
	prefix := append([]byte(of.String()), 0)
	c := b.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := fn(k[len(prefix):], v); err != nil {
			return err
		}
	}
	return nil
}

func under(of schemas.MessageRef, rest []byte) []byte {
	return append(append([]byte(of.String()), 0), rest...)
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
