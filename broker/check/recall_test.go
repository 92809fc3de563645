package check_test

import (
	"slices"
	"testing"
	"time"

	"liaison/broker"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// inFife is a message of the GLA's about Fife, made on a day of 2013; from 1 April
// on its police are no member.
func inFife(m *schemas.Message, month time.Month, day int) *schemas.Message {
	m.Created = schemas.At(time.Date(2013, month, day, 9, 30, 0, 0, time.UTC))
	if m.Items != nil {
		m.Jurisdictions = []schemas.Jurisdiction{{Code: "fife", Role: schemas.RoleIncident}}
	}
	return m
}

// correction corrects the message with number of.
func correction(n, of int) *schemas.Message {
	m := tip(n)
	m.Kind, m.Tip, m.Reference = schemas.KindCorrection, nil, ""
	m.Correction = &schemas.Correction{Of: schemas.MessageRef{Originator: "gla", ID: idOf(of)}}
	return m
}

// playRecalled runs a broker at which tips that Fife has are recalled when it is no
// member: one (42) is corrected (43) before, and of the other (41, corrected by 46) it
// cannot be told. A third (44) is corrected (45), and not recalled. The correction of
// a fourth (48 of 47) is accepted right behind its recall. A fifth (51) is recalled
// that nobody has, and an operator erases a sixth (52) meanwhile.
func playRecalled(t *testing.T) *memory {
	t.Helper()
	p, stop := playing(t, "gla", "fife", "ukhtc")
	p.send(inFife(tip(41), time.March, 25), inFife(tip(42), time.March, 25), inFife(tip(44), time.March, 25), inFife(tip(47), time.March, 25))
	p.send(inFife(closed(51), time.March, 25), inFife(tip(52), time.March, 25))
	p.settle()
	p.send(inFife(correction(43, 42), time.April, 2), inFife(correction(45, 44), time.April, 2), inFife(correction(46, 41), time.April, 2))
	p.settle()
	p.send(inFife(recall(12, 42), time.April, 2), inFife(recall(14, 51), time.April, 2))
	p.settle()
	if _, err := p.Erase(t.Context(), broker.Erasing{Of: schemas.MessageRef{Originator: "gla", ID: idOf(52)}, Reason: "a test", By: "test"}); err != nil {
		t.Fatal(err)
	}
	receipts, err := p.clients["gla"].Submit(t.Context(), inFife(recall(13, 47), time.April, 2), inFife(correction(48, 47), time.April, 2))
	if err != nil || receipts[0].Refusal != nil || receipts[1].Refusal != nil {
		t.Fatalf("a recall and a correction behind it: %v, %v", receipts, err)
	}
	p.settle()
	if _, err := p.Revoke(t.Context(), "fife", "main"); err != nil {
		t.Fatal(err)
	}
	p.send(inFife(recall(11, 41), time.April, 2))
	p.settle()
	for end := time.Now().Add(20 * time.Second); ; { // until what is erased is removed
		r, err := p.Verify(t.Context())
		if err == nil && r.Sound() {
			return stop()
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("the checker says of what a real broker recalled: %+v, %v", r, err)
		}
	}
}

// says has an entry say something else of a member.
func says(fits func(ledger.Entry) bool, member schemas.MemberID, other func(*schemas.Outcome)) func(*doctor) {
	return func(d *doctor) { d.edit(fits, func(e *ledger.Entry) { other(outcome(e, member)) }) }
}

// omits has an entry say nothing of a member.
func omits(fits func(ledger.Entry) bool, member schemas.MemberID) func(*doctor) {
	return func(d *doctor) {
		d.edit(fits, func(e *ledger.Entry) {
			e.Outcomes = slices.DeleteFunc(e.Outcomes, func(o schemas.Outcome) bool { return o.Member == member })
		})
	}
}

// wrongRecalls are histories that the checker must find fault with.
var wrongRecalls = []struct {
	name string
	want check.Kind
	do   func(*doctor)
}{
	{"a recall leaves out a holder that has no desk", check.Lost, omits(consent(11), "fife")},
	{"a recall is kept from who is no member any more", check.Lost, says(consent(11), "fife", func(o *schemas.Outcome) { o.Items[0].Reason = "not-a-member" })},
	{"a recall leaves a correction, which an operator erases later", check.Erasing, func(d *doctor) {
		_, e := d.entryAt(erasureOf(41))
		d.edit(erasureOf(42), func(x *ledger.Entry) {
			e.Erased.Messages, x.Erased.Messages = x.Erased.Messages[1:], x.Erased.Messages[:1]
		})
		e.By, e.Erased.Why, e.Erased.Reason, e.Erased.Recall = "test", ledger.ErasedOperator, "a test", nil
		d.addEntry(e)
	}},
	{"a recall leaves the message, and erases its copies", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(42), func(e *ledger.Entry) { e.Erased.Messages[0].Intake, e.Erased.Messages[0].Step = 0, nil })
	}},
	{"a recall leaves the copies, and erases the message", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(42), func(e *ledger.Entry) { e.Erased.Messages[0].Copies = nil })
	}},
	{"a recall leaves what nobody had", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(51), func(e *ledger.Entry) { e.Erased.Why, e.Erased.Reason, e.By = ledger.ErasedOperator, "a test", "test" })
	}},
	{"a recall erases a message that is none of its corrections", check.Erasing, func(d *doctor) {
		_, e := d.entryAt(about(44))
		d.edit(erasureOf(42), func(x *ledger.Entry) {
			x.Erased.Messages = append(x.Erased.Messages, ledger.Gone{Of: schemas.MessageRef{Originator: "gla", ID: idOf(44)}, Intake: e.Intake})
		})
	}},
	{"a correction is erased by an entry that names no recall", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(42), func(e *ledger.Entry) { e.Erased.Recall = nil })
	}},
	{"a correction leaves out a holder that is no member any more", check.Lost, omits(about(45), "fife")},
	{"a correction of what was recalled before it is told", check.Unlawful, func(d *doctor) {
		d.edit(about(48), func(e *ledger.Entry) {
			e.Held, e.Outcomes = false, []schemas.Outcome{{Message: e.Message, Member: "ukhtc", Outcome: schemas.Disclosed, Desks: []string{"main"},
				Items: []schemas.ItemOutcome{{Outcome: schemas.Disclosed, Reason: "permitted"}}}}
		})
	}},
	{"a correction of what was recalled before it waits to be told", check.Unlawful, func(d *doctor) {
		d.edit(about(48), func(e *ledger.Entry) { e.Outcomes[0].Reason = "all-withheld" })
	}},
	{"a clock runs for a correction that is held for good", check.Entry, func(d *doctor) {
		d.edit(about(48), func(e *ledger.Entry) { e.Due = e.At.AddDate(0, 0, 1) })
	}},
	{"a correction of what stands is held as if that were recalled", check.Lost, func(d *doctor) {
		d.edit(about(45), func(e *ledger.Entry) {
			e.Held, e.Outcomes = true, []schemas.Outcome{{Message: e.Message, Outcome: schemas.Held, Reason: "recalled"}}
		})
	}},
	{"a correction tells who is no member any more", check.Unlawful, says(about(45), "fife", func(o *schemas.Outcome) {
		o.Outcome, o.Desks, o.Items[0].Outcome, o.Items[0].Reason = schemas.Disclosed, []string{"main"}, schemas.Disclosed, "permitted"
	})},
}

