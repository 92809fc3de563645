package soca_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/agents/adaptertest"
	"liaison/agents/soca"
)

func read(t *testing.T, export string) []agents.Record {
	t.Helper()
	records, fault := adaptertest.Suite{Adapter: soca.New(), Member: soca.Member}.Read(t, []byte(export))
	if fault != nil {
		t.Error(fault)
	}
	return records
}

func oneSAR(header, reason string) string {
	return beginSARs + `<sar><header><elmer_no>INV-1</elmer_no><submitted>18/08/2009</submitted>` + header +
		`</header><main_subject type="person"><name>EXAMPLE, One</name></main_subject><reason>` + reason + `</reason></sar></sars>`
}

// TestGlossaryCodesSetCrimeTypesAndUrgency reads a reason as the glossary says.
func TestGlossaryCodesSetCrimeTypesAndUrgency(t *testing.T) {
	for reason, want := range map[string]string{
		"nothing":                            "routine money-laundering",
		"XXS1XX at once":                     "immediate money-laundering",
		"XXS99XX":                            "priority money-laundering",
		"XXS99XX XXS1XX XXS99XX":             "immediate money-laundering",
		"XXS9XX":                             "routine money-laundering-principal",
		"XXF1XX XXF2XX XXF3XX XXF4XX XXF5XX": "routine benefit-fraud tax-and-benefit tax-evasion-income vat-fraud money-laundering",
		"xxf4xx, in lower case":              "routine tax-evasion-income money-laundering",
		"XXN1XX XXN5XX XXS77XX are no crime type": "routine money-laundering",
		"AXXS1XXB is no code":                     "routine money-laundering",
		"trafficking, in words only":              "routine money-laundering",
	} {
		m := read(t, oneSAR("<marking>RESTRICTED</marking>", reason))[0].Message
		got := fmt.Sprint(m.Urgency, " ", strings.Trim(fmt.Sprint(m.CrimeTypes), "[]"))
		if diff := cmp.Diff(want, got); diff != "" || m.Items[0].Text != reason {
			t.Errorf("%s (-want +got):\n%s", reason, diff)
		}
	}
}

