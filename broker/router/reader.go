package router

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/failpoint"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// intakeRecord is an accepted message as it lies in the intake.
type intakeRecord struct {
	sequence   uint64
	received   time.Time
	originator schemas.MemberID
	id         schemas.ID
	account    string
	commitment string
	data       []byte
}

// reader reads the intake in order behind a place.
type reader struct {
	js   jetstream.JetStream
	last uint64 // the last sequence read
	// explain brings explained up to date.
	explain   func(context.Context) error
	explained *ledger.Explained
	name      string // of the consumer
	msgs      jetstream.MessagesContext
	// arrived carries what the engine sends, failed why it ended. ended tells
	// the pump to stop, and done that it has.
	arrived     chan jetstream.Msg
	failed      chan error
	ended, done chan struct{}
}

const (
	// maxWaiting bounds the records read ahead.
	maxWaiting = 2000
	// idleCheck is how often a silent reader asks whether there is really
	// nothing to read.
	idleCheck = 2 * time.Second
)

func (r *Router) newReader(place uint64) *reader {
	return &reader{js: r.cfg.JetStream, last: place, explain: r.explain, explained: &r.explained}
}

// next waits for records and returns all that wait, in order, or none when the
// bell rings. An error means that the reader is to be made anew.
func (in *reader) next(ctx context.Context, bell <-chan struct{}) ([]intakeRecord, error) {
	if in.msgs == nil {
		if err := in.start(ctx); err != nil {
			return nil, err
		}
	}
	for {
		select {
		case msg := <-in.arrived:
			return in.drain(ctx, msg)
		case <-bell:
			return nil, nil
		case err := <-in.failed:
			return nil, err
		case <-time.After(idleCheck):
			if err := in.checkIdle(ctx); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// start begins reading. The consumer belongs to this reader alone, begins
// behind the place and keeps no state that could go stale: the place is in the
// ledger.
func (in *reader) start(ctx context.Context) error {
	cons, err := in.js.CreateConsumer(ctx, schemas.IntakeName, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       in.last + 1,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return fmt.Errorf("reading the intake: %w", err)
	}
	in.name = cons.CachedInfo().Name
	in.msgs, err = cons.Messages(jetstream.PullMaxMessages(1000), jetstream.PullHeartbeat(time.Second), jetstream.PullExpiry(30*time.Second))
	if err != nil {
		return fmt.Errorf("reading the intake: %w", err)
	}
	in.arrived, in.failed = make(chan jetstream.Msg, maxWaiting), make(chan error, 1)
	in.ended, in.done = make(chan struct{}), make(chan struct{})
	go in.pump(in.msgs)
	return nil
}

// pump moves what the engine sends into the channel, until the reader stops.
func (in *reader) pump(msgs jetstream.MessagesContext) {
	defer close(in.done)
	for {
		msg, err := msgs.Next()
		if err != nil {
			in.failed <- fmt.Errorf("reading the intake: %w", err)
			return
		}
		select {
		case in.arrived <- msg:
		case <-in.ended:
			return
		}
	}
}

// stop ends reading and waits until the pump has ended.
func (in *reader) stop() {
	if in.msgs == nil {
		return
	}
	close(in.ended)
	in.msgs.Stop()
	<-in.done
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// If this fails the engine deletes it for itself after a minute.
	_ = in.js.DeleteConsumer(ctx, schemas.IntakeName, in.name)
}

// drain takes what has arrived together with the first message.
func (in *reader) drain(ctx context.Context, msg jetstream.Msg) ([]intakeRecord, error) {
	records, err := in.take(ctx, msg, nil)
	if err != nil {
		return nil, err
	}
	return in.more(ctx, records)
}

// more adds what has arrived, up to the bound, and waits for nothing.
func (in *reader) more(ctx context.Context, records []intakeRecord) ([]intakeRecord, error) {
	failpoint.Here("router.fetched")
	for len(records) < maxWaiting {
		select {
		case msg := <-in.arrived:
			var err error
			if records, err = in.take(ctx, msg, records); err != nil {
				return nil, err
			}
		default:
			return records, nil
		}
	}
	return records, nil
}

// take adds one message, which must be the one behind the last. One whose loss was
// accepted stays lost, though the engine has found it again: its sender was told to
// send it anew.
func (in *reader) take(ctx context.Context, msg jetstream.Msg, records []intakeRecord) ([]intakeRecord, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("reading the intake: %w", err)
	}
	at := meta.Sequence.Stream
	if at != in.last+1 {
		if err := in.explainGap(ctx, at-1); err != nil {
			return nil, err
		}
	}
	in.last = at
	if lost := in.explained.Accepted[schemas.IntakeName]; len(lost) > 0 && lost.Has(at) {
		return records, nil
	}
	return append(records, recordOf(msg.Subject(), msg.Headers(), msg.Data(), at, meta.Timestamp)), nil
}

// explainGap returns nil if entries explain that the messages up to a sequence
// are not there. Else it tells a message that was only not delivered, for which
// reading again is the cure, from one that is lost.
func (in *reader) explainGap(ctx context.Context, to uint64) error {
	s, err := in.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("looking into a gap of the intake: %w", err)
	}
	_, err = s.GetMsg(ctx, in.last+1)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("looking into a gap of the intake: %w", err)
	}
	if err == nil {
		return fmt.Errorf("intake message %d was passed over in delivery", in.last+1)
	}
	if err := in.explain(ctx); err != nil {
		return err
	}
	if len(in.explained.Left(schemas.IntakeName, ledger.Span{From: in.last + 1, To: to})) == 0 {
		return nil
	}
	return fmt.Errorf("%w: what lies behind sequence %d, up to %d, cannot be read", ErrGap, in.last, to)
}

func recordOf(address string, h nats.Header, data []byte, sequence uint64, received time.Time) intakeRecord {
	rec := intakeRecord{sequence: sequence, received: received, data: data, account: h.Get(ledger.HeaderAccount)}
	if tokens := strings.Split(address, "."); len(tokens) == 3 {
		rec.originator, rec.id = schemas.MemberID(tokens[1]), schemas.ID(tokens[2])
	}
	rec.commitment = ledger.Commit(h.Get(ledger.HeaderSalt), data)
	return rec
}

// checkIdle asks the stream whether there is something to read that does not
// arrive.
func (in *reader) checkIdle(ctx context.Context) error {
	s, err := in.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("asking the intake for its end: %w", err)
	}
	last := s.CachedInfo().State.LastSeq
	if last == in.last || len(in.arrived) > 0 {
		return nil
	}
	if err := in.explainGap(ctx, last); err != nil {
		return err
	}
	in.last = last
	return nil
}
