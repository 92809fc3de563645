package ukba_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/agents/adaptertest"
	"liaison/agents/ukba"
	"liaison/schemas"
)

func read(t *testing.T, export []byte) []agents.Record {
	t.Helper()
	records, fault := adaptertest.Suite{Adapter: ukba.New(), Member: ukba.Member}.Read(t, export)
	if fault != nil {
		t.Error(fault)
	}
	return records
}

// TestScreeningComesBeforeEnforcement reads like the rule: what a second person
// shows, in an encounter with an overstayer, and what it is then shared for.
func TestScreeningComesBeforeEnforcement(t *testing.T) {
	for second, want := range map[string]string{
		`<status>Overstayer</status>`:                                      "immigration-control routine illegal-entry-overstay",
		`<status>Working in breach</status>`:                               "immigration-control routine illegal-entry-overstay illegal-working-civil",
		`<status>EEA national</status>`:                                    "immigration-control routine illegal-entry-overstay",
		`<status>N/K</status>`:                                             "immigration-control routine illegal-entry-overstay immigration-crime",
		`<docs_held_by>Self</docs_held_by><status>Overstayer</status>`:     "immigration-control routine illegal-entry-overstay",
		`<docs_held_by>Employer</docs_held_by><status>Overstayer</status>`: "protect-victim priority trafficking-unspecified document-retention",
		`<docs_held_by>UKBA</docs_held_by><status>EEA national</status>`:   "immigration-control routine illegal-entry-overstay",
		`<indicators>LAB03</indicators>`:                                   "protect-victim priority trafficking-unspecified trafficking-forced-labour forced-labour",
		`<indicators>Passport withheld</indicators>`:                       "protect-victim priority trafficking-unspecified document-retention",
		`<indicators>SEX06</indicators>`:                                   "protect-victim priority trafficking-unspecified sexual-exploitation",
		`<CA_referral>18/08/2009</CA_referral>`:                            "protect-victim priority trafficking-unspecified",
		`<CA_referral>N</CA_referral><status>N/K</status>`:                 "immigration-control routine illegal-entry-overstay immigration-crime",
		`<earlier_referral>Y</earlier_referral>`:                           "protect-victim priority trafficking-unspecified retrafficking",
		`<dob>20/08/1991</dob>`:                                            "safeguard-child immediate child-harm",
		`<dob>18/08/1991</dob>`:                                            "immigration-control routine illegal-entry-overstay immigration-crime",
		`<dob>1992</dob><indicators>CHI13</indicators>`:                    "protect-victim immediate trafficking-unspecified trafficking-child cannabis-cultivation",
	} {
		export := begin + `<encounter><visit_ref>UKBA/V/09/1</visit_ref><date>18/08/2009</date><premises>Leeds</premises><marking>PROTECT</marking><persons>
<person><name>EXAMPLE, One</name><dob>1970</dob><status>Overstayer</status></person><person><name>EXAMPLE, Two</name>` + second + `</person></persons></encounter></encounters>`
		records := read(t, []byte(export))
		if len(records) != 1 || records[0].Message == nil {
			t.Errorf("%s: %v", second, records)
			continue
		}
		m := records[0].Message
		got := fmt.Sprint(m.Purpose, " ", m.Urgency, " ", strings.Trim(fmt.Sprint(m.CrimeTypes), "[]"))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", second, diff)
		}
		if screening := m.Purpose != "immigration-control"; screening {
			for i, it := range m.Items {
				if strings.Contains(it.Text, "status") || schemas.CrimeTypes().WithinAny("immigration-crime", m.ItemCrimeTypes(i)) {
					t.Errorf("%s: item %d enforces before anybody was screened", second, i)
				}
			}
		}
	}
}

func TestNationalityDecidesNothing(t *testing.T) {
	route := func(nationality string) string {
		records := read(t, []byte(begin+`<encounter><visit_ref>UKBA/V/09/1</visit_ref><date>18/08/2009</date><premises>Leeds</premises><marking>PROTECT</marking><persons><person><name>EXAMPLE, One</name><nationality>`+
			nationality+`</nationality><indicators>GEN12</indicators></person></persons></encounter></encounters>`))
		m := *records[0].Message
		return fmt.Sprint(m.Purpose, m.Urgency, m.Jurisdictions, m.CrimeTypes, m.Items[0].CrimeTypes)
	}
	for _, other := range []string{"Invented national", "British", "", "N/K"} {
		if route(other) != route("Other national") {
			t.Errorf("%q goes another way", other)
		}
	}
}

func TestGeneratedExportsBecomeMessages(t *testing.T) {
	for name, generate := range map[string]func(io.Writer, int, int64) error{"encounters": ukba.Generate, "penalties": ukba.GeneratePenalties} {
		var one, again, other bytes.Buffer
		if err := generate(&one, 300, 7); err != nil {
			t.Fatal(err)
		}
		generate(&again, 300, 7)
		generate(&other, 300, 8)
		if one.String() != again.String() || one.String() == other.String() {
			t.Errorf("%s: the export does not follow from the seed", name)
		}
		rejects := 0
		for i, r := range read(t, one.Bytes()) {
			if r.Message == nil {
				rejects++
			}
			if (r.Message == nil) != ((i+1)%100 == 0) {
				t.Errorf("%s: record %d: %v", name, i, r.Faults)
			}
		}
		if rejects != 3 {
			t.Errorf("%s: %d rejects", name, rejects)
		}
	}
}

// TestAConsentIsNeverReadOutOfARefusal gives the fields of yes or no other words.
func TestAConsentIsNeverReadOutOfARefusal(t *testing.T) {
	for field, want := range map[string]string{
		"<CA_consent>Y</CA_consent>": "consent", "<CA_consent>true</CA_consent>": "consent", "<CA_consent>N</CA_consent>": "", "<CA_consent>N/K</CA_consent>": "",
		"<CA_consent>Refused</CA_consent>": "rejected", "<CA_consent>to be asked</CA_consent>": "rejected", "<CA_consent>18/08/2009</CA_consent>": "rejected",
		"<CA_referral>NRM/09/17</CA_referral>": "referred", "<CA_referral>false</CA_referral>": "", "<CA_referral>declined</CA_referral>": "rejected",
		"<earlier_referral>None</earlier_referral>": "", "<earlier_referral>perhaps</earlier_referral>": "rejected",
	} {
		r := read(t, []byte(begin+`<encounter><visit_ref>UKBA/V/09/1</visit_ref><date>18/08/2009</date><premises>Leeds</premises><marking>PROTECT</marking><persons>
<person><name>EXAMPLE, One</name><status>Overstayer</status>`+field+`</person></persons></encounter></encounters>`))[0]
		got := ""
		switch {
		case r.Message == nil:
			got = "rejected"
		case len(r.Message.Items[0].Consents) > 0:
			got = "consent"
		case strings.Contains(r.Message.Items[0].Text, "referred to"):
			got = "referred"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}
