package broker

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// intakeReading looks for accepted messages that are not as they were accepted.
type intakeReading struct{ report func(Damage) }

func (r *intakeReading) stream() string { return schemas.IntakeName }

func (r *intakeReading) frame(from, to uint64, err error) {
	r.report(Damage{Stream: r.stream(), From: from, To: to, Problem: err.Error(), Stops: true, Frame: true})
}

func (r *intakeReading) gap(_, _ uint64, lost ledger.Spans) {
	for _, s := range lost {
		r.report(Damage{Stream: r.stream(), From: s.From, To: s.To, Problem: "accepted messages that cannot be read", Stops: true})
	}
}

func (r *intakeReading) stored(m *jetstream.RawStreamMsg) {
	digest := schemas.DigestOfCanonical(m.Data)
	if m.Header.Get(ledger.HeaderDigest) == base64.RawURLEncoding.EncodeToString(digest[:]) &&
		m.Header.Get(ledger.HeaderAccount) != "" && m.Header.Get(ledger.HeaderSalt) != "" {
		return
	}
	r.report(Damage{Stream: r.stream(), From: m.Sequence, To: m.Sequence, Problem: "an accepted message that is not as it was accepted", Stops: true})
}

// disclosuresReading follows the chain of entries, and counts the copies behind
// each.
type disclosuresReading struct {
	report func(Damage)
	// chain is the end of the ledger so far; adrift says that entries before
	// here could not be read, so that the next one is believed.
	chain  ledger.Chain
	adrift bool
	// entry is the last entry that was read, and passed how many sequences lie
	// between it and the next message.
	entry  ledger.Entry
	passed int
}

func (r *disclosuresReading) stream() string { return ledger.Stream }

func (r *disclosuresReading) frame(from, to uint64, err error) {
	r.report(Damage{Stream: r.stream(), From: from, To: to, Problem: err.Error(), Stops: true, Frame: true})
}

// gap tells copies, whose desks can be named, from what lies behind them, where
// there must have been an entry.
func (r *disclosuresReading) gap(from, to uint64, lost ledger.Spans) {
	for ; from <= to && !r.adrift && r.passed < r.entry.Copies; from++ {
		if lost.Has(from) {
			r.report(Damage{Stream: r.stream(), From: from, To: from, Problem: "a copy that cannot be read: " + r.copyName(r.passed)})
		}
		r.passed++
	}
	if from > to || r.adrift && len(lost) == 0 {
		return
	}
	problem := fmt.Sprintf("what cannot be read begins with ledger entry %d", r.chain.Number+1)
	if r.adrift {
		problem = "entries or copies that cannot be read"
	}
	r.adrift = true
	r.report(Damage{Stream: r.stream(), From: from, To: to, Problem: problem, Stops: true})
}

// copyName says whose copy one is, of those that the last entry released.
func (r *disclosuresReading) copyName(n int) string {
	name := fmt.Sprintf("that of decision %d (message %s)", r.entry.Number, r.entry.Message)
	var desks []string
	for _, o := range r.entry.Outcomes {
		for _, d := range o.Desks {
			desks = append(desks, string(o.Member)+"/"+d)
		}
	}
	if len(desks) == r.entry.Copies {
		return name + " for the desk " + desks[n]
	}
	// A decision that was taken again copies only what is new.
	return name + ", for one of the desks " + strings.Join(desks, ", ")
}

func (r *disclosuresReading) stored(m *jetstream.RawStreamMsg) {
	if strings.HasPrefix(m.Subject, "feed.") {
		r.copied(m)
		return
	}
	damaged := func(problem string) {
		r.report(Damage{Stream: r.stream(), From: m.Sequence, To: m.Sequence, Problem: problem, Stops: true})
	}
	if !r.adrift && r.passed != r.entry.Copies {
		damaged(fmt.Sprintf("decision %d released %d copies, and %d lie behind it", r.entry.Number, r.entry.Copies, r.passed))
	}
	e, err := ledger.Parse(m.Data)
	switch {
	case err != nil:
		damaged("a ledger entry that cannot be decoded")
	case ledger.AddressOf(&e) != m.Subject:
		damaged(fmt.Sprintf("ledger entry %d does not stand at its own address", e.Number))
	case !r.adrift && (e.Number != r.chain.Number+1 || e.Previous != r.chain.Hash):
		damaged(fmt.Sprintf("ledger entry %d does not follow entry %d as it is stored", e.Number, r.chain.Number))
	}
	r.chain, r.adrift = ledger.Chain{Number: e.Number, Hash: ledger.HashOf(m.Data)}, err != nil
	r.entry, r.passed = e, 0
}

func (r *disclosuresReading) copied(m *jetstream.RawStreamMsg) {
	r.passed++
	if r.adrift {
		return // its entry cannot be read, and that is reported
	}
	if r.passed > r.entry.Copies || schemas.ID(m.Header.Get(schemas.HeaderID)) != r.entry.Message {
		r.report(Damage{Stream: r.stream(), From: m.Sequence, To: m.Sequence, Problem: "a copy that no decision before it released: " + m.Subject})
	}
	if _, err := schemas.DecodeCopy(m.Data); err != nil {
		tokens := slices.Concat(strings.Split(m.Subject, "."), []string{"", "", ""})
		r.report(Damage{Stream: r.stream(), From: m.Sequence, To: m.Sequence,
			Problem: fmt.Sprintf("a copy of decision %d for the desk %s/%s that cannot be decoded", r.entry.Number, tokens[1], tokens[2])})
	}
}
