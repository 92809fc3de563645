package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

// checkRecipients refuses a message to somebody who is no member on the day:
// nobody would ever read it.
func checkRecipients(m *schemas.Message, p *policy.Policy, day time.Time) *schemas.Refusal {
	to, _ := m.Addressed()
	var faults []schemas.Fault
	for i, id := range to {
		_, ever := p.Member(id)
		if p.MemberOn(id, day) || ever && m.Kind.OutlastsMembership() {
			continue
		}
		path := fmt.Sprintf("%s.to[%d]", m.Kind, i)
		switch {
		case m.Answer != nil || m.RecallConfirmation != nil:
			path = string(m.Kind) + ".of.originator"
		case m.Tasking != nil:
			path = "tasking.to"
		}
		faults = append(faults, notMember(p, path, id, day))
	}
	faults = append(faults, checkParts(m, p, day, to)...)
	if len(faults) == 0 {
		return nil
	}
	return schemas.Refuse(schemas.RefusedRecipient, "name members of the protocol", faults...)
}

// notMember is the fault of who is no member on the day.
func notMember(p *policy.Policy, path string, id schemas.MemberID, day time.Time) schemas.Fault {
	f := schemas.Fault{Path: path, Code: "not-a-member", Problem: fmt.Sprintf("%q is not a member of the protocol on %s", id, day.Format(time.DateOnly)),
		Advice: "check the member's id and the date of creation"}
	switch m, ever := p.Member(id); {
	case ever && m.SucceededBy != "":
		f.Advice = fmt.Sprintf("name its successor, %s, or check the date of creation", m.SucceededBy)
	case ever && !m.ValidTo.IsZero():
		f.Advice = "it was one until " + m.ValidTo.Format(time.DateOnly) + ": check the date of creation"
	}
	return f
}

// checkParts returns what is wrong with those who have a part in a case, a
// referral or a decision: who leads is a member, a referral goes to a competent
// authority, and what that decides goes to the first responder in all cases.
// (Competent Authority guidance as reproduced by Sefton LSCB.)
func checkParts(m *schemas.Message, p *policy.Policy, day time.Time, to []schemas.MemberID) (faults []schemas.Fault) {
	if c := m.Case; c != nil {
		if !p.MemberOn(c.Lead, day) {
			faults = append(faults, notMember(p, "case.lead", c.Lead, day))
		}
		for i, s := range c.Strands {
			if !p.MemberOn(s.Lead, day) {
				faults = append(faults, notMember(p, fmt.Sprintf("case.strands[%d].lead", i), s.Lead, day))
			}
		}
	}
	if m.Referral != nil && !slices.ContainsFunc(to, p.Decides) {
		var authorities []string
		for _, a := range p.Members() {
			if a.On(day) && p.Decides(a.ID) {
				authorities = append(authorities, string(a.ID))
			}
		}
		faults = append(faults, schemas.Fault{Path: "referral.to", Code: "no-authority", Problem: "none of those named decides about referrals",
			Advice: "name a competent authority: " + strings.Join(authorities, " or ")})
	}
	if d := m.Decision; d != nil && p.MemberOn(d.Of.Originator, day) && !slices.Contains(to, d.Of.Originator) {
		faults = append(faults, schemas.Fault{Path: "decision.to", Code: "first-responder", Problem: "the first responder is not told",
			Advice: fmt.Sprintf("name %s, too: the decision goes to the first responder in all cases", d.Of.Originator)})
	}
	return faults
}

// checkSteps refuses those of the records that are steps which their matter
// does not allow as it stands, and returns the others. The records must be new:
// a step that was taken is no longer allowed. After an error all are refused.
func (s *store) checkSteps(ctx context.Context, fresh []*record) ([]*record, error) {
	var kept []*record
	for _, r := range fresh {
		if r.isStep() {
			decided := s.undecided.decided() // asked first: the docket may know more, and never less
			refusal, err := s.steps.Allow(ctx, r.message)
			if err != nil {
				refuseAll(fresh, err)
				return nil, fmt.Errorf("looking up how a matter stands: %w", err)
			}
			if refusal != nil {
				if waits, err := s.waits(ctx, r.message, fresh, decided); err != nil {
					refuseAll(fresh, err)
					return nil, err
				} else if waits {
					refusal = schemas.Refuse(schemas.RefusedWaiting, "what it is about, or a step before it, is accepted and not decided yet: send it again in a moment")
				}
				r.receipt.Refusal = refusal
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept, nil
}

// isStep says whether the record is about another message, is a case that takes
// the place of one, or a referral that names an earlier one.
func (r *record) isStep() bool {
	return len(about(r.message)) > 0
}
