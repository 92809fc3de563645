package policy_test

import (
	"fmt"
	"testing"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

// TestAVisitGainsNothingByTheComplaintsPurpose: a message has one purpose, and that
// of a complaint of a crime acts for the inspector's visit that it led to. What
// the visit tells, which the Employment Agencies Act 1973 s.9(4) guards, must go
// nowhere for that where it would not go for the enforcement of labour standards.
func TestAVisitGainsNothingByTheComplaintsPurpose(t *testing.T) {
	p, tried := load(t), 0
	for _, day := range []time.Time{august, time.Date(2010, 5, 1, 0, 0, 0, 0, time.UTC)} {
		for _, crime := range schemas.CrimeTypes().All() {
			if !schemas.CrimeTypes().Within(crime.Code, "labour-standards") {
				continue
			}
			for _, sectors := range []string{"", "agriculture", "recruitment", "agriculture unknown-sector"} {
				enforced, crimes := visited(p, crime.Code, sectors, "enforce-labour-standards", day), visited(p, crime.Code, sectors, "prevent-detect-crime", day)
				if enforced != crimes {
					t.Errorf("%s in %q on %s: %q for labour standards, %q with the complaint's purpose", crime.Code, sectors, day.Format(time.DateOnly), enforced, crimes)
				}
				tried += len(crimes)
			}
		}
	}
	if tried == 0 {
		t.Error("no visit goes anywhere, so that nothing was tried")
	}
	// A visit that took the complaint's crime type would go where it may not.
	if day := time.Date(2010, 5, 1, 0, 0, 0, 0, time.UTC); visited(p, "forced-labour", "", "enforce-labour-standards", day) == visited(p, "forced-labour", "", "prevent-detect-crime", day) {
		t.Error("the purpose makes no difference for a crime either, so that nothing was tried")
	}
}

// visited says to whom the visit goes that a complaint of forced labour led to.
func visited(p *policy.Policy, crime schemas.Code, sectors string, purpose schemas.Code, day time.Time) (to string) {
	c := usualCase()
	c["sender"], c["crime"], c["sectors"], c["purpose"], c["indicators"], c["marking"] = "eas", "forced-labour", sectors, string(purpose), "GEN01", "protect"
	m := messageOf(c)
	m.Items = append(m.Items, schemas.Item{Text: "A visit.", Source: "B", Information: 2, Handling: schemas.Handling{1, 2},
		ObtainedBy: schemas.ByInspectionPower, CrimeTypes: []schemas.Code{crime}})
	for _, o := range p.DecideAll(m, day) {
		if o.Items[1].Outcome == schemas.Disclosed {
			to += fmt.Sprintf("%s by %s; ", o.Member, o.Items[1].Gateway)
		}
	}
	return to
}

// TestAPartlyUnknownTradeOpensNothing: what a message is disclosed to nobody for,
// neither because of the trade that is known nor if none is, it is disclosed to
// nobody for where one is known and another is not.
func TestAPartlyUnknownTradeOpensNothing(t *testing.T) {
	p := load(t)
	opened := func(sender, crime, purpose, sectors string) map[schemas.MemberID]bool {
		c := usualCase()
		c["sender"], c["crime"], c["sectors"], c["purpose"], c["handling"], c["marking"] = sender, crime, sectors, purpose, "1 2", "protect"
		got := map[schemas.MemberID]bool{}
		for _, o := range p.DecideWith(messageOf(c), august, policy.Recorded{}) {
			got[o.Member] = o.Items[0].Outcome == schemas.Disclosed
		}
		return got
	}
	narrowed := 0
	for _, sender := range []string{"gla", "eas", "hmrc-nmw", "hse", "lincolnshire", "ukba", "soca"} {
		for _, purpose := range []string{"prevent-detect-crime", "enforce-labour-standards"} {
			for _, sector := range []string{"agriculture", "construction", "recruitment", "domestic-work"} {
				for _, crime := range schemas.CrimeTypes().All() {
					known, none := opened(sender, string(crime.Code), purpose, sector), opened(sender, string(crime.Code), purpose, "")
					partly := opened(sender, string(crime.Code), purpose, sector+" unknown-sector")
					for member, open := range partly {
						if open && !known[member] && !none[member] {
							t.Errorf("%s of %s in %s, partly unknown, goes to %s", crime.Code, sender, sector, member)
						}
					}
					for member, open := range known {
						if open && !partly[member] {
							narrowed++
						}
					}
				}
			}
		}
	}
	if narrowed == 0 {
		t.Error("a trade that is not known closes no gateway")
	}
}
