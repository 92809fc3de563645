package policy_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/schemas"
)

// encodings writes a copy in both encodings.
func encodings(t testing.TB, m *schemas.Message) []byte {
	t.Helper()
	j, err := schemas.EncodeJSON(m)
	if err != nil {
		t.Fatal(err)
	}
	p, err := schemas.EncodeMsgPack(m)
	if err != nil {
		t.Fatal(err)
	}
	return append(j, p...)
}

func TestCopiesHaveNothingOfWhatIsWithheld(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(3, 4))
	copies, partial := 0, 0
	for range 4000 {
		m := randomMessage(r, p)
		for _, o := range p.DecideAll(m, august) {
			c := p.Minimise(m, o, august)
			if (c != nil) != (o.Outcome == schemas.Disclosed) {
				t.Fatalf("%s is %s, but has a copy: %v", o.Member, o.Outcome, c != nil)
			}
			if c == nil {
				continue
			}
			copies++
			if withheld(o) > 0 {
				partial++
			}
			checkCopy(t, m, o, c)
		}
	}
	if copies < 1000 || partial < 100 {
		t.Errorf("only %d copies, %d of them partial: the test says nothing", copies, partial)
	}
}

func withheld(o schemas.Outcome) (n int) {
	for _, it := range o.Items {
		if it.Outcome != schemas.Disclosed {
			n++
		}
	}
	return n
}

// checkCopy looks for what only withheld items have.
func checkCopy(t *testing.T, m *schemas.Message, o schemas.Outcome, c *schemas.Message) {
	t.Helper()
	data := encodings(t, c)
	never := []string{"canary-consent"}
	if withheld(o) > 0 {
		never = append(never, "canary-reference", "canary-operation")
	}
	crimes, areas, inherits := map[schemas.Code]bool{}, map[schemas.Code]bool{}, false
	for _, it := range o.Items {
		if it.Outcome != schemas.Disclosed {
			for _, canary := range []string{"text", "subject", "alias", "link"} {
				never = append(never, fmt.Sprintf("canary-%s-%d", canary, it.Index))
			}
			continue
		}
		inherits = inherits || len(m.Items[it.Index].Links) == 0
		for _, code := range m.ItemCrimeTypes(it.Index) {
			crimes[code] = true
		}
		for _, a := range m.ItemJurisdictions(it.Index) {
			areas[a.Code] = true
		}
	}
	if !inherits {
		never = append(never, "canary-link-message")
	}
	for _, canary := range never {
		if bytes.Contains(data, []byte(canary)) {
			t.Fatalf("%s finds %q in its copy of %v", o.Member, canary, o.Items)
		}
	}
	for _, code := range m.CrimeTypes {
		if found := bytes.Contains(data, []byte(`"`+code+`"`)); found != crimes[code] {
			t.Fatalf("%s: crime type %s in the copy: %v, of its items: %v", o.Member, code, found, crimes[code])
		}
	}
	for _, a := range m.Jurisdictions {
		if !areas[a.Code] && bytes.Contains(data, []byte(`{"code":"`+a.Code+`"`)) {
			t.Fatalf("%s finds the area %s of another item", o.Member, a.Code)
		}
	}
}

func TestCopiesAreTheirOwn(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(5, 6))
	for range 500 {
		m := randomMessage(r, p)
		for _, o := range p.DecideAll(m, august) {
			c := p.Minimise(m, o, august)
			if c == nil {
				continue
			}
			before := encodings(t, c)
			original := encodings(t, m)
			scribble(m)
			if !bytes.Equal(before, encodings(t, c)) {
				t.Fatal("a change of the message changes the copy")
			}
			if bytes.Equal(original, encodings(t, m)) {
				t.Fatal("nothing was changed")
			}
			break
		}
	}
}

