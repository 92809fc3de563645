package policy_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

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
	never := []string{"canary-consent", "canary-safe"}
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
// looking at how they are kept: nothing is on record.
func TestWhatMustNeverHappen(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(7, 8))
	for range 4000 {
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
				if it.Outcome == schemas.Disclosed {
					checkLawful(t, p, m, o, it)
				}
			}
			if o.Member == "ukba" && o.Outcome == schemas.Disclosed {
				checkVictimFirst(t, m, outcomes)
			}
		}
	}
}

// checkLawful holds a disclosure against the law as the notes on the domain
// have it.
func checkLawful(t *testing.T, p *policy.Policy, m *schemas.Message, o schemas.Outcome, it schemas.ItemOutcome) {
	t.Helper()
	to, item, origin := string(o.Member), m.Items[it.Index], m.ItemOrigin(it.Index)
	one := func(id schemas.MemberID, of ...schemas.MemberID) bool { return slices.Contains(of, id) }
	open := item.ObtainedBy == schemas.ByVolunteered || item.ObtainedBy == schemas.ByPublic
	home := origin == o.Member
	hmrc := one(m.Originator, "hmrc-nmw", "hmrc-tax")
	member, _ := p.Member(o.Member)
	switch {
	case item.ObtainedBy == schemas.ByInterception:
		t.Fatalf("%s gets interception product", to)
	case !home && (item.ObtainedBy == schemas.ByFinancialReport || m.Tip != nil && m.Tip.Channel == "financial-report"):
		t.Fatalf("%s learns of a report of suspicion", to)
	case !home && origin == "eas" && !open && !one(o.Member, "hmrc-nmw", "gla", "soca"):
		t.Fatalf("%s gets what EAS inspectors obtained", to)
	case hmrc && !one(o.Member, "hmrc-nmw", "hmrc-tax", "ukba", "gla"):
		t.Fatalf("%s gets what HMRC holds", to)
	case !home && !hmrc && one(origin, "hmrc-nmw", "hmrc-tax") && !one(o.Member, "hmrc-nmw", "hmrc-tax"):
		t.Fatalf("%s gets what HMRC supplied to %s", to, m.Originator)
	case !home && one(origin, "soca", "ceop") && !one(m.Originator, "soca", "ceop"):
		t.Fatalf("%s gets what SOCA disclosed to %s", to, m.Originator)
	case !home && origin == "hse" && !open && o.Member != "gla":
		t.Fatalf("%s gets what HSE obtained by powers", to)
	case !home && (item.Handling.Has(4) || item.Handling.Has(5)):
		t.Fatalf("%s gets handling %v", to, item.Handling)
	case !home && member.Class != policy.LawEnforcement && !item.Handling.Has(2):
		t.Fatalf("%s does not prosecute, and gets handling %v", to, item.Handling)
	case m.Marking.Above(member.Ceiling) || m.Marking == schemas.Confidential:
		t.Fatalf("%s gets what is above its ceiling", to)
	case !home && item.Source == "" && to != "ukhtc" && p.Grade(m, it.Index, august) == nil:
		t.Fatalf("%s gets what nobody graded", to)
	case member.Class == policy.Source:
		t.Fatalf("%s only gives", to)
	case it.Gateway == "" || it.Statute == "" || it.Rule == "":
		t.Fatalf("%s gets an item without law: %+v", to, it)
	}
}

// checkVictimFirst says that the hub or the competent authority has every item
// that speaks of a victim, or sent the message.
func checkVictimFirst(t *testing.T, m *schemas.Message, outcomes []schemas.Outcome) {
	t.Helper()
	if m.Originator == "ukhtc" || m.Originator == "ukba-ca" {
		return
	}
	for i := range m.Items {
		speaks := len(m.Items[i].Indicators) > 0
		for _, c := range m.ItemCrimeTypes(i) {
			speaks = speaks || schemas.CrimeTypes().WithinAny(c, []schemas.Code{"trafficking", "forced-labour", "domestic-servitude", "debt-bondage", "severe-labour-exploitation", "sexual-exploitation",
				"child-harm", "forced-criminality", "organ-removal", "document-retention"})
		}
		has := slices.ContainsFunc(outcomes, func(o schemas.Outcome) bool {
			return (o.Member == "ukhtc" || o.Member == "ukba-ca") && o.Items[i].Outcome == schemas.Disclosed
		})
		if speaks && !has {
			t.Fatalf("immigration enforcement gets the message before anybody who looks for a victim has item %d", i)
		}
	}
}

