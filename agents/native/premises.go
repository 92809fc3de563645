package native

import (
	"strings"

	"liaison/schemas"
)

// Premises makes a subject of a place as a record writes it, and says whether
// the place is more than a town or an area.
func Premises(place string) (schemas.Subject, bool) {
	place = OneLine(place)
	s := schemas.Subject{Kind: schemas.PremisesSubject, Address: place, Postcode: PostcodeIn(place)}
	name, _, _ := strings.Cut(place, ",")
	if _, town, _ := AreaOf(name); !town {
		s.Name = strings.TrimSpace(name)
	}
	return s, s.Name != "" || s.Postcode != ""
}
