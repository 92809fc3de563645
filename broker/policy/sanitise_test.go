package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/schemas"
)

// fullCase has something in every field that a copy could have: item 0 is for
// everybody, item 1 for law enforcement, item 2 comes from a report of
// suspicion.
const fullCase = `{"schema":1,"id":"6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11","kind":"case","originator":"kent","reference":"KENT/7","created":"2009-08-14T09:30:00Z",
 "marking":"protect","urgency":"immediate","purpose":"protect-victim","jurisdictions":[{"code":"kent","role":"incident"}],
 "crime_types":["trafficking-child","trafficking-sexual-within"],"sectors":["entertainment"],
 "items":[
  {"text":"A girl was seen.","source":"B","information":2,"handling":[1,2],"origin":"kent","obtained_by":"volunteered","consents":["claimed"],"indicators":["CHI01"],"subjects":[0,1,2,3,4]},
  {"text":"How we know.","source":"A","information":1,"handling":[1],"obtained_by":"partner","subjects":[5]},
  {"text":"What a bank said.","source":"A","information":1,"handling":[1],"obtained_by":"financial-report","subjects":[6]}],
 "subjects":[
  {"kind":"person","name":"Invented Girl","aliases":["Other Name"],"born":"1995","nationality":"invented","position":"victim","address":"The Refuge","postcode":"ZZ99 1AA"},
  {"kind":"person","name":"Invented Man","position":"suspect","address":"1 Invented Street","postcode":"ZZ99 2AA"},
  {"kind":"premises","name":"Invented Club","postcode":"ZZ99 3AA"},
  {"kind":"vehicle","registration":"ZZ09 ZZZ"},
  {"kind":"phone","number":"+44 7700 900000"},
  {"kind":"person","name":"Invented Source"},
  {"kind":"business","name":"Invented Bank"}],
 "links":[{"originator":"kent","id":"6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b12","relation":"see-also"}],
 "case":{"status":"open","lead":"kent","operation":"INVENTED","strands":[{"crime_type":"trafficking-child","lead":"kent"}]}}`

// copiesOf decides fullCase with every consent on record, except SOCA's.
func copiesOf(t *testing.T, p *policy.Policy) map[string]*schemas.Message {
	m := decode(t, fullCase)
	rec := policy.Recorded{Consents: []policy.Consent{{Item: 0, Authority: "referred-person"}}}
	copies := map[string]*schemas.Message{}
	for _, o := range p.DecideWith(m, august, rec) {
		copies[string(o.Member)] = p.Minimise(m, o, august)
	}
	return copies
}

