package policy_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

// readReferrals reads testdata/referrals.csv, in which "-" is the usual value.
func readReferrals(t *testing.T) (cases []map[string]string) {
	t.Helper()
	f, err := os.Open("testdata/referrals.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	usual := map[string]string{"kind": "referral", "form": "adult", "born": "1985", "sex": "female", "needs": "safe-accommodation",
		"crime": "trafficking-sexual-within", "area": "lincolnshire", "handling": "1 2", "marking": "protect", "to": "ukhtc",
		"recorded": "referred-person", "day": "2009-08-14"}
	for _, row := range rows[1:] {
		c := map[string]string{}
		for i, column := range rows[0] {
			switch c[column] = row[i]; row[i] {
			case "-":
				c[column] = usual[column]
			case "none":
				c[column] = ""
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// referralOf builds the message of a case: a referral, or the notice of a child.
func referralOf(t *testing.T, c map[string]string, day time.Time) *schemas.Message {
	t.Helper()
	usual := usualCase()
	for column, v := range map[string]string{"sender": "lincolnshire", "crime": c["crime"], "area": c["area"], "sectors": "", "purpose": "protect-victim",
		"handling": c["handling"], "indicators": c["indicators"], "marking": c["marking"]} {
		usual[column] = v
	}
	m := messageOf(usual)
	m.Tip, m.Created = nil, schemas.At(day)
	var to []schemas.MemberID
	for _, id := range strings.Fields(c["to"]) {
		to = append(to, schemas.MemberID(id))
	}
	victim := schemas.Subject{Kind: schemas.PersonSubject, Name: "Invented Person", Position: "victim"}
	if err := victim.Born.UnmarshalText([]byte(c["born"])); err != nil {
		t.Fatal(err)
	}
	m.Subjects, m.Items[0].Subjects = []schemas.Subject{victim}, []int{0}
	if m.Kind = schemas.KindReferral; c["kind"] != "referral" {
		m.Kind, m.Notice, m.Purpose = schemas.KindNotice, &schemas.Notice{About: schemas.NoticeAbout(c["kind"]), To: to}, "safeguard-child"
		return m
	}
	m.Referral = &schemas.Referral{Form: schemas.ReferralForm(c["form"]), To: to, Sex: schemas.Sex(c["sex"]), Support: codes(c["needs"])}
	if m.Referral.Form == schemas.AdultForm {
		m.Referral.Consent = schemas.Signed
	}
	return m
}

func TestReferralsAndMissingChildren(t *testing.T) {
	p := load(t)
	for _, c := range readReferrals(t) {
		t.Run(c["case"], func(t *testing.T) {
			day, err := time.Parse(time.DateOnly, c["day"])
			if err != nil {
				t.Fatal(err)
			}
			var rec policy.Recorded
			for _, w := range codes(c["recorded"]) {
				rec.Consents = append(rec.Consents, policy.Consent{Authority: w})
			}
			reason, by := "absent", ""
			for _, o := range p.DecideWith(referralOf(t, c, day), day, rec) {
				if o.Member != schemas.MemberID(c["recipient"]) {
					continue
				}
				it := o.Items[0]
				if reason, by = string(it.Reason), string(it.Rule); it.Outcome == schemas.Disclosed {
					by = it.Gateway
				}
			}
			if reason != c["reason"] || by != c["decided_by"] {
				t.Errorf("%s: got %s by %q, want %s by %q", c["recipient"], reason, by, c["reason"], c["decided_by"])
			}
		})
	}
}

func TestAProviderOfSupportGetsNoMoreThanItNeeds(t *testing.T) {
	p, c := load(t), readReferrals(t)[0]
	m := referralOf(t, c, august)
	m.Subjects[0].Nationality, m.Subjects[0].Address = "invented", "A place of safety"
	m.Subjects = append(m.Subjects, schemas.Subject{Kind: schemas.PersonSubject, Name: "Invented Suspect", Position: "suspect"},
		schemas.Subject{Kind: schemas.PhoneSubject, Number: "01632 960000"})
	m.Items[0].Subjects = []int{1, 0, 2}
	m.Referral.Earlier = []schemas.MessageRef{{Originator: "kent", ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b20"}}
	rec := policy.Recorded{Consents: []policy.Consent{{Authority: "referred-person"}}}
	for _, o := range p.DecideWith(m, august, rec) {
		if o.Member != "poppy" {
			continue
		}
		got := p.MinimiseMore(m, o, schemas.Outcome{}, august, rec)
		if len(got.Subjects) != 1 || got.Subjects[0].Name != "Invented Person" || got.Subjects[0].Address+got.Subjects[0].Nationality != "" || len(got.Items[0].Subjects) != 1 {
			t.Errorf("the subjects: %+v", got.Subjects)
		}
		if r := got.Referral; r.Sex != schemas.Female || len(r.Support) != 1 || len(r.Earlier) != 0 || len(r.To) != 1 || got.Items[0].Source != "" {
			t.Errorf("the referral: %+v", r)
		}
		return
	}
	t.Error("Poppy gets no copy")
}

// TestWhoLearnsOfAnotherReferral: that somebody was referred before is what only
// those learn who had a part in it, and the authority that decides.
func TestWhoLearnsOfAnotherReferral(t *testing.T) {
	had, not := schemas.MessageRef{Originator: "kent", ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b20"}, schemas.MessageRef{Originator: "essex", ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b21"}
	c := map[string]string{"kind": "referral", "form": "child", "born": "1995", "crime": "trafficking-child", "area": "lincolnshire", "handling": "1 2",
		"marking": "protect", "to": "ukhtc essex kent"}
	m := referralOf(t, c, august)
	m.Referral.Earlier = []schemas.MessageRef{had, not}
	m.Links = []schemas.Link{{Originator: had.Originator, ID: had.ID, Relation: schemas.SeeAlso}}
	// A law enforcement agency that is named needs a rule that says so.
	set := edit(t, "rules.csv", "referral-authority,ukhtc ukba-ca,", "referral-authority,ukhtc ukba-ca essex kent,")
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	rec := policy.Recorded{Known: map[schemas.MessageRef][]schemas.MemberID{had: {"childrens-services-lincolnshire", "soca"}}}
	want := map[schemas.MemberID]struct{ earlier, links int }{"ukhtc": {2, 0}, "kent": {1, 1}, "essex": {1, 0}, "childrens-services-lincolnshire": {1, 1}, "ceop": {0, 0}}
	for _, o := range p.DecideWith(m, august, rec) {
		got := p.MinimiseMore(m, o, schemas.Outcome{}, august, rec)
		w, ok := want[o.Member]
		if delete(want, o.Member); !ok || got == nil || len(got.Referral.Earlier) != w.earlier || len(got.Links) != w.links {
			t.Errorf("%s: %+v", o.Member, got)
		}
	}
	if len(want) > 0 {
		t.Errorf("not concerned: %v", want)
	}
}
