package check

import (
	"slices"
	"strings"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// recall is one whose erasures must come next: of the message, and of the
// corrections of it that the same member has sent so far, and of those.
type recall struct {
	entry *ledger.Entry
	parts []remains
}

// remains are what is left of a message, so that a recall of it must erase that.
type remains struct {
	of schemas.MessageRef
	// intake is the place of the accepted message, zero if that is gone, and copies
	// those of its copies.
	intake uint64
	copies map[uint64]bool
	// named says that an erasure for the recall names the message.
	named bool
}

func (r *remains) some() bool { return r.intake != 0 || len(r.copies) > 0 }

// owed says whether there is something left that the recall must erase.
func (r *recall) owed() bool {
	return r != nil && slices.ContainsFunc(r.parts, func(p remains) bool { return p.some() })
}

// recalls notes a recall that must be followed by erasures.
func (c *checker) recalls(rec Record, e *ledger.Entry) error {
	if !strings.HasPrefix(e.Route, string(schemas.KindRecall)+".") || e.Of == nil {
		return nil
	}
	if rec.Sequence > c.gone.read {
		if err := c.lookAhead(); err != nil {
			return err
		}
	}
	r, seen := &recall{entry: e}, map[key]bool{}
	for todo := []schemas.MessageRef{*e.Of}; len(todo) > 0; todo = todo[1:] {
		k := keyOf(todo[0].Originator, todo[0].ID)
		if seen[k] {
			continue
		}
		seen[k], c.recalled[k] = true, true
		if c.known[k].decided != 0 {
			left, err := c.leftOf(todo[0], rec.Sequence)
			if err != nil {
				return err
			}
			r.parts = append(r.parts, left)
		}
		todo = append(todo, c.corrects[k]...)
	}
	c.recall = r
	return nil
}

// leftOf is what is left of a message at a place in the ledger's stream: what no
// erasure before it names, and of which nobody ever accepted that it is lost.
func (c *checker) leftOf(of schemas.MessageRef, at uint64) (remains, error) {
	k := keyOf(of.Originator, of.ID)
	where, left := c.known[k], remains{of: of, copies: map[uint64]bool{}}
	if !where.gone && !among(c.gone.accepted[schemas.IntakeName], where.accepted) {
		left.intake = where.accepted
	}
	for _, decided := range append(slices.Clone(c.earlier[k]), where.decided) {
		rec, ok, err := c.src.One(c.ctx, ledger.Stream, decided)
		if err != nil {
			return left, err
		}
		e, err := ledger.Parse(rec.Data)
		if !ok || err != nil {
			continue // reported when it was read
		}
		for i := range e.Copies {
			place := decided + 1 + uint64(i)
			by, erased := c.gone.copies[place]
			if !(erased && by.sequence < at) && !among(c.gone.accepted[ledger.Stream], place) {
				left.copies[place] = true
			}
		}
	}
	return left, nil
}

// takenBack says whether a message corrects what is recalled so far, or what corrects
// it; a correction of it then does, too.
func (c *checker) takenBack(e *ledger.Entry) bool {
	if !strings.HasPrefix(e.Route, string(schemas.KindCorrection)+".") || e.Of == nil || !c.recalled[keyOf(e.Of.Originator, e.Of.ID)] {
		return false
	}
	if e.Of.Originator == e.Originator {
		c.recalled[keyOf(e.Originator, e.Message)] = true
	}
	return true
}

// heldAsRecalled holds a decision that must be held, because its message corrects
// what is recalled, or that says so, against that. It says whether nothing is left
// to be judged.
func (j *judged) heldAsRecalled() bool {
	says := j.heldAs(recalled) && len(j.entry.Outcomes) == 1
	switch {
	case j.takenBack && !says:
		j.found(Unlawful, "is not held, and corrects what was recalled before")
	case !j.takenBack && j.heldAs(recalled):
		j.found(Lost, "is held as the correction of what is recalled, and corrects nothing that is")
	}
	return says
}

// recalled is the reason for which a correction of what is recalled is held.
const recalled = "recalled"

// forRecall takes up an erasure for a recall, and says whether the recall stands
// right before it and is of what it names.
func (c *checker) forRecall(x *ledger.Erasure) bool {
	r := c.recall
	if r == nil || x.Recall == nil || *x.Recall != (schemas.MessageRef{Originator: r.entry.Originator, ID: r.entry.Message}) {
		return false
	}
	right := true
	for _, g := range x.Messages {
		at := slices.IndexFunc(r.parts, func(p remains) bool { return p.of == g.Of && !p.named })
		if at < 0 {
			right = false
			continue
		}
		r.parts[at].take(&g)
	}
	return right
}

// take takes away what an erasure names.
func (r *remains) take(g *ledger.Gone) {
	r.named = true
	if g.Intake == r.intake {
		r.intake = 0
	}
	for _, s := range g.Copies {
		for at := s.From; at <= s.To && at-s.From < maxSpan; at++ {
			delete(r.copies, at)
		}
	}
}

// afterRecall reports a recall that left something that there was to erase. It is
// called with every entry.
func (c *checker) afterRecall(e *ledger.Entry) {
	r := c.recall
	if r == nil || e != nil && e.Erased != nil && e.Erased.Why == ledger.ErasedRecall {
		return
	}
	c.recall = nil
	for _, p := range r.parts {
		problem := "recalls a message, and no erasure follows of "
		if p.named {
			problem = "recalls a message, and its erasures leave something of "
		}
		if p.some() {
			c.find(Finding{Kind: Erasing, Entry: r.entry.Number, Message: r.entry.Message, Problem: problem + p.of.String()})
		}
	}
}
