package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/schemas"
)

// doctored are the histories that are not as they should be, each with what the
// checker must find.
var doctored = []struct {
	name string
	want check.Kind
	do   func(*doctor)
}{
	// Clocks that nobody may change so.
	{"the reflection period is stopped", check.Entry, func(d *doctor) {
		d.resubmit(32, func(m *schemas.Message) {
			m.Notice.About, m.Notice.Clock, m.Notice.Due = schemas.NoticePaused, "reflection", schemas.Time{}
		})
	}},
	{"a clock that nobody may change is changed", check.Entry, func(d *doctor) {
		d.resubmit(32, func(m *schemas.Message) { m.Notice.Clock = "recall-confirm" })
	}},
	{"an extension to a day that has passed", check.Entry, func(d *doctor) {
		d.resubmit(32, func(m *schemas.Message) { m.Notice.Due = schemas.At(m.Created.AddDate(0, 0, -1)) })
	}},
	{"that somebody may be a victim is hidden, and no clock runs", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Victim = false }) }},
	{"a clock runs for a victim of whom nothing is said", check.Entry, func(d *doctor) { d.edit(about(11), func(e *ledger.Entry) { e.Victim = true }) }},
	{"a later decision forgets that somebody may be a victim", check.Entry, func(d *doctor) { d.edit(again(11), func(e *ledger.Entry) { e.Victim = true }) }},
	// Copies that are missing, and copies too many.
	{"one copy is dropped", check.Lost, func(d *doctor) { d.cut(ledger.Stream, d.copyAt(1, "lincolnshire/main"), 1); d.renumber(ledger.Stream) }},
	{"one copy is dropped, and the gap is left", check.Gap, func(d *doctor) { d.cut(ledger.Stream, d.copyAt(1, "lincolnshire/main"), 1) }},
	{"the last copy is dropped, and the stream knows that it had one", check.Gap, func(d *doctor) { d.cut(ledger.Stream, len(d.feeds())-1, 1) }},
	{"all copies of a decision are dropped", check.Lost, func(d *doctor) {
		at, e := d.entryAt(about(1))
		d.cut(ledger.Stream, at+1, e.Copies)
		d.renumber(ledger.Stream)
	}},
	{"a copy is there twice", check.Doubled, func(d *doctor) { at := d.copyAt(1, "lincolnshire/main"); d.insert(ledger.Stream, at, d.feeds()[at]) }},
	{"a copy comes again at the end", check.Doubled, func(d *doctor) { d.insert(ledger.Stream, len(d.feeds()), d.feeds()[d.copyAt(1, "lincolnshire/main")]) }},
	{"a copy takes the place of another", check.Lost, func(d *doctor) {
		d.feeds()[d.copyAt(2, "lincolnshire/main")] = d.feeds()[d.copyAt(1, "lincolnshire/main")]
		d.renumber(ledger.Stream)
	}},
	{"a copy that the decision made twice", check.Doubled, func(d *doctor) {
		at := d.copyAt(1, "lincolnshire/main")
		d.insert(ledger.Stream, at, d.feeds()[at])
		d.edit(about(1), func(e *ledger.Entry) { e.Copies++ })
	}},

	// Order.
	{"two copies of a desk are swapped", check.Phantom, func(d *doctor) {
		a, b := d.copyAt(1, "lincolnshire/main"), d.copyAt(2, "lincolnshire/main")
		d.feeds()[a], d.feeds()[b] = d.feeds()[b], d.feeds()[a]
		d.renumber(ledger.Stream)
	}},
	{"two copies of a decision are swapped", check.Order, func(d *doctor) {
		a, b := d.copyAt(1, "lincolnshire/main"), d.copyAt(1, "ukhtc/main")
		d.feeds()[a], d.feeds()[b] = d.feeds()[b], d.feeds()[a]
		d.renumber(ledger.Stream)
	}},
	{"two decisions with their copies are swapped, and sealed anew", check.Order, func(d *doctor) {
		a, first := d.entryAt(about(1))
		b, second := d.entryAt(about(2))
		all := d.feeds()
		d.streams[ledger.Stream] = slices.Concat(all[:a], all[b:b+1+second.Copies], all[a:a+1+first.Copies], all[b+1+second.Copies:])
		d.renumber(ledger.Stream)
		d.reseal()
	}},

	// What is in a copy.
	{"one byte of a copy is changed", check.Altered, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Items[0].Text = replaced(m.Items[0].Text, "farm", "fArm") })
	}},
	{"a copy says that a case was closed", check.Altered, func(d *doctor) {
		d.rewrite(15, "lincolnshire/main", func(m *schemas.Message) { m.Case.Status, m.Case.Reason = schemas.CaseClosed, "disruption" })
	}},
	{"one bit of a copy is flipped", check.Rot, func(d *doctor) { d.feeds()[d.copyAt(1, "lincolnshire/main")].Data[0] ^= 0x40 }},
	{"a space is added to a copy in JSON", check.Altered, func(d *doctor) { r := &d.feeds()[d.copyAt(1, "ukhtc/json")]; r.Data = append(r.Data, ' ') }},
	{"a withheld item's text is in another's", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Items[0].Text += twoItems(1).Items[1].Text })
	}},
	{"a withheld item is in the copy", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Items = append(m.Items, twoItems(1).Items[1]); m.Items[1].Subjects = nil })
	}},
	{"a withheld item's text is in a field that no message has", check.Leak, func(d *doctor) {
		r := &d.feeds()[d.copyAt(1, "ukhtc/json")]
		r.Data = []byte(strings.Replace(string(r.Data), "{", `{"aside":"`+twoItems(1).Items[1].Text+`",`, 1))
	}},
	{"a withheld item's text is in a header", check.Leak, func(d *doctor) {
		d.feeds()[d.copyAt(1, "lincolnshire/main")].Header["X-Aside"] = []string{twoItems(1).Items[1].Text}
	}},
	{"a withheld item's conditions are in the copy", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Items[0].Conditions = twoItems(1).Items[1].Conditions })
	}},
	{"a withheld item's subject is in the copy", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Subjects = append(m.Subjects, twoItems(1).Subjects[1]) })
	}},
	{"a withheld item's code is in the copy", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.CrimeTypes = append(m.CrimeTypes, "debt-bondage") })
	}},
	{"a withheld item's indicator is in the copy", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Items[0].Indicators = append(m.Items[0].Indicators, "GEN12") })
	}},
	{"a withheld item's code is in the address", check.Altered, func(d *doctor) {
		r := &d.feeds()[d.copyAt(1, "lincolnshire/main")]
		r.Address = replaced(r.Address, "unlicensed-gangmaster", "debt-bondage")
	}},
	{"a withheld item's strand is in the copy", check.Leak, func(d *doctor) {
		d.rewrite(15, "lincolnshire/main", func(m *schemas.Message) { m.Case.Strands = caseOf(15).Case.Strands })
	}},
	{"an operation's name is in the copy of a part", check.Leak, func(d *doctor) {
		d.rewrite(15, "lincolnshire/main", func(m *schemas.Message) { m.Case.Operation = "Operation Invented" })
	}},
	{"a reference is in the copy of a part", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Reference = twoItems(1).Reference })
	}},
	{"a victim's address is in the copy", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Subjects[1].Address = "1 Safe Street" })
	}},
	{"the police are told how many items they lack", check.Leak, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.WithheldItems = 1 })
	}},
	{"a copy's gateway is another", check.Altered, func(d *doctor) {
		d.rewrite(1, "lincolnshire/main", func(m *schemas.Message) { m.Items[0].Gateways = []schemas.Code{"gla-s19-2"} })
	}},
	{"a copy names other tables", check.Altered, func(d *doctor) {
		d.feeds()[d.copyAt(1, "lincolnshire/main")].Header[schemas.HeaderPolicy] = []string{"000000000000"}
	}},
	{"a copy is cut to nothing", check.Rot, func(d *doctor) { d.feeds()[d.copyAt(1, "lincolnshire/main")].Data = nil }},

	// Copies where none should be.
	{"a copy lies at another member's desk", check.Phantom, func(d *doctor) {
		r := &d.feeds()[d.copyAt(1, "lincolnshire/main")]
		r.Address = replaced(r.Address, "feed.lincolnshire.", "feed.kent.")
	}},
	{"a copy lies at another member's desk too", check.Phantom, func(d *doctor) {
		at := d.copyAt(1, "ukhtc/main")
		r := d.feeds()[at]
		r.Address = replaced(r.Address, "feed.ukhtc.", "feed.kent.")
		d.insert(ledger.Stream, len(d.feeds()), r)
	}},
	{"a copy lies at a desk that nobody has", check.Desks, func(d *doctor) {
		r := &d.feeds()[d.copyAt(1, "lincolnshire/main")]
		r.Address = replaced(r.Address, "feed.lincolnshire.main.", "feed.lincolnshire.other.")
	}},
	{"a copy of what was never accepted", check.Phantom, func(d *doctor) {
		r := d.feeds()[d.copyAt(1, "lincolnshire/main")]
		r.Data = encode(d.t, tip(77), schemas.TypeMsgPack)
		d.insert(ledger.Stream, len(d.feeds()), r)
	}},
	{"a copy comes before its decision", check.Phantom, func(d *doctor) {
		at := d.copyAt(1, "lincolnshire/main")
		r := d.feeds()[at]
		d.cut(ledger.Stream, at, 1)
		d.insert(ledger.Stream, 1, r)
	}},

	// The ledger.
	{"an entry is cut out", check.Chain, func(d *doctor) { at, _ := d.entryAt(about(1)); d.cut(ledger.Stream, at, 1); d.renumber(ledger.Stream) }},
	{"a decision is cut out with its copies, and the rest sealed anew", check.Lost, func(d *doctor) {
		at, e := d.entryAt(about(1))
		d.cut(ledger.Stream, at, 1+e.Copies)
		d.renumber(ledger.Stream)
		d.reseal()
	}},
	{"an entry is edited", check.Chain, func(d *doctor) {
		at, _ := d.entryAt(about(1))
		d.feeds()[at].Data = []byte(strings.Replace(string(d.feeds()[at].Data), "ukhtc", "ukhtd", 1))
	}},
	{"an entry is torn", check.Rot, func(d *doctor) { at, _ := d.entryAt(about(1)); d.feeds()[at].Data = d.feeds()[at].Data[:20] }},
	{"an entry stands at another address", check.Chain, func(d *doctor) {
		at, _ := d.entryAt(about(1))
		d.feeds()[at].Address = schemas.DecisionAddress("gla", idOf(2))
	}},
	{"a message is decided twice, and sealed anew", check.Doubled, func(d *doctor) {
		at, _ := d.entryAt(about(14))
		r := d.feeds()[at]
		d.insert(ledger.Stream, at, r)
		d.reseal()
	}},
	{"the record of the tables is cut out", check.Tables, func(d *doctor) {
		d.cut(ledger.Stream, 0, 1)
		d.renumber(ledger.Stream)
		d.reseal()
	}},
	{"an entry says another account", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Account = "ANOTHER" }) }},
	{"an entry says another route", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Route = "tip.any.any.any.any.any" }) }},
	{"an entry commits to something else", check.Rot, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Commitment = strings.Repeat("0", 64) }) }},
	{"an entry says another day", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Day = "2009-08-15" }) }},
	{"an entry counts more copies", check.Lost, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Copies++ }) }},
	{"an entry counts fewer copies", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Copies-- }) }},
	{"a held message is said to be disclosed", check.Entry, func(d *doctor) { d.edit(about(14), func(e *ledger.Entry) { e.Held = false }) }},
	{"a waiting item is not said to wait", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Waiting = nil }) }},
	{"what is not protected is said to be", check.Entry, func(d *doctor) { d.edit(about(1), func(e *ledger.Entry) { e.Protected = true }) }},
	{"an outcome is taken out", check.Phantom, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) {
			e.Outcomes = slices.DeleteFunc(e.Outcomes, func(o schemas.Outcome) bool { return o.Member == "lincolnshire" })
		})
	}},
	{"a desk is taken out of an outcome", check.Phantom, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { o := outcome(e, "ukhtc"); o.Desks = []string{"main"} })
	}},

	{"the clock of a held message is put off", check.Entry, func(d *doctor) { d.edit(about(14), func(e *ledger.Entry) { e.Due = e.Due.Add(time.Second) }) }},
	{"the clock of a held message is stopped", check.Entry, func(d *doctor) { d.edit(about(14), func(e *ledger.Entry) { e.Due = time.Time{} }) }},
	{"the clock of a waiting item is put off by a day", check.Entry, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { e.Due = e.Due.AddDate(0, 0, 1) })
	}},
	{"a clock runs for what nobody waits for", check.Entry, func(d *doctor) {
		whole := func(e ledger.Entry) bool {
			return e.Kind == ledger.DecisionEntry && !e.Held && len(e.Waiting) == 0 && !e.Closed
		}
		d.edit(whole, func(e *ledger.Entry) { e.Due = e.At.AddDate(0, 0, 1) })
	}},
	{"a clock runs for what the originator closed", check.Entry, func(d *doctor) {
		d.edit(again(14), func(e *ledger.Entry) { e.Due = e.At.AddDate(0, 0, 1) })
	}},
	{"the clock of a new decision is that of the earlier one", check.Entry, func(d *doctor) {
		held := func(e ledger.Entry) bool { return e.Replaces > 0 && !e.Due.IsZero() }
		_, later := d.entryAt(held)
		_, first := d.entryAt(func(e ledger.Entry) bool { return e.Number == later.Replaces })
		d.edit(held, func(e *ledger.Entry) { e.Due = first.At.Add(-1) })
	}},

	// The intake.
	{"an accepted message is deleted", check.Gap, func(d *doctor) { d.cut(schemas.IntakeName, d.intakeAt(1), 1) }},
	{"the last accepted message is deleted without a trace", check.Phantom, func(d *doctor) {
		d.cut(schemas.IntakeName, len(d.taken())-1, 1)
		d.renumber(schemas.IntakeName)
	}},
	{"a bit of an accepted message is flipped", check.Rot, func(d *doctor) { r := d.taken()[d.intakeAt(1)]; r.Data[len(r.Data)/2] ^= 1 }},
	{"an accepted message lost its salt", check.Rot, func(d *doctor) { delete(d.taken()[d.intakeAt(1)].Header, ledger.HeaderSalt) }},
	{"an accepted message is changed, and all that binds it", check.Altered, func(d *doctor) {
		d.resubmit(1, func(m *schemas.Message) { m.Items[0].Text = "Nothing happened at the invented farm." })
	}},
	{"an accepted message is narrowed, and all that binds it", check.Unlawful, func(d *doctor) {
		d.resubmit(1, func(m *schemas.Message) { m.Items[0].Handling = schemas.Handling{4} })
	}},
	{"a message is accepted twice", check.Doubled, func(d *doctor) { d.insert(schemas.IntakeName, len(d.taken()), d.taken()[d.intakeAt(1)]) }},
	{"an accepted message was passed over", check.Lost, func(d *doctor) {
		r := d.taken()[d.intakeAt(1)]
		r.Address = schemas.IntakeAddress("gla", idOf(78))
		d.streams[schemas.IntakeName] = slices.Insert(d.taken(), 0, r)
		d.renumber(schemas.IntakeName)
		for i, f := range d.feeds() {
			if e, err := ledger.Parse(f.Data); strings.HasPrefix(f.Address, "decision.") && err == nil && e.Intake > 0 {
				e.Intake++
				d.feeds()[i].Data, _, _ = ledger.Chain{Number: e.Number - 1}.Seal(&e)
			}
		}
		d.reseal()
	}},

	// The protocol.
	{"a withheld item is disclosed, with all that belongs to it", check.Unlawful, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) {
			o := outcome(e, "lincolnshire")
			o.Items[1] = o.Items[0]
			o.Items[1].Index, e.Waiting = 1, nil
		})
	}},
	{"a member gets what does not concern it", check.Unlawful, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { outcome(e, "lincolnshire").Member = "kent" })
	}},
	{"somebody gets it who is no member", check.Unlawful, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { outcome(e, "lincolnshire").Member = "newspaper" })
	}},
	{"a disclosure relies on another gateway", check.Unlawful, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { outcome(e, "lincolnshire").Items[0].Gateway = "gla-s19-2" })
	}},
	{"a disclosure relies on another rule", check.Unlawful, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { outcome(e, "lincolnshire").Items[0].Rule = "police-child" })
	}},
	{"a disclosure cites another statute", check.Entry, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { outcome(e, "lincolnshire").Items[0].Statute = "Magna Carta" })
	}},
	{"the tables are changed where they are kept", check.Tables, func(d *doctor) {
		for _, files := range d.tables {
			files["rules.csv"].Data = without(files["rules.csv"].Data, "police-child")
		}
	}},
	{"the tables are not kept", check.Tables, func(d *doctor) { clear(d.tables) }},
	{"a decision is under tables of another time", check.Tables, func(d *doctor) {
		_, later := d.entryAt(about(21))
		d.edit(about(1), func(e *ledger.Entry) { e.Policy = later.Policy })
	}},

	// Consents.
	{"a consent that counts opens nothing", check.Consents, func(d *doctor) {
		at, e := d.entryAt(again(11))
		d.cut(ledger.Stream, at, 1+e.Copies)
		d.renumber(ledger.Stream)
		d.reseal()
	}},
	{"a consent of another counts", check.Consents, func(d *doctor) { d.edit(consent(1), func(e *ledger.Entry) { e.Void = "" }) }},
	{"a consent does not count that must", check.Consents, func(d *doctor) { d.edit(consent(3), func(e *ledger.Entry) { e.Void = "not-yours" }) }},
	{"a consent is recorded as another", check.Consents, func(d *doctor) { d.edit(consent(3), func(e *ledger.Entry) { e.About.Items = []int{0} }) }},
	{"a refusal is recorded as given", check.Consents, func(d *doctor) { d.edit(consent(5), func(e *ledger.Entry) { e.About.Answer = schemas.Given }) }},
	{"the answers on record are gone", check.Consents, func(d *doctor) { d.edit(again(11), func(e *ledger.Entry) { e.Records = nil }) }},
	{"a decision takes the place of another", check.Chain, func(d *doctor) { d.edit(again(11), func(e *ledger.Entry) { e.Replaces = 2 }) }},
	{"a new decision delivers an old item again", check.Altered, func(d *doctor) {
		at, e := d.entryAt(again(11))
		for i := at + 1; i <= at+e.Copies; i++ {
			d.feeds()[i].Data = slices.Clone(d.feeds()[d.copyAt(11, "lincolnshire/main")].Data)
		}
	}},
	{"a new decision forgets what was disclosed", check.Entry, func(d *doctor) {
		d.edit(again(11), func(e *ledger.Entry) {
			outcome(e, "lincolnshire").Items[0] = schemas.ItemOutcome{Outcome: schemas.Withheld, Reason: "bar"}
		})
	}},
	{"what the originator closed is opened", check.Consents, func(d *doctor) { d.edit(again(14), func(e *ledger.Entry) { e.Closed = false }) }},
	{"what was accepted on conditions was not accepted", check.Unlawful, func(d *doctor) {
		d.edit(again(13), func(e *ledger.Entry) { e.Records[0].By = "kent" })
	}},
}

