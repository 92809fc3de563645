package check

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// gone is what the ledger says is no longer there.
type gone struct {
	// intake and copies have the places that erasures name, with the message that
	// each names them for; of a copy, the first that names it.
	intake map[uint64]key
	copies map[uint64]erasedBy
	// links are those of the messages of which a step is left.
	links map[key][]schemas.Link
	// accepted are the gaps that an operator accepted, by stream, and passable those
	// of the intake that the entries so far accept, in their order.
	accepted map[string][]ledger.Span
	passable []ledger.Span
	// read is up to which place of the ledger's stream that was read.
	read uint64
	// still are messages that were read and that an erasure names.
	still []stillThere
}

// erasedBy is the message for which an erasure names a copy, and where in the
// ledger's stream the erasure lies.
type erasedBy struct {
	of       key
	sequence uint64
}

type stillThere struct {
	stream   string
	sequence uint64
}

func newGone() gone {
	return gone{intake: map[uint64]key{}, copies: map[uint64]erasedBy{}, links: map[key][]schemas.Link{}, accepted: map[string][]ledger.Span{}}
}

// maxSpan bounds the places that one span may name: a message has at most 1,000
// copies by one decision.
const maxSpan = 10_000

// lookAhead reads what the ledger says is gone, up to its end as it is now:
// whatever is removed was recorded before.
func (c *checker) lookAhead() error {
	for rec, err := range c.src.Acts(c.ctx, c.gone.read) {
		if err != nil {
			return err
		}
		c.gone.read = rec.Sequence
		e, err := ledger.Parse(rec.Data)
		if err != nil {
			continue // reported when it is read in its turn
		}
		if g := e.Gap; g != nil && g.From <= g.To {
			c.gone.accepted[g.Stream] = append(c.gone.accepted[g.Stream], g.Span)
		}
		if e.Erased == nil {
			continue
		}
		for _, m := range e.Erased.Messages {
			k := keyOf(m.Of.Originator, m.Of.ID)
			if m.Intake != 0 {
				c.gone.intake[m.Intake] = k
			}
			if left, err := schemas.DecodeCopy(m.Step); err == nil {
				c.gone.links[k] = left.Links
			}
			for _, s := range m.Copies {
				for at := s.From; at <= s.To && at-s.From < maxSpan; at++ {
					if _, named := c.gone.copies[at]; !named {
						c.gone.copies[at] = erasedBy{k, rec.Sequence}
					}
				}
			}
		}
	}
	return nil
}

// mayGo notes a message that is there, if an erasure names it.
func (c *checker) mayGo(stream string, sequence uint64, named bool) {
	if named {
		c.gone.still = append(c.gone.still, stillThere{stream, sequence})
	}
}

