package policy

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"liaison/deploy/protocol"
	"liaison/schemas"
)

// matches asks a rule about an item the slow way, code by code.
func matches(p *Policy, r *Rule, n int, msg *schemas.Message, i int, day time.Time) bool {
	m := &p.members[n]
	if m.ID == msg.Originator || m.Class == Source || !m.deals(msg) || !r.Members.has(n) || !r.On(day) || !m.On(day) {
		return false
	}
	crimes := schemas.CrimeTypes()
	crime := len(r.CrimeTypes)+len(m.Remit) == 0 || slices.ContainsFunc(msg.ItemCrimeTypes(i), func(c schemas.Code) bool {
		return (len(r.CrimeTypes) == 0 || crimes.WithinAny(c, r.CrimeTypes)) && (len(m.Remit) == 0 || crimes.WithinAny(c, m.Remit))
	})
	if !crime {
		return false
	}
	areas := msg.ItemJurisdictions(i)
	if len(areas) == 0 {
		areas = wholeCountry
	}
	list := schemas.Jurisdictions()
	return slices.ContainsFunc(areas, func(at schemas.Jurisdiction) bool {
		acts := slices.ContainsFunc(m.Areas, func(a Area) bool {
			return at.Code == a.Code || (!a.Only && list.Within(at.Code, a.Code))
		})
		ruled := len(r.Areas) == 0 || slices.ContainsFunc(r.Areas, func(a Area) bool {
			return at.Code == a.Code || (!a.Only && list.Within(at.Code, a.Code))
		})
		return acts && ruled && r.fits(msg, i, at.Role)
	})
}