func TestTheCheckerFindsEveryWrongRecall(t *testing.T) {
	whole := playRecalled(t)
	if r := checked(t, whole); !r.Sound() || r.Notes > 0 {
		t.Fatalf("before anything is doctored: %+v", r.Findings)
	}
	for _, c := range wrongRecalls {
		t.Run(c.name, func(t *testing.T) {
			d := &doctor{whole.clone(), t}
			c.do(d)
			if r := checked(t, d.memory); !has(r, c.want) || r.Sound() {
				t.Errorf("found %v, want %s", r.Findings, c.want)
			}
		})
	}
	t.Run("a recall's erasures stand in two entries", func(t *testing.T) {
		d := &doctor{whole.clone(), t}
		at, e := d.entryAt(erasureOf(41))
		if e.Erased.Messages = e.Erased.Messages[1:]; at != len(d.feeds())-1 || len(e.Erased.Messages) != 1 {
			t.Fatalf("the last entry erases %v behind its first", e.Erased.Messages)
		}
		d.edit(erasureOf(41), func(e *ledger.Entry) { e.Erased.Messages = e.Erased.Messages[:1] })
		d.addEntry(e)
		if r := checked(t, d.memory); !r.Sound() || r.Notes > 0 {
			t.Errorf("found %v", r.Findings)
		}
	})
	t.Run("an operator erased the message before, and the recall its copies", func(t *testing.T) {
		d := &doctor{whole.clone(), t}
		eraseFirst(d)
		if r := checked(t, d.memory); !r.Sound() || r.Notes > 0 {
			t.Errorf("found %v", r.Findings)
		}
	})
	for name, before := range map[string]bool{"before": true, "behind": false} {
		t.Run("the loss of what nobody had is accepted, "+name+" its recall", func(t *testing.T) {
			d := &doctor{whole.clone(), t}
			loseRecalled(d, before)
			if r := checked(t, d.memory); !r.Sound() || r.Notes > 0 || len(r.Gaps) != 1 {
				t.Errorf("found %v, accepted %v", r.Findings, r.Gaps)
			}
		})
	}
}

// eraseFirst has an operator erase a message whose copies are erased with its recall.
func eraseFirst(d *doctor) {
	var first ledger.Gone
	d.edit(erasureOf(41), func(e *ledger.Entry) {
		g := &e.Erased.Messages[0]
		first = ledger.Gone{Of: g.Of, Intake: g.Intake, Step: g.Step}
		if g.Intake, g.Step = 0, nil; len(g.Copies) == 0 {
			d.t.Fatal("the recalled message had no copies")
		}
	})
	d.edit(erasureOf(52), func(e *ledger.Entry) { e.Erased.Messages = append(e.Erased.Messages, first) })
}

// loseRecalled has the tip that nobody has lost, so that its recall erases nothing:
// in the erasure's place an operator accepts the loss, or right before the recall.
func loseRecalled(d *doctor, before bool) {
	d.edit(erasureOf(51), func(e *ledger.Entry) {
		at := e.Erased.Messages[0].Intake
		e.Kind, e.By, e.Erased = ledger.GapEntry, "test", nil
		e.Gap = &ledger.Gap{Stream: schemas.IntakeName, Span: ledger.Span{From: at, To: at}, Reason: "a test"}
		if before {
			e.Intake--
		}
	})
	at, _ := d.entryAt(func(e ledger.Entry) bool { return e.Gap != nil })
	recalled, e := d.entryAt(consent(14))
	if recalled != at-1 || e.Copies > 0 {
		d.t.Fatalf("the recall stands at %d with %d copies, and its erasure at %d", recalled, e.Copies, at)
	}
	if before {
		a, b := &d.feeds()[recalled], &d.feeds()[at]
		a.Address, b.Address, a.Data, b.Data = b.Address, a.Address, b.Data, a.Data
		d.reseal()
	}
}
