package check_test

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// playing runs a broker for members, each with a client. End it with stop, which
// returns what its streams have.
func playing(t *testing.T, members ...schemas.MemberID) (p *played, stop func() *memory) {
	t.Helper()
	return playingAt(t, nil, members...)
}

// playingAt goes by a clock; nil is the one on the wall.
func playingAt(t *testing.T, now func() time.Time, members ...schemas.MemberID) (p *played, stop func() *memory) {
	t.Helper()
	dir := t.TempDir()
	b, err := broker.Open(t.Context(), broker.Config{Dir: filepath.Join(dir, "broker"), Listen: "127.0.0.1:0", Default: protocol.Tables, Now: now,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "creds"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	end := sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.Close)
	t.Cleanup(end)
	for _, m := range members {
		issued, err := b.Enrol(t.Context(), accounts.Enrolment{Member: m, Role: accounts.Both, At: time.Now(), By: "test"})
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "creds", string(m)+".creds"), issued.Creds, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return &played{Broker: b, t: t, dir: dir, clients: map[schemas.MemberID]*agents.Client{}}, func() *memory { end(); return remember(t, b) }
}

// playErased runs a broker at which a tip is recalled (31), and others are erased
// by an operator (32, 33).
func playErased(t *testing.T) *memory {
	t.Helper()
	p, stop := playing(t, "gla", "lincolnshire", "ukhtc")
	held := twoItems(32)
	held.Subjects[2].Position = "" // no victim, whose referral would be owed
	p.send(tip(1), twoItems(31), held, tip(33), tip(2))
	p.settle()
	p.send(recall(10, 31), answer("gla", 11, 32, schemas.AuthorityOriginator, schemas.Refused)) // what waits of 32 is closed
	p.settle()
	for _, n := range []int{32, 33} {
		if _, err := p.Erase(t.Context(), broker.Erasing{Of: schemas.MessageRef{Originator: "gla", ID: idOf(n)}, Reason: "a test", By: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := p.Verify(t.Context()); err != nil || !r.Sound() || r.Erased != 3 || r.Erasures != 3 || r.Unjudged == 0 {
		t.Fatalf("the checker says of what a real broker erased: %+v, %v", r, err)
	}
	return stop()
}

// leaves has the erasure of a recalled tip about a victim keep more of it.
func leaves(more func(*schemas.Message)) func(*doctor) {
	return func(d *doctor) {
		d.edit(erasureOf(31), func(e *ledger.Entry) {
			m, err := schemas.DecodeCopy(e.Erased.Messages[0].Step)
			if err != nil || len(m.Subjects) != 1 {
				d.t.Fatalf("what is left of the tip: %+v, %v", m, err)
			}
			more(m)
			e.Erased.Messages[0].Step = encode(d.t, m, schemas.TypeMsgPack)
		})
	}
}

// wrongErasures are histories that the checker must find fault with.
var wrongErasures = []struct {
	name string
	want check.Kind
	do   func(*doctor)
}{
	{"a copy is gone that the erasure does not name", check.Gap, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages[0].Copies[0].To-- })
	}},
	{"a copy is gone that no erasure names", check.Gap, func(d *doctor) { d.cut(ledger.Stream, d.copyAt(1, "lincolnshire/main"), 1) }},
	{"an accepted message is gone that the erasure does not name", check.Gap, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages[0].Intake = 0 })
	}},
	{"a copy is still there after its erasure", check.Erasing, func(d *doctor) {
		_, e := d.entryAt(erasureOf(33))
		r := d.feeds()[d.copyAt(1, "lincolnshire/main")]
		r.Sequence = e.Erased.Messages[0].Copies[0].From
		at := slices.IndexFunc(d.feeds(), func(f check.Record) bool { return f.Sequence > r.Sequence })
		d.streams[ledger.Stream] = slices.Insert(d.feeds(), at, r)
	}},
	{"a copy that is still there is said to be erased", check.Erasing, func(d *doctor) {
		at, e := d.entryAt(about(1))
		seq := d.feeds()[at].Sequence
		d.edit(erasureOf(33), func(x *ledger.Entry) {
			x.Erased.Messages = append(x.Erased.Messages, ledger.Gone{Of: schemas.MessageRef{Originator: "gla", ID: idOf(1)}, Copies: []ledger.Span{{From: seq + 1, To: seq + uint64(e.Copies)}}})
		})
	}},
	{"a message that is still there is said to be erased", check.Erasing, func(d *doctor) {
		_, e := d.entryAt(about(1))
		d.edit(erasureOf(33), func(x *ledger.Entry) {
			x.Erased.Messages = append(x.Erased.Messages, ledger.Gone{Of: schemas.MessageRef{Originator: "gla", ID: idOf(1)}, Intake: e.Intake})
		})
	}},
	{"an erasure names a decision", check.Erasing, func(d *doctor) {
		at, _ := d.entryAt(about(1))
		seq := d.feeds()[at].Sequence
		d.edit(erasureOf(33), func(e *ledger.Entry) {
			e.Erased.Messages[0].Copies = append(e.Erased.Messages[0].Copies, ledger.Span{From: seq, To: seq})
		})
	}},
	{"a decision is removed, and an erasure names it", check.Gap, func(d *doctor) {
		at, _ := d.entryAt(about(33))
		seq := d.feeds()[at].Sequence
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages[0].Copies[0].From = seq })
		d.cut(ledger.Stream, at, 1)
		d.reseal()
	}},
	{"an erasure names another message's copies for one", check.Gap, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages[0].Of.ID = idOf(1) })
	}},
	{"an erasure names another place in the intake", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages[0].Of.ID = idOf(1) })
	}},
	{"an erasure is of what was never decided", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages[0].Of.ID = idOf(77) })
	}},
	{"an erasure names nothing", check.Erasing, func(d *doctor) { d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Messages = nil }) }},
	{"what the tables keep is erased for its age", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Why, e.Erased.Reason = ledger.ErasedRetention, "" })
	}},
	{"an operator's erasure has no reason", check.Erasing, func(d *doctor) { d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Reason = "" }) }},
	{"an erasure has a reason that there is not", check.Erasing, func(d *doctor) { d.edit(erasureOf(33), func(e *ledger.Entry) { e.Erased.Why = "tidying" }) }},
	{"an erasure names a recall that there was not", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) {
			e.Erased.Why, e.Erased.Recall = ledger.ErasedRecall, &schemas.MessageRef{Originator: "gla", ID: recall(10, 31).ID}
		})
	}},
	{"a recall is followed by no erasure of its own", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(31), func(e *ledger.Entry) { e.Erased.Why, e.Erased.Reason, e.By = ledger.ErasedOperator, "a test", "test" })
	}},
	{"an erasure keeps what the message said", check.Leak, func(d *doctor) {
		d.edit(erasureOf(31), func(e *ledger.Entry) { e.Erased.Messages[0].Step = encode(d.t, twoItems(31), schemas.TypeMsgPack) })
	}},
	{"an erasure keeps the name of a victim", check.Leak, leaves(func(m *schemas.Message) { m.Subjects[0].Name = "Invented Person" })},
	{"an erasure keeps the birth of a victim", check.Leak, leaves(func(m *schemas.Message) { m.Subjects[0].Born, _ = schemas.NewDate(1995, 3, 0) })},
	{"an erasure keeps who is no victim", check.Leak, leaves(func(m *schemas.Message) { m.Subjects[0].Position = "suspect" })},
	{"an erasure keeps a victim of what begins no duty to refer", check.Leak, leaves(func(m *schemas.Message) { m.Kind = schemas.KindAnswer })},
	{"an erasure keeps who is in an item and is no victim", check.Leak, leaves(func(m *schemas.Message) { m.Items[0].Subjects = []int{0, 1} })},
	{"an erasure keeps what an item was obtained by", check.Leak, leaves(func(m *schemas.Message) { m.Items[0].ObtainedBy = schemas.ByPublic })},
	{"an erasure keeps the crime types of a tip", check.Leak, leaves(func(m *schemas.Message) { m.CrimeTypes = []schemas.Code{"forced-labour"} })},
	{"an erasure keeps the trade of a tip", check.Leak, leaves(func(m *schemas.Message) { m.Sectors = []schemas.Code{"agriculture"} })},
	{"an erasure keeps when a tip was made", check.Leak, leaves(func(m *schemas.Message) { m.Created = schemas.At(time.Unix(1251108000, 0)) })},
	{"an erasure moves the place in the intake", check.Chain, func(d *doctor) { d.edit(erasureOf(33), func(e *ledger.Entry) { e.Intake++ }) }},
	{"a message is decided whose loss was accepted before", check.Order, func(d *doctor) {
		next := d.place() + 1
		d.ends[schemas.IntakeName] = next + 1
		d.acceptGap(schemas.IntakeName, next+1, next-1)
		d.acceptGap(schemas.IntakeName, next, next)
		d.decideLost(70, next+1)
	}},
	{"a message is passed over whose loss was accepted later", check.Order, func(d *doctor) {
		skipped := d.place() // the last one is moved on by one place
		d.taken()[len(d.taken())-1].Sequence++
		d.ends[schemas.IntakeName]++
		for i, r := range d.feeds() {
			if e, err := ledger.Parse(r.Data); strings.HasPrefix(r.Address, "decision.") && err == nil && e.Intake == skipped {
				e.Intake++
				d.feeds()[i].Data, _, _ = ledger.Chain{Number: e.Number - 1}.Seal(&e)
			}
		}
		d.reseal()
		d.acceptGap(schemas.IntakeName, skipped, skipped+1)
	}},
	{"a message is decided again whose loss was accepted before", check.Order, func(d *doctor) {
		at, next := d.intakeAt(1), d.place()+1
		lost := d.taken()[at].Sequence
		d.cut(schemas.IntakeName, at, 1)
		d.ends[schemas.IntakeName] = next
		d.acceptGap(schemas.IntakeName, lost, next-1)
		_, e := d.entryAt(about(1))
		e.Replaces, e.Copies, e.Intake = e.Number, 0, next
		e.Records = []ledger.Record{{Consent: idOf(71), By: "gla", Of: schemas.MessageRef{Originator: "gla", ID: idOf(1)}, Items: []int{0},
			Authority: "commissioners", Answer: schemas.Given, From: e.Day}}
		d.addEntry(ledger.Entry{Kind: ledger.ConsentEntry, At: e.At, Policy: e.Policy, Message: idOf(71), Originator: "gla", Intake: next, About: &e.Records[0]})
		d.addEntry(e)
		d.acceptGap(schemas.IntakeName, next, next)
	}},
	{"a gap is accepted by nobody", check.Erasing, func(d *doctor) {
		d.edit(erasureOf(33), func(e *ledger.Entry) {
			e.Kind, e.Gap, e.Erased = ledger.GapEntry, &ledger.Gap{Stream: ledger.Stream, Span: e.Erased.Messages[0].Copies[0], Reason: "a test"}, nil
			e.By = ""
		})
	}},
}

