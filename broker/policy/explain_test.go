package policy_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/schemas"
)

// BenchmarkExplain explains a case of 64 items of which nothing may go
// anywhere, so that every search for a nearest change runs to its end.
func BenchmarkExplain(b *testing.B) {
	p := load(b)
	m := manyAreas()
	for len(m.Items) < 64 {
		m.Items = append(m.Items, m.Items[len(m.Items)%5])
	}
	m.Originator = "hmrc-tax"
	for i := range m.Items {
		m.Items[i].ObtainedBy, m.Items[i].Handling = schemas.ByInspectionPower, schemas.Handling{4}
	}
	for b.Loop() {
		p.Explain(m, august, policy.Recorded{})
	}
}

func TestCompareFindsWhoGainsAndLoses(t *testing.T) {
	before := load(t)
	set := tables(t)
	dropRow(set, "gateways.csv", "cda-s115-hub")
	removeLine(set, "rules.csv", "police-labour-exploitation")
	set["rules.csv"].Data = append(set["rules.csv"].Data, "zz,kent,,forced-labour,,,,,,c,,,s,low,\n"...)
	set["members.csv"].Data = bytes.Replace(set["members.csv"].Data, []byte(",police,kent,"), []byte(",police,kent lincolnshire,"), 1)
	after, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	m := decode(t, exampleTip)
	m.Sectors = codes("construction")
	got := map[string]bool{}
	for _, d := range policy.Compare(before, after, m, august, policy.Recorded{}) {
		got[string(d.Member)] = d.Gained
		if d.Gained == (d.Before.Outcome == schemas.Disclosed) || d.Message != m.ID {
			t.Errorf("got %+v", d)
		}
	}
	want := map[string]bool{"kent": true, "lincolnshire": false, "ukhtc": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who gains and loses (-want +got):\n%s", diff)
	}
	if same := policy.Compare(before, before, m, august, policy.Recorded{}); len(same) != 0 {
		t.Errorf("the same tables differ in %v", same)
	}
}

func TestExplainNamesRowsAndTheNearestChange(t *testing.T) {
	p := load(t)
	for name, c := range map[string]struct {
		values map[string]string
		want   []string
	}{
		"a consent":         {map[string]string{"sender": "gla", "origin": "hmrc-nmw", "recipient": "lincolnshire"}, []string{"consent commissioners"}},
		"a handling code":   {map[string]string{"sender": "gla", "handling": "4", "recipient": "lincolnshire"}, []string{"handling 1"}},
		"a lower marking":   {map[string]string{"sender": "gla", "marking": "secret", "recipient": "ukhtc"}, []string{"marking restricted"}},
		"the sector":        {map[string]string{"sender": "gla", "crime": "nmw-underpayment", "sectors": "construction", "recipient": "hmrc-nmw"}, []string{"sector gangmaster-sectors"}},
		"the purpose":       {map[string]string{"sender": "ukba", "purpose": "immigration-control", "sectors": "", "recipient": "lincolnshire"}, []string{"purpose prevent-detect-crime"}},
		"an acceptance":     {map[string]string{"sender": "gla", "handling": "5", "conditions": "yes", "recipient": "ukhtc"}, []string{"acceptance ukhtc"}},
		"two changes":       {map[string]string{"sender": "gla", "handling": "4", "marking": "secret", "recipient": "ukhtc"}, []string{"handling 1", "marking restricted"}},
		"a grade":           {map[string]string{"sender": "gla", "grade": "", "recipient": "lincolnshire"}, []string{"grade "}},
		"nothing for a tap": {map[string]string{"sender": "kent", "obtained_by": "interception", "recipient": "lincolnshire"}, []string{"none "}},
	} {
		values := usualCase()
		for k, v := range c.values {
			values[k] = v
		}
		var got []string
		for _, e := range p.Explain(messageOf(values), august, policy.Recorded{}) {
			if string(e.Member) != values["recipient"] {
				continue
			}
			for _, change := range e.Items[0].Nearest {
				got = append(got, change.What+" "+change.Value)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
