package policy

import (
	"slices"

	"liaison/schemas"
)

// Reach says whose disclosure a bar forbids.
type Reach string

// The reaches of a bar.
const (
	// OfOrigin bars the information of the members named, whoever sends it.
	OfOrigin Reach = "origin"
	// OfHolder bars also what the members named hold of others and send: the
	// Commissioners for Revenue and Customs Act 2005 s.18 covers all that is
	// held in connection with a function.
	OfHolder Reach = "holder"
)

// Bar is a row of bars.csv: an enactment that forbids disclosure to every
// other member. The rows of this table set have no exception but the way in
// which the item was obtained; the named exceptions of each statute come with
// the next one.
type Bar struct {
	ID schemas.Code
	// Members are those whose information is barred.
	Members Selector
	Reach   Reach
	// Unless are the ways of obtaining an item that are outside the bar.
	Unless []schemas.ObtainedBy
	// UnknownAs is how an item reads of which it is not known how it was
	// obtained; empty leaves it unknown, which is outside nothing.
	UnknownAs schemas.ObtainedBy
	Statute   string
	// Text is what the enactment forbids, in words.
	Text string
	// Check says how far its text was read, as for a Gateway.
	Check string
	Row
}

var barColumns = append([]string{"id", "members", "reach", "unless_obtained_by", "unknown_as", "statute", "text", "check"}, rowColumns...)

func readBar(r record, members []Member) Bar {
	b := Bar{
		ID: r.id("id"), Members: r.selector("members", members),
		Reach:  Reach(r.oneOf("reach", string(OfOrigin), string(OfHolder))),
		Unless: wordsOf(r, "unless_obtained_by", allObtainedBy...), Statute: r.need("statute"),
		Text: r.need("text"), Check: r.oneOf("check", "V", "P", "N"), Row: r.row(),
	}
	if as := wordsOf(r, "unknown_as", allObtainedBy...); len(as) > 0 {
		b.UnknownAs = as[0]
		if len(as) > 1 || slices.Contains(b.Unless, as[0]) {
			r.fault("unknown_as must be one way of obtaining that the bar covers")
		}
	}
	if b.Members.IsZero() {
		r.fault("members is empty")
	}
	return b
}

// covers says whether the bar forbids giving the item to the recipient. The
// recipient's own information is not barred from it by its own bar.
func (b *Bar) covers(q *question) bool {
	held := !q.home && b.Members.Has(q.origin)
	if b.Reach == OfHolder && b.Members.Has(q.sender) {
		held = true
	}
	return held && b.On(q.day) && !slices.Contains(b.Unless, q.by)
}

// obtained says how the item was obtained, as the bars read it where that is
// not known: from the Employment Agency Standards Inspectorate and from the
// Health and Safety Executive unknown reads as inspection power.
func (p *Policy) obtained(q *question) schemas.ObtainedBy {
	by := q.m.Items[q.i].ObtainedBy
	if slices.Contains(allObtainedBy, by) {
		return by
	}
	for n := range p.bars {
		if b := &p.bars[n]; b.UnknownAs != "" && b.On(q.day) && b.Members.Has(q.origin) {
			return b.UnknownAs
		}
	}
	return ""
}