// notRemoved reports what was recorded as erased and is there all the same, after
// a moment in which it may be removed.
func (c *checker) notRemoved() error {
	for tries := 0; len(c.gone.still) > 0 && tries <= settleTries; tries++ {
		var left []stillThere
		for _, s := range c.gone.still {
			_, ok, err := c.src.One(c.ctx, s.stream, s.sequence)
			if err != nil {
				return err
			}
			if ok {
				left = append(left, s)
			}
		}
		if c.gone.still = left; len(left) == 0 {
			return nil
		}
		select {
		case <-time.After(settleWait):
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
	for _, s := range c.gone.still {
		c.find(Finding{Kind: Erasing, Stream: s.stream, Sequence: s.sequence, Problem: "is recorded as erased, and is still there"})
	}
	return nil
}

// act holds an entry about no single message against the chain's place.
func (c *checker) act(rec Record, e *ledger.Entry, kind ledger.Kind, place uint64) func(Kind, string) {
	found := c.about(rec.Sequence, e)
	if rec.Address != fmt.Sprintf("decision._.%s-%d", kind, e.Number) {
		found(Chain, "stands at an address that is not its own")
	}
	if e.Intake != place {
		found(Chain, "names another place in the intake than the entry before it")
	}
	if e.Copies != 0 || len(e.Outcomes) > 0 {
		found(Entry, "is about no message, and yet it discloses something")
	}
	return found
}

// erased holds an erasure against what it names.
func (c *checker) erased(rec Record, e *ledger.Entry) error {
	found := c.act(rec, e, ledger.ErasedEntry, c.place)
	c.report.Erasures++
	if e.Policy != c.policy {
		found(Tables, "is recorded under tables that were not in force")
	}
	if e.Erased == nil || len(e.Erased.Messages) == 0 {
		found(Erasing, "says that something was erased, and names nothing")
		return nil
	}
	switch why := e.Erased.Why; {
	case why == ledger.ErasedRecall && !c.forRecall(e.Erased):
		found(Erasing, "erases for a recall that does not stand right before it")
	case why == ledger.ErasedOperator && (e.By == "" || e.Erased.Reason == ""):
		found(Erasing, "erases for an operator, and does not say for whom or why")
	case why != ledger.ErasedRecall && why != ledger.ErasedOperator && why != ledger.ErasedRetention:
		found(Erasing, "erases for a reason that there is not: "+string(why))
	}
	for i := range e.Erased.Messages {
		if err := c.erasedOne(e, &e.Erased.Messages[i], found); err != nil {
			return err
		}
	}
	return nil
}

// erasedOne holds what is erased of one message against its decisions.
func (c *checker) erasedOne(e *ledger.Entry, g *ledger.Gone, found func(Kind, string)) error {
	k := keyOf(g.Of.Originator, g.Of.ID)
	where := c.known[k]
	if where.decided == 0 {
		found(Erasing, "erases a message that was not decided: "+g.Of.String())
		return nil
	}
	if g.Intake != 0 {
		if g.Intake != where.accepted || where.gone {
			found(Erasing, "erases "+g.Of.String()+" at a place where it is not")
		}
		c.report.Erased++
		where.gone = true
		c.known[k] = where
	}
	for _, s := range g.Copies {
		if s.From > s.To || s.To-s.From >= maxSpan {
			found(Erasing, "names copies from a place to one before it, or more than there can be")
			continue
		}
		c.report.ErasedCopies += s.To - s.From + 1
		for at := s.From; at <= s.To; at++ {
			if err := c.wasCopy(g, at, found); err != nil {
				return err
			}
		}
	}
	bareStep(g, found)
	return c.dueToGo(e, g, found)
}

// wasCopy reports a place that an erasure names as that of a copy and at which an
// entry lies, or a copy of another message.
func (c *checker) wasCopy(g *ledger.Gone, at uint64, found func(Kind, string)) error {
	rec, ok, err := c.src.One(c.ctx, ledger.Stream, at)
	if err != nil || !ok {
		return err
	}
	if !strings.HasPrefix(rec.Address, "feed.") || rec.header(schemas.HeaderID) != string(g.Of.ID) {
		found(Erasing, fmt.Sprintf("names what is no copy of %s, but %s", g.Of, rec.Address[:min(len(rec.Address), 80)]))
	}
	return nil
}

// bareStep reports content in what an entry keeps of an erased step.
func bareStep(g *ledger.Gone, found func(Kind, string)) {
	if g.Step == nil {
		return
	}
	m, err := schemas.DecodeCopy(g.Step)
	if err != nil {
		found(Erasing, "keeps something of "+g.Of.String()+" that cannot be decoded")
		return
	}
	if says(m) {
		found(Leak, "keeps content of "+g.Of.String()+", which it says is erased")
	}
}

// says reports whether what is left of a step says more than who did what about
// which message: of an item there may be the crime types of a case, and the
// places of those who may be victims; of these, that they are, and the year 1 for
// whoever is no child.
func says(m *schemas.Message) bool {
	left := *m // taken out of it is what may be there
	left.Schema, left.ID, left.Kind, left.Originator, left.Urgency = 0, "", "", "", ""
	left.Answer, left.Tasking, left.Decision, left.Notice, left.Recall = nil, nil, nil, nil, nil
	left.RecallConfirmation, left.Correction, left.Request = nil, nil, nil
	if left.Links = nil; len(m.Jurisdictions) == 1 {
		left.Jurisdictions = nil
	}
	if c := m.Case; c != nil && c.Opened.IsZero() {
		left.CrimeTypes, left.Case = nil, nil
	}
	if o := m.Outcome; o != nil && len(o.ChargedAs)+len(o.AssessedAs) == 0 {
		left.Outcome = nil
	}
	if r := m.Referral; r != nil && r.Consent == "" && r.Sex == "" && len(r.Support) == 0 {
		left.Referral = nil
	}
	if m.Kind == schemas.KindTip || m.Kind == schemas.KindCase { // they begin the duty to refer
		left.Items, left.Subjects = nil, nil
	}
	if len(m.Items) == 0 {
		left.Items = nil
	}
	return !reflect.DeepEqual(left, schemas.Message{}) || slices.ContainsFunc(m.Subjects, named) ||
		slices.ContainsFunc(m.Items, func(it schemas.Item) bool {
			absent := slices.ContainsFunc(it.Subjects, func(n int) bool { return n < 0 || n >= len(m.Subjects) })
			if it.Subjects = nil; m.Case != nil {
				it.CrimeTypes = nil
			}
			return absent || !reflect.DeepEqual(it, schemas.Item{})
		})
}

// named says whether a subject is anything but somebody who may be a victim.
func named(s schemas.Subject) bool {
	if year, month, _ := s.Born.Parts(); year == 1 && month == 0 {
		s.Born = schemas.Date{}
	}
	return !reflect.DeepEqual(s, schemas.Subject{Kind: "person", Position: "victim"})
}

// dueToGo checks of an erasure for retention that the time has come: by the
// tables of the day of the erasure, from the last decision about the message.
func (c *checker) dueToGo(e *ledger.Entry, g *ledger.Gone, found func(Kind, string)) error {
	t := c.tables[e.Policy]
	if e.Erased.Why != ledger.ErasedRetention || t == nil {
		return nil
	}
	_, last, err := c.before(g.Of)
	if err != nil || last == nil {
		return err
	}
	feeds, intake, ok := t.retained(last, e.At)
	switch {
	case !ok:
		found(Erasing, "erases "+g.Of.String()+" for its age, and the tables keep its kind for ever")
	case g.Intake != 0 && e.At.Before(intake):
		found(Erasing, fmt.Sprintf("erases %s, which the tables keep until %s", g.Of, told(intake)))
	case len(g.Copies) > 0 && e.At.Before(feeds):
		found(Erasing, fmt.Sprintf("erases copies of %s, which the tables keep until %s", g.Of, told(feeds)))
	}
	return nil
}

// retained says until when the copies of a message stay, and the message itself:
// whole days of UTC after the one of the decision, by the row for its kind on the
// day of the erasure; or to the end of its day of review where the row says so.
func (t *tables) retained(decided *ledger.Entry, at time.Time) (feeds, intake time.Time, ok bool) {
	kind, _, _ := strings.Cut(decided.Route, ".")
	if decided.Kind == ledger.ConsentEntry {
		kind = string(schemas.KindConsent)
	}
	i := slices.IndexFunc(t.rows["retention"], func(r row) bool { return r["kind"] == kind && r.on(at.UTC()) })
	if i < 0 {
		return feeds, intake, false
	}
	r := t.rows["retention"][i]
	y, m, d := decided.At.UTC().Date()
	end := func(days int) time.Time { return time.Date(y, m, d+days+1, 0, 0, 0, 0, time.UTC) }
	feeds, intake = end(r.days("feed_days")), end(r.days("intake_days"))
	if decided.Review.IsZero() || r["review"] == "no" {
		return feeds, intake, true
	}
	ry, rm, rd := decided.Review.Start().Date()
	weeded := time.Date(ry, rm, rd+1, 0, 0, 0, 0, time.UTC)
	if !weeded.After(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
		return feeds, intake, true
	}
	if r["review"] == "governs" || weeded.Before(feeds) {
		feeds = weeded
	}
	if r["review"] == "governs" || weeded.Before(intake) {
		intake = weeded
	}
	return feeds, intake, true
}

// days is the number of days in a cell: what is none keeps for ever.
func (r row) days(column string) int {
	n, err := strconv.Atoi(r[column])
	if err != nil || n < 1 {
		return 1 << 20
	}
	return n
}

// decidedGone takes up the decision about a message that was erased since.
func (c *checker) decidedGone(rec Record, e *ledger.Entry) error {
	found := c.about(rec.Sequence, e)
	k := keyOf(e.Originator, e.Message)
	was := c.known[k]
	if was.decided != 0 {
		found(Doubled, "decides a message that was decided before")
	}
	was.accepted, was.decided = e.Intake, rec.Sequence
	c.known[k] = was
	c.report.Unjudged++
	if e.Kind == ledger.ConsentEntry {
		c.report.Recorded++
		c.startBlock(rec, e, nil, nil)
		if e.Void == "" {
			c.answer = e
		}
		return nil
	}
	c.report.Decisions++
	j := &judged{entry: e, tables: c.tables[e.Policy], found: found}
	if err := c.takesPart(e, c.gone.links[k]); err != nil {
		return err
	}
	c.madeOf(e)
	if err := c.recalls(rec, e); err != nil {
		return err
	}
	j.shape()
	j.takenBack = c.takenBack(e)
	j.heldAsRecalled()
	c.startBlock(rec, e, j, nil)
	return nil
}
