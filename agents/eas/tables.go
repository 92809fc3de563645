package eas

import (
	_ "embed"
	"regexp"
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

//go:embed channels.csv
var channelsTable string

//go:embed complainants.csv
var complainantsTable string

//go:embed issues.csv
var issuesTable string

//go:embed provisions.csv
var provisionsTable string

//go:embed sectors.csv
var sectorsTable string

// The tables that lead from the Inspectorate's words to codes of the contract.
var (
	channels     = native.WordsOf("channels", channelsTable)
	complainants = native.WordsOf("complainants", complainantsTable)
	issues       = native.WordsOf("issues", issuesTable)
	provisions   = native.WordsOf("provisions", provisionsTable)
	sectorWords  = native.WordsOf("sectors", sectorsTable)
)

// citation is a provision as inspectors write it: "R12 withholding pay",
// "Reg. 12(1)", "s.6".
var citation = regexp.MustCompile(`^(?i:(r|s)(?:eg|egulation|ec|ection)?)\.? *([0-9]+[A-Za-z]?)(?:\([0-9A-Za-z]+\))*(?:\W|$)`)

// provision returns the table's row for a provision that was cited.
func provision(cited string) (map[string]string, bool) {
	m := citation.FindStringSubmatch(cited)
	if m == nil {
		return nil, false
	}
	return provisions().Row(m[1] + m[2])
}

// codes returns the codes in a cell of a table, which were checked when the
// table was read.
func codes(cell string) []schemas.Code {
	var out []schemas.Code
	for _, c := range strings.Split(cell, ";") {
		if c != "" {
			out = append(out, schemas.Code(c))
		}
	}
	return out
}
