package gla

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"

	"liaison/agents/native"
	"liaison/schemas"
)

//go:embed headings.csv
var headingsTable string

//go:embed sources.csv
var sourcesTable string

//go:embed standards.csv
var standardsTable string

// standards leads from the licensing standards to crime types.
var standards = native.WordsOf("standards", standardsTable)

// table leads from the Authority's words to codes of the contract.
type table struct {
	codes map[string]schemas.Code
	words []string
}

var (
	headings    = tableOf("headings", headingsTable, schemas.CrimeTypes)
	sourceTypes = tableOf("sources", sourcesTable, schemas.Channels)
)

// tableOf reads a table on first use. A fault in one is a fault of the build.
func tableOf(name, text string, list func() *schemas.CodeList) func() table {
	return sync.OnceValue(func() table {
		t, err := readTable(text, list())
		if err != nil {
			panic(fmt.Sprintf("table %s: %v", name, err))
		}
		return t
	})
}

func readTable(text string, list *schemas.CodeList) (table, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return table{}, err
	}
	t := table{codes: map[string]schemas.Code{}}
	for i, row := range rows[1:] {
		code := schemas.Code(row[1])
		if _, ok := list.Lookup(code); !ok {
			return table{}, fmt.Errorf("line %d: %q is not in the list of %s", i+2, code, list.Name())
		}
		t.codes[fold(row[0])] = code
		t.words = append(t.words, row[0])
	}
	return t, nil
}

func (t table) of(word string) (schemas.Code, bool) {
	code, ok := t.codes[fold(word)]
	return code, ok
}

func (t table) known() string { return strings.Join(t.words, ", ") }

func fold(s string) string {
	return strings.ToLower(native.OneLine(strings.ReplaceAll(s, "-", " ")))
}