func TestASARIsProtected(t *testing.T) {
	for header, want := range map[string]string{
		"<marking>RESTRICTED</marking>":                                        "restricted [4]",
		"<marking>RESTRICTED</marking><handling_code>N/K</handling_code>":      "restricted [4]",
		"<marking>CONFIDENTIAL</marking><handling_code>1</handling_code>":      "confidential [1]",
		"<marking>PROTECT</marking>":                                           "rejected",
		"<marking>NPM</marking>":                                               "rejected",
		"<handling_code>1</handling_code>":                                     "rejected",
		"<marking>RESTRICTED</marking><handling_code>1,5</handling_code>":      "rejected",
		"<marking>RESTRICTED</marking><institution>Example Bank</institution>": "restricted [4]",
	} {
		r := read(t, oneSAR(header, "because"))[0]
		got := "rejected"
		if m := r.Message; m != nil {
			got = fmt.Sprint(m.Marking, " ", m.Items[0].Handling)
			if c := m.Items[0].Conditions; m.Tip.Channel != "financial-report" || !strings.Contains(c, "s.333A") || !strings.Contains(c, "s.35") || strings.Contains(fmt.Sprintf("%#v", *m), "Example Bank") {
				t.Errorf("%s: it is not protected", header)
			}
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
}

func TestReasonIsNeverCut(t *testing.T) {
	for n, ok := range map[int]bool{8000: true, 8001: false} {
		r := read(t, oneSAR("<marking>RESTRICTED</marking>", strings.Repeat("£", n)))[0]
		if (r.Message != nil) != ok || ok && len([]rune(r.Message.Items[0].Text)) != n {
			t.Errorf("%d characters: %v", n, r.Faults)
		}
	}
}

// TestOneBadSARBlocksNoOther is the incident in which one SAR with a character
// that XML does not have held up all that came after it.
func TestOneBadSARBlocksNoOther(t *testing.T) {
	var good bytes.Buffer
	sars(&good, 3)
	second := `<sar><header><elmer_no>INV-000001<`
	for name, bad := range map[string]string{
		"vertical tab": "\x0b", "numbered": "&#11;", "surrogate": "&#xD800;", "entity": "&pound;", "ampersand": "Marks & Sparks", "invalid UTF-8": "\xff\xfe",
		"comment": "<!-- open", "CDATA": "<![CDATA[ open", "tag": "<b", "quote": `<b x="1>`, "end": "</sar", "instruction": "<?open",
	} {
		export := strings.Replace(good.String(), "record number 1 ", bad+" record number 1 ", 1)
		var messages, rejects []string
		for _, r := range read(t, export) {
			if r.Message == nil {
				rejects = append(rejects, r.Reference)
				continue
			}
			messages = append(messages, r.Reference)
		}
		if diff := cmp.Diff([]string{"INV-000000", "INV-000002"}, messages); diff != "" || len(rejects) != 1 || rejects[0] != "INV-000001" || !strings.Contains(export, second) {
			t.Errorf("%s: messages (-want +got):\n%s\nrejects %v", name, diff, rejects)
		}
	}
}

func TestOnwardConsentIsAConditionAndNoClaim(t *testing.T) {
	var export bytes.Buffer
	reports(&export, 1)
	it := read(t, export.String())[0].Message.Items[0]
	if !strings.Contains(it.Conditions, "s.35") || len(it.Consents) != 0 || it.Handling.Has(5) {
		t.Errorf("conditions %q, consents %v, handling %v", it.Conditions, it.Consents, it.Handling)
	}
	for _, box := range []string{"N", "", "perhaps"} {
		r := read(t, strings.Replace(export.String(), "onward>Y<", "onward>"+box+"<", 1))[0]
		if r.Message != nil || r.Faults[0].Field != "consent_required_onward" {
			t.Errorf("%q: %v", box, r.Faults)
		}
	}
}

func TestGeneratedExportsBecomeMessages(t *testing.T) {
	for name, generate := range map[string]func(io.Writer, int, int64) error{"SARs": soca.Generate, "reports": soca.GenerateReports} {
		var one, again, other bytes.Buffer
		if err := generate(&one, 300, 7); err != nil {
			t.Fatal(err)
		}
		generate(&again, 300, 7)
		generate(&other, 300, 8)
		if one.String() != again.String() || one.String() == other.String() {
			t.Errorf("%s: the export does not follow from the seed", name)
		}
		for i, r := range read(t, one.String()) {
			if (r.Message == nil) != ((i+1)%100 == 0) {
				t.Errorf("%s: record %d: %v", name, i, r.Faults)
			}
		}
	}
}

// TestASubjectLosesNothingUnseen gives each kind of subject what a message has
// only for the other.
func TestASubjectLosesNothingUnseen(t *testing.T) {
	sar := oneSAR("<marking>RESTRICTED</marking>", "because")
	for subject, want := range map[string]string{
		`<main_subject type="person"><name>EXAMPLE, One</name><company_no>1</company_no>`:                                        "main_subject/company_no",
		`<main_subject type="entity" status="suspect"><name>Example Ltd</name><dob>1970</dob><nationality>British</nationality>`: "main_subject/status main_subject/dob main_subject/nationality",
		`<main_subject type="entity"><name>Example Ltd</name><name>Other Ltd</name>`:                                             "!name",
		`<location force_code="35">Boston, Lincs</location><main_subject type="person"><name>EXAMPLE, One</name>`:                "location !location",
		`<location force_code="32">Boston, Lincs</location><main_subject type="person"><name>EXAMPLE, One</name>`:                "location",
	} {
		r := read(t, strings.Replace(sar, `<main_subject type="person"><name>EXAMPLE, One</name>`, subject, 1))[0]
		var got []string
		for _, d := range r.Dropped {
			got = append(got, d.Field)
		}
		for _, f := range r.Faults {
			got = append(got, "!"+f.Field)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", subject, diff)
		}
	}
}
