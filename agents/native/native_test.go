package native

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/schemas"
)

func TestTextDecodesByTheMarkOrAsWindows1252(t *testing.T) {
	for in, want := range map[string]string{
		"caf\xe9 \xa3700":                 "café £700",
		"\xef\xbb\xbfcaf\xc3\xa9":         "café",
		"\xff\xfec\x00a\x00f\x00\xe9\x00": "café",
		"\x93quoted\x94":                  "“quoted”",
	} {
		got, err := io.ReadAll(Text(strings.NewReader(in)))
		if err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v", in, got, err)
		}
	}
}

func TestCleanFindsWhatNobodyWrote(t *testing.T) {
	for _, in := range []string{"a\x00b", "a\x1bb", "a\u0085b", "caf\u00c3\u00a9", "\u00c2\u00a3700", "a\ufffdb",
		"Ã‰lodie", "Ãœnal", "Å‚", "Ä…", "Äž", "the farmerâ€™s van", "2009 â€“ 2010", "â‚¬700"} {
		if got, p := Clean(in); p == nil {
			t.Errorf("%q: accepted as %q", in, got)
		}
	}
	for _, in := range []string{"Élodie", "ÅNGSTRÖM", "São", "SÃO", "Ärzte", "Â", "pâté", "“quoted” – ‘so’", "€700"} {
		if got, p := Clean(in); p != nil || got != in {
			t.Errorf("%q: %q, %v", in, got, p)
		}
	}
	if got, p := Clean("  £700 café\r\nsecond \r"); p != nil || got != "£700 café\nsecond" {
		t.Errorf("got %q, %v", got, p)
	}
}

func TestDateReadsOldForms(t *testing.T) {
	for in, want := range map[string]string{
		"14/08/2009": "2009-08-14", "1/2/2009": "2009-02-01", "14-08-2009": "2009-08-14", "14.08.2009": "2009-08-14",
		"20090814": "2009-08-14", "2009-08-14": "2009-08-14", "00/05/1978": "1978-05", "00/00/1978": "1978",
		"05/1978": "1978-05", "1978": "1978", "c.1985": "1985", "circa 1985": "1985", "UNK": "", "N/K": "", " ": "", "n/k.": "",
	} {
		got, p := Date(in)
		if p != nil || got.String() != want || got.About != strings.HasPrefix(in, "c") {
			t.Errorf("%q: got %q %v, %v", in, got, got.About, p)
		}
	}
	for _, in := range []string{"08/14/2009", "31/02/2009", "14/08/09", "yesterday", "14/00/2009", "0000", "20091301"} {
		if got, p := Date(in); p == nil {
			t.Errorf("%q: accepted as %q", in, got)
		}
	}
}

func TestMomentKeepsTheDayAndTheClockOfLondon(t *testing.T) {
	for in, want := range map[string]string{
		"14/08/2009": "2009-08-14T00:00:00Z", "14/08/2009 09:30": "2009-08-14T08:30:00Z",
		"14/01/2009 0930 hrs": "2009-01-14T09:30:00Z", "2009-08-14T09:30:05": "2009-08-14T08:30:05Z",
	} {
		got, _, p := Moment(in)
		b, _ := got.MarshalText()
		if p != nil || string(b) != want {
			t.Errorf("%q: got %s, %v", in, b, p)
		}
	}
	for _, in := range []string{"", "UNK", "00/08/2009", "14/08/2009 25:00", "c.1985"} {
		if _, _, p := Moment(in); p == nil {
			t.Errorf("%q: accepted", in)
		}
	}
}

