package policy

import (
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Condition is a row of conditions.csv: something that a gateway or an
// exception requires to be recorded first, and whose word counts. A claim
// inside an item is no record and opens nothing.
type Condition struct {
	ID schemas.Code
	// Authority is whose consent, order or decision it is, as "commissioners"
	// or "giver"; one record of that authority meets every condition of it.
	Authority schemas.Code
	// RecordedBy are the members that may record it; where ByOrigin is set, it
	// is the member whose information the item is, as it is its officer to whom
	// a person gives a consent: who was given the item cannot lift the law of
	// the one who gave it. The cell then reads "origin".
	RecordedBy Selector
	ByOrigin   bool
	// Text says what must be recorded, in words.
	Text string
	table.Row
}

var conditionColumns = append([]string{"id", "authority", "recorded_by", "text"}, table.RowColumns...)

func readCondition(r table.Record, members []Member) Condition {
	c := Condition{ID: schemas.Code(r.ID("id")), Authority: schemas.Code(r.ID("authority")),
		ByOrigin: r.Cell("recorded_by") == "origin", Text: r.Need("text")}
	if !c.ByOrigin {
		if c.RecordedBy = selector(r, "recorded_by", members); c.RecordedBy.IsZero() {
			r.Fault("recorded_by is empty")
		}
	}
	c.Row = r.Row()
	return c
}

// conditionsOf reads a list of conditions that must all be in the table.
func conditionsOf(r table.Record, known []Condition) (list []schemas.Code) {
	for _, w := range r.Words("conditions") {
		if !slices.ContainsFunc(known, func(c Condition) bool { return c.ID == schemas.Code(w) }) {
			r.Fault("conditions has the unknown word %q", w)
		}
		list = append(list, schemas.Code(w))
	}
	return list
}

// Recorded is what the broker has on record about one message when it is
// decided. The zero value is no record at all.
type Recorded struct {
	// Consents are the consents and authorities given for single items.
	Consents []Consent
	// Accepted are the recipients that have accepted an item's conditions.
	Accepted []Accepted
	// Screened says that the UKHTC or the competent authority has the message
	// already (see Safeguard).
	Screened bool
	// Holders are the members that got anything of the message that a recall
	// or a correction is about: those that it goes to, members on the day or not.
	Holders []schemas.MemberID
	// Known are, of each message that this one mentions (Mentions), the members
	// that got anything of it.
	Known map[schemas.MessageRef][]schemas.MemberID
}

// Consent is a recorded consent or authority for one item.
type Consent struct {
	// Item is the item's position in the message as submitted.
	Item int
	// Authority is who consents, in the words of conditions.csv.
	Authority schemas.Code
	// To limits the consent to these recipients; empty is all.
	To []schemas.MemberID
	// From and Until are the first day on which it counts and the first on
	// which it no longer does; zero is no bound.
	From, Until time.Time
}

// Accepted is a recipient's acceptance of the conditions of one item.
type Accepted struct {
	Member schemas.MemberID
	Item   int
}

// missing returns the first of the conditions that is not on record for the
// item and the recipient, or nil.
func (p *Policy) missing(q *question, conditions []schemas.Code) *Condition {
next:
	for _, id := range conditions {
		c := p.condition(id)
		for k := range q.rec.Consents {
			if r := &q.rec.Consents[k]; r.Item == q.i && r.Authority == c.Authority && c.On(q.day) && r.holds(q) {
				continue next
			}
		}
		return c
	}
	return nil
}

func (c *Consent) holds(q *question) bool {
	return (c.From.IsZero() || !q.day.Before(c.From)) && (c.Until.IsZero() || q.day.Before(c.Until)) &&
		(len(c.To) == 0 || slices.Contains(c.To, q.recipient.ID))
}

func (p *Policy) condition(id schemas.Code) *Condition {
	return &p.conditions[slices.IndexFunc(p.conditions, func(c Condition) bool { return c.ID == id })]
}

// MayRecord says whether the member may put a consent of the authority on
// record for an item of that origin (schemas.Message.ItemOrigin): a consent
// counts only as a message of the consenting member, or of the one to whose
// officer a person gave it.
func (p *Policy) MayRecord(authority schemas.Code, member, origin schemas.MemberID, day time.Time) bool {
	n := p.memberOn(member, day)
	return n >= 0 && slices.ContainsFunc(p.conditions, func(c Condition) bool {
		return c.Authority == authority && c.On(day) && (c.RecordedBy.has(n) || c.ByOrigin && member == origin)
	})
}
