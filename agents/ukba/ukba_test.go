package ukba_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/ukba"
)

const begin = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<encounters>\n"

func encounters(w io.Writer, n int) {
	io.WriteString(w, begin)
	for i := range n {
		fmt.Fprintf(w, `<encounter><visit_ref>UKBA/V/09/%06d</visit_ref><date>18/08/2009 06:10</date><region>North West</region><marking>RESTRICTED</marking>
<persons><person><name>EXAMPLE, Worker</name><docs_held_by>record number %d of a long export</docs_held_by></person></persons></encounter>
`, i, i)
	}
	io.WriteString(w, "</encounters>\n")
}

var header = strings.Join(ukba.Columns[:16], ",") + "\r\n"

func penalties(w io.Writer, n int) {
	io.WriteString(w, header)
	for i := range n {
		fmt.Fprintf(w, "CP/09/%06d,Example Ltd,,\"Example Site, Leeds\",,2,N,\"record number %d of a\r\nlong \"\"export\"\"\",5000,10000,18/08/2009,,,,Y,PROTECT\r\n", i, i)
	}
}

func TestAdapterConformsForEncounters(t *testing.T) {
	adaptertest.Suite{
		Adapter: ukba.New(), Member: ukba.Member, Golden: []string{"encounters.xml", "spoilt.xml"}, Generate: encounters,
		Hostile: map[string]string{
			"billion laughs":  `<!DOCTYPE encounters [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><encounters><encounter><visit_ref>&b;</visit_ref></encounter></encounters>`,
			"external entity": `<!DOCTYPE encounters [<!ENTITY x SYSTEM "file:///etc/passwd">]><encounters><encounter><visit_ref>&x;</visit_ref></encounter></encounters>`,
			"open comments":   begin + strings.Repeat("<encounter><!--", 5_000),
			"deep":            begin + "<encounter>" + strings.Repeat("<a>", 10_000) + "</encounter></encounters>",
			"nobody":          begin + "<encounter/></encounters>",
			"many persons":    begin + "<encounter><persons>" + strings.Repeat("<person><indicators>GEN01</indicators></person>", 500) + "</persons></encounter></encounters>",
			"another root":    `<reports><report/></reports>`,
			"not closed":      begin,
		},
	}.Run(t)
}

func TestAdapterConformsForPenalties(t *testing.T) {
	adaptertest.Suite{
		Adapter: ukba.New(), Member: ukba.Member, Golden: []string{"penalties.csv", "spoilt.csv"}, Generate: penalties,
		Hostile: map[string]string{
			"no screening": "notice_no,employer,company_no,premises\r\nCP/09/1,Example Ltd,,Leeds\r\n",
			"open quote":   header + "\"" + strings.Repeat("a,b\r\n", 100_000),
			"long row":     header + strings.Repeat("a", 10<<20) + "\r\n",
			"many fields":  header + strings.Repeat(",", 1<<20) + "\r\n",
			"only quotes":  strings.Repeat("\"", 1<<20),
		},
	}.Run(t)
}
