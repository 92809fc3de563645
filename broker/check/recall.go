package check

import (
	"slices"
	"strings"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// recalls notes a recall that must be followed by erasures: of the message, and of
// the corrections of it that the same member has sent so far, and of those.
func (c *checker) recalls(e *ledger.Entry) {
	if !strings.HasPrefix(e.Route, string(schemas.KindRecall)+".") || e.Of == nil {
		return
	}
	c.erase = nil
	seen := map[key]bool{}
	for todo := []schemas.MessageRef{*e.Of}; len(todo) > 0; todo = todo[1:] {
		k := keyOf(todo[0].Originator, todo[0].ID)
		if seen[k] {
			continue
		}
		seen[k], c.recalled[k] = true, true
		if where := c.known[k]; where.decided != 0 && !where.gone {
			c.erase = append(c.erase, todo[0])
		}
		todo = append(todo, c.corrects[k]...)
	}
	if len(c.erase) > 0 {
		c.recall = e
	}
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
	if r == nil || x.Recall == nil || *x.Recall != (schemas.MessageRef{Originator: r.Originator, ID: r.Message}) {
		return false
	}
	right := true
	for _, g := range x.Messages {
		at := slices.Index(c.erase, g.Of)
		if at < 0 {
			right = false
			continue
		}
		c.erase = slices.Delete(c.erase, at, at+1)
	}
	if len(c.erase) == 0 {
		c.recall = nil
	}
	return right
}

// afterRecall reports a recall that left something that there was to erase. It is
// called with every entry.
func (c *checker) afterRecall(e *ledger.Entry) {
	r := c.recall
	if r == nil || e != nil && e.Erased != nil && e.Erased.Why == ledger.ErasedRecall {
		return
	}
	c.recall = nil
	for _, of := range c.erase {
		c.find(Finding{Kind: Erasing, Entry: r.Number, Message: r.Message, Problem: "recalls a message, and no erasure follows of " + of.String()})
	}
}
