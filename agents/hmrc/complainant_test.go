package hmrc

import (
	"strings"
	"testing"

	"liaison/agents/native"
)

func TestComplainantsAreFoundInTexts(t *testing.T) {
	x, err := native.NewXMLRecords(strings.NewReader(`<all><worker><name>O'INVENTED, Mr Boston</name><phone>01632 960201</phone><nino>QQ 12 34 56 C</nino><address>4 Sample Row, Spalding</address></worker></all>`), "all", "worker")
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.Next()
	if err != nil || r.Element == nil {
		t.Fatal(r, err)
	}
	var c complainants
	c.learn(r.Element)
	for text, want := range map[string]struct{ prose, place bool }{
		"Pay is £24 a day.":              {false, false},
		"mr o'invented says so":          {true, false},
		"BOSTON":                         {true, false},
		"Boston O'Invented's house":      {true, true},
		"ring 01632-960201 after six":    {true, true},
		"number qq123456c":               {true, true},
		"4, Sample Row, Spalding, Lincs": {true, true},
		"Sample Farm, Spalding":          {false, false},
	} {
		if prose, place := c.namedIn(text), c.placedIn(text); prose != want.prose || place != want.place {
			t.Errorf("%q: %v %v", text, prose, place)
		}
	}
}

func TestSectorsAreThoseOfTheLongestCode(t *testing.T) {
	for sic, want := range map[string]string{"01130": "horticulture", "01110": "agriculture", "10390": "food-processing", "03110": "", "81210": "cleaning", "45200": "", "97": "domestic-work", "": "!", "farm": "!", "123456": "!"} {
		sector, ok := sectorOf(sic)
		if (want == "!") == ok || ok && string(sector) != want {
			t.Errorf("%q: %s %v", sic, sector, ok)
		}
	}
}

func TestPoundsAreWrittenOut(t *testing.T) {
	for pence, want := range map[string]string{"000000000000": "£0.00", "000000000105": "£1.05", "000012345600": "£123,456.00", "123456789012": "£1,234,567,890.12"} {
		if got := pounds(pence); got != want {
			t.Errorf("%s: %s", pence, got)
		}
	}
}

func TestStatusesAreThoseOfTheContract(t *testing.T) {
	for _, word := range strings.Split(statuses().Known(), ", ") {
		row, _ := statuses().Row(word)
		if s := row["status"]; s != "open" && s != "monitoring" && s != "closed" {
			t.Errorf("%q is %q", word, s)
		}
	}
}
