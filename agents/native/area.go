package native

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"

	"liaison/schemas"
)

// Area is an area that a record names, and how it is known.
type Area struct {
	Code schemas.Code
	// By is the rule by which it was found: one of those below, or a table of
	// places, with the table's confidence where that is not high.
	By string
}

// The rules by which an area is found, beside the tables of places.
const (
	ByForceCode = "force code"
	ByAreaCode  = "code of the area"
	ByAreaName  = "name of the area"
	ByRegion    = "table of regions"
	ByNation    = "nation"
	// ByNothing is that of the whole country where the area is not known.
	ByNothing = "unknown"
)

//go:embed places.csv
var placesTable string

type gazetteer struct {
	codes, names, places, postcodes map[string]Area
}

// areas reads the table on first use. A fault in it is a fault of the build.
var areas = sync.OnceValue(func() gazetteer {
	g, err := readGazetteer(placesTable)
	if err != nil {
		panic(err)
	}
	return g
})

func readGazetteer(table string) (gazetteer, error) {
	g := gazetteer{map[string]Area{}, map[string]Area{}, map[string]Area{}, map[string]Area{}}
	for _, e := range schemas.Jurisdictions().All() {
		if e.Alias != "" {
			g.codes[e.Alias] = Area{e.Code, ByForceCode}
		}
		g.names[string(e.Code)] = Area{e.Code, ByAreaCode}
		g.names[placeKey(e.Name)] = Area{e.Code, ByAreaName}
	}
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return g, fmt.Errorf("reading the table of places: %w", err)
	}
	for i, row := range rows[1:] {
		into, by := g.places, tables[row[1]]
		if row[1] == "postcode" {
			into = g.postcodes
		}
		if by == "" {
			return g, fmt.Errorf("table of places, line %d: unknown kind %q", i+2, row[1])
		}
		if row[4] != "high" {
			by += ", " + row[4] + " confidence"
		}
		key, code := placeKey(row[0]), schemas.Code(row[2])
		if _, ok := schemas.Jurisdictions().Lookup(code); !ok {
			return g, fmt.Errorf("table of places, line %d: unknown area %q", i+2, code)
		}
		if _, twice := into[key]; twice {
			return g, fmt.Errorf("table of places, line %d: %q stands twice", i+2, row[0])
		}
		into[key] = Area{code, by}
	}
	return g, nil
}

// tables are the rules of the kinds of places.
var tables = map[string]string{"town": "table of towns", "county": "table of counties", "postcode": "table of postcode areas"}

// Force returns the area of a PNC force code ("32"), or of an area's code in
// the contract, which is all that the Scottish forces and the PSNI have here.
func Force(s string) (Area, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if a, ok := areas().codes[s]; ok {
		return a, true
	}
	a, ok := areas().names[s]
	return a, ok
}

// AreaOf returns the area of a place as a record writes it, such as "Invented
// Farm, nr Boston, Lincs, PE21 7XX". Every part that the tables know must lead
// to the same area, or to one within the other. Nothing known is ok == false,
// and never a guess.
func AreaOf(place string) (area Area, ok bool, p *Problem) {
	for _, part := range append(strings.Split(place, ","), PostcodeIn(place)) {
		found, known := lookUp(part)
		switch {
		case !known:
		case !ok, schemas.Jurisdictions().Within(found.Code, area.Code):
			area, ok = found, true
		case !schemas.Jurisdictions().Within(area.Code, found.Code):
			return Area{}, false, problem("name one place, or separate several with semicolons",
				"the location leads to two areas, %s and %s", area.Code, found.Code)
		}
	}
	return area, ok, nil
}

// AreaWith returns the area of a place and of a force code, as far as the record
// gives them. The code goes first, and the two may not contradict each other.
func AreaWith(place, code string) (area Area, ok bool, p *Problem) {
	area, ok, p = AreaOf(place)
	if p != nil || Unknown(code) {
		return area, ok, p
	}
	by, known := Force(code)
	list := schemas.Jurisdictions()
	switch {
	case !known:
		return Area{}, false, problem("correct it", "the force code is no PNC force code and no area of the contract")
	case ok && !list.Within(by.Code, area.Code) && !list.Within(area.Code, by.Code):
		return Area{}, false, problem("correct one of them", "the place lies in %s and the force code says %s", area.Code, by.Code)
	}
	return by, true, nil
}

func lookUp(part string) (Area, bool) {
	if code, p := Postcode(part); p == nil && code != "" {
		a, ok := areas().postcodes[placeKey(outward(code))]
		return a, ok
	}
	key := placeKey(part)
	if a, ok := areas().places[key]; ok {
		return a, true
	}
	a, ok := areas().names[key]
	return a, ok
}

var vague = []string{"nr ", "nr. ", "near ", "outskirts of ", "outside ", "north of ", "south of ", "east of ", "west of "}

// placeKey folds what makes no difference between two spellings of a place.
func placeKey(s string) string {
	s = strings.ToLower(OneLine(strings.Trim(s, " .,")))
	for _, v := range vague {
		s = strings.TrimPrefix(s, v)
	}
	return strings.NewReplacer("-", " ", "'", "", "’", "", ".", "").Replace(s)
}
