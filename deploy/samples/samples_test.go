package samples_test

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"liaison/agents"
	"liaison/agents/crimestoppers"
	"liaison/agents/eas"
	"liaison/agents/gla"
	"liaison/agents/helpline"
	"liaison/agents/hmrc"
	"liaison/agents/police"
	"liaison/agents/soca"
	"liaison/agents/ukba"
	"liaison/deploy/samples"
	"liaison/schemas"
)

// want is how many records of each sample become messages, how many are faulty
// on purpose, how many of the messages are marked above the ceiling, and how
// many records are kept.
var want = map[string]struct{ messages, rejects, aboveCeiling, kept int }{
	"gla/intelligence-2009-08.csv":             {21, 4, 1, 0},
	"gla/intelligence-2009-09.csv":             {2, 0, 0, 0},
	"gla/licences-2009-08.csv":                 {3, 2, 0, 3},
	"gla/inspections-2009-08.csv":              {3, 1, 0, 1},
	"eas/complaints-2009-08.txt":               {26, 4, 0, 0},
	"hmrc/hmrc-nmw/nmw-2009-08.xml":            {9, 2, 0, 0},
	"hmrc/hmrc-nmw/nmw-2009-09.xml":            {2, 0, 1, 0},
	"hmrc/hmrc-tax/risk-200908.txt":            {13, 2, 0, 0},
	"hmrc/hmrc-tax/risk-200909.dat":            {2, 0, 0, 0},
	"ukba/encounters-2009-08.xml":              {13, 3, 0, 0},
	"ukba/civil-penalties-2009-09.csv":         {10, 3, 0, 0},
	"soca/sars-2009-08.xml":                    {11, 4, 1, 0},
	"soca/intelligence-2009-08.xml":            {11, 2, 1, 0},
	"helpline/calls-2009-09.json":              {9, 2, 0, 0},
	"crimestoppers/log-2009-08.txt":            {9, 3, 0, 0},
	"police/lincolnshire/5x5x5-2009-08.xml":    {10, 2, 1, 0},
	"police/lincolnshire/form-a-2009-08.txt":   {3, 1, 0, 0},
	"police/cambridgeshire/5x5x5-2009-08.xml":  {8, 2, 1, 0},
	"police/cambridgeshire/form-a-2009-08.txt": {2, 1, 0, 0},
}

func adapterFor(t *testing.T, name string) (agents.Adapter, schemas.MemberID) {
	t.Helper()
	member := schemas.MemberID(path.Base(path.Dir(name)))
	var a agents.Adapter
	var err error
	switch agency, _, _ := strings.Cut(name, "/"); agency {
	case "gla":
		a = gla.New()
	case "eas":
		a = eas.New()
	case "ukba":
		a = ukba.New()
	case "soca":
		a = soca.New()
	case "helpline":
		a, member = helpline.New(), helpline.Member
	case "crimestoppers":
		a, member = crimestoppers.New(), crimestoppers.Member
	case "hmrc":
		a, err = hmrc.New(member)
	default:
		a, err = police.New(member)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, member
}

func TestEverySampleReadsAsIntended(t *testing.T) {
	seen := 0
	kinds, withheld := map[schemas.Kind]int{}, 0
	err := fs.WalkDir(samples.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		seen++
		b, err := fs.ReadFile(samples.Files, name)
		if err != nil {
			return err
		}
		a, member := adapterFor(t, name)
		got := want[name]
		got.messages, got.rejects, got.aboveCeiling, got.kept = 0, 0, 0, 0
		err = a.Read(bytes.NewReader(b), name, func(r agents.Record) error {
			if r.Kept != "" {
				got.kept++
				return nil
			}
			if r.Message == nil {
				got.rejects++
				return nil
			}
			got.messages++
			kinds[r.Message.Kind]++
			if r.Message.Marking.Above(schemas.Restricted) {
				got.aboveCeiling++
			}
			for _, it := range r.Message.Items {
				if it.Handling.Has(schemas.HandlingOriginatorOnly) || it.Origin == "eas" {
					withheld++
				}
			}
			valid(t, name, member, r)
			return nil
		})
		if err != nil || got != want[name] {
			t.Errorf("%s: got %+v, want %+v, %v", name, got, want[name], err)
		}
		return nil
	})
	if err != nil || seen != len(want) {
		t.Errorf("saw %d files: %v", seen, err)
	}
	if kinds[schemas.KindCase] == 0 || withheld < 4 {
		t.Errorf("the samples lost their point: %v, %d items that must not travel freely", kinds, withheld)
	}
}

func valid(t *testing.T, name string, member schemas.MemberID, r agents.Record) {
	t.Helper()
	m := r.Message
	m.ID = "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11"
	m.Derive()
	if m.Originator != member {
		t.Errorf("%s, line %d: originator %s", name, r.Line, m.Originator)
	}
	for _, f := range schemas.Validate(m, time.Date(2009, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%s, line %d: %s", name, r.Line, f)
	}
}

var (
	phone    = regexp.MustCompile(`\b0\d{4} ?\d{6}\b`)
	postcode = regexp.MustCompile(`\b[A-Z]{1,2}\d[0-9A-Z]? ?\d[A-Z]{2}\b`)
)

// TestSamplesAreInvented keeps real numbers and places out.
func TestSamplesAreInvented(t *testing.T) {
	fs.WalkDir(samples.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, _ := fs.ReadFile(samples.Files, name)
		for _, n := range phone.FindAllString(string(b), -1) {
			if !strings.HasPrefix(n, "01632 960") && !strings.HasPrefix(n, "07700 900") {
				t.Errorf("%s: %s is not one of Ofcom's numbers for drama", name, n)
			}
		}
		for _, p := range postcode.FindAllString(string(b), -1) {
			if !strings.HasPrefix(p, "ZZ99") {
				t.Errorf("%s: the postcode %s may be real", name, p)
			}
		}
		return nil
	})
}
