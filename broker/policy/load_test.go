package policy_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// tables copies the default table set, so that a test can change it.
func tables(t testing.TB) fstest.MapFS {
	t.Helper()
	names, err := fs.Glob(protocol.Tables, "*.csv")
	if err != nil {
		t.Fatal(err)
	}
	set := fstest.MapFS{}
	for _, name := range names {
		b, err := fs.ReadFile(protocol.Tables, name)
		if err != nil {
			t.Fatal(err)
		}
		set[name] = &fstest.MapFile{Data: b}
	}
	return set
}

// edit replaces the first occurrence of a text in a table.
func edit(t testing.TB, name, from, to string) fstest.MapFS {
	t.Helper()
	set := tables(t)
	if !bytes.Contains(set[name].Data, []byte(from)) {
		t.Fatalf("%s does not contain %q", name, from)
	}
	set[name].Data = bytes.Replace(set[name].Data, []byte(from), []byte(to), 1)
	return set
}

// add appends a row to a table.
func add(t testing.TB, name, row string) fstest.MapFS {
	set := tables(t)
	set[name].Data = append(set[name].Data, row+"\n"...)
	return set
}

// dropRow makes a gateway an exemption: it stays, because exceptions name it,
// and opens nothing.
func dropRow(set fstest.MapFS, name, id string) {
	lines := bytes.SplitAfter(set[name].Data, []byte("\n"))
	for n, line := range lines {
		if bytes.HasPrefix(line, []byte(id+",")) {
			lines[n] = bytes.Replace(bytes.Replace(line, []byte(",power,"), []byte(",exemption,"), 1), []byte(",duty,"), []byte(",exemption,"), 1)
		}
	}
	set[name].Data = bytes.Join(lines, nil)
}

