package docket

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"liaison/broker/policy"
	"liaison/schemas"
)

// What a refusal of a step says. Whoever has a part in the matter is told what is
// in the way and what to do; to anybody else a matter that is there and one that
// is not read alike.

// matterOf is what a step is about, in words, by the step alone.
func matterOf(m *schemas.Message) string {
	switch {
	case m.Answer != nil:
		return "request"
	case m.Decision != nil, m.Notice != nil:
		return "referral"
	case m.RecallConfirmation != nil:
		return "recall"
	case m.Outcome != nil:
		return "case or tip"
	case m.Recall != nil, m.Correction != nil:
		return "message"
	}
	return "case"
}

// unknown is the refusal of a step about what is not there, or is none of its
// originator's business: one text for both.
func unknown(m *schemas.Message) *schemas.Refusal {
	const advice = "copy originator and id of the message that began the matter from the copy in your feed, or from its receipt; " +
		"what your member may know of it shows 'liaison case show ORIGINATOR/ID'"
	return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: string(m.Kind) + ".of", Code: "unknown-message",
		Problem: fmt.Sprintf("there is no such %s in which your member has a part", matterOf(m)), Advice: advice})
}

// notNow is the refusal of a step that whoever has a part in the matter cannot
// take as it stands. It names those that it can.
func (t *Thread) notNow(p *policy.Policy, m *schemas.Message, step string, allowed []string) *schemas.Refusal {
	problem, advice := fmt.Sprintf("the step %q is not possible as the matter stands", step), ""
	if why, do := t.inTheWay(p, m); why != "" {
		problem, advice = problem+": "+why, do
	}
	if len(allowed) > 0 {
		advice = "possible now: " + strings.Join(allowed, ", ")
	}
	if advice == "" {
		advice = "how the matter stands shows 'liaison case show " + t.Of.String() + "'"
	}
	return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: string(m.Kind), Code: "not-now", Problem: problem, Advice: advice})
}

// knows says whether the originator of a step may know of the message that it is
// about: a step about a single message needs that it has it, what came of one that
// it has something of it, as by a case that is made of it, any other a part in the
// matter.
func (d *Docket) knows(ctx context.Context, t *Thread, m *schemas.Message, of schemas.MessageRef) (bool, error) {
	if m.Outcome != nil && t.Kind != schemas.KindCase && of.Originator != m.Originator {
		holders, err := d.Holders(ctx, of)
		return slices.Contains(holders, m.Originator), err
	}
	if (m.Outcome != nil || m.Recall != nil || m.Correction != nil) && t.Kind != schemas.KindCase {
		return d.has(ctx, of, m.Originator)
	}
	return t.Kind != "" && t.hasPart(m.Originator), nil
}

// has says whether there is a message that a member sent, or has anything of.
func (d *Docket) has(ctx context.Context, of schemas.MessageRef, m schemas.MemberID) (bool, error) {
	e, err := d.ledger.Decision(ctx, of.Originator, of.ID)
	if notThere(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("finding who has a message: %w", err)
	}
	return of.Originator == m || got(e.Outcomes, m), nil
}

// got says whether a member got anything by a decision.
func got(outcomes []schemas.Outcome, m schemas.MemberID) bool {
	return slices.ContainsFunc(outcomes, func(o schemas.Outcome) bool { return o.Member == m && o.Outcome == schemas.Disclosed })
}

