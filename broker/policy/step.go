package policy

import (
	"cmp"
	"io/fs"
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// BareStep is a row of steps.csv: a step that carries no information about anybody,
// such as the acknowledgement of a request, and who may take it towards whom.
// Its clause is the ground on which that much may be told. Whatever has
// items goes by rules and gateways instead.
type BareStep struct {
	ID   schemas.Code
	Kind schemas.Kind
	// Actions are those of the kind; empty is all.
	Actions  []schemas.Code
	From, To Selector
	// Clause is why: the clause of the protocol, the statute or the passage.
	Clause string
	table.Row
}

var bareStepColumns = append([]string{"id", "kind", "actions", "from", "to", "clause"}, table.RowColumns...)

func readBareStep(r table.Record, members []Member) BareStep {
	s := BareStep{ID: schemas.Code(r.ID("id")), From: selector(r, "from", members), To: selector(r, "to", members), Clause: r.Need("clause"), Row: r.Row(),
		Kind: schemas.Kind(r.OneOf("kind", string(schemas.KindAnswer), string(schemas.KindTasking), string(schemas.KindDecision),
			string(schemas.KindNotice), string(schemas.KindRecall), string(schemas.KindRecallConfirmation)))}
	for _, w := range r.Words("actions") {
		s.Actions = append(s.Actions, schemas.Code(w))
	}
	if s.From.IsZero() || s.To.IsZero() {
		r.Fault("from or to is empty")
	}
	return s
}

// readBareSteps reads steps.csv. Sets of the time before there were steps have
// none, and then nobody may take any.
func readBareSteps(tables fs.FS, members []Member, f *table.Faults) (steps []BareStep) {
	if _, err := fs.Stat(tables, stepsTable); err != nil {
		return nil
	}
	for _, r := range table.Read(tables, stepsTable, bareStepColumns, f) {
		steps = append(steps, readBareStep(r, members))
	}
	return steps
}

// recipientsOf are the members that a message names, or that are on record as
// having what it is about. It is not addressed if the rules say whom it
// concerns.
func recipientsOf(m *schemas.Message, rec *Recorded) (to []schemas.MemberID, addressed bool) {
	to, addressed = m.Addressed()
	if m.Recall != nil || m.Correction != nil {
		to = rec.Holders
	}
	return to, addressed
}

// partyOn returns the position of a member that takes part in a step on the day,
// or -1. Whoever ever was a member takes part in a recall: what it holds must not
// be used, and what it gave be taken back, though its membership has ended, and a
// recall and its confirmation tell nothing of anybody. (Data Protection Act 1998,
// fourth principle.)
func (p *Policy) partyOn(m *schemas.Message, id schemas.MemberID, day time.Time) int {
	if m.Kind.OutlastsMembership() {
		return p.position(id)
	}
	return p.memberOn(id, day)
}

// decideStep judges a bare step for every member that it goes to: its body is
// the one part. A recall has an outcome for every holder.
func (p *Policy) decideStep(m *schemas.Message, day time.Time, rec *Recorded) (outcomes []schemas.Outcome) {
	sender := p.partyOn(m, m.Originator, day)
	to, _ := recipientsOf(m, rec)
	to = slices.Clone(to)
	slices.Sort(to)
	for _, id := range slices.Compact(to) {
		n := p.partyOn(m, id, day)
		if n < 0 && m.Recall == nil || id == m.Originator || n >= 0 && p.members[n].Class == Source {
			continue
		}
		o := schemas.Outcome{Message: m.ID, Member: id, Outcome: schemas.Withheld,
			Items: []schemas.ItemOutcome{p.stepOutcome(m, sender, n, day)}}
		o.Outcome = o.Items[0].Outcome
		outcomes = append(outcomes, o)
	}
	return outcomes
}

// withHolders adds an outcome for every holder of what a correction is about that
// no rule lets have it, so that nobody who has the wrong text is left out unsaid.
func (p *Policy) withHolders(m *schemas.Message, day time.Time, rec *Recorded, outcomes []schemas.Outcome) []schemas.Outcome {
	for _, id := range rec.Holders {
		n := p.memberOn(id, day)
		if id == m.Originator || id == "" || n >= 0 && p.members[n].Class == Source ||
			slices.ContainsFunc(outcomes, func(o schemas.Outcome) bool { return o.Member == id }) {
			continue
		}
		why := ReasonNotConcerned
		if n < 0 {
			why = ReasonNotMember
		}
		o := schemas.Outcome{Message: m.ID, Member: id, Outcome: schemas.Withheld, Items: make([]schemas.ItemOutcome, len(m.Items))}
		for i := range o.Items {
			o.Items[i] = schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld, Reason: why}
		}
		outcomes = append(outcomes, o)
	}
	slices.SortFunc(outcomes, func(a, b schemas.Outcome) int { return cmp.Compare(a.Member, b.Member) })
	return outcomes
}

