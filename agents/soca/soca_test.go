package soca_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/soca"
)

const (
	xmlHead    = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	beginSARs  = xmlHead + "<sars>\n"
	beginHeads = "<sar><header><elmer_no>INV-%06d</elmer_no><submitted>18/08/2009</submitted><marking>RESTRICTED</marking></header>\n"
)

func sars(w io.Writer, n int) {
	io.WriteString(w, beginSARs)
	for i := range n {
		fmt.Fprintf(w, beginHeads+`<main_subject type="person"><name>EXAMPLE, One</name></main_subject><reason>record number %d of a long export</reason></sar>
`, i, i)
	}
	io.WriteString(w, "</sars>\n")
}

func reports(w io.Writer, n int) {
	io.WriteString(w, xmlHead+"<reports>\n")
	for i := range n {
		fmt.Fprintf(w, `<report><soca_ref>SOCA/INT/09/%06d</soca_ref><consent_required_onward>Y</consent_required_onward><reported_at>14/08/2009 09:30</reported_at>
<marking>RESTRICTED</marking><source_evaluation>B</source_evaluation><crime_types>facilitation</crime_types><location force_code="46"/><sanitised>Y</sanitised>
<item intelligence_evaluation="2" handling_code="1"><text>record number %d of a long export</text></item></report>
`, i, i)
	}
	io.WriteString(w, "</reports>\n")
}

func TestAdapterConformsForSARs(t *testing.T) {
	adaptertest.Suite{
		Adapter: soca.New(), Member: soca.Member, Golden: []string{"sars.xml", "spoilt.xml"}, Generate: sars,
		Hostile: map[string]string{
			"billion laughs":  `<!DOCTYPE sars [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sars><sar><reason>&b;</reason></sar></sars>`,
			"external entity": `<!DOCTYPE sars [<!ENTITY x SYSTEM "file:///etc/passwd">]><sars><sar><reason>&x;</reason></sar></sars>`,
			"open comments":   beginSARs + strings.Repeat("<sar><!--", 5_000),
			"open CDATA":      beginSARs + strings.Repeat("<sar><![CDATA[", 5_000),
			"deep":            beginSARs + "<sar>" + strings.Repeat("<a>", 10_000) + "</sar></sars>",
			"wide":            beginSARs + "<sar>" + strings.Repeat("<associated_subject/>", 50_000) + "</sar></sars>",
			"long reason":     beginSARs + "<sar><reason>" + strings.Repeat("x", 10<<20) + "</reason></sar></sars>",
			"another root":    `<orders><sar/></orders>`,
			"not closed":      beginSARs,
		},
	}.Run(t)
}

func TestAdapterConformsForReports(t *testing.T) {
	adaptertest.Suite{
		Adapter: soca.New(), Member: soca.Member, Golden: []string{"reports.xml"}, Generate: reports,
		Hostile: map[string]string{"empty report": xmlHead + "<reports><report/></reports>", "sar among them": xmlHead + "<reports><sar/></reports>"},
	}.Run(t)
}
