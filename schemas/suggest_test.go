package schemas

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	for _, tt := range []struct {
		list        *CodeList
		typed, want string
	}{
		{CrimeTypes(), "forced-labor", "forced-labour"},
		{CrimeTypes(), "Forced Labour", "forced-labour"},
		{CrimeTypes(), "forced_labour", "forced-labour"},
		{CrimeTypes(), "FORCED-LABOUR ", "forced-labour"},
		{CrimeTypes(), "debt-bodnage", "debt-bondage"},
		{CrimeTypes(), "murder", ""},
		{CrimeTypes(), "x", ""},
		{CrimeTypes(), "", ""},
		{CrimeTypes(), strings.Repeat("forced-labour", 100), ""},
		{Jurisdictions(), "32", "lincolnshire"},
		{Jurisdictions(), "lincolnsire", "lincolnshire"},
		{Indicators(), "gen01", "GEN01"},
	} {
		if got := suggest(tt.list.names, tt.list.aliases, tt.typed); string(got) != tt.want {
			t.Errorf("%q in %s: got %q, want %q", tt.typed, tt.list.Name(), got, tt.want)
		}
	}
}

func TestValidForms(t *testing.T) {
	for in, want := range map[string]bool{
		"gla": true, "hmrc-nmw": true, "a": true, "x9": true, strings.Repeat("a", MaxToken): true,
		"": false, "GLA": false, "9x": false, "-a": false, "a.b": false, "a b": false, "a*": false, ">": false, "é": false,
		"a\x00": false, strings.Repeat("a", MaxToken+1): false,
	} {
		if got := MemberID(in).Valid(); got != want {
			t.Errorf("MemberID(%q).Valid() = %v", in, got)
		}
		if got := Code(in).Valid(); got != want {
			t.Errorf("Code(%q).Valid() = %v", in, got)
		}
	}
	for in, want := range map[string]bool{
		"6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11": true, "6f1d0c9e-3f0e-0b0a-cd7e-0a4a7f3f2b11": true,
		"6F1D0C9E-3f0e-8b0a-9d7e-0a4a7f3f2b11": false, "6f1d0c9e3f0e8b0a9d7e0a4a7f3f2b11": false,
		"00000000-0000-0000-0000-000000000000": false, "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b1g": false,
		"6f1d0c9e-3f0e-8b0a-9d7e00a4a7f3f2b11": false, "": false,
	} {
		if got := ID(in).Valid(); got != want {
			t.Errorf("ID(%q).Valid() = %v", in, got)
		}
	}
}

func TestSuggestionsStandInTheAdvice(t *testing.T) {
	m := &Message{Schema: 1, Kind: "tipp", CrimeTypes: []Code{"forced-labor"}, Jurisdictions: []Jurisdiction{{Code: "32", Role: "incedent"}}}
	want := map[string]string{"kind": `"tip"`, "crime_types[0]": `"forced-labour"`, "jurisdictions[0].code": `"lincolnshire"`, "jurisdictions[0].role": `"incident"`}
	for _, f := range Validate(m, fuzzNow) {
		if near, ok := want[f.Path]; ok {
			if f.Advice != "did you mean "+near+"?" {
				t.Errorf("%s: %s", f.Path, f.Advice)
			}
			delete(want, f.Path)
		}
	}
	if len(want) > 0 {
		t.Errorf("no fault at %v", want)
	}
}