// inTheWay says what keeps a member that has a part in the matter from a step, and
// what to do about it.
func (t *Thread) inTheWay(p *policy.Policy, m *schemas.Message) (why, do string) {
	if want := matterOf(m); t.Kind != "" && !strings.Contains(want, string(t.Kind)) && m.Recall == nil && m.Outcome == nil {
		return fmt.Sprintf("%s is a %s, and no %s", t.Of, t.Kind, want), "name the " + want
	}
	switch {
	case m.Recall != nil:
		if by, done := t.Recalls[m.Recall.Of.ID]; done {
			return fmt.Sprintf("it was recalled by %s", by), "there is nothing more to do: who has confirmed shows 'liaison recall status " + string(by.ID) + "'"
		}
	case m.Answer != nil && len(t.Recalls) > 0:
		return "the request was recalled", "there is nothing to answer any more"
	case m.Answer != nil && t.Answers[m.Originator] != "":
		return fmt.Sprintf("your member's last answer was %q", t.Answers[m.Originator]), ""
	case (m.Tasking != nil || m.Outcome != nil) && t.takenBack() && m.Originator != t.Of.Originator:
		return "the case is recalled", "ask " + string(t.Of.Originator) + " to send a new version of it, or begin a case of your member's own"
	case (m.Tasking != nil || m.Outcome != nil) && t.takenBack():
		return "the case is recalled", "send what goes on as a new version of it"
	case m.Tasking != nil:
		return t.tasked(m.Tasking, m.Originator)
	case m.Outcome != nil:
		return t.closing(m.Outcome, m.Originator)
	case m.Decision != nil, m.Notice != nil:
		return t.decided(p, m.Originator)
	case m.RecallConfirmation != nil && t.Answers[m.Originator] == schemas.Code(schemas.Deleted):
		return "your member has confirmed that it is deleted", "there is nothing more to do"
	}
	return "", ""
}

// mayCorrect refuses a correction of what is recalled.
func (d *Docket) mayCorrect(ctx context.Context, of schemas.MessageRef) (*schemas.Refusal, error) {
	recalled, err := d.Recalled(ctx, of)
	if err != nil || !recalled {
		return nil, err
	}
	advice := "send what is right as a new message"
	return schemas.Refuse(schemas.RefusedStep, advice, schemas.Fault{Path: "correction.of", Code: "not-now",
		Problem: "it is recalled, and nobody has it to be corrected", Advice: advice}), nil
}

// tasked says what keeps a member from a step about who leads a case or a strand.
func (t *Thread) tasked(k *schemas.Tasking, from schemas.MemberID) (why, do string) {
	what, lead, offered := "the case", t.lead(k.Strand), t.Offers[k.Strand]
	if k.Strand != "" {
		what = "the strand " + string(k.Strand)
	}
	_, closed := t.Closed[k.Strand]
	reply := k.Action == schemas.TaskingAccept || k.Action == schemas.TaskingDecline
	switch {
	case t.Status == schemas.CaseClosed:
		return "the case is closed", "only its lead can open it, with the reason \"reopened\""
	case reply && offered != from:
		return "the lead of " + what + " is not offered to your member", "ask the member that leads it to offer it"
	case reply:
		return "it was offered by " + string(lead), "name " + string(lead) + " in tasking.to"
	case lead != from:
		return "your member does not lead " + what, "only who leads it may offer the lead, or withdraw an offer"
	case closed:
		return what + " is closed", "open it first: send an outcome of the strand with the result \"reopened\""
	case offered != "" && offered != k.To:
		return "the lead of " + what + " is offered to " + string(offered), "wait for its answer, or withdraw that offer first"
	}
	return "", ""
}

// closing says what keeps a member from telling what came of a case or a strand.
func (t *Thread) closing(o *schemas.Feedback, from schemas.MemberID) (why, do string) {
	if _, ok := t.Leads[o.Strand]; !ok || t.lead(o.Strand) != from {
		what := "the case"
		if o.Strand != "" {
			what = "such a strand of it"
		}
		return "your member does not lead " + what, "only who leads it says what came of it: ask that member, or be offered the lead first"
	}
	if o.Strand != "" && t.Status == schemas.CaseClosed {
		return "the case as a whole is closed", "open the case first, with the reason \"reopened\""
	}
	return "", ""
}

// decided says what keeps a member from a competent authority's steps.
func (t *Thread) decided(p *policy.Policy, from schemas.MemberID) (why, do string) {
	switch {
	case !p.Decides(from):
		return "your member is no competent authority", "only a competent authority that the referral was sent to decides about it"
	case t.Stage == schemas.ConclusiveGrounds && t.Result != schemas.Reopened:
		return "there are conclusive grounds on record, " + string(t.Result), "a negative decision can be reopened; for a new encounter send a new referral that names this one"
	case t.Result != "":
		return fmt.Sprintf("the last decision was %s %s", t.Stage, t.Result), ""
	}
	return "no decision is on record yet", ""
}