func TestLoadRefuses(t *testing.T) {
	const rule, gateway = "rules.csv", "gateways.csv"
	for name, c := range map[string]struct {
		set  fstest.MapFS
		want string
	}{
		"an unknown column":       {edit(t, rule, "id,members", "id,member"), "rules.csv:1: the columns must be"},
		"a short row":             {add(t, rule, "short,gla"), "rules.csv:58: the row has 2 cells"},
		"an unknown member":       {add(t, rule, "x,mi5,,forced-labour,,,,,,c,,,s,high,"), `rules.csv:58: members has "mi5"`},
		"an unknown kind of them": {add(t, rule, "x,kind:spies,,forced-labour,,,,,,c,,,s,high,"), `rules.csv:58: members has "kind:spies"`},
		"an unknown class":        {edit(t, "members.csv", "gla,Gangmasters Licensing Authority,law-enforcement", "gla,Gangmasters Licensing Authority,friendly"), `members.csv:2: class is "friendly"`},
		"an unknown crime type":   {add(t, rule, "x,gla,,piracy,,,,,,c,,,s,high,"), `crime_types has "piracy"`},
		"an unknown area":         {add(t, rule, "x,gla,,,rutland,,,,,c,,,s,high,"), `areas has "rutland"`},
		"an unknown kind":         {add(t, rule, "x,gla,letter,,,,,,,c,,,s,high,"), `kinds has the unknown word "letter"`},
		"an unknown indicator":    {add(t, rule, "x,gla,,,,,,,GEN99,c,,,s,high,"), `indicators has "GEN99"`},
		"a second row of an id":   {add(t, rule, "gla-licensing,gla,,piracy,,,,,,c,,,s,high,"), `"gla-licensing" stands already at rules.csv:20`},
		"a bad date":              {add(t, rule, "x,gla,,forced-labour,,,,,,c,2009-02-30,,s,high,"), `valid_from is "2009-02-30"`},
		"a part of a date":        {add(t, rule, "x,gla,,forced-labour,,,,,,c,2009,,s,high,"), `valid_from is "2009"`},
		"an end before the start": {add(t, rule, "x,gla,,forced-labour,,,,,,c,2009-02-02,2009-02-01,s,high,"), "valid_to 2009-02-01 is not after valid_from 2009-02-02"},
		"no source":               {add(t, rule, "x,gla,,forced-labour,,,,,,c,,,,high,"), "rules.csv:58: source is empty"},
		"no confidence":           {add(t, rule, "x,gla,,forced-labour,,,,,,c,,,s,,"), `confidence is ""`},
		"no clause":               {add(t, rule, "x,gla,,forced-labour,,,,,,,,,s,high,"), "clause is empty"},
		"a space at the end":      {add(t, rule, "x,gla ,,forced-labour,,,,,,c,,,s,high,"), "members begins or ends with space"},
		"a name with a plus":      {add(t, rule, "x+y,gla,,forced-labour,,,,,,c,,,s,high,"), `id "x+y" may have only`},
		"exceptions from nobody":  {add(t, rule, "x,-gla,,forced-labour,,,,,,c,,,s,high,"), "members has exceptions from nobody"},
		"a word twice":            {add(t, rule, "x,gla gla,,forced-labour,,,,,,c,,,s,high,"), `members has "gla" twice`},
		"no statute":              {add(t, gateway, "x,2,gla,ukba,,,,power,,,,,,scope,,V,,,s,high,"), "statute is empty"},
		"an unknown nature":       {add(t, gateway, "x,2,gla,ukba,,,law,wish,,,,,,scope,,V,,,s,high,"), `nature is "wish"`},
		"an unknown condition":    {add(t, gateway, "x,2,gla,ukba,,,law,power,,,,,luck,scope,,V,,,s,high,"), `conditions has the unknown word "luck"`},
		"a preference of nine":    {add(t, gateway, "x,9,gla,ukba,,,law,power,,,,,,scope,,V,,,s,high,"), `preference is "9"`},
		"unverified and sure":     {add(t, gateway, "x,2,gla,ukba,,,law,power,,,,,,scope,,N,,,s,high,"), "cannot have high confidence"},
		"an unknown way":          {add(t, gateway, "x,2,gla,ukba,,,law,power,,,,theft,,scope,,V,,,s,high,"), `obtained_by has the unknown word "theft"`},
		"a ceiling that is none":  {edit(t, "protocol.csv", "ceiling,restricted", "ceiling,cosmic"), `protocol.csv:5: "cosmic" is no protective marking`},
		"a day that is none":      {edit(t, "protocol.csv", "day,created", "day,someday"), `protocol.csv:4: value is "someday"`},
		"no disclaimer":           {edit(t, "protocol.csv", "disclaimer,", "note,"), `key is "note"`},
		"a handling code twice":   {add(t, "handling.csv", "h,1,w,any,never,,,s,high,"), "handling code 1 has a second row"},
		"a handling code missing": {edit(t, "handling.csv", "handling-5,5,", "handling-5,4,"), "handling code 5 has no row"},
		"a successor too early":   {edit(t, "members.csv", "NMW Risk Team, Newcastle upon Tyne\",", "NMW Risk Team\",Somebody"), "succeeded_by names"},
		"a bar upside down":       {edit(t, "bars.csv", "volunteered public,inspection-power", "inspection-power,inspection-power"), "unknown_as must be"},
		"an action that is none":  {add(t, "mandatory.csv", "x,gla,notice,missing-cat,,c,,,s,high,"), `mandatory.csv:10: actions has the unknown word "missing-cat"`},
		"a notice to nobody":      {add(t, "mandatory.csv", "x,,notice,missing-child,,c,,,s,high,"), "members or actions is empty"},
		"a mandatory tip":         {add(t, "mandatory.csv", "x,gla,tip,,,c,,,s,high,"), `kind has the unknown word "tip"`},
		"one id in two tables":    {add(t, "mandatory.csv", "gla-licensing,gla,notice,missing-child,,c,,,s,high,"), `"gla-licensing" stands already`},
		"support by nobody":       {add(t, "providers.csv", "x,1,,,any,any,18,,,any,,,s,high,"), "providers.csv:11: one of members and body must be filled"},
		"support by two":          {add(t, "providers.csv", "x,1,gla,Somebody,any,any,18,,,any,,,s,high,"), "one of members and body must be filled"},
		"a provider's second row": {add(t, "providers.csv", "x,1,poppy,,any,any,18,,,any,,,s,high,"), "has a second row for poppy for the same days"},
		"a member's unknown sex":  {add(t, "providers.csv", "x,1,gla,,any,,18,,,any,,,s,high,"), "unknown means no"},
		"an unknown sex":          {add(t, "providers.csv", "x,1,gla,,any,women,18,,,any,,,s,high,"), `sexes is "women"`},
		"an unknown need":         {add(t, "providers.csv", "x,1,gla,,any,any,18,,,sunshine,,,s,high,"), `needs has "sunshine"`},
		"ages upside down":        {add(t, "providers.csv", "x,1,gla,,any,any,18,17,,any,,,s,high,"), "age_to 17 is below age_from 18"},
		"half an age":             {add(t, "providers.csv", "x,1,,Somebody,,,,17,,,,,s,high,"), "age_to is filled, and age_from is not"},
		"a position that is none": {edit(t, "recipients.csv", "person,victim,no", "person,hero,no"), `positions has the unknown word "hero"`},
		"quotes that do not end":  {add(t, rule, `x,"gla`), "rules.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Load(c.set)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestLoadRefusesTablesThatItDoesNotKnowOrMiss(t *testing.T) {
	set := tables(t)
	set["loopholes.csv"] = &fstest.MapFile{Data: []byte("id\n")}
	delete(set, "bars.csv")
	_, err := policy.Load(set)
	for _, want := range []string{"loopholes.csv: there is no such table", "bars.csv: the table cannot be read"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLoadReportsEveryFault(t *testing.T) {
	set := add(t, "rules.csv", "x,mi5,letter,piracy,,,,,,c,,,s,high,")
	set["gateways.csv"].Data = append(set["gateways.csv"].Data, "x,2,gla,ukba,,,,wish,,,,,,scope,,V,,,s,high,\n"...)
	_, err := policy.Load(set)
	if err == nil {
		t.Fatal("no fault found")
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 5 {
		t.Errorf("got %d faults, want 5:\n%v", n, err)
	}
}

func TestHashIsOfEveryByte(t *testing.T) {
	before := load(t).Hash()
	same, err := policy.Load(tables(t))
	if err != nil {
		t.Fatal(err)
	}
	if same.Hash() != before || len(before) != 64 {
		t.Errorf("got %q and %q, want one hash", same.Hash(), before)
	}
	changed, err := policy.Load(edit(t, "handling.csv", "The exact official", "the exact official"))
	if err != nil {
		t.Fatal(err)
	}
	if changed.Hash() == before {
		t.Error("a changed note does not change the hash")
	}
}

// shuffle puts the rows of every table into another order.
func shuffle(set fstest.MapFS, r *rand.Rand) {
	for _, f := range set {
		lines := strings.SplitAfter(strings.TrimSuffix(string(f.Data), "\n")+"\n", "\n")
		rows := lines[1 : len(lines)-1]
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		f.Data = []byte(strings.Join(lines, ""))
	}
}

func TestOrderOfRowsDecidesNothing(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(1, 2))
	for range 5 {
		set := tables(t)
		shuffle(set, r)
		shuffled, err := policy.Load(set)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			m := randomMessage(r, p)
			if diff := cmp.Diff(p.DecideAll(m, august), shuffled.DecideAll(m, august)); diff != "" {
				t.Fatalf("the order of rows matters (-usual +shuffled):\n%s", diff)
			}
		}
	}
}

func TestDefaultTablesHaveNoWarning(t *testing.T) {
	for _, f := range load(t).Check() {
		if f.Severity == policy.Warning {
			t.Error(f)
		}
	}
}

func TestCheckFinds(t *testing.T) {
	for want, set := range map[string]fstest.MapFS{
		"gla can never receive: no rule names it":                  editAll(t, "rules.csv", ",gla,", ",eas,"),
		"hse can never receive: no gateway leads to it":            hseCutOff(t),
		"nobody hears of organ-removal":                            editAll(t, "rules.csv", "organ-removal", "organ-trade"),
		"the police force of kent is not a member":                 edit(t, "members.csv", ",police,kent,", ",police,surrey,"),
		"the rule zz adds nothing to soca-laundering (rules.csv:3": add(t, "rules.csv", "zz,soca,,asset-recovery,kent,,,,any,c,,,s,low,"),
		"old does not hold on 2009-08-01":                          add(t, "rules.csv", "old,soca,,asset-recovery,,,,,,c,,2008-01-01,s,low,"),
		"zz is never relied upon: gla-s19-2":                       add(t, "gateways.csv", "zz,2,eas,gla,,,law,power,,gangmaster-sectors,,,,scope,,V,,,s,low,"),
		"zz does not pass hmrc-crca-s18":                           add(t, "gateways.csv", "zz,2,hmrc-tax,kent,,,law,power,,,,,,scope,,V,,,s,low,"),
		"zz lets nothing through under gla-s19-2":                  add(t, "exceptions.csv", "zz,eas-eaa-s9-4,kent,gla-s19-2,,law,text,V,,,s,low,"),
		"zz matches nothing":                                       add(t, "rules.csv", "zz,ukba,,trafficking,,,,,,c,,,s,low,"),
		"zy matches nothing":                                       add(t, "rules.csv", "zy,crimestoppers,,trafficking,,,,,,c,,,s,low,"),
		"eaa-s9-4-a-ii opens to nobody":                            tables(t),
		"poppy can never receive: no handling code":                editAll(t, "handling.csv", "class:non-prosecuting", "ukba-ca"),
		"socpa-s36 is applied though its text was not verified":    tables(t),
	} {
		p, err := policy.Load(set)
		if err != nil {
			t.Error(err)
			continue
		}
		if !slices.ContainsFunc(p.Check(), func(f policy.Finding) bool { return strings.Contains(f.String(), want) }) {
			t.Errorf("%q is not found", want)
		}
	}
}

// editAll replaces a text wherever it stands in a table.
func editAll(t testing.TB, name, from, to string) fstest.MapFS {
	set := tables(t)
	set[name].Data = bytes.ReplaceAll(set[name].Data, []byte(from), []byte(to))
	return set
}

// hseCutOff leaves no gateway to HSE.
func hseCutOff(t testing.TB) fstest.MapFS {
	set := editAll(t, "gateways.csv", " hse", "")
	set["gateways.csv"].Data = bytes.ReplaceAll(set["gateways.csv"].Data, []byte(",any -"), []byte(",any -hse -"))
	set["gateways.csv"].Data = bytes.ReplaceAll(set["gateways.csv"].Data, []byte(",any,"), []byte(",any -hse,"))
	return set
}

func TestEveryRowCanBeLookedUp(t *testing.T) {
	p := load(t)
	m := decode(t, exampleTip)
	for _, o := range p.DecideAll(m, august) {
		for _, it := range o.Items {
			rule, ok := p.Rule(it.Rule)
			if !ok || rule.Clause == "" {
				t.Errorf("rule %q cannot be looked up", it.Rule)
			}
			if g, ok := p.Gateway(schemas.Code(it.Gateway)); !ok || g.Statute != it.Statute {
				t.Errorf("gateway %q cannot be looked up", it.Gateway)
			}
		}
	}
	if b, ok := p.Bar("eas-eaa-s9-4"); !ok || b.Statute != "Employment Agencies Act 1973 s.9(4)" {
		t.Errorf("got the bar %+v", b)
	}
	if got := len(p.Members()); got != 134 {
		t.Errorf("got %d members, want 134", got)
	}
	if mem, ok := p.Member("lincolnshire"); !ok || fmt.Sprint(mem.Areas) != "[{lincolnshire false}]" {
		t.Errorf("got the member %+v", mem)
	}
}
