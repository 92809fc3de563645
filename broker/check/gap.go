package check

import (
	"fmt"
	"slices"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// lost says whether nothing explains that a stream lacks a message. A copy's
// erasure must name it for the message whose copies are being read.
func (c *checker) lost(stream string, at uint64) bool {
	if among(c.gone.accepted[stream], at) {
		return false
	}
	if stream == schemas.IntakeName {
		_, named := c.gone.intake[at]
		return !named
	}
	by, named := c.gone.copies[at]
	b := c.block
	return !named || b == nil || b.left == 0 || by.of != keyOf(b.entry.Originator, b.entry.Message)
}

// gap reports sequences that are missing between two and that no entry explains.
func (c *checker) gap(stream string, before, at uint64) error {
	if at <= before+1 {
		return nil
	}
	if err := c.lookAhead(); err != nil {
		return err
	}
	from, n := uint64(0), uint64(0)
	for missing := before + 1; missing < at; missing++ {
		if lost := c.lost(stream, missing); lost {
			if n == 0 {
				from = missing
			}
			n++
		} else {
			c.foundGap(stream, from, n)
			n = 0
			if b := c.block; stream == ledger.Stream && b != nil && b.left > 0 {
				b.left, b.gone = b.left-1, b.gone+1
			}
		}
	}
	c.foundGap(stream, from, n)
	return nil
}

func (c *checker) foundGap(stream string, from, n uint64) {
	if n > 0 {
		c.find(Finding{Kind: Gap, Stream: stream, Sequence: from, Problem: fmt.Sprintf("%d messages from here on cannot be read", n)})
	}
}

// acceptedGap takes up a gap that an operator accepted. If nothing in it was
// decided yet, the router goes on behind it.
func (c *checker) acceptedGap(rec Record, e *ledger.Entry) {
	g, place := e.Gap, c.place
	if g != nil && g.Stream == schemas.IntakeName && g.From <= place+1 {
		place = max(place, g.To)
	}
	found := c.act(rec, e, ledger.GapEntry, place)
	if g == nil || g.From == 0 || g.From > g.To || g.Reason == "" || e.By == "" {
		found(Erasing, "accepts a gap, and does not say which, by whom or why")
		return
	}
	c.place = place
	if g.Stream == schemas.IntakeName {
		c.gone.passable = append(c.gone.passable, g.Span)
	}
	c.report.Gaps = append(c.report.Gaps, AcceptedGap{Entry: e.Number, Gap: *g, By: e.By})
}

// passed is the place behind those gaps of the intake accepted so far that follow a
// place at once.
func (c *checker) passed(place uint64) uint64 {
	for {
		i := slices.IndexFunc(c.gone.passable, func(s ledger.Span) bool { return s.From <= place+1 && place < s.To })
		if i < 0 {
			return place
		}
		place = c.gone.passable[i].To
	}
}

// mayPass says whether an entry so far accepts that the message at a place of the
// intake is lost. From then on it is decided for nobody, though the engine should
// find it again: its sender was told to send it anew.
func (c *checker) mayPass(at uint64) bool { return among(c.gone.passable, at) }

func among(spans []ledger.Span, at uint64) bool {
	return slices.ContainsFunc(spans, func(s ledger.Span) bool { return s.From <= at && at <= s.To })
}

// isGone says whether a message was erased since it was decided, so that its
// decision can only be held against itself.
func (c *checker) isGone(sequence uint64) (bool, error) {
	if !c.lost(schemas.IntakeName, sequence) {
		return true, nil
	}
	err := c.lookAhead()
	return !c.lost(schemas.IntakeName, sequence), err
}
