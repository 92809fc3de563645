package helpline

import (
	_ "embed"

	"liaison/agents/native"
	"liaison/schemas"
)

//go:embed issues.csv
var issuesTable string

//go:embed callers.csv
var callersTable string

//go:embed sectors.csv
var sectorsTable string

// The tables that lead from the helpline's words to those of the contract.
var (
	issues      = native.WordsOf("issues", issuesTable)
	callers     = native.WordsOf("callers", callersTable)
	sectorWords = native.WordsOf("sectors", sectorsTable)
)

// What becomes of the fields: an empty reason means that the message has it.
const (
	officers = "advisers are reached through the hub"
	internal = "it is the helpline's own administration"
)

var callFields = map[string]string{
	"call_ref": "", "taken_at": "", "nation": "", "caller_type": "", "caller_named": "", "pass_on": "", "origin": "", "sector": "", "employer": "",
	"agency": "", "workplace": "", "worker_count": "", "urgency": "", "marking": "", "issues": "",
	"taken_by": officers, "language": "the language may lead to the caller", "consent_text": internal, "call_length": internal,
}

var issueFields = map[string]string{
	"line": "", "issue": "", "detail": "", "since": "", "pay": "", "hours": "", "indicators": "",
}

var partyFields = map[string]string{"name": "", "address": "", "postcode": ""}

// nested are the fields that hold more than one value.
var nested = map[string]bool{"employer": true, "agency": true, "workplace": true, "issues": true, "indicators": true}

// grades are those of a cell such as "E2", or none.
func grades(cell string) (schemas.SourceGrade, schemas.InfoGrade) {
	if cell == "" {
		return "", 0
	}
	source, information, _ := native.Grades(cell[:1], cell[1:]) // a test reads every cell
	return source, information
}