// scribble overwrites whatever a message points to.
func scribble(m *schemas.Message) {
	for i := range m.CrimeTypes {
		m.CrimeTypes[i] = "x"
	}
	for i := range m.Jurisdictions {
		m.Jurisdictions[i].Code = "x"
	}
	for i := range m.Sectors {
		m.Sectors[i] = "x"
	}
	for i := range m.Links {
		m.Links[i].ID = "x"
	}
	for i := range m.Subjects {
		m.Subjects[i].Name, m.Subjects[i].Aliases[0] = "x", "x"
	}
	for i := range m.Items {
		it := &m.Items[i]
		it.Text = "x"
		for _, list := range [][]schemas.Code{it.CrimeTypes, it.Indicators, it.Consents} {
			for k := range list {
				list[k] = "x"
			}
		}
		for k := range it.Handling {
			it.Handling[k] = 9
		}
		for k := range it.Jurisdictions {
			it.Jurisdictions[k].Code = "x"
		}
		for k := range it.Links {
			it.Links[k].ID = "x"
		}
		it.Subjects[0] = 99
	}
	if m.Tip != nil {
		m.Tip.Channel = "x"
	}
	if m.Case != nil {
		m.Case.Lead = "x"
		for k := range m.Case.Strands {
			m.Case.Strands[k].Lead = "x"
		}
	}
}

// TestWhatMustNeverHappen states the promises of the table set without
// looking at how they are kept.
func TestWhatMustNeverHappen(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(7, 8))
	barred := []schemas.MemberID{"eas", "hmrc-nmw", "hmrc-tax", "soca", "hse"}
	for range 5000 {
		m := randomMessage(r, p)
		outcomes := p.DecideAll(m, august)
		if !slices.IsSortedFunc(outcomes, func(a, b schemas.Outcome) int { return strings.Compare(string(a.Member), string(b.Member)) }) {
			t.Fatal("the outcomes are not in the order of the members")
		}
		for _, o := range outcomes {
			if o.Member == m.Originator || len(o.Items) != len(m.Items) {
				t.Fatalf("the sender is concerned, or an item has no outcome: %+v", o)
			}
			for i, it := range o.Items {
				if it.Index != i || it.Reason == "" || policy.ReasonText(it.Reason) == "" {
					t.Fatalf("item %d has the outcome %+v", i, it)
				}
				if it.Outcome != schemas.Disclosed {
					continue
				}
				item, origin := m.Items[i], m.ItemOrigin(i)
				open := item.ObtainedBy == schemas.ByVolunteered || item.ObtainedBy == schemas.ByPublic
				home := origin == o.Member
				switch {
				case slices.Contains(barred, origin) && !open && !home:
					t.Fatalf("%s gets barred information of %s", o.Member, origin)
				case !home && (item.Handling.Has(4) || item.Handling.Has(5)):
					t.Fatalf("%s gets handling %v", o.Member, item.Handling)
				case m.Marking == schemas.Confidential:
					t.Fatalf("%s gets what is above the ceiling", o.Member)
				case item.Source == "" && o.Member != "ukhtc" && !home:
					t.Fatalf("%s gets what nobody graded", o.Member)
				case it.Gateway == "" || it.Statute == "" || it.Rule == "":
					t.Fatalf("%s gets an item without law: %+v", o.Member, it)
				}
			}
		}
	}
}

func TestDecidingTwiceIsTheSame(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(9, 10))
	for range 500 {
		m := randomMessage(r, p)
		before := encodings(t, m)
		first := p.DecideAll(m, august)
		if diff := cmp.Diff(first, p.DecideAll(m, august)); diff != "" {
			t.Fatal(diff)
		}
		if !bytes.Equal(before, encodings(t, m)) {
			t.Fatal("deciding changed the message")
		}
	}
}

func FuzzDecide(f *testing.F) {
	f.Add([]byte(exampleTip))
	f.Add([]byte(`{"items":[{"handling":[-1,0,9],"subjects":[7,-1]}],"crime_types":["","piracy"],"jurisdictions":[{"code":"atlantis"}]}`))
	p := load(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := schemas.Decode(data)
		if err != nil {
			return
		}
		for _, o := range p.DecideAll(m, august) {
			p.Minimise(m, o, august)
		}
	})
}
