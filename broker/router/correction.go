package router

import (
	"context"
	"fmt"
	"slices"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// unlessRecalled is the decision about a message, or, if it corrects what is
// recalled by what is committed, that it is held: the correction was accepted when
// the recall was not decided yet, nobody has what it corrects any more, and it must
// not say again what was taken back. No clock runs, and no consent opens it.
func (r *Router) unlessRecalled(ctx context.Context, d decision, m *schemas.Message) (decision, error) {
	if m.Correction == nil {
		return d, nil
	}
	recalled, err := r.cfg.Holders.Recalled(ctx, m.Correction.Of)
	if err != nil {
		return d, fmt.Errorf("finding out whether a message is recalled: %w", err)
	}
	if !recalled {
		return d, nil
	}
	d.copies, d.entry.Outcomes, d.entry.Waiting, d.entry.Due = nil, nil, nil, time.Time{}
	return d.hold(ReasonRecalled), nil
}

// heldAsRecalled says whether an entry holds a correction of what is recalled.
func heldAsRecalled(e *ledger.Entry) bool {
	return slices.ContainsFunc(e.Outcomes, func(o schemas.Outcome) bool { return o.Member == "" && o.Reason == ReasonRecalled })
}