func TestTheCheckerFindsEveryWrongErasure(t *testing.T) {
	whole := playErased(t)
	if r := checked(t, whole); !r.Sound() || r.Notes > 0 {
		t.Fatalf("before anything is doctored: %+v", r.Findings)
	}
	for _, c := range wrongErasures {
		t.Run(c.name, func(t *testing.T) {
			d := &doctor{whole.clone(), t}
			c.do(d)
			if r := checked(t, d.memory); !has(r, c.want) || r.Sound() {
				t.Errorf("found %v, want %s", r.Findings, c.want)
			}
		})
	}
	for _, c := range acceptedLosses {
		t.Run(c.name, func(t *testing.T) {
			d := &doctor{whole.clone(), t}
			c.do(d)
			if r := checked(t, d.memory); !r.Sound() || r.Notes > 0 || r.Waiting > 0 || len(r.Gaps) != 1 {
				t.Errorf("found %v, waiting %d, accepted %v", r.Findings, r.Waiting, r.Gaps)
			}
		})
	}
}

// acceptedLosses are histories of which the report says that a gap was accepted, and
// nothing else.
var acceptedLosses = []struct {
	name string
	do   func(*doctor)
}{
	{"a copy is lost, and an operator accepted it", acceptLoss},
	{"a message is lost that was decided, and an operator accepted it", func(d *doctor) {
		at := d.intakeAt(1)
		seq := d.taken()[at].Sequence
		d.cut(schemas.IntakeName, at, 1)
		d.acceptGap(schemas.IntakeName, seq, d.place())
	}},
	{"a message whose loss was accepted is found again by the engine", func(d *doctor) {
		found := d.taken()[d.intakeAt(1)]
		found.Sequence, found.Address, found.Header = d.place()+1, schemas.IntakeAddress("gla", idOf(70)), maps.Clone(found.Header)
		d.store(&found, tip(70))
		d.streams[schemas.IntakeName] = append(d.taken(), found)
		d.ends[schemas.IntakeName]++
		d.acceptGap(schemas.IntakeName, found.Sequence, found.Sequence)
	}},
}

