package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// block is a decision while its copies, which lie right behind it, are read.
type block struct {
	sequence uint64
	entry    *ledger.Entry
	// judged is nil if the decision is about nothing that was accepted.
	judged *judged
	// left is how many copies are still to come, and gone how many were erased;
	// want are the desks that may get one, and last the desk of the copy before.
	left int
	gone int
	want map[Desk]*wanted
	last Desk
}

// wanted is a copy that a decision releases to a desk.
type wanted struct {
	outcome schemas.Outcome
	items   []int
	// must says that the copy must be there: a desk that got something of the
	// message earlier may not want what is new.
	must, got bool
}

// startBlock begins to wait for a decision's copies.
func (c *checker) startBlock(rec Record, e *ledger.Entry, j *judged, had []schemas.Outcome) {
	b := &block{sequence: rec.Sequence, entry: e, judged: j, left: e.Copies, want: map[Desk]*wanted{}}
	c.block = b
	if j == nil {
		return
	}
	for _, o := range e.Outcomes {
		items := j.newly(o)
		if len(items) == 0 {
			continue
		}
		for _, name := range o.Desks {
			earlier := slices.ContainsFunc(had, func(h schemas.Outcome) bool { return h.Member == o.Member && slices.Contains(h.Desks, name) })
			b.want[Desk{o.Member, name}] = &wanted{outcome: o, items: items, must: !earlier}
		}
	}
	must := 0
	for _, w := range b.want {
		if w.must {
			must++
		}
	}
	if e.Copies < must || e.Copies > len(b.want) {
		j.found(Entry, fmt.Sprintf("says that it has %d copies, and its outcomes release %d", e.Copies, len(b.want)))
	}
}

// endBlock reports the copies that a decision releases and that did not come.
func (c *checker) endBlock() {
	b := c.block
	c.block = nil
	if b == nil {
		return
	}
	found := c.about(b.sequence, b.entry)
	if b.left > 0 {
		found(Lost, fmt.Sprintf("%d copies that it says lie behind it are not there", b.left))
	}
	missing := 0
	for _, w := range b.want {
		if w.must && !w.got {
			missing++
		}
	}
	if b.gone > 0 && missing <= b.gone {
		return // which desks' copies were erased, their places do not say
	}
	reached := map[schemas.MemberID]bool{}
	for d, w := range b.want {
		reached[d.Member] = reached[d.Member] || w.got
		if w.must && !w.got {
			c.find(Finding{Kind: Lost, Stream: ledger.Stream, Sequence: b.sequence, Entry: b.entry.Number, Message: b.entry.Message,
				Desk: d.String(), Problem: "the copy that it decides is not there"})
		}
	}
	for m, ok := range reached {
		if !ok {
			c.find(Finding{Kind: Lost, Stream: ledger.Stream, Sequence: b.sequence, Entry: b.entry.Number, Message: b.entry.Message,
				Desk: string(m), Problem: "no desk of the member got what it decides"})
		}
	}
}

// copied takes up one copy.
func (c *checker) copied(rec Record) error {
	c.report.Copies++
	c.report.Bytes += uint64(len(rec.Data))
	_, named := c.gone.copies[rec.Sequence]
	c.mayGo(ledger.Stream, rec.Sequence, named)
	desk, ok := deskOf(rec.Address)
	at := Finding{Stream: ledger.Stream, Sequence: rec.Sequence, Message: schemas.ID(rec.header(schemas.HeaderID)), Desk: desk.String()}
	found := func(kind Kind, problem string) {
		f := at
		f.Kind, f.Problem = kind, problem
		c.find(f)
	}
	if !ok {
		found(Phantom, "not the address of a copy")
		return nil
	}
	if !c.desks[desk] {
		found(Desks, "a copy lies at a desk that was never enrolled")
	}
	b := c.block
	if b == nil || b.left == 0 {
		return c.stray(rec, desk, found)
	}
	b.left--
	at.Entry = b.entry.Number
	if compareDesks(desk, b.last) <= 0 {
		found(Order, "the copies of a decision are not in the order of their desks")
	}
	b.last = desk
	w := b.want[desk]
	if w == nil || rec.header(schemas.HeaderID) != string(b.entry.Message) || rec.header(schemas.HeaderDecision) != strconv.FormatUint(b.entry.Number, 10) {
		// It may belong to another decision, or to none.
		return c.stray(rec, desk, found)
	}
	if w.got {
		found(Doubled, "the desk has the copy already")
	}
	w.got = true
	c.inOrder(b.entry, desk, found)
	c.compare(rec, b.judged, w, found)
	return nil
}

// inOrder checks that a desk gets the messages of each sender in the order in
// which they were accepted, but for those that are decided again.
func (c *checker) inOrder(e *ledger.Entry, desk Desk, found func(Kind, string)) {
	if e.Replaces != 0 {
		return
	}
	r := route{e.Originator, desk}
	if e.Intake <= c.behind[r] {
		found(Order, "the desk has a later message of the sender before this one")
		return
	}
	c.behind[r] = e.Intake
}

// stray reports a copy that does not lie where its decision put it: it is
// doubled if the desk was to have it, and otherwise nobody decided it.
func (c *checker) stray(rec Record, desk Desk, found func(Kind, string)) error {
	m, err := schemas.DecodeCopy(rec.Data)
	if err != nil {
		found(Phantom, "a copy that no decision releases, and that cannot be decoded")
		return nil
	}
	where := c.known[keyOf(m.Originator, m.ID)]
	if where.decided == 0 {
		// The intake is read no further than decisions have come.
		found(Phantom, "a copy of a message that was not accepted, or not decided before it")
		return nil
	}
	if r := (route{m.Originator, desk}); where.accepted < c.behind[r] {
		found(Order, "the desk has a later message of the sender before this one")
	}
	stored, ok, err := c.src.One(c.ctx, ledger.Stream, where.decided)
	if err != nil {
		return err
	}
	e, err := ledger.Parse(stored.Data)
	for _, o := range e.Outcomes {
		if ok && err == nil && o.Member == desk.Member && slices.Contains(o.Desks, desk.Name) {
			found(Doubled, "a copy beside the one that the decision released to the desk")
			return nil
		}
	}
	found(Phantom, "a copy that no decision releases to the desk")
	return nil
}

// deskOf takes the desk from the address of a copy.
func deskOf(address string) (Desk, bool) {
	tokens := strings.Split(address, ".")
	if len(tokens) != 9 || tokens[0] != "feed" {
		return Desk{}, false
	}
	return Desk{schemas.MemberID(tokens[1]), tokens[2]}, true
}

func compareDesks(a, b Desk) int {
	if n := strings.Compare(string(a.Member), string(b.Member)); n != 0 {
		return n
	}
	return strings.Compare(a.Name, b.Name)
}