// seen are the histories that are sound, and of which the report says something
// all the same.
var seen = []struct {
	name string
	want func(check.Report) bool
	do   func(*doctor)
}{
	{"the last decision is cut off with its copies: it waits", func(r check.Report) bool { return r.Waiting == 1 && r.Notes == 0 }, func(d *doctor) {
		last := 0
		for i, r := range d.feeds() {
			if strings.HasPrefix(r.Address, "decision.") {
				last = i
			}
		}
		e, err := ledger.Parse(d.feeds()[last].Data)
		if err != nil || e.Replaces != 0 {
			last-- // the answer that it followed
		}
		d.cut(ledger.Stream, last, len(d.feeds())-last)
		d.renumber(ledger.Stream)
	}},
	{"a disclosure is withheld, with its copies", func(r check.Report) bool { return has(r, check.Overcautious) }, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) {
			o := outcome(e, "lincolnshire")
			o.Items[0] = schemas.ItemOutcome{Outcome: schemas.Withheld, Reason: "bar"}
			o.Outcome, o.Desks = schemas.Withheld, nil
			e.Copies--
		})
		d.cut(ledger.Stream, d.copyAt(1, "lincolnshire/main"), 1)
		d.renumber(ledger.Stream)
	}},
	{"an item is withheld for another reason", func(r check.Report) bool { return has(r, check.Reasons) }, func(d *doctor) {
		d.edit(about(1), func(e *ledger.Entry) { outcome(e, "lincolnshire").Items[1].Reason = "gateway" })
	}},
}

