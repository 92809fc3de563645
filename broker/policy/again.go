package policy

import (
	"time"

	"liaison/schemas"
)

// Wait puts outcomes through the safeguards once more, after whoever delivers
// has withheld from members that it cannot reach: a member that must wait for
// them must not get the message in their place. The outcomes are those of
// DecideWith for the same message and day, changed in nothing else.
func (p *Policy) Wait(m *schemas.Message, day time.Time, outcomes []schemas.Outcome) {
	p.wait(m, day, outcomes)
}

// Screened says whether earlier outcomes gave the message to those who must
// have it first under every safeguard in force: see Recorded.
func (p *Policy) Screened(m *schemas.Message, day time.Time, earlier []schemas.Outcome) bool {
	for k := range p.safeguards {
		if p.safeguards[k].On(day) && !p.reached(&p.safeguards[k], m, earlier) {
			return false
		}
	}
	return true
}
