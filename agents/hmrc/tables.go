package hmrc

import (
	_ "embed"

	"liaison/agents/native"
)

//go:embed sic.csv
var sicTable string

//go:embed sources.csv
var sourcesTable string

//go:embed statuses.csv
var statusesTable string

//go:embed risk_codes.csv
var riskCodesTable string

var (
	sicCodes  = native.WordsOf("sic", sicTable)
	sources   = native.WordsOf("sources", sourcesTable)
	statuses  = native.WordsOf("statuses", statusesTable)
	riskCodes = native.WordsOf("risk_codes", riskCodesTable)
)
