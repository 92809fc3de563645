package police_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/police"
	"liaison/schemas"
)

func adapter(t *testing.T) *police.Adapter {
	t.Helper()
	a, err := police.New("lincolnshire")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const begin = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<reports>\n"

func generateXML(w io.Writer, n int) {
	io.WriteString(w, begin)
	for i := range n {
		fmt.Fprintf(w, `<report><urn>32/%06d/09</urn><force_code>32</force_code><reported_at>14/08/2009 09:30</reported_at>
<marking>RESTRICTED</marking><source_evaluation>B</source_evaluation><crime_types>forced-labour</crime_types>
<location force_code="32"/><sanitised>Y</sanitised>
<item intelligence_evaluation="2" handling_code="1"><text>record number %d of a long export</text></item></report>
`, i, i)
	}
	io.WriteString(w, "</reports>\n")
}

func generateForms(w io.Writer, n int) {
	for i := range n {
		fmt.Fprintf(w, "FORM A\r\nURN: 32/%06d/09\r\nFORCE CODE: 32\r\nREPORTED AT: 14/08/2009 09:30\r\nMARKING: RESTRICTED\r\nSOURCE EVALUATION: B\r\n"+
			"CRIME TYPES: forced-labour\r\nLOCATION: 32\r\nSANITISED: Y\r\nITEM: 1\r\nINTELLIGENCE EVALUATION: 2\r\nHANDLING CODE: 1\r\nTEXT: record number %d of a\r\n  long export\r\nEND OF REPORT\r\n", i, i)
	}
}

func TestAdapterConformsForXML(t *testing.T) {
	adaptertest.Suite{
		Adapter: adapter(t), Member: "lincolnshire", Golden: []string{"reports.xml"}, Generate: generateXML,
		Hostile: map[string]string{
			"billion laughs":  `<?xml version="1.0"?><!DOCTYPE reports [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><reports><report><urn>&b;</urn></report></reports>`,
			"external entity": `<?xml version="1.0"?><!DOCTYPE reports [<!ENTITY x SYSTEM "file:///etc/passwd">]><reports><report><urn>&x;</urn></report></reports>`,
			"entity":          begin + `<report><urn>&x;</urn></report></reports>`,
			"doctype inside":  begin + `<report><!DOCTYPE x><urn>1</urn></report></reports>`,
			"deep":            begin + "<report>" + strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000) + "</report></reports>",
			"deep outside":    begin + strings.Repeat("<a>", 200_000),
			"wide":            begin + "<report>" + strings.Repeat("<a/>", 50_000) + "</report></reports>",
			"attributes":      begin + "<report " + strings.Repeat(`a="b" `, 200_000) + "></report></reports>",
			"long report":     begin + "<report><text>" + strings.Repeat("x", 10<<20) + "</text></report></reports>",
			"long comment":    begin + "<!--" + strings.Repeat("x", 10<<20),
			"open report":     begin + strings.Repeat("<report>", 100_000),
			"another root":    `<html><report/></html>`,
			"encoding":        `<?xml version="1.0" encoding="ebcdic-cp-gb"?><reports/>`,
			"after the end":   "<reports></reports><reports><report/></reports>",
			"not closed":      begin,
		},
	}.Run(t)
}

func TestAdapterConformsForForms(t *testing.T) {
	adaptertest.Suite{
		Adapter: adapter(t), Member: "lincolnshire", Golden: []string{"form-a.txt"}, Generate: generateForms,
		Hostile: map[string]string{
			"long field": "FORM A\r\nTEXT: " + strings.Repeat("x", 10<<20) + "\r\nEND OF REPORT\r\n",
			"many lines": "FORM A\r\n" + strings.Repeat("KEY: value\r\n", 100_000),
			"no fields":  "FORM A\r\nEND OF REPORT\r\n",
		},
	}.Run(t)
}

func TestNewTakesForcesOnly(t *testing.T) {
	for member, ok := range map[string]bool{"lincolnshire": true, "tayside": true, "british-transport-police": true, "gla": false, "england": false, "": false} {
		if _, err := police.New(schemas.MemberID(member)); (err == nil) != ok {
			t.Errorf("%q: %v", member, err)
		}
	}
}
