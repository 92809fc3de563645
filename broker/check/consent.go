package check

import (
	"fmt"
	"slices"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// maxAnswers is how many answers may be on record for one message.
const maxAnswers = 200

// consented holds the record of an answer against the consent that gave it. An
// answer that counts is followed by a new decision about its message.
func (c *checker) consented(rec Record, e *ledger.Entry, a *accepted) error {
	found := c.about(rec.Sequence, e)
	c.startBlock(rec, e, nil, nil)
	if e.Copies != 0 || len(e.Outcomes) > 0 {
		found(Consents, "an answer is on record, and yet the entry discloses something")
	}
	if a.message == nil || a.message.Consent == nil || e.About == nil {
		found(Consents, "is the record of an answer, and there is none")
		return nil
	}
	t := c.tables[e.Policy]
	day := c.dayOf(&judged{entry: e, message: a.message, tables: t, found: found}, a.Stored)
	said := a.message.Consent
	want := ledger.Record{Consent: a.id, By: a.originator, Of: said.Of, Items: said.Items, Authority: said.Authority,
		Answer: said.Answer, To: said.To, From: day.Format(time.DateOnly), Until: said.Until}
	if !sameAnswer(*e.About, want) {
		found(Consents, "records another answer than was given")
	}
	void, err := c.void(want, t, a)
	if err != nil {
		return err
	}
	switch {
	case void == unjudged:
	case e.Void == "" && void != "":
		found(Consents, fmt.Sprintf("counts, and must not: %s", void))
	case e.Void != "" && void == "" && e.Void != "undecidable" && e.Void != "too-large":
		found(Consents, fmt.Sprintf("does not count as %s, and must", e.Void))
	case e.Void != "" && void != "" && e.Void != void:
		found(Reasons, fmt.Sprintf("does not count as %s, and the tables say %s", e.Void, void))
	}
	if e.Void == "" {
		c.answer = e
	}
	return nil
}

// unjudged stands for the reason of an answer about a message that was erased
// since: nobody can say any more whether it was to count.
const unjudged schemas.Code = "unjudged"

// noAnswerWaits reports an answer that counts and that no decision followed.
func (c *checker) noAnswerWaits() {
	if e := c.answer; e != nil {
		c.find(Finding{Kind: Consents, Entry: e.Number, Message: e.Message, Problem: "counts, and no new decision follows it"})
	}
	c.answer = nil
}

func sameAnswer(a, b ledger.Record) bool {
	return a.Consent == b.Consent && a.By == b.By && a.Of == b.Of && slices.Equal(a.Items, b.Items) && a.Authority == b.Authority &&
		a.Answer == b.Answer && slices.Equal(a.To, b.To) && a.From == b.From && a.Until == b.Until
}

// void says why an answer must not count, or "". Without tables nobody can say
// whose authority it is.
func (c *checker) void(r ledger.Record, t *tables, a *accepted) (schemas.Code, error) {
	m, before, err := c.before(r.Of)
	if err != nil {
		return "", err
	}
	where := c.known[keyOf(r.Of.Originator, r.Of.ID)]
	if before != nil && m == nil && !where.gone && !c.mayPass(where.accepted) {
		if erased, err := c.isGone(where.accepted); erased || err != nil {
			return unjudged, err
		}
	}
	if before == nil || m == nil || where.gone || m.Kind == schemas.KindConsent || (&judged{entry: before}).heldAs(recalled) {
		return "unknown-message", nil
	}
	for _, i := range r.Items {
		if i < 0 || i >= len(m.Items) {
			return "unknown-item", nil
		}
		if t != nil && !t.mayAnswer(r, before, m.ItemOrigin(i), i, t.day(m.Created.Time, a.Stored)) {
			return "not-yours", nil
		}
	}
	if r.Authority == schemas.AuthorityOriginator && r.By != r.Of.Originator {
		return "not-yours", nil
	}
	if len(before.Records) >= maxAnswers {
		return "too-many-answers", nil
	}
	return "", nil
}

// mayAnswer says whether a member may answer with an authority for an item. A
// recipient accepts conditions only if it waits for nothing else, or has the
// item already.
func (t *tables) mayAnswer(r ledger.Record, before *ledger.Entry, origin schemas.MemberID, item int, day time.Time) bool {
	switch r.Authority {
	case schemas.AuthorityOriginator:
		return r.By == r.Of.Originator
	case schemas.AuthorityRecipient:
		return slices.ContainsFunc(before.Outcomes, func(o schemas.Outcome) bool {
			return o.Member == r.By && slices.ContainsFunc(o.Items, func(it schemas.ItemOutcome) bool {
				return it.Index == item && (it.Outcome == schemas.Disclosed || it.Reason == "conditions")
			})
		})
	}
	return t.mayRecord(r.Authority, r.By, origin, day)
}

// before returns a message and the last decision about it, so far.
func (c *checker) before(of schemas.MessageRef) (*schemas.Message, *ledger.Entry, error) {
	where := c.known[keyOf(of.Originator, of.ID)]
	if where.decided == 0 {
		return nil, nil, nil
	}
	rec, ok, err := c.src.One(c.ctx, ledger.Stream, where.decided)
	if err != nil || !ok {
		return nil, nil, err
	}
	e, err := ledger.Parse(rec.Data)
	if err != nil {
		return nil, nil, nil // reported when it was read
	}
	a, err := c.one(where.accepted)
	if err != nil || a == nil {
		return nil, &e, err
	}
	return a.message, &e, nil
}

// decidedAgain holds a decision that takes the place of an earlier one against
// that, and against the answers on record.
func (c *checker) decidedAgain(rec Record, e *ledger.Entry) error {
	found := c.about(rec.Sequence, e)
	c.report.Decisions++
	c.report.Again++
	answer := c.answer
	c.answer = nil
	if answer == nil || answer.Intake != e.Intake || answer.About.Of != (schemas.MessageRef{Originator: e.Originator, ID: e.Message}) {
		found(Consents, "takes the place of an earlier decision, and no answer about the message stands before it")
	}
	m, before, err := c.before(schemas.MessageRef{Originator: e.Originator, ID: e.Message})
	if err != nil {
		return err
	}
	if before == nil {
		found(Phantom, "takes the place of a decision that is not there")
		c.startBlock(rec, e, nil, nil)
		return nil
	}
	k := keyOf(e.Originator, e.Message)
	where := c.known[k]
	c.earlier[k] = append(c.earlier[k], where.decided)
	where.decided = rec.Sequence
	c.known[k] = where
	if where.gone {
		found(Erasing, "is decided again after it was erased")
	} else if m == nil && c.mayPass(where.accepted) {
		found(Order, "is decided again after its loss was accepted")
	}
	c.sameAgain(found, e, before, answer)
	j := &judged{entry: e, message: m, tables: c.tables[e.Policy], earlier: before.Outcomes, found: found}
	for _, o := range before.Outcomes {
		j.holders = append(j.holders, o.Member)
	}
	if err := c.mentioned(j); err != nil {
		return err
	}
	var today time.Time
	if answer != nil {
		if today, err = c.againDays(j, before, answer); err != nil {
			return err
		}
	}
	j.record = recordOf(e.Records, today)
	if err := c.takesPart(e, c.linksOf(k, m)); err != nil {
		return err
	}
	if judge, err := c.judgeable(m, where, answer); err != nil {
		return err
	} else if !judge {
		c.report.Unjudged++
		j.message = nil
		j.shape()
	} else if e.Closed {
		j.clock()
		if e.Copies != 0 || !slices.Equal(e.Waiting, before.Waiting) || e.Held != before.Held || !slices.EqualFunc(e.Outcomes, before.Outcomes, sameOutcome) {
			found(Consents, "the originator refused to share, and yet the outcomes change")
		}
	} else {
		c.judge(j)
	}
	c.startBlock(rec, e, j, before.Outcomes)
	return nil
}

// judgeable says whether a decision that was taken again can be judged: the
// message and the answer that made it are still there, or were lost, which is
// reported, and not erased since.
func (c *checker) judgeable(m *schemas.Message, where kept, answer *ledger.Entry) (bool, error) {
	if m == nil {
		erased, err := c.isGone(where.accepted)
		if erased || err != nil {
			return false, err
		}
	}
	if answer == nil {
		return true, nil
	}
	a, err := c.one(answer.Intake)
	if err != nil || a != nil {
		return a != nil, err
	}
	erased, err := c.isGone(answer.Intake)
	return !erased, err
}

// againDays sets the day on which the message is judged (where the tables judge
// by the day of receipt, that of the answer's), and returns the latest day of
// the answers: what expired does not come back by an answer that is dated back.
func (c *checker) againDays(j *judged, before, answer *ledger.Entry) (time.Time, error) {
	a, err := c.one(answer.Intake)
	if err != nil || a == nil {
		return time.Time{}, err
	}
	j.day = c.dayOf(j, a.Stored)
	latest := answer.Day
	for _, r := range before.Records {
		latest = max(latest, r.From)
	}
	return time.Parse(time.DateOnly, latest)
}

// sameAgain checks what must not change from one decision about a message to
// the next, and that the answer was added.
func (c *checker) sameAgain(found func(Kind, string), e, before, answer *ledger.Entry) {
	if e.Replaces != before.Number {
		found(Chain, fmt.Sprintf("takes the place of entry %d, and the last decision about the message is entry %d", e.Replaces, before.Number))
	}
	if e.Account != before.Account || e.Route != before.Route || !sameRefs(e, before) || e.Commitment != before.Commitment {
		found(Entry, "says of its message what the earlier decision does not")
	}
	want := before.Records
	closed := before.Closed
	if answer != nil {
		// It takes the place of the same member's earlier answer on the same items.
		want = slices.DeleteFunc(slices.Clone(want), func(r ledger.Record) bool {
			return r.By == answer.About.By && r.Authority == answer.About.Authority && slices.Equal(r.Items, answer.About.Items)
		})
		want = append(want, *answer.About)
		closed = closed || answer.About.Authority == schemas.AuthorityOriginator
	}
	if !slices.EqualFunc(e.Records, want, sameAnswer) {
		found(Consents, "does not have the answers on record")
	}
	if e.Closed != closed {
		found(Consents, "is closed without the originator's refusal, or open in spite of it")
	}
}

func sameOutcome(a, b schemas.Outcome) bool {
	return a.Message == b.Message && a.Member == b.Member && a.Outcome == b.Outcome && a.Reason == b.Reason &&
		slices.Equal(a.Items, b.Items) && slices.Equal(a.Desks, b.Desks)
}

// onRecord is what the answers on record come to.
type onRecord struct {
	given    []ledger.Record // one item each
	accepted map[schemas.MemberID][]int
}

// recordOf goes through the answers in their order, less those given that have
// expired by the day of the newest. A refusal takes back what the same
// authority gave for an item.
func recordOf(records []ledger.Record, today time.Time) onRecord {
	r := onRecord{accepted: map[schemas.MemberID][]int{}}
	for _, a := range records {
		if a.Answer == schemas.Given && !a.Until.IsZero() && !today.Before(a.Until.Start()) {
			continue
		}
		for _, i := range a.Items {
			r.take(a, i)
		}
	}
	return r
}

func (r *onRecord) take(a ledger.Record, item int) {
	if a.Authority == schemas.AuthorityRecipient {
		have := slices.DeleteFunc(r.accepted[a.By], func(i int) bool { return i == item })
		if a.Answer == schemas.Given {
			have = append(have, item)
		}
		r.accepted[a.By] = have
		return
	}
	if a.Answer == schemas.Refused {
		r.given = slices.DeleteFunc(r.given, func(g ledger.Record) bool { return g.Authority == a.Authority && g.Items[0] == item })
		return
	}
	a.Items = []int{item}
	r.given = append(r.given, a)
}

// has says whether an authority's consent to giving an item to a member is on
// record.
func (r *onRecord) has(authority schemas.Code, item int, to schemas.MemberID) bool {
	return slices.ContainsFunc(r.given, func(g ledger.Record) bool {
		return g.Authority == authority && g.Items[0] == item && (len(g.To) == 0 || slices.Contains(g.To, to))
	})
}
