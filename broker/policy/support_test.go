package policy_test

import (
	"strings"
	"testing"

	"liaison/broker/policy"
	"liaison/schemas"
)

// TestFindSupport reads as who is asked for whom: the rows in order, behind a
// question mark those of which something must be asked, and behind a hyphen
// what keeps the nearest from fitting, where nobody is known to fit.
func TestFindSupport(t *testing.T) {
	p := load(t)
	for _, c := range []struct{ name, exploitation, sex, area, needs, on, want string }{
		{"a woman of 24 trafficked for sex", "sexual-exploitation", "female 24", "lincolnshire", "safe-accommodation", "2009-08-14",
			"poppy kalayaan?exploitation,sex,age,area,needs medaille-trust?exploitation,sex,age,area,needs"},
		{"by the offence as well", "trafficking-sexual-within", "female 24", "kent", "", "2009-08-14", "poppy kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area"},
		{"a man who was forced to work", "forced-labour", "male 40", "lincolnshire", "", "2009-08-14", "migrant-helpline kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area"},
		{"a man trafficked for sex", "sexual-exploitation", "male 24", "lincolnshire", "", "2009-08-14",
			"kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area -migrant-helpline:exploitation -poppy:sex -tara:area"},
		{"in Scotland", "sexual-exploitation", "female 24", "strathclyde", "", "2009-08-14",
			"tara?exploitation,sex,age kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area -poppy:area -migrant-helpline:exploitation,area"},
		{"a girl of 15", "sexual-exploitation", "female 15", "lincolnshire", "", "2009-08-14",
			"childrens-services barnardos?exploitation,area nspcc-ctail?exploitation,area kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area"},
		{"a woman whose sex was not told", "sexual-exploitation", " 24", "lincolnshire", "", "2009-08-14",
			"poppy?sex kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area -migrant-helpline:exploitation -tara:area"},
		{"who is no child and needs education", "sexual-exploitation", "female 24", "lincolnshire", "education", "2009-08-14",
			"kalayaan?exploitation,sex,age,area,needs medaille-trust?exploitation,sex,age,area,needs -poppy:needs -tara:area -migrant-helpline:exploitation,needs"},
		{"a child whose area is not known", "sexual-exploitation", "female 15", "", "", "2009-08-14",
			"barnardos?exploitation,area nspcc-ctail?exploitation,area kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area tara?exploitation,sex,age,area"},
		{"before the mechanism", "forced-labour", "male 40", "lincolnshire", "", "2009-03-31", "migrant-helpline"},
		{"Salvation Army only from July 2011", "sexual-exploitation", "female 24", "lincolnshire", "", "2011-07-01",
			"salvation-army?exploitation,sex,age,area kalayaan?exploitation,sex,age,area medaille-trust?exploitation,sex,age,area -migrant-helpline:exploitation -tara:area"},
	} {
		q := schemas.SupportQuery{Exploitation: codes(c.exploitation), Area: schemas.Code(c.area), Needs: codes(c.needs)}
		sex, age, _ := strings.Cut(c.sex, " ")
		q.Sex = schemas.Sex(sex)
		years := map[string]int{"15": 15, "24": 24, "40": 40}[age]
		q.Age = &years
		if err := q.On.UnmarshalText([]byte(c.on)); err != nil {
			t.Fatal(err)
		}
		if faults := schemas.CheckSupport(&q); len(faults) > 0 {
			t.Fatal(faults)
		}
		if got := offered(p, q); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func offered(p *policy.Policy, q schemas.SupportQuery) string {
	var words []string
	tests := func(o schemas.SupportOffer, fit schemas.Fit) string {
		var what []string
		for _, t := range o.Tests {
			if t.Fit == fit {
				what = append(what, t.What)
			}
		}
		return strings.Join(what, ",")
	}
	a := p.FindSupport(q)
	for _, o := range a.Offers {
		if ask := tests(o, schemas.FitUnknown); ask != "" {
			words = append(words, string(o.Row)+"?"+ask)
		} else {
			words = append(words, string(o.Row))
		}
	}
	for _, o := range a.Nearest {
		words = append(words, "-"+string(o.Row)+":"+tests(o, schemas.FitsNot))
	}
	return strings.Join(words, " ")
}

// TestTheProviderThatIsFoundIsTheOneThatGetsIt: the answer and the routing are
// the same reading of the same rows.
func TestTheProviderThatIsFoundIsTheOneThatGetsIt(t *testing.T) {
	p := load(t)
	for _, c := range readReferrals(t) {
		if c["kind"] != "referral" || c["born"] != "1985" || c["form"] != "adult" || c["needs"] == "" || c["day"] != "2009-08-14" {
			continue
		}
		age := 24
		q := schemas.SupportQuery{Exploitation: codes(c["crime"]), Sex: schemas.Sex(c["sex"]), Age: &age, Area: schemas.Code(c["area"]), Needs: codes(c["needs"])}
		if err := q.On.UnmarshalText([]byte(c["day"])); err != nil {
			t.Fatal(err)
		}
		var suited []string
		for _, o := range p.DecideWith(referralOf(t, c, august), august, policy.Recorded{}) {
			row, supports := map[schemas.MemberID]string{"poppy": "poppy", "migrant-helpline": "migrant-helpline"}[o.Member]
			if supports && o.Items[0].Reason != policy.ReasonSupport {
				suited = append(suited, row)
			}
		}
		found := " " + offered(p, q) + " "
		for _, row := range suited {
			if !strings.Contains(found, " "+row+" ") {
				t.Errorf("%s: %s is suited, and the answer is%s", c["case"], row, found)
			}
		}
	}
}
