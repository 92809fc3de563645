package policy_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

var august = time.Date(2009, 8, 14, 0, 0, 0, 0, time.UTC)

func load(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policy.Load(protocol.Tables)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecisions(t *testing.T) {
	p := load(t)
	for _, c := range readCases(t) {
		t.Run(c["case"], func(t *testing.T) {
			reason, by := "absent", ""
			for _, o := range p.DecideWith(messageOf(c), august, recordedOf(c)) {
				if o.Member != schemas.MemberID(c["recipient"]) {
					continue
				}
				it := o.Items[0]
				if reason, by = string(it.Reason), string(it.Rule); it.Outcome == schemas.Disclosed {
					by = it.Gateway
				}
				if o.Outcome != it.Outcome {
					t.Errorf("the message is %s but its only item is %s", o.Outcome, it.Outcome)
				}
			}
			if reason != c["reason"] || by != c["decided_by"] {
				t.Errorf("%s: got %s by %q, want %s by %q", c["recipient"], reason, by, c["reason"], c["decided_by"])
			}
		})
	}
}

// TestEveryReasonIsReached says that no reason code is only written down:
// each stands in the table of decisions, or in the case of several items.
func TestEveryReasonIsReached(t *testing.T) {
	reached := map[string]bool{string(policy.ReasonNotConcerned): true, // TestCaseOfManyAreas
		string(policy.ReasonNoStep):    true, // TestStepsGoByTheirTable
		string(policy.ReasonNotMember): true, // TestStepsGoByTheirTable
		string(policy.ReasonSupport):   true} // TestReferralsAndMissingChildren
	for _, c := range readCases(t) {
		reached[c["reason"]] = true
	}
	for _, r := range policy.Reasons() {
		if !reached[string(r)] {
			t.Errorf("no decision has the reason %s", r)
		}
		if policy.ReasonText(r) == "" {
			t.Errorf("the reason %s has no text", r)
		}
	}
}

// summary gives, by member, which items it gets, such as "1-0" for the first
// and third of three.
func summary(outcomes []schemas.Outcome) map[string]string {
	s := map[string]string{}
	for _, o := range outcomes {
		var b strings.Builder
		for _, it := range o.Items {
			switch {
			case it.Outcome == schemas.Disclosed:
				b.WriteByte('1')
			case it.Reason == policy.ReasonNotConcerned:
				b.WriteByte('-')
			default:
				b.WriteByte('0')
			}
		}
		s[string(o.Member)] = b.String()
	}
	return s
}

const exampleTip = `{"schema":1,"id":"6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11","kind":"tip","originator":"gla","reference":"GLA/INT/09/0412","created":"2009-08-14T09:30:00Z",
 "marking":"restricted","urgency":"priority","purpose":"prevent-detect-crime","jurisdictions":[{"code":"lincolnshire","role":"incident"}],
 "crime_types":["unlicensed-gangmaster","forced-labour"],"sectors":["agriculture"],
 "items":[{"text":"Workers at an invented farm have had their passports taken.","source":"B","information":2,"handling":[1],
           "obtained_by":"volunteered","indicators":["GEN01"],"subjects":[0]}],
 "subjects":[{"kind":"premises","name":"Invented Farm","postcode":"ZZ99 3VZ"}],"tip":{"channel":"intelligence-report"}}`

func decode(t testing.TB, s string) *schemas.Message {
	t.Helper()
	m, err := schemas.Decode([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExampleTipGoesToTheForceAndTheHub(t *testing.T) {
	p := load(t)
	m := decode(t, exampleTip)
	got := p.DecideAll(m, p.Day(m.Created.Time, time.Time{}))
	want := map[string]string{"lincolnshire": "1", "ukhtc": "1"}
	if diff := cmp.Diff(want, summary(got)); diff != "" {
		t.Errorf("who gets it (-want +got):\n%s", diff)
	}
	if policy.Held(got) {
		t.Error("the tip is held")
	}
}

// manyAreas is a case like that of a real gangmaster of 2008: a business in
// Suffolk, workers in Cornwall and Scotland, and more than one regulator.
func manyAreas() *schemas.Message {
	at := func(role schemas.Role, codes ...schemas.Code) (list []schemas.Jurisdiction) {
		for _, c := range codes {
			list = append(list, schemas.Jurisdiction{Code: c, Role: role})
		}
		return list
	}
	item := func(text string, crime string, where []schemas.Jurisdiction, indicators string) schemas.Item {
		return schemas.Item{Text: text, Source: "B", Information: 2, Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered,
			CrimeTypes: codes(crime), Jurisdictions: where, Indicators: codes(indicators)}
	}
	m := &schemas.Message{Schema: 1, ID: "0b6f1c1e-8a53-8d11-a0f0-2f6a3c1d9e77", Kind: schemas.KindCase, Originator: "gla", Created: schemas.At(august),
		Marking: schemas.Restricted, Urgency: schemas.Priority, Purpose: "prevent-detect-crime", Sectors: codes("horticulture"),
		Reference: "GLA/CASE/09/7",
		Items: []schemas.Item{
			item("The office has no licence.", "unlicensed-gangmaster", at(schemas.RoleBusiness, "suffolk"), ""),
			item("Leaving costs 700 pounds, and families are threatened.", "forced-labour threats-blackmail", at(schemas.RoleIncident, "devon-and-cornwall", "tayside"), "LAB09 GEN04"),
			item("24 pounds for nine hours.", "nmw-underpayment", at(schemas.RoleIncident, "devon-and-cornwall"), ""),
			item("Six minibuses may not be driven.", "unsafe-transport", at(schemas.RoleBusiness, "suffolk"), ""),
			item("Takings go abroad.", "asset-recovery vat-fraud", at(schemas.RoleBusiness, "suffolk"), ""),
		},
		Case: &schemas.Case{Status: schemas.CaseOpen, Lead: "gla", Operation: "INVENTED", Strands: []schemas.Strand{
			{CrimeType: "unlicensed-gangmaster", Lead: "gla"}, {CrimeType: "nmw-underpayment", Lead: "hmrc-nmw"}, {CrimeType: "forced-labour", Lead: "devon-and-cornwall"}}},
	}
	m.Derive()
	return m
}

func TestCaseOfManyAreas(t *testing.T) {
	got := summary(load(t).DecideAll(manyAreas(), august))
	want := map[string]string{
		"devon-and-cornwall": "-1---", // the threats happened there
		"tayside":            "-1---", // and in Scotland
		"suffolk":            "---1-", // the vehicles; the licence is the GLA's own
		"ukhtc":              "-1---",
		"hmrc-nmw":           "--1--",
		"hmrc-tax":           "----1",
		"soca":               "----1",
		"cps":                "-0---", // the GLA has no gateway to it
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who gets which item (-want +got):\n%s", diff)
	}
}

func TestMembersOfAnotherDay(t *testing.T) {
	p := load(t)
	for _, c := range []struct {
		id   schemas.MemberID
		day  time.Time
		want bool
	}{
		{"soca", august, true},
		{"soca", time.Date(2013, 10, 6, 0, 0, 0, 0, time.UTC), true},
		{"soca", time.Date(2013, 10, 7, 0, 0, 0, 0, time.UTC), false},
		{"ukba-ca", time.Date(2009, 3, 31, 0, 0, 0, 0, time.UTC), false},
		{"tayside", time.Date(2013, 4, 1, 0, 0, 0, 0, time.UTC), false},
		{"hmrc", august, false},
		{"", august, false},
	} {
		if got := p.MemberOn(c.id, c.day); got != c.want {
			t.Errorf("%q on %s: got %v, want %v", c.id, c.day.Format(time.DateOnly), got, c.want)
		}
	}
	m := decode(t, exampleTip)
	m.CrimeTypes = codes("money-laundering")
	if got := summary(p.DecideAll(m, time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC))); got["soca"] != "" {
		t.Errorf("an abolished agency gets %q", got["soca"])
	}
}

func TestDayIsTheOneThatTheTablesName(t *testing.T) {
	created, received := august.Add(23*time.Hour+59*time.Minute), august.AddDate(0, 1, 0)
	if got := load(t).Day(created, received); !got.Equal(august) {
		t.Errorf("got %s, want the day of creation", got)
	}
	p, err := policy.Load(edit(t, "protocol.csv", "day,created", "day,received"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Day(created, received); !got.Equal(august.AddDate(0, 1, 0)) {
		t.Errorf("got %s, want the day of receipt", got)
	}
}

func TestCeilingsOfMemberAndSystem(t *testing.T) {
	of := func(set fstest.MapFS, marking schemas.Marking) map[string]string {
		p, err := policy.Load(set)
		if err != nil {
			t.Fatal(err)
		}
		m := decode(t, exampleTip)
		m.Marking = marking
		return summary(p.DecideAll(m, august))
	}
	low := edit(t, "members.csv", "police,lincolnshire,,,restricted", "police,lincolnshire,,,protect")
	for _, c := range []struct {
		name    string
		set     fstest.MapFS
		marking schemas.Marking
		want    map[string]string
	}{
		{"one member's ceiling withholds from it alone", low, schemas.Restricted, map[string]string{"lincolnshire": "0", "ukhtc": "1"}},
		{"what is below its ceiling it gets", low, schemas.Protect, map[string]string{"lincolnshire": "1", "ukhtc": "1"}},
		{"the system's ceiling withholds from all", edit(t, "protocol.csv", "ceiling,restricted", "ceiling,protect"), schemas.Restricted,
			map[string]string{"lincolnshire": "0", "ukhtc": "0"}},
	} {
		if diff := cmp.Diff(c.want, of(c.set, c.marking)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestGatewaysOfAnotherDay(t *testing.T) {
	p := load(t)
	for day, want := range map[string]string{
		"2010-03-31": "cda-s115-hub",  // hosted by a police force
		"2010-04-01": "socpa-s34-hub", // a part of SOCA
	} {
		on, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		m := decode(t, exampleTip)
		m.Sectors = codes("construction")
		for _, o := range p.DecideAll(m, on) {
			if got := o.Items[0].Gateway; o.Member == "ukhtc" && got != want {
				t.Errorf("on %s: got %q, want %q", day, got, want)
			}
		}
	}
}
