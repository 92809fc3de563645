package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"liaison/schemas"
)

// ActsAddress is where in the stream the entries are that are about no single
// message: tables that came into use, erasures, and gaps that were accepted.
const ActsAddress = "decision._.>"

// The reasons for an erasure.
const (
	// ErasedRecall: the originator recalled the message, or what it corrects.
	ErasedRecall schemas.Code = "recall"
	// ErasedRetention: the protocol's time for keeping it has ended.
	ErasedRetention schemas.Code = "retention"
	// ErasedOperator: an operator had it erased, and said why.
	ErasedOperator schemas.Code = "operator"
)

// Erasure is what an entry says was erased. It is recorded before anything is
// removed, and a gap in a stream that it names is no loss. Entries themselves
// are never erased.
type Erasure struct {
	Why schemas.Code `json:"why"`
	// Recall is the recall by which it was erased.
	Recall *schemas.MessageRef `json:"recall,omitempty"`
	// Reason is what the operator gave as the reason, in words.
	Reason   string `json:"reason,omitempty"`
	Messages []Gone `json:"messages"`
}

// Gone is what was erased of one message.
type Gone struct {
	Of schemas.MessageRef `json:"of"`
	// Intake is the place of the accepted message; zero if that stays.
	Intake uint64 `json:"intake,omitempty"`
	// Copies are the places of the copies in the feeds.
	Copies []Span `json:"copies,omitempty"`
	// Step is what the docket needs of an accepted message that is a step of a
	// matter, encoded: who did what about which message. It has no text and no
	// name: of an item, its own crime types and who of the subjects is in it; of a
	// subject, that it may be a victim, and whether it is an adult for certain.
	Step []byte `json:"step,omitempty"`
}

// MaxErasure bounds the sizes of what one entry names: the server takes 2 MiB.
const MaxErasure = 512 << 10

// Size is more than the bytes that it takes of an entry.
func (g *Gone) Size() int { return 512 + 2*len(g.Step) + 64*len(g.Copies) }

// Entryfuls splits a list into as much as one entry may name each.
func Entryfuls(list []Gone) (parts [][]Gone) {
	bytes := 0
	for i := range list {
		size := list[i].Size()
		if bytes += size; i == 0 || bytes > MaxErasure {
			parts, bytes = append(parts, nil), size
		}
		last := &parts[len(parts)-1]
		*last = append(*last, list[i])
	}
	return parts
}

// Span is a range of places in a stream, both ends included.
type Span struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Gap is a gap in a stream that nothing explains and that an operator accepts,
// so that the router goes on.
type Gap struct {
	Stream string `json:"stream"`
	Span
	// Reason is the operator's, in words.
	Reason string `json:"reason"`
}

// Spans are places of a stream: apart, and in order. The zero Spans are none.
type Spans []Span

// Add returns the spans with another one.
func (s Spans) Add(n Span) Spans {
	at, _ := slices.BinarySearchFunc(s, n.From, func(sp Span, from uint64) int { return cmp.Compare(sp.From, from) })
	if at > 0 && s[at-1].To+1 >= n.From {
		at--
	}
	end := at
	for ; end < len(s) && s[end].From <= n.To+1; end++ {
		n.From, n.To = min(n.From, s[end].From), max(n.To, s[end].To)
	}
	return slices.Replace(s, at, end, n)
}

// Has says whether a place is among them.
func (s Spans) Has(at uint64) bool { return len(s.Without(Span{From: at, To: at})) == 0 }

// Without returns the parts of a span that are not among them.
func (s Spans) Without(of Span) (rest []Span) {
	at, _ := slices.BinarySearchFunc(s, of.From, func(sp Span, from uint64) int { return cmp.Compare(sp.To, from) })
	for _, sp := range s[at:] {
		if sp.From > of.To {
			break
		}
		if sp.From > of.From {
			rest = append(rest, Span{From: of.From, To: sp.From - 1})
		}
		of.From = sp.To + 1
	}
	if of.From <= of.To {
		rest = append(rest, of)
	}
	return rest
}

// Count returns how many places they are.
func (s Spans) Count() (n uint64) {
	for _, sp := range s {
		n += sp.To - sp.From + 1
	}
	return n
}

// Explained are the gaps of each stream that entries explain: what was erased,
// and what an operator accepted.
type Explained struct {
	Erased, Accepted map[string]Spans
	// Sequence is the last entry that they were read from.
	sequence uint64
}

// Left returns the parts of a span of a stream that nothing explains.
func (e *Explained) Left(stream string, of Span) (rest []Span) {
	for _, r := range e.Erased[stream].Without(of) {
		rest = append(rest, e.Accepted[stream].Without(r)...)
	}
	return rest
}

// Take adds what an entry explains.
func (e *Explained) Take(entry *Entry) {
	if e.Erased == nil {
		e.Erased, e.Accepted = map[string]Spans{}, map[string]Spans{}
	}
	if g := entry.Gap; g != nil {
		e.Accepted[g.Stream] = e.Accepted[g.Stream].Add(g.Span)
	}
	if entry.Erased == nil {
		return
	}
	for _, g := range entry.Erased.Messages {
		if g.Intake != 0 {
			e.Erased[schemas.IntakeName] = e.Erased[schemas.IntakeName].Add(Span{From: g.Intake, To: g.Intake})
		}
		for _, s := range g.Copies {
			e.Erased[Stream] = e.Erased[Stream].Add(s)
		}
	}
}

// Explain brings up to date what the ledger explains. It reads only the entries
// that are about no single message, and of them those that are new.
func (l *Ledger) Explain(ctx context.Context, e *Explained) error {
	for msg, err := range Walk(ctx, l.js, Stream, ActsAddress, e.sequence, time.Time{}) {
		if err != nil {
			return err
		}
		entry, err := stored(msg.Subject, msg.Data, msg.Sequence)
		if err != nil {
			return err
		}
		e.Take(&entry.Entry)
		e.sequence = msg.Sequence
	}
	return nil
}
