package docket

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// Part is a part of a message that one entry says was erased.
type Part struct {
	schemas.Erased
	// Sequence is where the entry lies in the stream.
	Sequence uint64        `json:"sequence"`
	Copies   []ledger.Span `json:"copies,omitempty"`
}

// erased takes up an entry that says what was erased. Nobody owes anything for
// the review of a message that is gone, or for what was held of it.
func (c *change) erased() error {
	e := c.entry.Erased
	for _, g := range e.Messages {
		if err := c.putPart(g); err != nil {
			return err
		}
		if g.Intake == 0 {
			continue
		}
		if err := c.endReferrals(g.Of); err != nil {
			return err
		}
		own := func(k *Clock) bool { return k.Owes == g.Of.Originator && k.Strand == "" } // a strand's is the case's, whatever version is gone
		for _, name := range []schemas.Code{policy.ClockReview, policy.ClockHeld} {
			if err := c.endThose(g.Of, name, schemas.EndFellAway, own); err != nil {
				return err
			}
		}
	}
	return c.tx.Bucket(removalsBucket).Put(numberKey(c.sequence), nil)
}

func (c *change) putPart(g ledger.Gone) error {
	p := Part{Erased: schemas.Erased{Entry: c.entry.Number, At: c.entry.At, Why: c.entry.Erased.Why, Message: g.Intake != 0}, Sequence: c.sequence, Copies: g.Copies}
	return c.tx.Bucket(erasedBucket).Put(under(g.Of, numberKey(c.entry.Number)), encode(p))
}

// Parts returns what the ledger says was erased of a message, the earliest
// first. It brings the docket up to date first.
func (d *Docket) Parts(ctx context.Context, of schemas.MessageRef) ([]Part, error) {
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	return d.parts(of)
}

func (d *Docket) parts(of schemas.MessageRef) (parts []Part, err error) {
	err = d.db.View(func(tx *bolt.Tx) error {
		parts, err = partsOf(tx, of)
		return err
	})
	return parts, err
}

func partsOf(tx *bolt.Tx, of schemas.MessageRef) (parts []Part, err error) {
	err = eachUnder(tx.Bucket(erasedBucket), of, func(_, raw []byte) error {
		var p Part
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("reading the docket: %w", err)
		}
		parts = append(parts, p)
		return nil
	})
	return parts, err
}

// Erased tells of the erasure of a message: of that of the accepted message
// itself, or else of the last one of copies of it; nil if there was none.
func (d *Docket) Erased(ctx context.Context, of schemas.MessageRef) (*schemas.Erased, error) {
	parts, err := d.Parts(ctx, of)
	return erasedOf(parts), err
}

func erasedOf(parts []Part) (e *schemas.Erased) {
	for i := range parts {
		if e = &parts[i].Erased; e.Message {
			return e
		}
	}
	return e
}

// markErased says of the steps of a thread which messages were erased.
func markErased(tx *bolt.Tx, v *schemas.Thread) error {
	for i := range v.Steps {
		parts, err := partsOf(tx, v.Steps[i].Message)
		if err != nil {
			return err
		}
		v.Steps[i].Erased = erasedOf(parts)
	}
	return nil
}

// bare reads what an erasure left of a message, or nil. The entry lies behind
// the one that is being taken up, so that a docket that is rebuilt looks ahead.
func (d *Docket) bare(ctx context.Context, of schemas.MessageRef) (*schemas.Message, error) {
	for ahead := false; ; ahead = true {
		parts, err := d.parts(of)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			if p.Message {
				return d.step(ctx, of, p.Sequence)
			}
		}
		if ahead {
			return nil, nil // lost, and the scrub says so
		}
		if err := d.lookAhead(ctx); err != nil {
			return nil, err
		}
	}
}

