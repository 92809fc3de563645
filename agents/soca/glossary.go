package soca

import (
	_ "embed"
	"regexp"
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

//go:embed glossary.csv
var glossaryTable string

var glossary = native.WordsOf("glossary", glossaryTable)

// glossaryCode finds what looks like a code of the glossary, in whichever case
// it was typed.
var glossaryCode = regexp.MustCompile(`(?i)\bXX[A-Z][0-9]{1,2}XX\b`)

// crimes sets crime types and urgency: what the desk found, what the glossary
// codes say, and the group that every SAR is about.
func (s *sar) crimes() {
	found, p := native.Codes(schemas.CrimeTypes(), s.header.Value("crime_types"))
	s.check(s.header, "crime_types", p)
	laundering := false
	for _, code := range glossaryCode.FindAllString(s.from.Value("reason"), -1) {
		row, ok := glossary().Row(strings.ToUpper(code))
		if !ok {
			continue // it stays in the text, for whoever knows it
		}
		if c := schemas.Code(row["crime_type"]); c != "" {
			found = native.AppendNew(found, c)
		}
		s.hurry(schemas.Urgency(row["urgency"]))
	}
	if v := word(s.header.Value("consent_sought")); v == "y" || v == "yes" {
		s.hurry(schemas.Priority)
	}
	for _, c := range found {
		laundering = laundering || schemas.CrimeTypes().Within(c, "money-laundering")
	}
	if !laundering {
		found = append(found, "money-laundering")
	}
	s.message.CrimeTypes = found
}

// hurry raises the urgency and never lowers it.
func (s *sar) hurry(to schemas.Urgency) {
	if to == schemas.Immediate || to == schemas.Priority && s.message.Urgency == schemas.Routine {
		s.message.Urgency = to
	}
}