// TestWhatNoRecordOpens puts every consent there is on record.
func TestWhatNoRecordOpens(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(11, 12))
	for range 3000 {
		m := randomMessage(r, p)
		for _, o := range p.DecideWith(m, august, everything(p, m)) {
			for i, it := range o.Items {
				item, member := m.Items[i], must(p.Member(o.Member))
				home := m.ItemOrigin(i) == o.Member
				report := item.ObtainedBy == schemas.ByFinancialReport || m.Tip != nil && m.Tip.Channel == "financial-report"
				if it.Outcome == schemas.Disclosed && (item.ObtainedBy == schemas.ByInterception || !home && item.Handling.Has(4) ||
					m.Marking.Above(member.Ceiling) || report && !home && member.Class != policy.LawEnforcement) {
					t.Fatalf("%s gets %+v", o.Member, item)
				}
			}
		}
	}
}

func must[T any](v T, ok bool) T {
	if !ok {
		panic("not there")
	}
	return v
}

// everything is a record of every consent and acceptance that there could be.
func everything(p *policy.Policy, m *schemas.Message) (rec policy.Recorded) {
	rec.Screened = true
	for i := range m.Items {
		for _, c := range p.Conditions() {
			rec.Consents = append(rec.Consents, policy.Consent{Item: i, Authority: c.Authority})
		}
		for _, member := range p.Members() {
			rec.Accepted = append(rec.Accepted, policy.Accepted{Member: member.ID, Item: i})
		}
	}
	return rec
}

// disclosures lists who gets which item.
func disclosures(outcomes []schemas.Outcome) map[string]bool {
	got := map[string]bool{}
	for _, o := range outcomes {
		for _, it := range o.Items {
			if it.Outcome == schemas.Disclosed {
				got[fmt.Sprint(o.Member, " ", it.Index)] = true
			}
		}
	}
	return got
}

// TestNarrowingDisclosesNothingMore takes each gateway out, lowers ceilings,
// adds bars, and takes exceptions and consents away: nobody ever gets more.
func TestNarrowingDisclosesNothingMore(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(13, 14))
	var messages []*schemas.Message
	for range 120 {
		messages = append(messages, randomMessage(r, p))
	}
	narrower := map[string]func(fstest.MapFS){}
	for _, id := range ids(t, "gateways.csv") {
		narrower["without "+id] = func(set fstest.MapFS) { dropRow(set, "gateways.csv", id) }
	}
	for _, id := range ids(t, "exceptions.csv") {
		narrower["without "+id] = func(set fstest.MapFS) { removeLine(set, "exceptions.csv", id) }
	}
	for _, id := range ids(t, "rules.csv") {
		narrower["without "+id] = func(set fstest.MapFS) { removeLine(set, "rules.csv", id) }
	}
	for _, origin := range []string{"gla", "kind:police", "ukba soca", "any"} {
		narrower["a bar on "+origin] = func(set fstest.MapFS) {
			set["bars.csv"].Data = append(set["bars.csv"].Data, "zz,,"+origin+",,,,,,law,text,V,,,s,low,\n"...)
		}
	}
	for _, id := range []string{"ukhtc", "gla", "lincolnshire", "ukba", "soca"} {
		narrower["a lower ceiling of "+id] = func(set fstest.MapFS) { lower(set, id) }
	}
	narrower["a lower ceiling of the system"] = func(set fstest.MapFS) {
		set["protocol.csv"].Data = bytes.Replace(set["protocol.csv"].Data, []byte("ceiling,restricted"), []byte("ceiling,protect"), 1)
	}
	for name, change := range narrower {
		set := tables(t)
		change(set)
		n, err := policy.Load(set)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for k, m := range messages {
			rec := policy.Recorded{}
			if k%2 == 0 {
				rec = everything(p, m)
				rec.Screened = false
			}
			before := disclosures(p.DecideWith(m, august, rec))
			for d := range disclosures(n.DecideWith(m, august, rec)) {
				if !before[d] {
					t.Errorf("%s: %s is new", name, d)
				}
			}
		}
	}
}

