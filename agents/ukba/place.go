package ukba

import (
	"liaison/agents/native"
	"liaison/schemas"
)

// area is where the premises lie, or else in which region: the region says who
// went there, and the premises where it was.
func (p *paper) area(premises, region string, role schemas.Role) []schemas.Jurisdiction {
	found, ok, problem := native.AreaOf(premises)
	if problem != nil {
		p.check("premises", problem)
		return nil
	}
	if ok {
		if !native.Unknown(region) {
			p.dropped("region", "the premises say more exactly where it was")
		}
		p.record.Found(found.Code, found.By)
		return []schemas.Jurisdiction{{Code: found.Code, Role: role}}
	}
	row, known := regions().Row(region)
	switch {
	case known:
		p.record.Found(schemas.Code(row["area"]), native.ByRegion)
		return []schemas.Jurisdiction{{Code: schemas.Code(row["area"]), Role: role}}
	case native.Unknown(region):
		p.fault("premises", "no table knows in which area the premises lie, and there is no region; an area is never guessed", "name the town or county, or give the region")
	default:
		p.fault("region", "the region is not in the table, and no table knows where the premises lie", "use one of: "+regions().Known())
	}
	return nil
}

// premises adds the premises as a subject and returns its position, or nothing
// where the record names no more than a town.
func (p *paper) premises(place string) []int {
	if native.Unknown(place) {
		return nil
	}
	s, ok := native.Premises(place)
	if !ok {
		return nil
	}
	p.message.Subjects = append(p.message.Subjects, s)
	return []int{len(p.message.Subjects) - 1}
}