// lookAhead takes up what the ledger says was erased, up to its end.
func (d *Docket) lookAhead(ctx context.Context) error {
	for msg, err := range ledger.Walk(ctx, d.cfg.JetStream, ledger.Stream, ledger.ActsAddress, d.at.Sequence, time.Time{}) {
		if err != nil {
			return err
		}
		e, err := ledger.Parse(msg.Data)
		if err != nil {
			return fmt.Errorf("looking for erasures at sequence %d: %w", msg.Sequence, err)
		}
		if e.Erased == nil {
			continue
		}
		err = d.db.Update(func(tx *bolt.Tx) error {
			c := change{tx: tx, entry: &e, sequence: msg.Sequence}
			for _, g := range e.Erased.Messages {
				if err := c.putPart(g); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("keeping what was erased: %w", err)
		}
	}
	return nil
}

// step reads what an entry keeps of an erased message.
func (d *Docket) step(ctx context.Context, of schemas.MessageRef, sequence uint64) (*schemas.Message, error) {
	e, err := d.erasure(ctx, sequence)
	if err != nil {
		return nil, err
	}
	for _, g := range e.Erased.Messages {
		if g.Of == of && g.Step != nil {
			return schemas.DecodeCopy(g.Step)
		}
	}
	return nil, nil
}

// erasure reads the entry at a place of the stream, which says what was erased.
func (d *Docket) erasure(ctx context.Context, sequence uint64) (*ledger.Entry, error) {
	s, err := d.cfg.JetStream.Stream(ctx, ledger.Stream)
	if err != nil {
		return nil, fmt.Errorf("reading an erasure: %w", err)
	}
	msg, err := s.GetMsg(ctx, sequence)
	if err != nil {
		return nil, fmt.Errorf("reading an erasure: %w", err)
	}
	e, err := ledger.Parse(msg.Data)
	if err == nil && e.Erased == nil {
		err = errors.New("it is an entry of another kind")
	}
	if err != nil {
		return nil, fmt.Errorf("reading an erasure at sequence %d: %w", sequence, err)
	}
	return &e, nil
}

// Removal returns the first erasure at or before a place of the stream that is
// not known to be carried out, and its place; nil if there is none. It brings
// the docket up to date first. A rebuilt docket knows of none that was.
func (d *Docket) Removal(ctx context.Context, upTo uint64) (*ledger.Entry, uint64, error) {
	if err := d.Advance(ctx); err != nil {
		return nil, 0, err
	}
	sequence := uint64(0)
	err := d.db.View(func(tx *bolt.Tx) error {
		if k, _ := tx.Bucket(removalsBucket).Cursor().First(); k != nil {
			sequence = binary.BigEndian.Uint64(k)
		}
		return nil
	})
	if err != nil || sequence == 0 || sequence > upTo {
		return nil, 0, err
	}
	e, err := d.erasure(ctx, sequence)
	return e, sequence, err
}

// Removed says that the erasure at a place of the stream is carried out.
func (d *Docket) Removed(sequence uint64) error {
	return d.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(removalsBucket).Delete(numberKey(sequence)) })
}

// Open says what keeps a message from being erased: a duty that still runs, or
// a case that is open, of a matter that it belongs to; "" if there is none. That
// its review is due is no such duty: to be weeded is what it may come to; nor is
// what waits for a consent. It brings the docket up to date first.
func (d *Docket) Open(ctx context.Context, of schemas.MessageRef) (why string, err error) {
	if err := d.Advance(ctx); err != nil {
		return "", err
	}
	matters, err := d.mattersOf(ctx, of)
	if err != nil {
		return "", err
	}
	err = d.db.View(func(tx *bolt.Tx) error {
		for i := 0; i < len(matters) && why == "" && err == nil; i++ {
			why, err = openMatter(tx, matters[i], d.cfg.Now())
		}
		return err
	})
	return why, err
}

// mattersOf are the matters that a message belongs to: its own, the one that it
// is about, and those of its corrections and of the messages that are made of it.
func (d *Docket) mattersOf(ctx context.Context, of schemas.MessageRef) ([]schemas.MessageRef, error) {
	var matters []schemas.MessageRef
	err := d.db.View(func(tx *bolt.Tx) (err error) {
		matters, err = follow(tx, of, madeBucket, correctsBucket)
		return err
	})
	if err != nil {
		return nil, err
	}
	e, err := d.ledger.Decision(ctx, of.Originator, of.ID)
	if err != nil && !notThere(err) {
		return nil, fmt.Errorf("finding the matter of a message: %w", err)
	}
	if err == nil && e.Of != nil {
		matters = append(matters, *e.Of)
	}
	return matters, nil
}

// keeps says whether the duty keeps the messages of its matter. That a review is
// due does not, and neither does what waits for a consent, which may never come.
func (c *Clock) keeps(now time.Time) bool {
	return c.runsAt(now) && c.Waits == "" && c.Name != policy.ClockReview && c.Name != policy.ClockHeld
}

func openMatter(tx *bolt.Tx, of schemas.MessageRef, now time.Time) (why string, err error) {
	t, err := readThread(tx, of)
	if err != nil {
		return "", err
	}
	err = eachUnder(tx.Bucket(clocksBucket), t.Of, func(_, raw []byte) error {
		var c Clock
		if err := json.Unmarshal(raw, &c); err != nil {
			return fmt.Errorf("reading the docket: %w", err)
		}
		if c.keeps(now) {
			why = fmt.Sprintf("%s owes %s about %s", c.Owes, c.Name, of)
		}
		return nil
	})
	if err != nil || why != "" {
		return why, err
	}
	for _, id := range slices.Sorted(maps.Keys(t.Recalls)) {
		if why, err = openMatter(tx, t.Recalls[id], now); err != nil || why != "" {
			return why, err
		}
	}
	if t.Kind != schemas.KindCase || t.Status == schemas.CaseClosed || t.takenBack() {
		return "", nil
	}
	return fmt.Sprintf("the case %s is %s", t.Of, t.Status), nil
}