func (p *Policy) stepOutcome(m *schemas.Message, sender, to int, day time.Time) schemas.ItemOutcome {
	switch {
	case sender < 0:
		return schemas.ItemOutcome{Outcome: schemas.Withheld, Reason: ReasonUnknownOriginator}
	case to < 0:
		return schemas.ItemOutcome{Outcome: schemas.Withheld, Reason: ReasonNotMember}
	case m.Marking.Above(p.members[to].Ceiling) || m.Marking.Above(p.about.Ceiling):
		return schemas.ItemOutcome{Outcome: schemas.Withheld, Reason: ReasonMarking, Rule: schemas.Code(p.members[to].ID)}
	}
	for k := range p.bareSteps {
		s := &p.bareSteps[k]
		if s.Kind == m.Kind && among(s.Actions, m.Action()) && s.On(day) && s.From.has(sender) && s.To.has(to) {
			return schemas.ItemOutcome{Outcome: schemas.Disclosed, Reason: ReasonPermitted, Rule: s.ID, Gateway: string(s.ID), Statute: s.Clause}
		}
	}
	return schemas.ItemOutcome{Outcome: schemas.Withheld, Reason: ReasonNoStep}
}

// steps copies the body of a step for its recipient, who is not told who else
// gets it.
func (k *keeper) steps(c *schemas.Message) {
	m, only := k.m, []schemas.MemberID{k.recipient}
	c.Tasking, c.Recall, c.RecallConfirmation, c.Correction, c.Answer = clone(m.Tasking), clone(m.Recall), clone(m.RecallConfirmation), clone(m.Correction), clone(m.Answer)
	if c.Request = clone(m.Request); c.Request != nil {
		c.Request.To = only
	}
	if c.Outcome = clone(m.Outcome); c.Outcome != nil {
		c.Outcome.To = only
		if !slices.Contains(c.CrimeTypes, m.Outcome.Strand) {
			c.Outcome.Strand = "" // the strand of an item that is withheld
		}
		c.Outcome.Results = slices.Clone(m.Outcome.Results)
		c.Outcome.ChargedAs, c.Outcome.AssessedAs = slices.Clone(m.Outcome.ChargedAs), slices.Clone(m.Outcome.AssessedAs)
	}
	if c.Referral = clone(m.Referral); c.Referral != nil {
		c.Referral.To, c.Referral.Earlier, c.Referral.Support = only, nil, slices.Clone(m.Referral.Support)
		if k.to.may(FieldLinks) {
			c.Referral.Earlier = k.earlier(m.Referral.Earlier)
		}
	}
	if c.Decision = clone(m.Decision); c.Decision != nil {
		c.Decision.To = only
	}
	if c.Notice = clone(m.Notice); c.Notice != nil {
		if c.Notice.To = only; guardsMentions(m) && !k.knows(m.Notice.Of) {
			c.Notice.Of = schemas.MessageRef{}
		}
	}
}

func clone[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// Decides says whether a member may decide about referrals: whether it is a
// competent authority, by the table of steps.
func (p *Policy) Decides(id schemas.MemberID) bool {
	n := p.position(id)
	return slices.ContainsFunc(p.bareSteps, func(s BareStep) bool { return s.Kind == schemas.KindDecision && s.From.has(n) })
}
