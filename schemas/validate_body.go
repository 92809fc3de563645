package schemas

import (
	"fmt"
	"slices"
)

// body checks that exactly the body of the kind is there, and that body.
func (v *validator) body() {
	m := v.m
	checkBody(v, KindTip, m.Tip, v.tip)
	checkBody(v, KindCase, m.Case, v.caseBody)
	checkBody(v, KindConsent, m.Consent, v.consent)
	checkBody(v, KindRequest, m.Request, v.request)
	checkBody(v, KindAnswer, m.Answer, v.answer)
	checkBody(v, KindTasking, m.Tasking, v.tasking)
	checkBody(v, KindOutcome, m.Outcome, v.feedback)
	checkBody(v, KindReferral, m.Referral, v.referral)
	checkBody(v, KindDecision, m.Decision, v.finding)
	checkBody(v, KindNotice, m.Notice, v.notice)
	checkBody(v, KindRecall, m.Recall, v.recall)
	checkBody(v, KindRecallConfirmation, m.RecallConfirmation, v.confirmation)
	checkBody(v, KindCorrection, m.Correction, v.correction)
}

// checkBody checks that the body of a kind is there if the message is of the
// kind, and only then, and the body itself.
func checkBody[T any](v *validator, kind Kind, body *T, check func(place, *T)) {
	v.bodyOf(kind, body != nil)
	if body != nil {
		check(root.field(string(kind)), body)
	}
}

func (v *validator) bodyOf(kind Kind, present bool) {
	switch wanted := v.m.Kind == kind; {
	case wanted && !present:
		v.add(root.field(string(kind)), FaultBody, fmt.Sprintf("a message of the kind %q has no body", kind), fmt.Sprintf("add the field %q", kind))
	case !wanted && present:
		v.add(root.field(string(kind)), FaultBody, fmt.Sprintf("the body %q is not that of the message's kind", kind), "send one message for each kind, and link them")
	}
}

func (v *validator) tip(at place, t *Tip) {
	v.code(at.field("channel"), Channels(), t.Channel)
	v.notAhead(at.field("received"), t.Received)
}

func (v *validator) caseBody(at place, c *Case) {
	word(v, at.field("status"), c.Status, statuses)
	v.caseReason(at.field("reason"), c)
	v.member(at.field("lead"), c.Lead)
	v.notAhead(at.field("opened"), c.Opened)
	if c.Operation != "" {
		v.line(at.field("operation"), c.Operation, MaxReference)
	}
	strands := at.field("strands")
	v.count(strands, len(c.Strands), MaxStrands)
	for i, s := range c.Strands {
		here := strands.at(i)
		crime := here.field("crime_type")
		v.code(crime, CrimeTypes(), s.CrimeType)
		if !slices.Contains(v.m.CrimeTypes, s.CrimeType) {
			v.notInMessage(crime, "crime type")
		}
		v.member(here.field("lead"), s.Lead)
		if s.Gateway != "" && !s.Gateway.Valid() {
			v.add(here.field("gateway"), FaultForm, "this is no code", "write the id of a row of the protocol's gateways, or leave it out")
		}
		if !s.Review.IsZero() && !s.Review.Full() {
			v.add(here.field("review"), FaultForm, "the date lacks the day or the month", "give a whole date, such as 2010-08-14")
		}
		unique(v, strands, c.Strands, i)
	}
}

// caseReason checks why a case is closed, or open again.
func (v *validator) caseReason(at place, c *Case) {
	switch closed := c.Status == CaseClosed; {
	case closed && c.Reason == "":
		v.add(at, FaultMissing, "a case is closed with a reason", "give a code of the list results, such as \"no-further-action\"")
	case c.Reason == "":
	case closed == (c.Reason == CaseReopened) || c.Status == CaseMonitoring:
		v.add(at, FaultContradiction, "the reason does not fit the state", "leave it out, unless the case is closed or open again")
	default:
		v.code(at, Results(), c.Reason)
	}
}

// notAhead checks a date that lies in the past, with a day's grace.
func (v *validator) notAhead(at place, d Date) {
	if !d.IsZero() && d.first().After(v.now.Add(dayAhead)) {
		v.add(at, FaultFuture, "the date is in the future", "check the year and the order of day and month")
	}
}