func TestNameGoesInSpokenOrder(t *testing.T) {
	for in, want := range map[string]string{
		"EXAMPLE, Person One": "Person One EXAMPLE", "EXAMPLE, MR Person (MR)": "Person EXAMPLE", "Mrs. Person Example": "Person Example",
		"EXAMPLE, UNK": "EXAMPLE", "N/K": "", "  Person   Two ": "Person Two",
	} {
		if got := Name(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestPostcodeIsNormalised(t *testing.T) {
	for in, want := range map[string]string{"zz993vz": "ZZ99 3VZ", " pe21  8nx": "PE21 8NX", "N/K": "", "w1a 1aa": "W1A 1AA"} {
		if got, p := Postcode(in); p != nil || got != want {
			t.Errorf("%q: got %q, %v", in, got, p)
		}
	}
	for _, in := range []string{"PE21", "12345", "PE21 8CX1", "PE21 IO8"} {
		if got, p := Postcode(in); p == nil {
			t.Errorf("%q: accepted as %q", in, got)
		}
	}
	if got := PostcodeIn("Invented Farm, Boston, zz99 3vz, UK"); got != "ZZ99 3VZ" {
		t.Errorf("found %q", got)
	}
}

func TestAreasAreNeverGuessed(t *testing.T) {
	for place, want := range map[string]schemas.Code{
		"Boston": "lincolnshire", "Invented Farm, nr Spalding, Lincs": "lincolnshire", "WISBECH": "cambridgeshire",
		"Thetford, Norfolk": "norfolk", "PE21 8NX": "lincolnshire", "Unit 1, PE21 8NX": "lincolnshire", "Lincolnshire Police": "lincolnshire",
		"Penzance, Cornwall": "devon-and-cornwall", "Dundee, Scotland": "tayside", "Scotland": "scotland",
		"King's Lynn": "norfolk", "PE12 9XX": "", "Invented Town": "", "": "",
	} {
		got, ok, p := AreaOf(place)
		if p != nil || got.Code != want || ok != (want != "") {
			t.Errorf("%q: got %+v %v, %v", place, got, ok, p)
		}
	}
	for place, want := range map[string]string{
		"Boston": "table of towns", "Lincs": "table of counties", "PE21 8NX": "table of postcode areas, medium confidence",
		"Lincolnshire Police": ByAreaName, "Scotland": ByAreaName,
	} {
		if got, _, _ := AreaOf(place); got.By != want {
			t.Errorf("%q was found by %q, want %q", place, got.By, want)
		}
	}
	for code, want := range map[string]string{"32": ByForceCode, "avon-and-somerset": ByAreaCode} {
		if got, _, _ := AreaWith("", code); got.By != want {
			t.Errorf("force %q was found by %q, want %q", code, got.By, want)
		}
	}
	if a, _, p := AreaOf("Boston, Norfolk"); p == nil {
		t.Errorf("two areas gave %+v", a)
	}
	for in, want := range map[string]schemas.Code{"32": "lincolnshire", "35": "cambridgeshire", "tayside": "tayside", "93": "british-transport-police"} {
		if a, ok := Force(in); !ok || a.Code != want {
			t.Errorf("force %q: %+v", in, a)
		}
	}
	if a, ok := Force("99"); ok {
		t.Errorf("force 99 is %+v", a)
	}
}

func TestGradesHandlingMarkingAndCodes(t *testing.T) {
	if s, i, p := Grades("b", " 2"); s != "B" || i != 2 || p != nil {
		t.Error(s, i, p)
	}
	if s, i, p := Grades("", "N/K"); s != "" || i != 0 || p != nil {
		t.Error(s, i, p)
	}
	for _, bad := range [][2]string{{"B", ""}, {"", "2"}, {"F", "2"}, {"B", "6"}, {"B2", "2"}} {
		if _, _, p := Grades(bad[0], bad[1]); p == nil {
			t.Errorf("%v accepted", bad)
		}
	}
	for in, want := range map[string]schemas.Handling{"1": {1}, "5, 1": {1, 5}, "2 & 3": {2, 3}, "": nil} {
		if got, p := Handling(in); p != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%q: %v, %v", in, got, p)
		}
	}
	for _, bad := range []string{"0", "6", "12", "one", "-1", ","} {
		if got, p := Handling(bad); p == nil {
			t.Errorf("%q accepted as %v", bad, got)
		}
	}
	for in, want := range map[string]schemas.Marking{"RESTRICTED": "restricted", "Not Protectively Marked": "not-protectively-marked", "NPM": "not-protectively-marked", "TOP SECRET": "top-secret"} {
		if got, p := Marking(in); p != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, p)
		}
	}
	for _, bad := range []string{"", "OFFICIAL", "RESTRICT"} {
		if _, p := Marking(bad); p == nil {
			t.Errorf("%q accepted", bad)
		}
	}
	if got, p := Codes(schemas.CrimeTypes(), "forced-labour; DEBT-BONDAGE;forced-labour"); p != nil || len(got) != 2 {
		t.Error(got, p)
	}
	if _, p := Codes(schemas.CrimeTypes(), "forced-lab"); p == nil {
		t.Error("an unknown code was accepted")
	}
	if got, p := Codes(schemas.Indicators(), "gen01"); p != nil || got[0] != "GEN01" {
		t.Error(got, p)
	}
}

func TestObtainedReadsTheUnknownStrictly(t *testing.T) {
	for _, tt := range []struct {
		explicit string
		channel  schemas.Code
		want     schemas.ObtainedBy
	}{
		{"", "intelligence-report", schemas.ByInspectionPower}, {"", "complaint", schemas.ByComplaint},
		{"", "crimestoppers", schemas.ByPublic}, {"Volunteered", "inspection", schemas.ByVolunteered}, {"N/K", "", schemas.ByInspectionPower},
	} {
		if got, p := Obtained(tt.explicit, tt.channel); p != nil || got != tt.want {
			t.Errorf("%+v: got %s, %v", tt, got, p)
		}
	}
	if _, p := Obtained("by magic", ""); p == nil {
		t.Error("accepted an unknown way")
	}
}

func TestContentDoesNotDependOnEmptyFields(t *testing.T) {
	var a, b, c Content
	a.Add("x", "1")
	a.Add("y", "")
	b.Add("x", "1")
	c.Add("x1", "")
	c.Add("x", "2")
	if cmp.Diff(a.Bytes(), b.Bytes()) != "" || cmp.Diff(a.Bytes(), c.Bytes()) == "" {
		t.Error("contents are not told apart as they should be")
	}
}
