package intake

import (
	"context"
	"fmt"
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
		if p.MemberOn(id, day) {
			continue
		}
		path := fmt.Sprintf("%s.to[%d]", m.Kind, i)
		switch {
		case m.Answer != nil || m.RecallConfirmation != nil:
			path = string(m.Kind) + ".of.originator"
		case m.Tasking != nil:
			path = "tasking.to"
		}
		faults = append(faults, schemas.Fault{Path: path, Code: "not-a-member",
			Problem: fmt.Sprintf("%q is not a member of the protocol on %s", id, day.Format(time.DateOnly)), Advice: "check the member's id and the date of creation"})
	}
	if len(faults) == 0 {
		return nil
	}
	return schemas.Refuse(schemas.RefusedRecipient, "name members of the protocol", faults...)
}

// checkSteps refuses those of the records that are steps which their matter
// does not allow as it stands, and returns the others. The records must be new:
// a step that was taken is no longer allowed. After an error all are refused.
func (s *store) checkSteps(ctx context.Context, fresh []*record) ([]*record, error) {
	var kept []*record
	for _, r := range fresh {
		if r.isStep() {
			refusal, err := s.steps.Allow(ctx, r.message)
			if err != nil {
				refuseAll(fresh, err)
				return nil, fmt.Errorf("looking up how a matter stands: %w", err)
			}
			if refusal != nil {
				r.receipt.Refusal = refusal
				continue
			}
		}
		kept = append(kept, r)
	}
	return kept, nil
}

// isStep says whether the record is about another message, or is a case that
// takes the place of one.
func (r *record) isStep() bool {
	if r.message.Case != nil {
		_, replaces := r.message.Replaces()
		return replaces
	}
	_, about := r.message.Of()
	return about
}