// ids lists the names of a table's rows.
func ids(t *testing.T, name string) (list []string) {
	for line := range bytes.Lines(tables(t)[name].Data) {
		id, _, _ := bytes.Cut(line, []byte(","))
		list = append(list, string(id))
	}
	return list[1:]
}

func removeLine(set fstest.MapFS, name, id string) {
	lines := slices.DeleteFunc(bytes.SplitAfter(set[name].Data, []byte("\n")), func(l []byte) bool { return bytes.HasPrefix(l, []byte(id+",")) })
	set[name].Data = bytes.Join(lines, nil)
}

func lower(set fstest.MapFS, id string) {
	lines := bytes.SplitAfter(set["members.csv"].Data, []byte("\n"))
	for n, l := range lines {
		if bytes.HasPrefix(l, []byte(id+",")) {
			lines[n] = bytes.Replace(l, []byte(",restricted,"), []byte(",protect,"), 1)
		}
	}
	set["members.csv"].Data = bytes.Join(lines, nil)
}

// TestConsentsOnlyOpen says that a record never takes a disclosure away.
func TestConsentsOnlyOpen(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(15, 16))
	for range 2000 {
		m := randomMessage(r, p)
		with := disclosures(p.DecideWith(m, august, everything(p, m)))
		for d := range disclosures(p.DecideAll(m, august)) {
			if !with[d] {
				t.Fatalf("%s is lost by what is on record", d)
			}
		}
	}
}

// TestEveryDecisionNamesItsRows says that what an outcome cites exists.
func TestEveryDecisionNamesItsRows(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(17, 18))
	without := []schemas.Code{policy.ReasonNotConcerned, policy.ReasonUnknownOriginator, policy.ReasonUnknownOrigin, policy.ReasonGateway}
	for range 2000 {
		for _, o := range p.DecideAll(randomMessage(r, p), august) {
			for _, it := range o.Items {
				if _, ok := p.Cite(it.Rule); !ok && !slices.Contains(without, it.Reason) {
					t.Fatalf("%s: the rule %q is nowhere", it.Reason, it.Rule)
				}
				for g := range strings.SplitSeq(it.Gateway, "+") {
					if _, ok := p.Gateway(schemas.Code(g)); g != "" && !ok {
						t.Fatalf("the gateway %q is nowhere", g)
					}
				}
			}
		}
	}
}

// TestNearestChangeDoesIt puts on record what the nearest change names, and
// then the item must be disclosed; of other changes it only counts that some
// are found.
func TestNearestChangeDoesIt(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(19, 20))
	found := map[string]int{}
	for range 150 {
		m := randomMessage(r, p)
		for _, o := range p.DecideAll(m, august) {
			for _, it := range o.Items {
				changes := p.Nearest(m, august, policy.Recorded{}, o.Member, it.Index)
				if (len(changes) == 0) != (it.Outcome == schemas.Disclosed) {
					t.Fatalf("%s is %s, and the nearest changes are %v", o.Member, it.Outcome, changes)
				}
				rec, recordable := policy.Recorded{}, len(changes) > 0
				for _, c := range changes {
					found[c.What]++
					switch c.What {
					case policy.ChangeConsent:
						rec.Consents = append(rec.Consents, policy.Consent{Item: it.Index, Authority: schemas.Code(c.Value)})
					case policy.ChangeAcceptance:
						rec.Accepted = append(rec.Accepted, policy.Accepted{Member: o.Member, Item: it.Index})
					default:
						recordable = false
					}
					if c.Text == "" {
						t.Fatalf("%+v has no words", c)
					}
				}
				if recordable && !disclosures(p.DecideWith(m, august, rec))[fmt.Sprint(o.Member, " ", it.Index)] {
					t.Fatalf("%s: %v does not disclose item %d", o.Member, changes, it.Index)
				}
			}
		}
	}
	for _, what := range []string{policy.ChangeConsent, policy.ChangeAcceptance, policy.ChangeHandling, policy.ChangeMarking,
		policy.ChangeSector, policy.ChangePurpose, policy.ChangeCrimeType, policy.ChangeGrade, policy.ChangeNone} {
		if found[what] == 0 {
			t.Errorf("no nearest change is a %s: %v", what, found)
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
		if len(m.Items) <= 3 {
			p.Explain(m, august, policy.Recorded{})
		}
	})
}