// TestIndexFindsWhatEveryRuleSays compares the index with asking every rule
// about every member, for every crime type in every area.
func TestIndexFindsWhatEveryRuleSays(t *testing.T) {
	p := narrowed(t)
	day := time.Date(2009, 8, 14, 0, 0, 0, 0, time.UTC)
	for _, crime := range schemas.CrimeTypes().All() {
		for n, area := range schemas.Jurisdictions().All() {
			m := &schemas.Message{Originator: "gla", Kind: schemas.KindTip, CrimeTypes: []schemas.Code{crime.Code}, Items: []schemas.Item{{}}}
			m.Jurisdictions = []schemas.Jurisdiction{{Code: area.Code, Role: schemas.RoleIncident}}
			if n%2 == 0 {
				m.Items[0].Indicators, m.Sectors = []schemas.Code{"LAB03"}, []schemas.Code{"agriculture"}
			}
			want := map[string]bool{}
			for k := range p.members {
				for l := range p.rules {
					if matches(p, &p.rules[l], k, m, 0, day) {
						want[string(p.members[k].ID)] = true
					}
				}
			}
			got := p.concerned(nil, m, day, &Recorded{})
			for _, h := range got {
				if !want[string(p.members[h.member].ID)] {
					t.Fatalf("%s in %s: the index finds %s, and no rule does", crime.Code, area.Code, p.members[h.member].ID)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%s in %s: the index finds %d members, the rules %d", crime.Code, area.Code, len(got), len(want))
			}
		}
	}
}

// narrowed is the default set with rules that narrow their members' areas in
// every way, and a member with an area that is only itself.
func narrowed(t testing.TB) *Policy {
	set := defaults(t)
	addRow(set, "members.csv", "tara,TARA,non-prosecuting,support-provider,england =uk,,,protect,no,Duty desk,,,,s,low,")
	addRow(set, "rules.csv", "n1,tara,,sexual-exploitation,acpo-london wales,,,,,c,,,s,low,")
	addRow(set, "rules.csv", "n2,tara,,child-harm,uk,,,,,c,,,s,low,")
	addRow(set, "rules.csv", "n3,tara,,organ-removal,kent,,,,,c,,,s,low,")
	addRow(set, "rules.csv", "n4,kind:police -kent,,tax-and-benefit,acpo-south-east,,,,,c,,,s,low,")
	p, err := Load(set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func defaults(t testing.TB) fstest.MapFS {
	t.Helper()
	set := fstest.MapFS{}
	for _, name := range tableNames {
		b, err := protocol.Tables.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set[name] = &fstest.MapFile{Data: b}
	}
	return set
}

func addRow(set fstest.MapFS, name, row string) { set[name].Data = append(set[name].Data, row+"\n"...) }

// larger is the default set with so many more members, none of them concerned
// by the typical tip, and so many more rules: one for each new member for the
// tip's own crime type, the rest for crime types and areas in turn.
func larger(t testing.TB, members, rules int) *Policy {
	set := defaults(t)
	areas, crimes := schemas.Jurisdictions().All(), schemas.CrimeTypes().All()
	elsewhere := func(n int) schemas.Code {
		area := areas[n%len(areas)].Code
		if schemas.Jurisdictions().Within("lincolnshire", area) {
			return "kent"
		}
		return area
	}
	for n := range members {
		addRow(set, "members.csv", fmt.Sprintf("more-%d,Another,law-enforcement,other,%s,,,restricted,no,Desk,,,,s,low,", n, elsewhere(n)))
	}
	for n := range rules {
		who, crime := "kind:police", crimes[n%len(crimes)].Code
		if n < members {
			who, crime = fmt.Sprintf("more-%d", n), "forced-labour"
		}
		addRow(set, "rules.csv", fmt.Sprintf("more-%d,%s,,%s,%s,,,,,c,,,s,low,", n, who, crime, elsewhere(n)))
	}
	p, err := Load(set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func typicalTip() *schemas.Message {
	return &schemas.Message{ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", Kind: schemas.KindTip, Originator: "gla", Marking: schemas.Restricted,
		Purpose: "prevent-detect-crime", CrimeTypes: []schemas.Code{"forced-labour", "nmw-underpayment"}, Sectors: []schemas.Code{"agriculture"},
		Jurisdictions: []schemas.Jurisdiction{{Code: "lincolnshire", Role: schemas.RoleIncident}}, Tip: &schemas.Tip{Channel: "intelligence-report"},
		Items: []schemas.Item{{Source: "B", Information: 2, Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered}}}
}

var benchDay = time.Date(2009, 8, 14, 0, 0, 0, 0, time.UTC)

// BenchmarkDecideAll judges a typical tip for all members concerned, with the
// default tables and with many more members and rules, and reports how many
// times the default tables' cost that is.
func BenchmarkDecideAll(b *testing.B) {
	base, m := larger(b, 0, 0), typicalTip()
	for _, more := range []struct{ members, rules int }{{0, 0}, {10_000, 0}, {0, 10_000}, {10_000, 10_000}} {
		p := larger(b, more.members, more.rules)
		b.Run(fmt.Sprintf("members=%d/rules=%d", len(p.members), len(p.rules)), func(b *testing.B) {
			b.ReportAllocs()
			var with, without time.Duration
			for b.Loop() {
				start := time.Now()
				got := len(p.DecideAll(m, benchDay))
				middle := time.Now()
				base.DecideAll(m, benchDay)
				with, without = with+middle.Sub(start), without+time.Since(middle)
				if got != 3 {
					b.Fatalf("got %d members, want 3", got)
				}
			}
			b.ReportMetric(float64(with.Nanoseconds())/float64(b.N), "ns/decide")
			b.ReportMetric(with.Seconds()/without.Seconds(), "x-default")
			b.ReportMetric(0, "ns/op") // of two decisions
		})
	}
}

// TestDecideAllocatesItsResultAlone counts the outcomes and their items.
func TestDecideAllocatesItsResultAlone(t *testing.T) {
	p, m := larger(t, 0, 0), typicalTip()
	if n := testing.AllocsPerRun(100, func() { p.DecideAll(m, benchDay) }); n > 2 {
		t.Errorf("got %v allocations, want the list of outcomes and that of their items", n)
	}
}
