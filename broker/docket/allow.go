package docket

import (
	"context"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/policy"
	"liaison/schemas"
)

// Allow says whether a step is possible as its matter stands now, or refuses it
// and names the steps that are. It brings the docket up to date first.
func (d *Docket) Allow(ctx context.Context, m *schemas.Message) (*schemas.Refusal, error) {
	of, ok := m.Of()
	if m.Case != nil {
		of, ok = m.Replaces()
	}
	if m.Consent != nil {
		return d.allowConsent(ctx, m)
	}
	if m.Referral != nil {
		return d.allowReferral(ctx, m)
	}
	if !ok || m.Notice != nil && !judgedNotice(m.Notice.About) {
		return nil, nil
	}
	if err := d.Advance(ctx); err != nil {
		return nil, err
	}
	if m.Notice != nil && m.Notice.About.ChangesClock() {
		return d.allowClock(ctx, m)
	}
	var t *Thread
	err := d.db.View(func(tx *bolt.Tx) (err error) {
		t, err = readThread(tx, of)
		return err
	})
	if err != nil {
		return nil, err
	}
	if m.Case != nil && t.Kind == "" {
		return nil, nil // it takes the place of what the broker never saw
	}
	if known, err := d.knows(ctx, t, m, of); err != nil || !known {
		return unknown(m), err
	}
	if m.Correction != nil {
		return d.mayCorrect(ctx, of)
	}
	step := string(m.Kind)
	if w := wanted(m); w != "" {
		step += " " + w
	}
	if allowed := t.allowed(d.cfg.Policy(), m); !slices.Contains(allowed, step) {
		return t.notNow(d.cfg.Policy(), m, step, allowed), nil
	}
	if m.Decision != nil {
		return d.mayDecide(ctx, t, m)
	}
	return d.mayLift(t, m)
}

// mayDecide refuses a decision about a referral that was not made yet, though the
// clock of who made it may be ahead, and one that shortens the reflection period.
func (d *Docket) mayDecide(ctx context.Context, t *Thread, m *schemas.Message) (*schemas.Refusal, error) {
	referral, err := d.accepted(ctx, t.Of)
	if err != nil && !notThere(err) {
		return nil, err
	}
	if referral != nil && m.Created.Before(referral.Created.Add(-schemas.CreatedAhead)) {
		const advice = "check the date of creation: the decision's, or whether it is about this referral"
		return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: "created", Code: schemas.FaultPast,
			Problem: "the decision is older than the referral, which was made at " + referral.Created.Format(time.RFC3339), Advice: advice}), nil
	}
	return t.shortens(d.cfg.Policy(), m, d.cfg.Now()), nil
}

// shortens refuses a decision that would make the reflection period shorter
// than the protocol's.
func (t *Thread) shortens(p *policy.Policy, m *schemas.Message, now time.Time) *schemas.Refusal {
	if m.Decision.ReflectionUntil.IsZero() {
		return nil
	}
	due, ok := p.Due(policy.ClockReflection, t.Urgency, t.Nation, now)
	if until := p.Calendar(t.Nation).EndOf(m.Decision.ReflectionUntil.Start()); !ok || !until.Before(due) {
		return nil
	}
	advice := "leave reflection_until out, or name a later day"
	return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: "decision.reflection_until", Code: "not-now",
		Problem: "the reflection period is never shortened: it depends on nothing, and not on cooperation", Advice: advice})
}

// judgedNotice says whether a notice is possible only as its matter stands.
func judgedNotice(about schemas.NoticeAbout) bool {
	return about == schemas.NoticeRemovalHold || about == schemas.NoticeRemovalHoldLifted || about.ChangesClock()
}

// wanted is what of a kind a step is, in the words of allowed.
func wanted(m *schemas.Message) string {
	switch {
	case m.Decision != nil && m.Decision.Result != schemas.Reopened:
		return string(m.Decision.Stage) + " " + string(m.Decision.Result)
	case m.Case != nil && m.Case.Reason == schemas.CaseReopened:
		return string(schemas.CaseReopened)
	case m.Case != nil:
		return string(m.Case.Status)
	case m.Outcome != nil && slices.Contains(m.Outcome.Results, schemas.CaseReopened):
		return string(schemas.CaseReopened)
	case m.Outcome != nil:
		return string(m.Outcome.Status)
	}
	return string(m.Action())
}

