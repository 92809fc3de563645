package schemas

import "testing"

func TestFilterMatches(t *testing.T) {
	m := &Message{
		Kind: KindTip, Urgency: Priority,
		CrimeTypes:    []Code{"unlicensed-gangmaster", "forced-labour"},
		Jurisdictions: []Jurisdiction{{Code: "lincolnshire", Role: RoleIncident}, {Code: "tayside", Role: RoleResidence}},
	}
	for _, tt := range []struct {
		name   string
		filter Filter
		want   bool
	}{
		{"no filter wants everything", Filter{}, true},
		{"its kind", Filter{Kinds: []Kind{KindCase, KindTip}}, true},
		{"another kind", Filter{Kinds: []Kind{KindCase}}, false},
		{"its urgency", Filter{Urgencies: []Urgency{Priority, Immediate}}, true},
		{"another urgency", Filter{Urgencies: []Urgency{Immediate}}, false},
		{"a crime type", Filter{CrimeTypes: []Code{"forced-labour"}}, true},
		{"a group of crime types", Filter{CrimeTypes: []Code{"labour-standards"}}, true},
		{"another crime type of the same group", Filter{CrimeTypes: []Code{"nmw-offence"}}, false},
		{"an area", Filter{Areas: []Code{"lincolnshire"}}, true},
		{"the second area's nation", Filter{Areas: []Code{"scotland"}}, true},
		{"the country", Filter{Areas: []Code{"uk"}}, true},
		{"another nation", Filter{Areas: []Code{"wales"}}, false},
		{"a code that does not exist", Filter{CrimeTypes: []Code{"no-such"}}, false},
		{"lists must agree", Filter{CrimeTypes: []Code{"forced-labour"}, Areas: []Code{"wales"}}, false},
		{"and do", Filter{Kinds: []Kind{KindTip}, CrimeTypes: []Code{"forced-labour"}, Areas: []Code{"england"}, Urgencies: []Urgency{Priority}}, true},
	} {
		if got := tt.filter.Matches(m); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if (Filter{CrimeTypes: []Code{"forced-labour"}}).Matches(&Message{}) {
		t.Error("a message without codes has the code")
	}
}
