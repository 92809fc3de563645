package native

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"

	"liaison/schemas"
)

// Words is a table that leads from the words of one agency to the contract's.
// Its first column is the agency's word; source and confidence say where a row
// comes from and how sure it is. Once read it never changes.
type Words struct {
	rows  map[string]map[string]string
	words []string
}

// wordLists are the columns that hold codes of the contract, several of them
// separated by semicolons.
var wordLists = map[string]func() *schemas.CodeList{
	"crime_type": schemas.CrimeTypes, "indicator": schemas.Indicators, "sector": schemas.Sectors,
	"channel": schemas.Channels, "area": schemas.Jurisdictions,
}

// confidences are the words of the column confidence; "design" marks what no
// source tells and we have laid down.
var confidences = []string{"high", "medium", "low", "design"}

// WordsOf returns a function that reads an embedded table on first use. A fault
// in the table is a fault of the build, which every test of the adapter finds.
func WordsOf(name, table string) func() *Words {
	return sync.OnceValue(func() *Words {
		w, err := readWords(table)
		if err != nil {
			panic(fmt.Sprintf("table %s: %v", name, err))
		}
		return w
	})
}

func readWords(table string) (*Words, error) {
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 || !slices.Contains(rows[0], "source") || !slices.Contains(rows[0], "confidence") {
		return nil, fmt.Errorf("the table needs rows, and the columns source and confidence")
	}
	w := &Words{rows: map[string]map[string]string{}}
	for i, row := range rows[1:] {
		cells := map[string]string{}
		for j, name := range rows[0] {
			cells[name] = row[j]
			if list, ok := wordLists[name]; ok {
				if _, p := Codes(list(), row[j]); p != nil {
					return nil, fmt.Errorf("line %d: %w", i+2, p)
				}
			}
		}
		key := wordKey(row[0])
		if _, twice := w.rows[key]; twice || key == "" {
			return nil, fmt.Errorf("line %d: %q is empty or stands twice", i+2, row[0])
		}
		if cells["source"] == "" || !slices.Contains(confidences, cells["confidence"]) {
			return nil, fmt.Errorf("line %d: the row does not say where it comes from and how sure it is", i+2)
		}
		w.rows[key] = cells
		w.words = append(w.words, row[0])
	}
	return w, nil
}

// Row returns the row of a word, by the names of its columns. Capitals,
// hyphens, underscores and the number of blanks make no difference.
func (w *Words) Row(word string) (row map[string]string, ok bool) {
	row, ok = w.rows[wordKey(word)]
	return row, ok
}

// Known lists the words of the table, for an advice.
func (w *Words) Known() string { return strings.Join(w.words, ", ") }

func wordKey(s string) string {
	return strings.ToLower(OneLine(strings.NewReplacer("-", " ", "_", " ").Replace(s)))
}
