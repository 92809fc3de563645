package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Raw reads the entries behind a sequence of the stream as they are stored, in
// order, up to the last that there is when it begins.
func (l *Ledger) Raw(ctx context.Context, after uint64) iter.Seq2[*jetstream.RawStreamMsg, error] {
	return Walk(ctx, l.js, Stream, Address, after, time.Time{})
}

// Numbered returns the entry with a number, or ErrNotFound. Entries are in the
// order of their numbers, so that it looks at a few of them only.
func (l *Ledger) Numbered(ctx context.Context, number uint64) (Stored, error) {
	s, err := l.js.Stream(ctx, Stream)
	if err != nil {
		return Stored{}, fmt.Errorf("opening the ledger: %w", err)
	}
	low, high := number, s.CachedInfo().State.LastSeq // entry n is not before sequence n
	for low <= high && number > 0 {
		middle := low + (high-low)/2
		msg, err := s.GetMsg(ctx, middle, jetstream.WithGetMsgSubject(Address))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			high = middle - 1
			continue
		}
		if err != nil {
			return Stored{}, fmt.Errorf("looking for entry %d: %w", number, err)
		}
		e, err := stored(msg.Subject, msg.Data, msg.Sequence)
		switch {
		case err != nil:
			return Stored{}, fmt.Errorf("looking for entry %d: %w", number, err)
		case e.Number == number:
			return e, nil
		case e.Number < number:
			low = e.Sequence + 1
		default:
			high = middle - 1
		}
	}
	return Stored{}, ErrNotFound
}

// At returns the last entry at or before a place of the stream, or ErrNotFound.
// It looks at a few entries only.
func (l *Ledger) At(ctx context.Context, sequence uint64) (Stored, error) {
	s, err := l.js.Stream(ctx, Stream)
	if err != nil {
		return Stored{}, fmt.Errorf("opening the ledger: %w", err)
	}
	found, low, high := uint64(0), uint64(1), sequence
	for low <= high {
		middle := low + (high-low)/2
		msg, err := s.GetMsg(ctx, middle, jetstream.WithGetMsgSubject(Address))
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return Stored{}, fmt.Errorf("looking for the entry before sequence %d: %w", sequence, err)
		}
		if err != nil || msg.Sequence > sequence {
			high = middle - 1
			continue
		}
		found, low = msg.Sequence, msg.Sequence+1
	}
	if found == 0 {
		return Stored{}, ErrNotFound
	}
	msg, err := s.GetMsg(ctx, found)
	if err != nil {
		return Stored{}, fmt.Errorf("reading the entry at sequence %d: %w", found, err)
	}
	return stored(msg.Subject, msg.Data, msg.Sequence)
}
