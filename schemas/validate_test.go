package schemas

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// valid returns the contract's example, to be spoilt by a test in ways that
// no decoder would let through.
func valid(t *testing.T) *Message {
	t.Helper()
	v, err := readVector(benchMessage)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(v.json)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestValidateCountsInMessagesMadeInGo(t *testing.T) {
	for path, spoil := range map[string]func(*Message){
		"items":                  func(m *Message) { m.Items = slices.Repeat(m.Items, MaxItems+1) },
		"subjects":               func(m *Message) { m.Subjects = slices.Repeat(m.Subjects, MaxSubjects+1) },
		"links":                  func(m *Message) { m.Links = make([]Link, MaxLinks+1) },
		"crime_types":            func(m *Message) { m.CrimeTypes = CrimeTypes().names[:MaxCrimeTypes+1] },
		"sectors":                func(m *Message) { m.Sectors = make([]Code, MaxSectors+1) },
		"jurisdictions":          func(m *Message) { m.Jurisdictions = make([]Jurisdiction, MaxJurisdictions+1) },
		"items[0].indicators":    func(m *Message) { m.Items[0].Indicators = make([]Code, MaxIndicators+1) },
		"items[0].consents":      func(m *Message) { m.Items[0].Consents = make([]Code, MaxConsents+1) },
		"items[0].handling":      func(m *Message) { m.Items[0].Handling = make(Handling, MaxHandling+1) },
		"items[0].subjects":      func(m *Message) { m.Items[0].Subjects = make([]int, MaxSubjects+1) },
		"items[0].crime_types":   func(m *Message) { m.Items[0].CrimeTypes = make([]Code, MaxCrimeTypes+1) },
		"items[0].jurisdictions": func(m *Message) { m.Items[0].Jurisdictions = make([]Jurisdiction, MaxJurisdictions+1) },
		"items[0].links":         func(m *Message) { m.Items[0].Links = make([]Link, MaxLinks+1) },
		"subjects[0].aliases":    func(m *Message) { m.Subjects[0].Aliases = make([]string, MaxAliases+1) },
		"case.strands":           func(m *Message) { m.Case = &Case{Strands: make([]Strand, MaxStrands+1)} },
	} {
		m := valid(t)
		spoil(m)
		if !slices.Contains(faultLines(Validate(m, benchNow)), path+" "+string(FaultTooMany)) {
			t.Errorf("%s: too many, and no fault says it", path)
		}
	}
}

// TestValidateCountsWhatIsDerived: each item is within its bound, and all of
// them together are not; the encoded message could not be read again.
func TestValidateCountsWhatIsDerived(t *testing.T) {
	m := valid(t)
	m.CrimeTypes = nil
	other := m.Items[0]
	m.Items[0].CrimeTypes = CrimeTypes().names[:20]
	other.CrimeTypes = CrimeTypes().names[20:40]
	m.Items = append(m.Items, other)
	if !slices.Contains(faultLines(Validate(m, benchNow)), "crime_types "+string(FaultTooMany)) {
		t.Error("40 derived crime types are no fault")
	}
}

func TestValidateLooksAtCharacters(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Code
	}{
		{"a line\nand a\ttab", ""},
		{"converted with loss: \ufffd", ""},
		{"not UTF-8: \xe9", FaultCharacter},
		{"a noncharacter: \uffff", FaultCharacter},
		{"delete: \x7f", FaultCharacter},
		{"\u00a0 \n", FaultMissing},
		{strings.Repeat("é", MaxText), ""},
		{strings.Repeat("é", MaxText+1), FaultTooLong},
	} {
		m := valid(t)
		m.Items[0].Text = tt.text
		var want []string
		if tt.want != "" {
			want = []string{"items[0].text " + string(tt.want)}
		}
		if diff := cmp.Diff(want, faultLines(Validate(m, benchNow))); diff != "" {
			t.Errorf("%.20q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestValidateOfNothing(t *testing.T) {
	if faults := Validate(nil, benchNow); len(faults) != 1 || faults[0].Code != FaultMissing {
		t.Errorf("got %v", faults)
	}
}

func TestMalformedErrorSaysWhere(t *testing.T) {
	_, err := Decode([]byte(`{"items":[{"source":7}]}`))
	var bad *MalformedError
	if !errors.As(err, &bad) {
		t.Fatal(err)
	}
	if want := "items[0].source: a text is wanted here (wrong-type, at byte 19)"; bad.Error() != want {
		t.Errorf("got %q, want %q", bad, want)
	}
	want := Fault{Path: "items[0].source", Code: MalformedType, Problem: "a text is wanted here, at byte 19", Advice: malformedAdvice[MalformedType]}
	if diff := cmp.Diff(want, bad.Fault()); diff != "" {
		t.Error(diff)
	}
}
