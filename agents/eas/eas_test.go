package eas_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"liaison/agents"
	"liaison/agents/adaptertest"
	"liaison/agents/eas"
	"liaison/schemas"
)

const header = "complaint_ref|received|channel|complainant_type|consent_name_disclosed|agency_name|agency_address|branch|hirer|sector|issue_codes|reg_breached|fee_paid|amount_withheld|worker_count|narrative|inspector|visit_date|result|obtained_by\r\n"

var suite = adaptertest.Suite{
	Adapter:  eas.New(),
	Member:   eas.Member,
	Golden:   []string{"complaints.txt", "other-header.txt"},
	Generate: generate,
	Hostile: map[string]string{
		"header only bars":   strings.Repeat("|", 1<<20),
		"a name in a column": strings.Replace(header, "complainant_type", "complainant_name", 1) + "a|b\r\n",
		"columns moved":      strings.Replace(header, "complaint_ref|received", "received|complaint_ref", 1),
		"long row":           header + strings.Repeat("a", 10<<20) + "\r\n",
		"many short lines":   header + strings.Repeat("a\r\n", 1<<20),
		"many fields":        header + strings.Repeat("|", 1<<20) + "\r\n",
	},
}

func generate(w io.Writer, n int) {
	io.WriteString(w, header)
	for i := range n {
		fmt.Fprintf(w, "EAS/09/%06d|14/08/2009|form|worker|N|Example Staff Ltd|1 Invented Street, Grantham|||Care|FEE||\xa3350||5|record number %d of a\r\nlong export|Inspector Example|||volunteered\r\n", i, i)
	}
}

func TestAdapterConforms(t *testing.T) { suite.Run(t) }

// complaint is a good row, by column.
var complaint = map[string]string{
	"complaint_ref": "EAS/09/000001", "received": "14/08/2009", "channel": "form", "complainant_type": "worker", "consent_name_disclosed": "N",
	"agency_name": "Example Staff Ltd", "agency_address": "Grantham", "issue_codes": "FEE", "narrative": "Paid £350.", "obtained_by": "volunteered",
}

// read reads one row, with columns other than the complaint's.
func read(t *testing.T, other map[string]string) agents.Record {
	t.Helper()
	var values []string
	for _, name := range eas.Columns {
		v := complaint[name]
		if o, ok := other[name]; ok {
			v = o
		}
		values = append(values, v)
	}
	records, fault := suite.Read(t, []byte("\xef\xbb\xbf"+header+strings.Join(values, "|")+"\r\n"))
	if fault != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), fault)
	}
	return records[0]
}

func TestObtainedByDecidesAloneAndUnknownIsInspectionPower(t *testing.T) {
	for _, c := range []struct {
		obtained, channel string
		want              schemas.ObtainedBy
	}{
		{"volunteered", "form", schemas.ByVolunteered}, {"complaint", "helpline", schemas.ByComplaint}, {"public", "form", schemas.ByPublic},
		{"inspection_power", "helpline", schemas.ByInspectionPower}, {"Inspection power", "form", schemas.ByInspectionPower},
		{"", "helpline", schemas.ByInspectionPower}, {"N/K", "union", schemas.ByInspectionPower}, {"unk", "MP", schemas.ByInspectionPower},
		{"partner", "form", ""}, {"told", "form", ""},
	} {
		m := read(t, map[string]string{"obtained_by": c.obtained, "channel": c.channel}).Message
		switch {
		case (m == nil) != (c.want == ""):
			t.Errorf("%q: a message is %t", c.obtained, m != nil)
		case m != nil && m.Items[0].ObtainedBy != c.want:
			t.Errorf("%q by %s: got %s, want %s", c.obtained, c.channel, m.Items[0].ObtainedBy, c.want)
		}
	}
}

func TestAnOutcomeIsAnItemOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		visit, result string
		kind          schemas.Kind
		items         int
		status        schemas.CaseStatus
	}{
		{"", "", schemas.KindTip, 1, ""}, {"", "none", schemas.KindTip, 1, ""}, {"20/08/2009", "none", schemas.KindTip, 2, ""},
		{"20/08/2009", "", schemas.KindTip, 2, ""}, {"20/08/2009", "Warning", schemas.KindCase, 2, schemas.CaseClosed},
		{"", "prosecution", schemas.KindCase, 2, schemas.CaseOpen}, {"00/08/2009", "prohibition", schemas.KindCase, 2, schemas.CaseOpen},
	} {
		m := read(t, map[string]string{"visit_date": c.visit, "result": c.result, "reg_breached": "R12 withholding pay"}).Message
		if m == nil || m.Kind != c.kind || len(m.Items) != c.items || m.Case != nil && m.Case.Status != c.status {
			t.Errorf("visit %q, result %q: got %v", c.visit, c.result, m)
			continue
		}
		if m.Items[0].ObtainedBy != schemas.ByVolunteered || strings.Contains(m.Items[0].Text, "R12") != (c.items == 1) {
			t.Errorf("visit %q, result %q: the complaint says %q", c.visit, c.result, m.Items[0].Text)
		}
		if c.items == 2 && m.Items[1].ObtainedBy != schemas.ByInspectionPower {
			t.Errorf("visit %q, result %q: its outcome was obtained by %s", c.visit, c.result, m.Items[1].ObtainedBy)
		}
	}
}

