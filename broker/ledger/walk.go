package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const (
	// pageSize and pageBytes bound one page of a walk.
	pageSize  = 2048
	pageBytes = 8 << 20
	// pageWait bounds the wait for one page.
	pageWait = 10 * time.Second
)

// Walk reads the stored messages of a stream at an address in order, behind a
// sequence, or from a time on if that is not zero, up to the last that there is
// when it begins. It leaves nothing behind in the engine, unlike a consumer. A
// message that is damaged is passed over by the engine without a word: whoever
// needs to know looks for gaps. After an error the sequence ends.
func Walk(ctx context.Context, js jetstream.JetStream, stream, address string, after uint64, from time.Time) iter.Seq2[*jetstream.RawStreamMsg, error] {
	return func(yield func(*jetstream.RawStreamMsg, error) bool) {
		s, err := js.Stream(ctx, stream)
		if err != nil {
			yield(nil, fmt.Errorf("reading %s: %w", stream, err))
			return
		}
		last := s.CachedInfo().State.LastSeq
		for after < last {
			start := jetstreamext.GetBatchSeq(after + 1)
			if !from.IsZero() {
				start, from = jetstreamext.GetBatchStartTime(from), time.Time{}
			}
			page, err := readPage(ctx, js, stream, address, start)
			if err != nil {
				yield(nil, fmt.Errorf("reading %s behind sequence %d: %w", stream, after, err))
				return
			}
			if len(page) == 0 {
				return
			}
			for _, m := range page {
				if after = m.Sequence; after > last || !yield(m, nil) {
					return
				}
			}
		}
	}
}

// readPage reads one page. It is whole or an error: the library ends a page
// that a deadline or a lost link cut short as if it were complete.
func readPage(ctx context.Context, js jetstream.JetStream, stream, address string, start jetstreamext.GetBatchOpt) ([]*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	found, err := jetstreamext.GetBatch(ctx, js, stream, pageSize, jetstreamext.GetBatchSubject(address), jetstreamext.GetBatchMaxBytes(pageBytes), start)
	if err != nil {
		return nil, err
	}
	var page []*jetstream.RawStreamMsg
	for m, err := range found {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		page = append(page, m)
	}
	return page, Whole(ctx, js)
}

// Whole returns an error if an answer in several messages may have been cut
// short: its deadline has passed, or the link was lost.
func Whole(ctx context.Context, js jetstream.JetStream) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("the answer was cut short: %w", err)
	}
	if !js.Conn().IsConnected() {
		return errors.New("the answer was cut short: the link was lost")
	}
	return nil
}
