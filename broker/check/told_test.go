package check_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// lapsed is a history in which nobody answers a request (31), and two tips (32, 33)
// and a case (35) are held, until the hub has heard of all four. Lincolnshire says of
// a case of its own (34) that it takes the place of one of the tips, and of the held
// case there is a version (36) that the GLA refuses to share.
func lapsed(t *testing.T) *memory {
	t.Helper()
	var forward atomic.Int64
	base, began := time.Date(2009, 8, 14, 10, 0, 0, 0, time.UTC), time.Now()
	p, stop := playingAt(t, func() time.Time { return base.Add(time.Since(began) + time.Duration(forward.Load())) }, "gla", "lincolnshire", "ukhtc")
	theirs, first, second := caseOf(34), caseOf(35), caseOf(36)
	theirs.Originator, theirs.Case.Lead = "lincolnshire", "lincolnshire"
	for _, c := range []*schemas.Message{theirs, first, second} {
		c.Items, c.Subjects, c.Case.Strands = tip(34).Items, tip(34).Subjects, nil
		c.CrimeTypes = tip(34).CrimeTypes
	}
	first.Items[0].Handling, second.Items[0].Handling = schemas.Handling{4}, schemas.Handling{4}
	theirs.Links = []schemas.Link{{Originator: "gla", ID: idOf(32), Relation: schemas.Supersedes}}
	second.Links = []schemas.Link{{Originator: "gla", ID: idOf(35), Relation: schemas.Supersedes}}
	p.send(request(31), closed(32), closed(33), theirs, first, second)
	p.settle()
	refuses := answer("gla", 1, 36, schemas.AuthorityOriginator, schemas.Refused)
	refuses.Created = second.Created
	p.send(refuses)
	p.settle()
	forward.Store(int64(90 * 24 * time.Hour))
	board := func(h *memory) (n int) {
		for _, r := range h.streams[schemas.IntakeName] {
			if m, err := schemas.DecodeCopy(r.Data); err == nil && m.Notice != nil && m.Notice.Step == "protocol-board" {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(30 * time.Second); board(remember(t, p.Broker)) < 5; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the clocks have not run out")
		}
	}
	p.settle()
	return stop()
}

// renotice changes every notice that fits and everything that binds it, but for
// its copies.
func (d *doctor) renotice(fits func(*schemas.Message) bool, change func(*schemas.Message)) {
	d.t.Helper()
	n := 0
	for i := range d.taken() {
		r := &d.taken()[i]
		m, err := schemas.DecodeCopy(r.Data)
		if err != nil || m.Notice == nil || !fits(m) {
			continue
		}
		n++
		change(m)
		d.store(r, m)
		of, _ := m.Of()
		d.edit(func(e ledger.Entry) bool { return e.Message == m.ID }, func(e *ledger.Entry) {
			e.Commitment, e.Of = ledger.Commit(r.Header[ledger.HeaderSalt][0], r.Data), &of
		})
	}
	if n == 0 {
		d.t.Fatal("the history has no such notice")
	}
}

// TestTheCheckerReadsWhoseMatterANoticeIs doctors what the broker tells of clocks
// that ran out, so that it names a matter to somebody who has no part in it.
func TestTheCheckerReadsWhoseMatterANoticeIs(t *testing.T) {
	h := lapsed(t)
	if r := checked(t, h); !r.Sound() || r.Notes > 0 {
		t.Fatalf("the history itself: %+v", r)
	}
	about := func(n int, to schemas.MemberID, steps ...schemas.Code) func(*schemas.Message) bool {
		return func(m *schemas.Message) bool {
			return m.Notice.Of.ID == idOf(n) && slices.Contains(m.Notice.To, to) && slices.Contains(steps, m.Notice.Step)
		}
	}
	of := func(n int) func(*schemas.Message) {
		return func(m *schemas.Message) { m.Notice.Of.ID = idOf(n) }
	}
	for _, c := range []struct {
		name string
		want string
		do   func(*doctor)
	}{
		{"who was asked is told of a tip that was kept from it", "tells lincolnshire of a matter in which it has no part", func(d *doctor) {
			d.renotice(about(31, "lincolnshire", "contact-point"), of(32))
		}},
		{"the hub hears of a tip that was kept from it before the last step", "tells ukhtc of a matter in which it has no part", func(d *doctor) {
			d.renotice(about(32, "ukhtc", "protocol-board"), func(m *schemas.Message) { m.Notice.Step = "head-of-intelligence" })
		}},
		{"the hub hears of a tip of which nobody may hear", "tells ukhtc of a matter in which it has no part", func(d *doctor) {
			d.edit(func(e ledger.Entry) bool { return e.Message == idOf(33) }, func(e *ledger.Entry) { e.Protected = true })
		}},
		{"the hub hears of a case of whose later version nobody may hear", "tells ukhtc of a matter in which it has no part", func(d *doctor) {
			d.edit(func(e ledger.Entry) bool { return e.Message == idOf(36) }, func(e *ledger.Entry) { e.Protected = true })
		}},
		{"a notice is about nothing", "is a notice about what was never decided", func(d *doctor) {
			d.renotice(about(32, "gla", "contact-point"), of(77))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &doctor{memory: h.clone(), t: t}
			c.do(d)
			r := checked(t, d.memory)
			if r.Sound() || !slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return strings.Contains(f.Problem, c.want) }) {
				t.Errorf("want %q: %+v", c.want, r.Findings)
			}
		})
	}
}