func TestConsentIsNeverClaimed(t *testing.T) {
	for consent, condition := range map[string]bool{"Y": false, "yes": false, "N": true, "": true, "UNK": true} {
		it := read(t, map[string]string{"consent_name_disclosed": consent}).Message.Items[0]
		if (it.Conditions != "") != condition || it.Consents != nil || it.Handling != nil || it.Source != "" {
			t.Errorf("consent %q: %v, conditions %q", consent, it, it.Conditions)
		}
	}
	if r := read(t, map[string]string{"consent_name_disclosed": "perhaps"}); r.Message != nil {
		t.Error("half a consent was accepted")
	}
}

func TestProvisionsAreReadAsInspectorsCiteThem(t *testing.T) {
	for cited, want := range map[string]schemas.Code{
		"R12 withholding pay": "agency-standards-breach", "Reg. 12(1)": "agency-standards-breach", "regulation 28": "agency-standards-breach",
		"s.6": "agency-fee-charging", "S6(1)": "agency-fee-charging", "Section 3B": "agency-prohibition-breach",
		"R99": "", "withholding pay": "", "12": "", "R12withholding": "",
	} {
		r := read(t, map[string]string{"issue_codes": "", "reg_breached": cited})
		if (r.Message == nil) != (want == "") || r.Message != nil && r.Message.CrimeTypes[0] != want {
			t.Errorf("%q: got %v, %v", cited, r.Message, r.Faults)
		}
	}
}

func TestAreasAreNeverGuessed(t *testing.T) {
	for _, c := range []struct{ address, branch, hirer, want string }{
		{"Grantham", "", "", "lincolnshire/business"},
		{"Leeds", "Wisbech branch", "Invented Farm, Boston, ZZ99 3VZ", "lincolnshire/incident cambridgeshire/business west-yorkshire/business"},
		{"Invented Hamlet", "", "", "uk/incident"},
		{"Invented Hamlet", "", "Invented Farm, Boston", "lincolnshire/incident"},
		{"N/K", "", "", "uk/incident"},
		{"", "", "", ""},
		{"Belfast", "", "", ""},
		{"Boston, Kent", "", "", ""},
	} {
		var got []string
		if m := read(t, map[string]string{"agency_address": c.address, "branch": c.branch, "hirer": c.hirer}).Message; m != nil {
			for _, j := range m.Jurisdictions {
				got = append(got, string(j.Code)+"/"+string(j.Role))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q %q %q: got %v, want %s", c.address, c.branch, c.hirer, got, c.want)
		}
	}
}

func TestPurposeGoesBeyondLabourStandardsWithACrimeOrAnIndicator(t *testing.T) {
	for issue, want := range map[string]schemas.Code{"PAY": "enforce-labour-standards", "FEE": "prevent-detect-crime", "PASSPORT": "prevent-detect-crime"} {
		if got := read(t, map[string]string{"issue_codes": issue}).Message.Purpose; got != want {
			t.Errorf("%s: got %s, want %s", issue, got, want)
		}
	}
}

func TestSamplesAndGeneratedRecordsReadAsIntended(t *testing.T) {
	sample, err := os.ReadFile("../../deploy/samples/eas/complaints-2009-08.txt")
	if err != nil {
		t.Fatal(err)
	}
	suite.Count(t, "sample", sample, 26, 4)
	suite.Generated(t, eas.Generate)
}

// TestNoVisitWidensThePurposeOfAComplaint puts every provision that a visit can
// find beside a complaint that is about labour standards alone.
func TestNoVisitWidensThePurposeOfAComplaint(t *testing.T) {
	table, err := os.ReadFile("provisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		provision, _, _ := strings.Cut(row, ",")
		m := read(t, map[string]string{"issue_codes": "PAY", "reg_breached": provision, "visit_date": "01/09/2009"}).Message
		if m == nil {
			t.Errorf("%s: no message", provision)
		} else if len(m.Items) != 2 || m.Purpose != "enforce-labour-standards" {
			t.Errorf("%s: %v, for the purpose %s", provision, m, m.Purpose)
		}
	}
}

// TestNoComplaintWidensAVisit puts a visit without a provision beside every issue:
// what the inspector's powers told must not be about a crime because the complaint
// is.
func TestNoComplaintWidensAVisit(t *testing.T) {
	table, err := os.ReadFile("issues.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		issue, _, _ := strings.Cut(row, ",")
		m := read(t, map[string]string{"issue_codes": issue, "reg_breached": "", "visit_date": "01/09/2009"}).Message
		if m == nil || len(m.Items) != 2 || len(m.Items[1].CrimeTypes) == 0 || len(m.Items[1].Indicators) > 0 {
			t.Errorf("%s: %v", issue, m)
			continue
		}
		for _, c := range m.Items[1].CrimeTypes {
			if !schemas.CrimeTypes().Within(c, "labour-standards") {
				t.Errorf("%s: the visit is about %s", issue, c)
			}
		}
	}
}
