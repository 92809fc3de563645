package broker

import (
	"time"

	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

// Explain says what the broker would decide about a message under the tables,
// and why, with one more outcome if nobody gets it. Consents on record are not
// looked at.
func Explain(p *policy.Policy, m *schemas.Message, received time.Time) []policy.Explanation {
	list := p.Explain(m, p.Day(m.Created.Time, received), policy.Recorded{})
	for _, e := range list {
		if e.Outcome.Outcome == schemas.Disclosed {
			return list
		}
	}
	reason := router.ReasonAllWithheld
	if len(list) == 0 {
		reason = router.ReasonNobody
	}
	return append(list, policy.Explanation{Outcome: schemas.Outcome{Message: m.ID, Outcome: schemas.Held, Reason: reason}})
}