// allowed are the steps of the message's kind that its originator may take.
func (t *Thread) allowed(p *policy.Policy, m *schemas.Message) []string {
	from := m.Originator
	var words []string
	switch {
	case m.Answer != nil:
		words = t.answers(from)
	case m.Tasking != nil:
		words = t.taskings(m.Tasking.Strand, from, m.Tasking.To)
	case m.Decision != nil:
		words = t.decisions(p, from)
	case m.RecallConfirmation != nil:
		words = t.confirmations(from)
	case m.Outcome != nil && t.Kind != schemas.KindCase:
		words = []string{string(m.Outcome.Status)}
	case m.Outcome != nil:
		words = t.outcomes(m.Outcome.Strand, from)
	case m.Case != nil:
		words = t.states(from)
	case m.Recall != nil:
		if _, done := t.Recalls[m.Recall.Of.ID]; !done {
			return []string{string(m.Kind)}
		}
	case m.Notice != nil:
		if t.Kind == schemas.KindReferral && slices.Contains(t.Parties, from) && p.Decides(from) {
			words = []string{string(schemas.NoticeRemovalHold), string(schemas.NoticeRemovalHoldLifted)}
		}
	}
	for i, w := range words {
		words[i] = string(m.Kind) + " " + w
	}
	return words
}

// answers are those that a member may give: once the last word is said, more
// may follow, and nothing less.
func (t *Thread) answers(from schemas.MemberID) []string {
	if t.Kind != schemas.KindRequest || len(t.Recalls) > 0 || !slices.Contains(t.Parties, from) {
		return nil
	}
	switch schemas.AnswerStatus(t.Answers[from]) {
	case "":
		return []string{"acknowledged", "full", "partial", "no-trace", "refused"}
	case schemas.AnswerAcknowledged, schemas.AnswerPartial:
		return []string{"full", "partial", "no-trace", "refused"}
	}
	return []string{"full", "partial"}
}

// states are those that a message which takes the place of the case's may give
// it: the one that it is in, or, if its lead sends it, another. What is closed is
// opened only by its lead, and with the reason "reopened".
func (t *Thread) states(from schemas.MemberID) []string {
	if t.lead("") != from {
		return []string{string(t.Status)}
	}
	if t.Status == schemas.CaseClosed {
		return []string{string(schemas.CaseClosed), string(schemas.CaseReopened)}
	}
	return []string{string(schemas.CaseOpen), string(schemas.CaseMonitoring), string(schemas.CaseClosed)}
}

// outcomes are the states in which an outcome may leave a case or a strand: its
// lead says so. A strand of a closed case stays closed.
func (t *Thread) outcomes(strand schemas.Code, from schemas.MemberID) []string {
	if _, ok := t.Leads[strand]; !ok || t.lead(strand) != from || t.takenBack() {
		return nil
	}
	_, closed := t.Closed[strand]
	switch {
	case strand != "" && t.Status == schemas.CaseClosed:
		return []string{string(schemas.CaseClosed)}
	case closed:
		return []string{string(schemas.CaseClosed), string(schemas.CaseReopened)}
	case strand != "":
		return []string{string(schemas.CaseOpen), string(schemas.CaseClosed)}
	}
	return []string{string(schemas.CaseOpen), string(schemas.CaseMonitoring), string(schemas.CaseClosed)}
}

func (t *Thread) taskings(strand schemas.Code, from, to schemas.MemberID) []string {
	offered, lead := t.Offers[strand], t.lead(strand)
	_, closed := t.Closed[strand]
	switch {
	case t.Kind != schemas.KindCase, closed, t.Status == schemas.CaseClosed, t.takenBack():
		return nil
	case offered == from && to == lead:
		return []string{"accept", "decline"}
	case lead == from && offered == "" && to != from:
		return []string{"offer"}
	case lead == from && offered == to:
		return []string{"withdraw"}
	}
	return nil
}

// decisions are those of a competent authority: conclusive grounds follow
// positive reasonable grounds, and what is negative can be reopened.
func (t *Thread) decisions(p *policy.Policy, from schemas.MemberID) []string {
	if t.Kind != schemas.KindReferral || !slices.Contains(t.Parties, from) || !p.Decides(from) {
		return nil
	}
	switch {
	case t.Result == "" || t.Result == schemas.Reopened:
		return []string{"reasonable-grounds positive", "reasonable-grounds negative"}
	case t.Result == schemas.Negative:
		return []string{"reopened"}
	case t.Stage == schemas.ReasonableGrounds:
		return []string{"conclusive-grounds positive", "conclusive-grounds negative"}
	}
	return nil
}

func (t *Thread) confirmations(from schemas.MemberID) []string {
	if t.Kind != schemas.KindRecall || !slices.Contains(t.Parties, from) || t.Answers[from] == schemas.Code(schemas.Deleted) {
		return nil
	}
	return []string{"deleted", "kept"}
}
