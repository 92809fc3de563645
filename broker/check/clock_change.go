package check

import (
	"slices"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// clockChange reports a notice that stops a clock or gives it more time where no
// tables that were ever in force let anybody do so: the intake should not have
// taken it. The reflection period may only ever become longer, whatever the
// tables say.
func (c *checker) clockChange(found func(Kind, string), m *schemas.Message, e *ledger.Entry) {
	if m.Notice == nil {
		return
	}
	about, clock := string(m.Notice.About), string(m.Notice.Clock)
	extends := about == "clock-extended"
	if !extends && about != "clock-paused" && about != "clock-resumed" {
		return
	}
	if clock == "reflection" && !extends {
		found(Entry, "stops the reflection period, which depends on nothing")
		return
	}
	if extends && !m.Notice.Due.After(m.Created.Time) {
		found(Entry, "gives a clock more time that had passed when it was written")
	}
	known, may := false, false
	for _, t := range c.tables {
		if t == nil {
			return // with tables that cannot be read nothing can be said
		}
		for _, r := range t.rows["deadlines"] {
			if r["clock"] == clock && r.on(e.At) {
				known = true
				may = may || r["extendable"] == "owed" || r["extendable"] == "owes" && extends
			}
		}
	}
	if !known || !may {
		found(Entry, "changes a clock that nobody may change: "+clock)
	}
	if !slices.ContainsFunc(m.Notice.To, func(to schemas.MemberID) bool { return to != m.Originator }) {
		found(Entry, "changes a clock and tells nobody")
	}
}
