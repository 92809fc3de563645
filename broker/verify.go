package broker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/check"
	"liaison/broker/ledger"
)

// Verify derives anew, independently of router and policy, what every desk
// must hold, and reports every difference. The broker may be working meanwhile.
func (b *Broker) Verify(ctx context.Context) (check.Report, error) {
	if err := b.retention.Finish(ctx); err != nil {
		return check.Report{}, err
	}
	src, desks := b.History()
	return check.Check(ctx, src, desks, b.cfg.Now().UTC())
}

// History returns what the balance is checked from: the streams with the tables
// that were kept, and every desk that was ever enrolled.
func (b *Broker) History() (check.Source, []check.Desk) {
	var desks []check.Desk
	for _, d := range b.registry.Desks() {
		desks = append(desks, check.Desk{Member: d.Member, Name: d.Name})
	}
	return &history{js: b.js, dir: b.cfg.Dir}, desks
}

// history reads a broker's streams and tables.
type history struct {
	js  jetstream.JetStream
	dir string
}

// End returns the sequence of the last message that a stream says it stored.
func (h *history) End(ctx context.Context, stream string) (uint64, error) {
	s, err := h.js.Stream(ctx, stream)
	if err != nil {
		return 0, fmt.Errorf("reading the end of %s: %w", stream, err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// Read yields the messages of a stream in order, up to a sequence.
func (h *history) Read(ctx context.Context, stream string, to uint64) iter.Seq2[check.Record, error] {
	return func(yield func(check.Record, error) bool) {
		for msg, err := range ledger.Walk(ctx, h.js, stream, ">", 0, time.Time{}) {
			if err != nil {
				yield(check.Record{}, err)
				return
			}
			if msg.Sequence > to || !yield(recordOf(msg), nil) {
				return
			}
		}
	}
}

// One returns the message at a sequence, or false if it cannot be read.
func (h *history) One(ctx context.Context, stream string, sequence uint64) (check.Record, bool, error) {
	s, err := h.js.Stream(ctx, stream)
	if err != nil {
		return check.Record{}, false, fmt.Errorf("reading %s: %w", stream, err)
	}
	msg, err := s.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return check.Record{}, false, nil
	}
	if err != nil {
		return check.Record{}, false, fmt.Errorf("reading message %d of %s: %w", sequence, stream, err)
	}
	return recordOf(msg), true, nil
}

// Acts yields the entries that are about no single message, behind a sequence.
func (h *history) Acts(ctx context.Context, after uint64) iter.Seq2[check.Record, error] {
	return func(yield func(check.Record, error) bool) {
		for msg, err := range ledger.Walk(ctx, h.js, ledger.Stream, ledger.ActsAddress, after, time.Time{}) {
			if err != nil {
				yield(check.Record{}, err)
				return
			}
			if !yield(recordOf(msg), nil) {
				return
			}
		}
	}
}

// Tables returns the set of tables of that hash, as it was kept.
func (h *history) Tables(hash string) (fs.FS, error) {
	dir := filepath.Join(h.dir, tablesFolder, filepath.Base(hash))
	if _, err := os.Stat(dir); err != nil {
		return nil, errors.New("the broker's folder does not have them")
	}
	return os.DirFS(dir), nil
}

func recordOf(m *jetstream.RawStreamMsg) check.Record {
	return check.Record{Sequence: m.Sequence, Address: m.Subject, Header: m.Header, Data: m.Data, Stored: m.Time}
}

// Verify derives anew what every desk must hold, at the running broker.
func (r *Remote) Verify(ctx context.Context) (check.Report, error) {
	return one[check.Report](ctx, r, request{Check: &struct{}{}})
}
