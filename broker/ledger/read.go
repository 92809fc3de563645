package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/schemas"
)

// ErrNotFound says that the ledger has no entry for a message.
var ErrNotFound = errors.New("the ledger has no entry for it")

// Stored is an entry as read: decoded, with its bytes and place.
type Stored struct {
	Entry
	Address  string
	Raw      []byte
	Sequence uint64
}

// Ledger reads the ledger. Its methods may be used by several goroutines.
type Ledger struct {
	js jetstream.JetStream
}

// New returns a reader of the ledger behind the connection.
func New(js jetstream.JetStream) *Ledger { return &Ledger{js: js} }

// Last returns the last entry and the end of the chain. Of an empty ledger
// both are zero.
func (l *Ledger) Last(ctx context.Context) (Stored, Chain, error) {
	last, err := l.lastAt(ctx, Address)
	if errors.Is(err, ErrNotFound) {
		return Stored{}, Chain{}, nil
	}
	if err != nil {
		return Stored{}, Chain{}, err
	}
	return last, Chain{Number: last.Number, Hash: HashOf(last.Raw)}, nil
}

// Decision returns the latest decision about a message of an originator, or
// ErrNotFound.
func (l *Ledger) Decision(ctx context.Context, originator schemas.MemberID, id schemas.ID) (Stored, error) {
	return l.lastAt(ctx, schemas.DecisionAddress(originator, id))
}

// lastAt returns the last entry at an address, or ErrNotFound.
func (l *Ledger) lastAt(ctx context.Context, address string) (Stored, error) {
	s, err := l.js.Stream(ctx, Stream)
	if err != nil {
		return Stored{}, fmt.Errorf("opening the ledger: %w", err)
	}
	msg, err := s.GetLastMsgForSubject(ctx, address)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Stored{}, ErrNotFound
	}
	if err != nil {
		return Stored{}, fmt.Errorf("reading the last entry at %s: %w", address, err)
	}
	return stored(msg.Subject, msg.Data, msg.Sequence)
}

// Entries reads entries in order: all of them, or those at an address such as
// "decision.gla.>" or "decision.*.<id>". It ends at the last entry that there
// was when it began. After an error the sequence ends.
func (l *Ledger) Entries(ctx context.Context, address string) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		for msg, err := range Walk(ctx, l.js, Stream, address, 0, time.Time{}) {
			if err != nil {
				yield(Stored{}, err)
				return
			}
			e, err := stored(msg.Subject, msg.Data, msg.Sequence)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Follow calls fn with every entry after the given number, as they come, until
// the context ends or fn returns an error.
func (l *Ledger) Follow(ctx context.Context, after uint64, fn func(Stored) error) error {
	cons, err := l.js.OrderedConsumer(ctx, Stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{Address}, InactiveThreshold: time.Minute})
	if err != nil {
		return fmt.Errorf("following the ledger: %w", err)
	}
	msgs, err := cons.Messages(jetstream.PullMaxMessages(500))
	if err != nil {
		return fmt.Errorf("following the ledger: %w", err)
	}
	defer msgs.Stop()
	for {
		msg, err := msgs.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("following the ledger: %w", err)
		}
		e, err := stored(msg.Subject(), msg.Data(), sequenceOf(msg))
		if err != nil {
			return err
		}
		if e.Number <= after {
			continue
		}
		if err := fn(e); err != nil {
			return err
		}
	}
}

func sequenceOf(msg jetstream.Msg) uint64 {
	meta, err := msg.Metadata()
	if err != nil {
		return 0 // a message of a consumer always has it; 0 is no sequence
	}
	return meta.Sequence.Stream
}

func stored(address string, raw []byte, sequence uint64) (Stored, error) {
	e, err := Parse(raw)
	if err != nil {
		return Stored{}, fmt.Errorf("at sequence %d: %w", sequence, err)
	}
	return Stored{Entry: e, Address: address, Raw: raw, Sequence: sequence}, nil
}

// Report is what verification found.
type Report struct {
	// Entries is how many entries were read, Last the number of the last, and
	// Head its hash.
	Entries uint64    `json:"entries"`
	Last    uint64    `json:"last"`
	Head    string    `json:"head"`
	Checked time.Time `json:"checked"`
	// Signed is how many of them the signed head of the tree has.
	Signed uint64 `json:"signed"`
	// Faults are the places where the chain is broken.
	Faults []ChainFault `json:"faults,omitempty"`
}

// ChainFault is a place where the chain is broken.
type ChainFault struct {
	// Entry is the number that was expected there, Sequence the place in the stream.
	Entry    uint64 `json:"entry"`
	Sequence uint64 `json:"sequence"`
	Problem  string `json:"problem"`
}

// Verify checks of a whole ledger, as Raw reads it, that the entries are numbered
// without a gap, that each names the hash of the one before it, and that each
// stands at its own address. What else is wrong with an entry, against says.
func Verify(entries iter.Seq2[*jetstream.RawStreamMsg, error], now time.Time, against func(number uint64, raw []byte) string) (Report, error) {
	r := Report{Checked: now}
	var at Chain
	for msg, err := range entries {
		if err != nil {
			return r, err
		}
		r.Entries++
		at = r.check(at, msg.Subject, msg.Data, msg.Sequence)
		if problem := against(at.Number, msg.Data); problem != "" {
			r.Faults = append(r.Faults, ChainFault{Entry: at.Number, Sequence: msg.Sequence, Problem: problem})
		}
	}
	r.Last, r.Head = at.Number, at.Hash
	return r, nil
}

// check holds one stored entry against the end of the chain before it, and
// returns the end of the chain after it.
func (r *Report) check(before Chain, address string, raw []byte, sequence uint64) Chain {
	fault := func(problem string) {
		r.Faults = append(r.Faults, ChainFault{Entry: before.Number + 1, Sequence: sequence, Problem: problem})
	}
	after := Chain{Number: before.Number + 1, Hash: HashOf(raw)}
	e, err := Parse(raw)
	if err != nil {
		fault("cannot be decoded")
		return after
	}
	if e.Number != after.Number {
		fault(fmt.Sprintf("entry %d stands where entry %d must be", e.Number, after.Number))
	}
	if e.Previous != before.Hash {
		fault("does not name the hash of the entry before it")
	}
	if AddressOf(&e) != address {
		fault("stands at an address that is not its own")
	}
	after.Number = e.Number
	return after
}
