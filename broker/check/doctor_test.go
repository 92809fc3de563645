package check_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"testing"

	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// doctor changes a history as a fault, a flipped bit or an intruder would.
type doctor struct {
	*memory
	t *testing.T
}

func without(csv []byte, id string) []byte {
	return slices.Concat(slices.Collect(func(yield func([]byte) bool) {
		for line := range bytes.Lines(csv) {
			if !bytes.HasPrefix(line, []byte(id+",")) && !yield(line) {
				return
			}
		}
	})...)
}

func replaced(s, from, to string) string { return strings.ReplaceAll(s, from, to) }

// feeds are the entries and copies, and taken the accepted messages.
func (d *doctor) feeds() []check.Record { return d.streams[ledger.Stream] }
func (d *doctor) taken() []check.Record { return d.streams[schemas.IntakeName] }

// renumber closes the gaps of a stream: whoever cuts something out covers it up.
func (d *doctor) renumber(stream string) {
	for i := range d.streams[stream] {
		d.streams[stream][i].Sequence = uint64(i + 1)
	}
	d.ends[stream] = uint64(len(d.streams[stream]))
}

func (d *doctor) cut(stream string, from, n int) {
	d.streams[stream] = slices.Delete(d.streams[stream], from, from+n)
}

func (d *doctor) insert(stream string, at int, r check.Record) {
	d.streams[stream] = slices.Insert(d.streams[stream], at, r)
	d.renumber(stream)
}

// copyAt returns the place of the first copy of a message at a desk.
func (d *doctor) copyAt(n int, desk string) int {
	d.t.Helper()
	at := slices.IndexFunc(d.feeds(), func(r check.Record) bool {
		return strings.HasPrefix(r.Address, "feed."+strings.ReplaceAll(desk, "/", ".")+".") && slices.Equal(r.Header[schemas.HeaderID], []string{string(idOf(n))})
	})
	if at < 0 {
		d.t.Fatalf("%s has no copy of message %d", desk, n)
	}
	return at
}

// entryAt returns the place of the first entry that fits, and the entry.
func (d *doctor) entryAt(fits func(ledger.Entry) bool) (int, ledger.Entry) {
	d.t.Helper()
	for i, r := range d.feeds() {
		if e, err := ledger.Parse(r.Data); strings.HasPrefix(r.Address, "decision.") && err == nil && fits(e) {
			return i, e
		}
	}
	d.t.Fatal("the history has no such entry")
	return 0, ledger.Entry{}
}

func about(n int) func(ledger.Entry) bool {
	return func(e ledger.Entry) bool { return e.Message == idOf(n) && e.Kind == ledger.DecisionEntry }
}

func again(n int) func(ledger.Entry) bool {
	return func(e ledger.Entry) bool { return e.Message == idOf(n) && e.Replaces > 0 }
}

func consent(number int) func(ledger.Entry) bool {
	id := answer("gla", number, 1, "", "").ID
	return func(e ledger.Entry) bool { return e.Message == id }
}

// edit changes an entry and seals the whole chain anew, so that the chain does
// not tell.
func (d *doctor) edit(fits func(ledger.Entry) bool, change func(*ledger.Entry)) {
	d.t.Helper()
	at, e := d.entryAt(fits)
	change(&e)
	raw, _, err := ledger.Chain{Number: e.Number - 1, Hash: e.Previous}.Seal(&e)
	if err != nil {
		d.t.Fatal(err)
	}
	d.feeds()[at].Data = raw
	d.reseal()
}

// reseal seals the chain anew, and lets copies and later decisions name the new
// numbers.
func (d *doctor) reseal() {
	d.t.Helper()
	var chain ledger.Chain
	renamed := map[uint64]uint64{}
	for i := range d.feeds() {
		r := &d.feeds()[i]
		if !strings.HasPrefix(r.Address, "decision.") {
			if n, err := strconv.ParseUint(r.Header[schemas.HeaderDecision][0], 10, 64); err == nil && renamed[n] > 0 {
				r.Header[schemas.HeaderDecision] = []string{strconv.FormatUint(renamed[n], 10)}
			}
			continue
		}
		e, err := ledger.Parse(r.Data)
		if err != nil {
			d.t.Fatal(err)
		}
		was := e.Number
		if n, ok := renamed[e.Replaces]; ok {
			e.Replaces = n
		}
		if r.Data, chain, err = chain.Seal(&e); err != nil {
			d.t.Fatal(err)
		}
		renamed[was] = e.Number
		if e.Kind != ledger.DecisionEntry && e.Kind != ledger.ConsentEntry {
			r.Address = ledger.AddressOf(&e)
		}
	}
}

// rewrite changes a copy and encodes it anew.
func (d *doctor) rewrite(n int, desk string, change func(*schemas.Message)) {
	d.t.Helper()
	r := &d.feeds()[d.copyAt(n, desk)]
	m, err := schemas.DecodeCopy(r.Data)
	if err != nil {
		d.t.Fatal(err)
	}
	change(m)
	r.Data = encode(d.t, m, r.Header[schemas.HeaderType][0])
}

// resubmit changes an accepted message and everything that binds it, but for
// its copies.
func (d *doctor) resubmit(n int, change func(*schemas.Message)) {
	d.t.Helper()
	at := slices.IndexFunc(d.taken(), func(r check.Record) bool { return r.Address == schemas.IntakeAddress("gla", idOf(n)) })
	r := &d.taken()[at]
	m, err := schemas.DecodeCopy(r.Data)
	if err != nil {
		d.t.Fatal(err)
	}
	change(m)
	d.store(r, m)
	d.edit(about(n), func(e *ledger.Entry) { e.Commitment = ledger.Commit(r.Header[ledger.HeaderSalt][0], r.Data) })
}

// store makes a message what an accepted record holds.
func (d *doctor) store(r *check.Record, m *schemas.Message) {
	d.t.Helper()
	r.Data = encode(d.t, m, schemas.TypeMsgPack)
	sum := sha256.Sum256(r.Data)
	r.Header[ledger.HeaderDigest] = []string{base64.RawURLEncoding.EncodeToString(sum[:])}
}

func encode(t *testing.T, m *schemas.Message, contentType string) []byte {
	t.Helper()
	write := schemas.EncodeMsgPack
	if contentType == schemas.TypeJSON {
		write = schemas.EncodeJSON
	}
	b, err := write(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// outcome returns what an entry says of a member.
func outcome(e *ledger.Entry, member schemas.MemberID) *schemas.Outcome {
	return &e.Outcomes[slices.IndexFunc(e.Outcomes, func(o schemas.Outcome) bool { return o.Member == member })]
}

// intakeAt returns the place of an accepted message of the GLA.
func (d *doctor) intakeAt(n int) int {
	return slices.IndexFunc(d.taken(), func(r check.Record) bool { return r.Address == schemas.IntakeAddress("gla", idOf(n)) })
}

// erasureOf is the entry that says that a message was erased.
func erasureOf(n int) func(ledger.Entry) bool {
	return func(e ledger.Entry) bool { return e.Erased != nil && e.Erased.Messages[0].Of.ID == idOf(n) }
}

// addEntry puts an entry at the end.
func (d *doctor) addEntry(e ledger.Entry) {
	raw, _, err := ledger.Chain{}.Seal(&e)
	if err != nil {
		d.t.Fatal(err)
	}
	last := d.feeds()[len(d.feeds())-1]
	d.streams[ledger.Stream] = append(d.feeds(), check.Record{Sequence: last.Sequence + 1, Address: ledger.AddressOf(&e), Data: raw, Stored: last.Stored})
	d.ends[ledger.Stream]++
	d.reseal()
}