// acceptLoss takes a copy out of the feeds, and puts an entry at the end by which
// an operator accepts that.
func acceptLoss(d *doctor) {
	at := d.copyAt(1, "lincolnshire/main")
	seq := d.feeds()[at].Sequence
	d.cut(ledger.Stream, at, 1)
	d.acceptGap(ledger.Stream, seq, d.place())
}

// place is the place in the intake up to which everything is decided.
func (d *doctor) place() (place uint64) {
	for _, r := range d.feeds() {
		if e, err := ledger.Parse(r.Data); strings.HasPrefix(r.Address, "decision.") && err == nil {
			place = max(place, e.Intake)
		}
	}
	return place
}

// acceptGap puts an entry at the end by which an operator accepts that one message
// of a stream is lost.
func (d *doctor) acceptGap(stream string, at, place uint64) {
	_, e := d.entryAt(erasureOf(33))
	d.addEntry(ledger.Entry{Kind: ledger.GapEntry, At: e.At, Policy: e.Policy, By: "test", Intake: place,
		Gap: &ledger.Gap{Stream: stream, Span: ledger.Span{From: at, To: at}, Reason: "a test"}})
}

// decideLost puts a decision at the end about a message that is not there.
func (d *doctor) decideLost(n int, at uint64) {
	_, e := d.entryAt(about(1))
	d.addEntry(ledger.Entry{Kind: ledger.DecisionEntry, At: e.At, Policy: e.Policy, Message: idOf(n), Originator: "gla", Account: e.Account,
		Route: e.Route, Commitment: e.Commitment, Day: e.Day, Held: true, Intake: at})
}
