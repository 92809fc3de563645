package fivebyfive

import (
	"liaison/agents/native"
	"liaison/schemas"
)

// locations are the areas that a report or an item names.
func (m *Mapping) locations(n *native.Element) []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	for _, l := range n.All("location") {
		j := schemas.Jurisdiction{Role: schemas.Role(word(l, "role", string(schemas.RoleIncident)))}
		place := l.Text
		if place == "" {
			place = l.Value("place")
		} else if l.Value("place") != "" {
			m.Fault(l, "place", "the location has two places", "leave one of them out")
		}
		code := l.Value("force_code")
		area, ok, p := native.AreaWith(place, code)
		m.check(l, "location", p)
		if !ok && p == nil {
			m.Fault(l, "location", "no table knows in which area the place lies, and an area is never guessed", "add its force_code")
		}
		if !native.Unknown(place) {
			m.dropped("location", "the place has become an area; the words themselves stay here")
		}
		m.Record.Found(area.Code, area.By)
		j.Code = area.Code
		out = native.AppendNew(out, j)
	}
	return out
}
