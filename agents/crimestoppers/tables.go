package crimestoppers

import (
	_ "embed"
	"regexp"

	"liaison/agents/native"
	"liaison/schemas"
)

//go:embed categories.csv
var categoriesTable string

//go:embed sectors.csv
var sectorsTable string

// The tables that lead from the log's words to codes of the contract.
var (
	categories  = native.WordsOf("categories", categoriesTable)
	sectorWords = native.WordsOf("sectors", sectorsTable)
)

// use is what becomes of a field.
type use struct {
	repeated bool
	// dropped says why it stays behind; empty means that the message has it.
	dropped string
}

// layout are the fields of a report. What is not here may tell who called.
var layout = map[string]use{
	"received": {}, "category": {}, "location": {}, "force": {}, "sector": {}, "priority": {}, "marking": {}, "indicators": {}, information: {},
	"suspect": {repeated: true}, "suspect phone": {repeated: true}, "business": {repeated: true}, "premises": {repeated: true}, "vehicle": {repeated: true},
	"operator":  {dropped: "operators are reached through Crimestoppers"},
	"passed to": {dropped: "the protocol decides who receives it"},
}

const known = "RECEIVED, CATEGORY, LOCATION, FORCE, SECTOR, PRIORITY, MARKING, INDICATORS, SUSPECT, SUSPECT PHONE, BUSINESS, PREMISES, VEHICLE, OPERATOR, PASSED TO, INFORMATION"

// subjectKinds are the fields that become subjects, in the order of the list.
var subjectKinds = []struct {
	field string
	kind  schemas.SubjectKind
}{
	{"suspect", schemas.PersonSubject}, {"suspect phone", schemas.PhoneSubject}, {"business", schemas.BusinessSubject},
	{"premises", schemas.PremisesSubject}, {"vehicle", schemas.VehicleSubject},
}

// speaksOfCaller finds texts that speak of who called. It errs on the side of
// setting a report aside.
var speaksOfCaller = regexp.MustCompile(`(?im)\b(caller|informant)(['’]?s)?\s*(full |own |home |mobile |first )?(name|number|no\.|phone|telephone|tel|mobile|address|e-?mail|details|identity)\b` +
	`|\b(caller|informant)\s*(:|is called|gives? (his|her|their) name|gave (his|her|their) name|(can|may) be (rung|called|reached|contacted)|(rang |called |calls )?(on|from) \(?\+?[0-9])` +
	`|\b(my name is|i am called|(call|ring|phone|contact) me (back )?(on|at)|(call|ring|phone) (him|her|them|the caller) back)\b` +
	`|\breward code\b` +
	`|^[ \t]*(caller|informant|cli\b|source\b|reward)[^:\n]{0,30}:`)
