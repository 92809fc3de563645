package check_test

import (
	"slices"
	"testing"
	"time"

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
// cannot be told. A third (44) is corrected (45), and not recalled.
func playRecalled(t *testing.T) *memory {
	t.Helper()
	p, stop := playing(t, "gla", "fife", "ukhtc")
	p.send(inFife(tip(41), time.March, 25), inFife(tip(42), time.March, 25), inFife(tip(44), time.March, 25))
	p.settle()
	p.send(inFife(correction(43, 42), time.April, 2), inFife(correction(45, 44), time.April, 2), inFife(correction(46, 41), time.April, 2))
	p.settle()
	p.send(inFife(recall(12, 42), time.April, 2))
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
}
