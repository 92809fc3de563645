package docket

import (
	"context"
	"fmt"

	"liaison/schemas"
)

// allowConsent refuses an answer about items that a decided message has not got,
// if whoever answers may know how many it has. Any other answer that does not
// count is put on record as such, which tells nobody of a message.
func (d *Docket) allowConsent(ctx context.Context, m *schemas.Message) (*schemas.Refusal, error) {
	c := m.Consent
	has, err := d.has(ctx, c.Of, m.Originator)
	if err != nil {
		return nil, err
	}
	about, err := d.accepted(ctx, c.Of)
	if notThere(err) || err == nil && about == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if has = has || d.mayRecord(m, about); !has {
		return nil, nil
	}
	var faults []schemas.Fault
	for i, n := range c.Items {
		if n >= len(about.Items) {
			faults = append(faults, schemas.Fault{Path: fmt.Sprintf("consent.items[%d]", i), Code: "unknown-item",
				Problem: fmt.Sprintf("there is no item at position %d: the message has %d", n, len(about.Items)),
				Advice:  "the first item is at position 0; on the command line items are counted from 1"})
		}
	}
	if len(faults) == 0 {
		return nil, nil
	}
	return schemas.Refuse(schemas.RefusedStep, "answer for items that the message has", faults...), nil
}

// mayRecord says whether who answers may speak with that authority for an item of
// the message: it is about its information, or about what its officers decide.
func (d *Docket) mayRecord(m, about *schemas.Message) bool {
	p := d.cfg.Policy()
	day := p.Day(about.Created.Time, d.cfg.Now())
	for i := range about.Items {
		if p.MayRecord(m.Consent.Authority, m.Originator, about.ItemOrigin(i), day) {
			return true
		}
	}
	return false
}
