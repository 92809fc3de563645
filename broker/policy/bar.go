package policy

import (
	"slices"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Bar is a row of bars.csv: an enactment that forbids disclosure, except by an
// exception that exceptions.csv names. Every cell that is filled must agree.
type Bar struct {
	ID schemas.Code
	// Holders are those whom it binds when they disclose; empty is whoever
	// holds the information.
	Holders Selector
	// Origins are those whose information it guards; empty is everybody's. A
	// bar that names origins does not keep their own information from them.
	Origins Selector
	// ObtainedBy are the ways of obtaining an item that it covers, and Unless
	// those that are outside it; empty ObtainedBy is all.
	ObtainedBy, Unless []schemas.ObtainedBy
	// UnknownAs is how an item of the origins reads of which it is not known
	// how it was obtained; empty leaves it unknown, which is outside nothing.
	UnknownAs schemas.ObtainedBy
	// Channels are the ways in which a tip came that it covers; empty is all.
	Channels []schemas.Code
	// Existence says that not even the existence of the information may be
	// told: see Protected.
	Existence bool
	Statute   string
	// Text is what the enactment forbids, in words.
	Text string
	// Check says how far its text was read, as for a Gateway.
	Check string
	table.Row
	// exceptions are the positions of those that name the bar.
	exceptions []int
}

var barColumns = append([]string{"id", "holders", "origins", "obtained_by", "unless_obtained_by", "unknown_as", "channels", "existence",
	"statute", "text", "check"}, table.RowColumns...)

func readBar(r table.Record, members []Member) Bar {
	b := Bar{
		ID: schemas.Code(r.ID("id")), Holders: selector(r, "holders", members), Origins: selector(r, "origins", members),
		ObtainedBy: table.WordsOf(r, "obtained_by", allObtainedBy...), Unless: table.WordsOf(r, "unless_obtained_by", allObtainedBy...),
		Channels: codesOf(r, "channels", schemas.Channels()), Existence: r.OneOf("existence", "protected", "") != "",
		Statute: r.Need("statute"), Text: r.Need("text"), Check: checkOf(r), Row: r.Row(),
	}
	if as := table.WordsOf(r, "unknown_as", allObtainedBy...); len(as) > 0 {
		b.UnknownAs = as[0]
		if len(as) > 1 || slices.Contains(b.Unless, as[0]) || b.Origins.IsZero() {
			r.Fault("unknown_as must be one way of obtaining that the bar covers, for the origins that it names")
		}
	}
	if b.Holders.IsZero() && b.Origins.IsZero() && len(b.ObtainedBy)+len(b.Channels) == 0 {
		r.Fault("the bar covers everything: name holders, origins, obtained_by or channels")
	}
	return b
}

// covers says whether the bar forbids the leg's member to give the item to
// the recipient, if no exception is open.
func (b *Bar) covers(q *question, l *leg) bool {
	return !b.Holders.limits(l.from) && !b.Origins.limits(q.origin) && (b.Origins.IsZero() || !q.home) &&
		b.On(q.day) && b.about(q.m, q.by)
}

// about says whether the bar covers information that was obtained and that
// came in that way.
func (b *Bar) about(m *schemas.Message, by schemas.ObtainedBy) bool {
	return among(b.ObtainedBy, by) && !slices.Contains(b.Unless, by) &&
		(len(b.Channels) == 0 || m.Tip != nil && slices.Contains(b.Channels, m.Tip.Channel))
}

// Exception is a row of exceptions.csv: what a bar lets through. It opens once
// its conditions are on record; with gateways, it opens for a disclosure under
// one of them only.
type Exception struct {
	ID schemas.Code
	// Bars are the bars that it is an exception to.
	Bars []schemas.Code
	// To are the recipients; empty is nobody: the row is there to say that the
	// statute has the exception, and that no member is among those it names.
	To Selector
	// Gateways are the gateways that it lets through; empty is every one.
	Gateways []schemas.Code
	// Conditions must be on record first.
	Conditions []schemas.Code
	Statute    string
	// Text is what the exception permits, in words.
	Text  string
	Check string
	table.Row
	// gateways are the positions of Gateways.
	gateways []int
}

var exceptionColumns = append([]string{"id", "bars", "to", "gateways", "conditions", "statute", "text", "check"}, table.RowColumns...)

func readException(r table.Record, p *Policy) Exception {
	e := Exception{
		ID: schemas.Code(r.ID("id")), To: selector(r, "to", p.members), Conditions: conditionsOf(r, p.conditions),
		Statute: r.Need("statute"), Text: r.Need("text"), Check: checkOf(r), Row: r.Row(),
	}
	for _, w := range r.Words("bars") {
		e.Bars = append(e.Bars, schemas.Code(w))
		if _, ok := p.Bar(schemas.Code(w)); !ok {
			r.Fault("bars has %q, which is no bar", w)
		}
	}
	for _, w := range r.Words("gateways") {
		e.Gateways = append(e.Gateways, schemas.Code(w))
		n := slices.IndexFunc(p.gateways, func(g Gateway) bool { return g.ID == schemas.Code(w) })
		if n < 0 {
			r.Fault("gateways has %q, which is no gateway", w)
			continue
		}
		e.gateways = append(e.gateways, n)
	}
	if len(e.Bars) == 0 {
		r.Fault("bars is empty")
	}
	if len(e.Gateways)+len(e.Conditions) == 0 && !e.To.IsZero() {
		r.Fault("the exception would open the bar to everything: name gateways or conditions")
	}
	return e
}

// passes says whether every bar that covers the leg lets the gateway at that
// position through.
func (p *Policy) passes(q *question, l *leg, gateway int) bool {
	for n := range p.bars {
		if l.bars&(1<<n) != 0 && !slices.ContainsFunc(p.bars[n].exceptions, func(k int) bool {
			e := &p.exceptions[k]
			return p.open(q, e) && (len(e.gateways) == 0 || slices.Contains(e.gateways, gateway))
		}) {
			return false
		}
	}
	return true
}

// open says whether the exception is open to the recipient.
func (p *Policy) open(q *question, e *Exception) bool {
	return e.To.has(q.to) && e.On(q.day) && p.missing(q, e.Conditions) == nil
}

// admits says whether the bar has an open exception on the leg: one for every
// gateway, or for one that leads to the recipient and covers the item.
func (p *Policy) admits(q *question, l *leg, b *Bar) bool {
	return slices.ContainsFunc(b.exceptions, func(k int) bool {
		e := &p.exceptions[k]
		return p.open(q, e) && (len(e.gateways) == 0 || slices.ContainsFunc(e.gateways, func(n int) bool {
			g := &p.gateways[n]
			return g.From.has(l.from) && g.leads(q) && g.fits(q.m, q.i, q.by)
		}))
	})
}

// obtained says how the origin obtained an item, as the bars read it where
// that is not known: from the Employment Agency Standards Inspectorate and from
// the Health and Safety Executive unknown reads as inspection power.
func (p *Policy) obtained(q *question) schemas.ObtainedBy {
	by := q.m.Items[q.i].ObtainedBy
	if slices.Contains(allObtainedBy, by) {
		return by
	}
	for n := range p.bars {
		if b := &p.bars[n]; b.UnknownAs != "" && b.On(q.day) && b.Origins.has(q.origin) {
			return b.UnknownAs
		}
	}
	return ""
}
