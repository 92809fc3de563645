package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// judged is one decision while it is looked at.
type judged struct {
	entry   *ledger.Entry
	message *schemas.Message // nil if it cannot be decoded
	tables  *tables          // nil if they cannot be read
	day     time.Time
	// earlier are the outcomes of the decision that this one takes the place
	// of, and record what is on record by now; both empty for a first one.
	earlier []schemas.Outcome
	record  onRecord
	// holders are the members that had anything of what a recall or a
	// correction is about.
	holders []schemas.MemberID
	// known are the members that had anything of each message that this one
	// mentions and that not everybody may learn of.
	known map[schemas.MessageRef][]schemas.MemberID
	// takenBack says that it is about a correction of what was recalled before.
	takenBack bool
	found     func(Kind, string)
}

// newly returns the positions of the items that a member gets by this decision
// and had not got before.
func (j *judged) newly(o schemas.Outcome) (list []int) {
	for _, it := range o.Items {
		if it.Outcome == schemas.Disclosed && !gave(j.earlier, o.Member, it.Index) {
			list = append(list, it.Index)
		}
	}
	return list
}

// gave says whether outcomes disclose an item to a member.
func gave(outcomes []schemas.Outcome, member schemas.MemberID, item int) bool {
	_, ok := outcomeOf(outcomes, member, item)
	return ok
}

// outcomeOf returns the outcome by which a member got an item.
func outcomeOf(outcomes []schemas.Outcome, member schemas.MemberID, item int) (schemas.ItemOutcome, bool) {
	for _, o := range outcomes {
		for _, it := range o.Items {
			if o.Member == member && it.Index == item && it.Outcome == schemas.Disclosed {
				return it, true
			}
		}
	}
	return schemas.ItemOutcome{}, false
}

// judge holds a decision against itself, and its disclosures against the
// tables.
func (c *checker) judge(j *judged) {
	j.shape()
	j.heldOrNot()
	j.clock()
	if j.message == nil {
		if j.entry.Copies > 0 || !j.entry.Held {
			j.found(Phantom, "discloses a message that cannot be decoded")
		}
		return
	}
	for _, o := range j.earlier {
		for _, it := range o.Items {
			if now, ok := outcomeOf(j.entry.Outcomes, o.Member, it.Index); it.Outcome == schemas.Disclosed && (!ok || now != it) {
				j.found(Entry, fmt.Sprintf("forgets or changes that %s has item %d", o.Member, it.Index))
			}
		}
	}
	if !j.heldAsRecalled() && j.tables != nil {
		c.oracle(j)
	}
}

// shape checks that the outcomes are whole: each member once, in order, with
// every item once, and disclosed if an item is.
func (j *judged) shape() {
	last := schemas.MemberID("")
	for _, o := range j.entry.Outcomes {
		if o.Message != j.entry.Message {
			j.found(Entry, "has an outcome of another message")
		}
		if o.Member == "" {
			continue
		}
		if o.Member <= last {
			j.found(Entry, fmt.Sprintf("has %s twice, or out of order", o.Member))
		}
		last = o.Member
		some := false
		for i, it := range o.Items {
			some = some || it.Outcome == schemas.Disclosed
			if it.Index != i || it.Outcome != schemas.Disclosed && it.Outcome != schemas.Withheld {
				j.found(Entry, fmt.Sprintf("does not say of each item what becomes of it for %s", o.Member))
			}
		}
		if j.message != nil && len(o.Items) != j.message.Parts() {
			j.found(Entry, fmt.Sprintf("has %d items for %s, and the message %d", len(o.Items), o.Member, j.message.Parts()))
		}
		if some != (o.Outcome == schemas.Disclosed) {
			j.found(Entry, fmt.Sprintf("says that the message is %s for %s, and its items say otherwise", o.Outcome, o.Member))
		}
		if some != (len(o.Desks) > 0) {
			j.found(Entry, fmt.Sprintf("discloses to %s and names no desk, or the other way round", o.Member))
		}
	}
}

// heldOrNot checks that a message that nobody gets is held, and no other, and
// that items that nobody gets of another message are said to wait.
func (j *judged) heldOrNot() {
	disclosed := slices.ContainsFunc(j.entry.Outcomes, func(o schemas.Outcome) bool { return o.Outcome == schemas.Disclosed })
	saysHeld := slices.ContainsFunc(j.entry.Outcomes, func(o schemas.Outcome) bool { return o.Member == "" && o.Outcome == schemas.Held })
	if disclosed == j.entry.Held || disclosed == saysHeld {
		j.found(Entry, "is held and disclosed, or neither")
	}
	var waiting []int
	for i := 0; j.message != nil && disclosed && i < j.message.Parts(); i++ {
		if !slices.ContainsFunc(j.entry.Outcomes, func(o schemas.Outcome) bool { return gave([]schemas.Outcome{o}, o.Member, i) }) {
			waiting = append(waiting, i)
		}
	}
	if !slices.Equal(waiting, j.entry.Waiting) {
		j.found(Entry, "names other waiting items than those that nobody gets")
	}
}

// lawsOf splits the gateways of an item's outcome.
func lawsOf(it schemas.ItemOutcome) []string {
	if it.Gateway == "" {
		return nil
	}
	return strings.Split(it.Gateway, "+")
}