func has(r check.Report, kind check.Kind) bool {
	return slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Kind == kind })
}

func checked(t *testing.T, h *memory) check.Report {
	t.Helper()
	r, err := check.Check(t.Context(), h, h.desks, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheCheckerAgreesWithARealBrokerAndFindsEveryDoctoring(t *testing.T) {
	real := play(t)
	began := time.Now()
	r := checked(t, real)
	t.Logf("checked in %v: %d accepted, %d decisions (%d again), %d answers, %d copies, %d judged, %d open",
		time.Since(began), r.Accepted, r.Decisions, r.Again, r.Recorded, r.Copies, r.Judged, r.Open)
	if !r.Sound() || r.Notes > 0 || r.Waiting > 0 {
		t.Fatalf("a real history is found wanting: %v", r.Findings)
	}
	if r.Again < 4 || r.Recorded < 9 || r.Open < 150 {
		t.Fatalf("the history does not try enough: %+v", r)
	}
	for _, test := range doctored {
		t.Run(test.name, func(t *testing.T) {
			d := &doctor{memory: real.clone(), t: t}
			test.do(d)
			r := checked(t, d.memory)
			for _, f := range r.Findings {
				t.Log(f)
			}
			if r.Sound() {
				t.Error("the checker finds nothing")
			}
			if !has(r, test.want) {
				t.Errorf("the checker finds nothing of the kind %q", test.want)
			}
		})
	}
	evidence.Record(t, evidence.Row{Name: "checker", Part: "audit", Fault: "a history doctored behind the broker's back",
		How:     "each way of doctoring alone, on the history of the demonstration; the checker must find every one, by its name, and nothing in the real history",
		Command: "LIAISON_EVIDENCE=1 go test -run TestTheCheckerAgrees ./broker/check", Runs: len(doctored), Messages: int(r.Accepted), Acknowledged: int(r.Accepted),
		Note: fmt.Sprintf("%d judgements of the real history derived anew and found equal", r.Judged)})
	for _, test := range seen {
		t.Run(test.name, func(t *testing.T) {
			d := &doctor{memory: real.clone(), t: t}
			test.do(d)
			if r := checked(t, d.memory); !r.Sound() || !test.want(r) {
				t.Errorf("report %+v", r)
			}
		})
	}
}
