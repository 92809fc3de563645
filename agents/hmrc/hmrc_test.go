package hmrc_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"liaison/agents"
	"liaison/agents/adaptertest"
	"liaison/agents/hmrc"
	"liaison/schemas"
)

const begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<nmw_export>\n"

func generateWages(w io.Writer, n int) {
	io.WriteString(w, begin)
	for i := range n {
		fmt.Fprintf(w, `<single_complaint><case_ref>NMW/09/%06d</case_ref><recorded_at>2009-08-14</recorded_at><marking>PROTECT</marking>
<employer><name>Example Packers</name></employer><workplace>Boston</workplace><source>helpline</source>
<narrative>record number %d of a long export</narrative></single_complaint>
`, i, i)
	}
	io.WriteString(w, "</nmw_export>\n")
}

func riskLine(name string) string {
	return fmt.Sprintf("01%-10s%-14s%-9s%-60s%-8s%-5sPAYU120200907%012dY%66s", "1234500001", "", "", name, "ZZ99 3VZ", "01610", 100, "")
}

func generateRisks(w io.Writer, n int) {
	fmt.Fprintf(w, "%-200s\r\n", "0020090831")
	for i := range n {
		fmt.Fprintf(w, "%s\r\n", riskLine(fmt.Sprintf("EXAMPLE record number %d LTD", i)))
	}
	fmt.Fprintf(w, "%-200s\r\n", fmt.Sprintf("99%08d", n))
}

func TestMinimumWageConforms(t *testing.T) {
	adaptertest.Suite{
		Adapter: hmrc.NewMinimumWage(), Member: hmrc.MinimumWageMember, Golden: []string{"cases.xml"}, Generate: generateWages,
		Hostile: map[string]string{
			"billion laughs":  `<?xml version="1.0"?><!DOCTYPE nmw_export [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><nmw_export><single_complaint>&b;</single_complaint></nmw_export>`,
			"external entity": `<?xml version="1.0"?><!DOCTYPE nmw_export [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmw_export><single_complaint>&x;</single_complaint></nmw_export>`,
			"entity":          begin + `<single_complaint><case_ref>&x;</case_ref></single_complaint></nmw_export>`,
			"deep":            begin + "<investigation>" + strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000) + "</investigation></nmw_export>",
			"deep outside":    begin + strings.Repeat("<a>", 200_000),
			"wide":            begin + "<investigation>" + strings.Repeat("<complaint/>", 4000) + "</investigation></nmw_export>",
			"long record":     begin + "<investigation><narrative>" + strings.Repeat("x", 10<<20) + "</narrative></investigation></nmw_export>",
			"long attribute":  begin + `<investigation a="` + strings.Repeat("x", 10<<20) + `"/></nmw_export>`,
			"open records":    begin + strings.Repeat("<investigation>", 100_000),
			"another root":    `<reports><report/></reports>`,
			"not closed":      begin,
		},
	}.Run(t)
}

func TestTaxRiskConforms(t *testing.T) {
	head := fmt.Sprintf("%-200s\n", "0020090831")
	adaptertest.Suite{
		Adapter: hmrc.NewTaxRisk(), Member: hmrc.TaxMember, Golden: []string{"risk.txt", "risk.dat", "lost.dat"}, Generate: generateRisks,
		Hostile: map[string]string{
			"no header":   riskLine("EXAMPLE LTD") + "\n",
			"EBCDIC":      strings.Repeat("\xf0", 400),
			"no day":      fmt.Sprintf("%-200s\n", "00"),
			"long lines":  head + strings.Repeat(strings.Repeat("1", 1<<20)+"\n", 10),
			"short lines": head + strings.Repeat("01\n", 100_000),
			"no trailer":  head,
			"wrong count": head + fmt.Sprintf("%-200s\n", "9900000007"),
			"two exports": head + fmt.Sprintf("%-200s\n", "9900000000") + head,
		},
	}.Run(t)
}

// read reads an export and counts what came out of it.
func read(t *testing.T, a agents.Adapter, export []byte) (records []agents.Record, rejects int, err error) {
	t.Helper()
	err = a.Read(bytes.NewReader(export), "export", func(r agents.Record) error {
		if records = append(records, r); r.Message == nil {
			rejects++
		}
		return nil
	})
	return records, rejects, err
}

func TestSamplesReadAsIntended(t *testing.T) {
	total := 0
	for name, want := range map[string]struct{ records, rejects, items int }{
		"hmrc-nmw/nmw-2009-08.xml": {11, 2, 12}, "hmrc-nmw/nmw-2009-09.xml": {2, 0, 3},
		"hmrc-tax/risk-200908.txt": {15, 2, 13}, "hmrc-tax/risk-200909.dat": {2, 0, 2},
	} {
		export, err := os.ReadFile(filepath.Join("..", "..", "deploy", "samples", "hmrc", name))
		if err != nil {
			t.Fatal(err)
		}
		a, err := hmrc.New(schemas.MemberID(filepath.Dir(name)))
		if err != nil {
			t.Fatal(err)
		}
		records, rejects, err := read(t, a, export)
		items := 0
		for _, r := range records {
			if r.Message != nil {
				items += len(r.Message.Items)
			}
		}
		if err != nil || len(records) != want.records || rejects != want.rejects || items != want.items {
			t.Errorf("%s: %d records, %d rejects, %d items, %v", name, len(records), rejects, items, err)
		}
		total += len(records)
	}
	if total < 25 {
		t.Errorf("only %d records", total)
	}
}

func TestGeneratedExportsAreReadBack(t *testing.T) {
	for _, member := range []schemas.MemberID{hmrc.MinimumWageMember, hmrc.TaxMember} {
		var a, b, other bytes.Buffer
		for out, seed := range map[*bytes.Buffer]int64{&a: 1, &b: 1, &other: 2} {
			if err := hmrc.Generate(out, member, 300, seed); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) || bytes.Equal(a.Bytes(), other.Bytes()) {
			t.Errorf("%s: the seed does not decide", member)
		}
		adapter, _ := hmrc.New(member)
		records, rejects, err := read(t, adapter, a.Bytes())
		if err != nil || len(records) != 300 || rejects != 3 {
			t.Errorf("%s: %d records, %d rejects, %v", member, len(records), rejects, err)
		}
		valid := adaptertest.Suite{Adapter: adapter, Member: member}
		valid.Read(t, a.Bytes())
	}
	if err := hmrc.Generate(io.Discard, "gla", 1, 1); err == nil {
		t.Error("generated records of another agency")
	}
}
