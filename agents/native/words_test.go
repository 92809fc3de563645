package native

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWordsFindsAWordHoweverItIsSpelt(t *testing.T) {
	w := WordsOf("test", "word,crime_type,source,confidence\nMinimum wage,nmw-underpayment,design,design\n")()
	for _, word := range []string{"Minimum wage", "MINIMUM  WAGE", "minimum_wage", " minimum-wage "} {
		if row, ok := w.Row(word); !ok || row["crime_type"] != "nmw-underpayment" {
			t.Errorf("%q: got %v", word, row)
		}
	}
	if _, ok := w.Row("wage"); ok || w.Known() != "Minimum wage" {
		t.Errorf("found a word that is not there, or knows %q", w.Known())
	}
}

func TestReadWordsRefusesFaultyTables(t *testing.T) {
	for name, table := range map[string]string{
		"unknown code":  "word,crime_type,source,confidence\na,nonsense,design,design\n",
		"twice":         "word,source,confidence\nA b,design,design\na-b,design,design\n",
		"no source":     "word,source,confidence\na,,design\n",
		"no confidence": "word,source,confidence\na,design,certain\n",
		"no columns":    "word\na\n",
		"no rows":       "word,source,confidence\n",
	} {
		if _, err := readWords(table); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLinesAreBoundedAndSayHowTheyEnd(t *testing.T) {
	l := NewLines(strings.NewReader("one\r\n\n"+strings.Repeat("x", 200_000)+"\n12345678\r\ncut"), 8)
	want := []Line{
		{Text: "one", Number: 1, Ended: true}, {Number: 2, Ended: true},
		{Text: strings.Repeat("x", 10), Number: 3, Ended: true, Over: true},
		{Text: "12345678", Number: 4, Ended: true}, {Text: "cut", Number: 5},
	}
	var got []Line
	for {
		line, err := l.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
