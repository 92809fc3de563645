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
	metaBucket       = []byte("meta")       // placeKey, formKey, lapsedKey
	madeBucket       = []byte("made")       // message, 0, message made of it
	correctsBucket   = []byte("corrects")   // message, 0, correction of it by its originator: nothing
	correctingBucket = []byte("correcting") // correction by its originator: correcting
	heldBucket       = []byte("held")       // message, 0, member that has a correction of it: nothing
	usedBucket       = []byte("used")       // message, 0, correction of it, or of those, of which something is made: nothing
	clocksBucket     = []byte("clocks")     // Clock.key: Clock
	dueBucket        = []byte("due")        // dueKey: nothing
	owedBucket       = []byte("owed")       // Clock.owedKeys: nothing
	threadsBucket    = []byte("threads")    // message: Thread
	rootsBucket      = []byte("roots")      // a case's later version: the first one
	namesBucket      = []byte("names")      // the name of an operation, 0, case: nothing
	stepsBucket      = []byte("steps")      // stepsOf the message, 0, number of the entry: schemas.Step
	erasedBucket     = []byte("erased")     // message, 0, number of the entry: Part
	removalsBucket   = []byte("removals")   // place of the entry: nothing
	laterBucket      = []byte("later")      // dueKey of the message: nothing
	buckets          = [][]byte{metaBucket, madeBucket, correctsBucket, correctingBucket, heldBucket, usedBucket, clocksBucket, dueBucket, owedBucket, threadsBucket, rootsBucket, namesBucket, stepsBucket,
		erasedBucket, removalsBucket, laterBucket}
)

// place is how far in the ledger the docket is.
type place struct {
	Number   uint64 `json:"entry"`
	Sequence uint64 `json:"sequence"`
}

var (
	placeKey = []byte("place")
	// formKey has the form of the file. A file of another one is made anew.
	formKey = []byte("form")
	// lapsedKey has the latest due time of which anybody was told.
	lapsedKey = []byte("lapsed")
)

// form is the form in which this version writes the file.
const form = 6

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
	if err := putOwed(tx, &before, c); err != nil {
		return err
	}
	if !c.Next.IsZero() {
		if err := tx.Bucket(dueBucket).Put(dueKey(c.Next, key), nil); err != nil {
			return err
		}
	}
	return tx.Bucket(clocksBucket).Put(key, encode(c))
}

// putOwed moves a clock to its new places in the index of what is owed.
func putOwed(tx *bolt.Tx, before, now *Clock) error {
	b := tx.Bucket(owedBucket)
	for _, key := range before.owedKeys() {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	for _, key := range now.owedKeys() {
		if err := b.Put(key, nil); err != nil {
			return err
		}
	}
	return nil
}

// eachClock calls fn with the clocks of a thread that have a name; with no name,
// with all of them.
func eachClock(tx *bolt.Tx, of schemas.MessageRef, name schemas.Code, fn func(*Clock) error) error {
	return eachUnder(tx.Bucket(clocksBucket), of, func(_, raw []byte) error {
		c := new(Clock)
		if err := json.Unmarshal(raw, c); err != nil {
			return fmt.Errorf("reading the docket: %w", err)
		}
		if name != "" && c.Name != name {
			return nil
		}
		return fn(c)
	})
}

// getClock returns a clock, or nil.
func getClock(tx *bolt.Tx, key []byte) (*Clock, error) {
	if tx.Bucket(clocksBucket).Get(key) == nil {
		return nil, nil
	}
	c := new(Clock)
	return c, read(tx.Bucket(clocksBucket), key, c)
}

// rootOf returns the first version of a case, under which its thread is kept; of
// anything else it is the message itself.
func rootOf(tx *bolt.Tx, of schemas.MessageRef) (schemas.MessageRef, error) {
	raw := tx.Bucket(rootsBucket).Get([]byte(of.String()))
	if raw == nil {
		return of, nil
	}
	return parseRef(string(raw))
}

// Root returns the message that began the matter which a message belongs to, as
// far as the docket has come; itself if it is no later version of another one.
func (d *Docket) Root(of schemas.MessageRef) (root schemas.MessageRef, err error) {
	err = d.db.View(func(tx *bolt.Tx) (err error) {
		root, err = rootOf(tx, of)
		return err
	})
	return root, err
}

// stepsOf returns the message under which the steps of a thread are kept: those of a
// correction are with those of what it corrects.
func stepsOf(tx *bolt.Tx, of schemas.MessageRef) (schemas.MessageRef, error) {
	first, err := firstOf(tx, of)
	if err != nil {
		return first, err
	}
	return rootOf(tx, first)
}

// readThread returns the thread of a message; a new one if there is none.
func readThread(tx *bolt.Tx, of schemas.MessageRef) (*Thread, error) {
	root, err := rootOf(tx, of)
	if err != nil {
		return nil, err
	}
	t := &Thread{Of: root}
	return t, read(tx.Bucket(threadsBucket), []byte(root.String()), t)
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
