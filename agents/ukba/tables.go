package ukba

import (
	_ "embed"
	"slices"
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

var (
	//go:embed indicators.csv
	indicatorsTable string
	//go:embed statuses.csv
	statusesTable string
	//go:embed forms.csv
	formsTable string
	//go:embed regions.csv
	regionsTable string
	//go:embed holders.csv
	holdersTable string

	indicators = native.WordsOf("indicators", indicatorsTable)
	statuses   = native.WordsOf("statuses", statusesTable)
	forms      = native.WordsOf("forms", formsTable)
	regions    = native.WordsOf("regions", regionsTable)
	// holders are those who may hold a person's documents without its being an
	// indicator.
	holders = native.WordsOf("holders", holdersTable)
)

// exploitation is what an indicator of each group points to. An indicator of
// sexual exploitation does not tell whether somebody was brought into the
// country or moved within it, so that it gives neither of those offences.
var exploitation = []struct {
	prefix string
	crimes []schemas.Code
}{
	{"CHI", []schemas.Code{"trafficking-child"}},
	{"SEX", []schemas.Code{"trafficking-unspecified", "sexual-exploitation"}},
	{"DOM", []schemas.Code{"trafficking-domestic-servitude", "domestic-servitude"}},
	{"LAB", []schemas.Code{"trafficking-forced-labour", "forced-labour"}},
}

// crimesOf are the crime types to which a person's indicators point.
func crimesOf(ids []schemas.Code, child bool) []schemas.Code {
	var out []schemas.Code
	if child && len(ids) > 0 {
		out = append(out, "trafficking-child")
	}
	for _, e := range exploitation {
		if slices.ContainsFunc(ids, func(c schemas.Code) bool { return strings.HasPrefix(string(c), e.prefix) }) {
			for _, c := range e.crimes {
				out = native.AppendNew(out, c)
			}
		}
	}
	if slices.Contains(ids, "CHI13") {
		out = native.AppendNew(out, "cannabis-cultivation")
	}
	if len(out) == 0 {
		out = append(out, "trafficking-unspecified")
	}
	return out
}