func jsonOf(t *testing.T, m *schemas.Message) string {
	t.Helper()
	b, err := schemas.EncodeJSON(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A report of suspicion that the hub got before was never counted as lacking:
// so it must not be taken off the count of what is lacking now.
func TestAFurtherCopyLacksWhatItsRecipientNeverGot(t *testing.T) {
	p, m := load(t), decode(t, fullCase)
	outcome := func(items ...int) schemas.Outcome {
		o := schemas.Outcome{Message: m.ID, Member: "ukhtc", Outcome: schemas.Disclosed}
		for i := range m.Items {
			it := schemas.ItemOutcome{Index: i, Outcome: schemas.Withheld}
			if slices.Contains(items, i) {
				it.Outcome = schemas.Disclosed
			}
			o.Items = append(o.Items, it)
		}
		return o
	}
	for _, test := range []struct {
		now, before []int
		want        int
	}{
		{now: []int{0}, want: 1},
		{now: []int{0}, before: []int{2}, want: 1},
		{now: []int{0}, before: []int{1}, want: 0},
		{now: []int{0}, before: []int{1, 2}, want: 0},
		{now: []int{2}, want: 2},
	} {
		c := p.MinimiseMore(m, outcome(test.now...), outcome(test.before...), august, policy.Recorded{})
		if c == nil || c.WithheldItems != test.want {
			t.Errorf("%v after %v: copy %v lacks %d, want %d", test.now, test.before, c, c.WithheldItems, test.want)
		}
	}
}

func TestCopyForASupportProviderIsTheLeast(t *testing.T) {
	got := jsonOf(t, copiesOf(t, load(t))["poppy"])
	want := `{"schema":1,"id":"6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11","kind":"case","originator":"kent","created":"2009-08-14T09:30:00Z",` +
		`"marking":"protect","urgency":"immediate","purpose":"protect-victim","jurisdictions":[{"code":"kent","role":"incident"}],` +
		`"crime_types":["trafficking-child","trafficking-sexual-within"],` +
		`"items":[{"text":"A girl was seen.","handling":[1,2],"origin":"kent","obtained_by":"partner","indicators":["CHI01"],"subjects":[0],"gateways":["ecat-support"]}],` +
		`"subjects":[{"kind":"person","name":"Invented Girl","aliases":["Other Name"],"born":"1995","position":"victim"}],` +
		`"case":{"status":"open","lead":"kent"}}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the copy (-want +got):\n%s", diff)
	}
}

func TestCopiesByClassOfRecipient(t *testing.T) {
	copies := copiesOf(t, load(t))
	for member, c := range map[string]struct{ has, lacks string }{
		"ukhtc":                   {`"How we know."|Invented Club|ZZ09 ZZZ|7700|1 Invented Street`, `The Refuge|ZZ99 1AA|KENT/7|"operation":|withheld_items|What a bank|Invented Bank`},
		"ceop":                    {`"How we know."|ZZ09 ZZZ|1 Invented Street|"strands"|"links"`, `withheld_items|The Refuge|KENT/7|Invented Bank`},
		"childrens-services-kent": {`Invented Girl|1 Invented Street|Invented Club`, `How we know|withheld_items|The Refuge|"source"|ZZ09|7700|invented"|"strands"|volunteered`},
		"ukba-ca":                 {`Invented Girl|"nationality"|"source"|Invented Club`, `How we know|1 Invented Street|ZZ09|7700|"strands"|withheld_items`},
		"poppy":                   {`Invented Girl`, `Invented Club|How we know|withheld_items`},
	} {
		if copies[member] == nil {
			t.Errorf("%s gets no copy", member)
			continue
		}
		got := jsonOf(t, copies[member])
		for text := range strings.SplitSeq(c.has, "|") {
			if !strings.Contains(got, text) {
				t.Errorf("%s does not find %q in %s", member, text, got)
			}
		}
		for text := range strings.SplitSeq(c.lacks, "|") {
			if strings.Contains(got, text) {
				t.Errorf("%s finds %q", member, text)
			}
		}
	}
}

// TestOnlyTheHubIsToldHowManyItemsItLacks also says that what must not be known
// to exist is not counted.
func TestOnlyTheHubIsToldHowManyItemsItLacks(t *testing.T) {
	p := load(t)
	m := decode(t, fullCase)
	m.Items[1].Handling = schemas.Handling{4}
	for _, o := range p.DecideAll(m, august) {
		c := p.Minimise(m, o, august)
		switch want := map[bool]int{true: 1}[o.Member == "ukhtc"]; {
		case c != nil && c.WithheldItems != want:
			t.Errorf("%s is told of %d items, want %d", o.Member, c.WithheldItems, want)
		case c == nil && o.Member == "ukhtc":
			t.Error("the hub gets no copy")
		}
	}
}

func TestACopyCarriesTheHubsGrade(t *testing.T) {
	p := load(t)
	m := decode(t, exampleTip)
	m.Items[0].Source, m.Items[0].Information, m.Items[0].Handling, m.Items[0].ObtainedBy = "", 0, nil, schemas.ByPublic
	for _, o := range p.DecideAll(m, august) {
		it := p.Minimise(m, o, august).Items[0]
		if it.Source != "E" || it.Information != 4 || !it.Handling.Has(1) || it.GradedByHub != "grade-public" {
			t.Errorf("%s gets %s%s, handling %v, graded by %q", o.Member, it.Source, it.Information, it.Handling, it.GradedByHub)
		}
	}
	if m.Items[0].Source != "" {
		t.Error("grading changed the message")
	}
	m.Items[0].ObtainedBy = schemas.ByVolunteered
	for _, o := range p.DecideAll(m, august) {
		if c := p.Minimise(m, o, august); (c != nil) != (o.Member == "ukhtc") {
			t.Errorf("%s: a copy of what nobody graded: %v", o.Member, c != nil)
		} else if c != nil && c.Items[0].GradedByHub != "" {
			t.Error("the hub finds a grade that nobody gave")
		}
	}
}

func TestProtectedMessages(t *testing.T) {
	p := load(t)
	for by, want := range map[schemas.ObtainedBy]bool{"financial-report": true, "interception": true, "volunteered": false, "": false} {
		m := decode(t, exampleTip)
		m.Items[0].ObtainedBy = by
		if got := p.Protected(m, august); got != want {
			t.Errorf("%q: got %v, want %v", by, got, want)
		}
	}
	m := decode(t, exampleTip)
	m.Tip.Channel = "financial-report"
	if !p.Protected(m, august) {
		t.Error("a report by the regulated sector is not protected")
	}
}

// TestAChildCaseConcerns says who always hears of a child, in every part of
// the country and whatever else the message says.
func TestAChildCaseConcerns(t *testing.T) {
	p := load(t)
	for _, crime := range []string{"child-harm", "missing-child", "child-employment", "trafficking-child", "vat-fraud"} {
		for _, area := range schemas.Jurisdictions().All() {
			if area.Kind != "police-force-area" {
				continue
			}
			m := decode(t, exampleTip)
			m.CrimeTypes, m.Jurisdictions[0].Code, m.Originator, m.Items[0].Indicators = codes(crime), area.Code, "hse", nil
			if crime == "vat-fraud" {
				m.CrimeTypes, m.Items[0].Indicators = codes("illegal-entry-overstay"), codes("CHI06")
			}
			who := summary(p.DecideAll(m, august))
			for _, member := range []schemas.Code{"ceop", area.Code, "childrens-services-" + area.Code, "ukhtc"} {
				if who[string(member)] == "" {
					t.Errorf("%s in %s: %s does not hear of it", crime, area.Code, member)
				}
			}
		}
	}
}

func TestMayRecord(t *testing.T) {
	p := load(t)
	for _, c := range []struct {
		authority      schemas.Code
		member, origin schemas.MemberID
		want           bool
	}{
		{"commissioners", "hmrc-nmw", "gla", true},
		{"commissioners", "gla", "gla", false},
		{"soca", "soca", "kent", true},
		{"soca", "kent", "kent", false},
		{"giver", "eas", "eas", true},
		{"giver", "ukhtc", "eas", false},
		{"secretary-of-state", "eas", "hmrc-nmw", false}, // whoever would be given it
		{"secretary-of-state", "hmrc-nmw", "hmrc-nmw", true},
		{"luck", "eas", "eas", false},
		{"giver", "nobody", "nobody", false},
	} {
		if got := p.MayRecord(c.authority, c.member, c.origin, august); got != c.want {
			t.Errorf("%s by %s for an item of %s: got %v", c.authority, c.member, c.origin, got)
		}
	}
}

func TestConsentsHaveTheirDaysRecipientsAndItems(t *testing.T) {
	p := load(t)
	c := usualCase()
	c["sender"], c["obtained_by"] = "eas", "inspection-power"
	m := messageOf(c)
	for name, want := range map[string]struct {
		consent policy.Consent
		got     map[string]string
	}{
		"for all":             {policy.Consent{Authority: "giver"}, map[string]string{"lincolnshire": "1", "ukhtc": "1", "gla": "1"}},
		"for one recipient":   {policy.Consent{Authority: "giver", To: []schemas.MemberID{"ukhtc"}}, map[string]string{"lincolnshire": "0", "ukhtc": "1", "gla": "1"}},
		"not yet":             {policy.Consent{Authority: "giver", From: august.AddDate(0, 0, 1)}, map[string]string{"lincolnshire": "0", "ukhtc": "0", "gla": "1"}},
		"from that day":       {policy.Consent{Authority: "giver", From: august}, map[string]string{"lincolnshire": "1", "ukhtc": "1", "gla": "1"}},
		"no longer":           {policy.Consent{Authority: "giver", Until: august}, map[string]string{"lincolnshire": "0", "ukhtc": "0", "gla": "1"}},
		"for another item":    {policy.Consent{Authority: "giver", Item: 1}, map[string]string{"lincolnshire": "0", "ukhtc": "0", "gla": "1"}},
		"claimed in the item": {policy.Consent{}, map[string]string{"lincolnshire": "0", "ukhtc": "0", "gla": "1"}},
	} {
		m.Items[0].Consents = codes("giver giver-consent")
		got := summary(p.DecideWith(m, august, policy.Recorded{Consents: []policy.Consent{want.consent}}))
		if diff := cmp.Diff(want.got, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
