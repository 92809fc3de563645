package check_test

import (
	"slices"
	"testing"

	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// referral is a referral by the GLA, of a woman whom Poppy takes in, or of a child.
func referral(n int, form schemas.ReferralForm) *schemas.Message {
	m := tip(n)
	m.Kind, m.Tip, m.Sectors, m.Reference = schemas.KindReferral, nil, nil, ""
	m.Marking, m.Purpose, m.CrimeTypes = schemas.Protect, "protect-victim", []schemas.Code{"trafficking-sexual-within"}
	m.Items[0].Handling, m.Items[0].Subjects = schemas.Handling{1, 2}, []int{0, 1}
	m.Subjects = []schemas.Subject{{Kind: schemas.PersonSubject, Name: "Invented Person", Position: "victim"},
		{Kind: schemas.PersonSubject, Name: "CANARY Suspect", Position: "suspect"}}
	m.Referral = &schemas.Referral{Form: form, Sex: schemas.Female, To: []schemas.MemberID{"ukhtc"}, Support: []schemas.Code{"safe-accommodation"}}
	if form == schemas.AdultForm {
		m.Referral.Consent = schemas.Signed
	}
	return m
}

// referred is a history of two referrals, of which the second names the first.
func referred(t *testing.T) *memory {
	t.Helper()
	p, stop := playing(t, "gla", "ukhtc", "poppy", "ceop", "lincolnshire", "childrens-services-lincolnshire")
	p.send(referral(31, schemas.AdultForm))
	p.settle()
	consent := answer("gla", 31, 31, "referred-person", schemas.Given)
	consent.Consent.Items = []int{0}
	again := referral(32, schemas.ChildForm)
	again.Referral.Earlier = []schemas.MessageRef{{Originator: "gla", ID: idOf(31)}}
	p.send(consent, again)
	p.settle()
	return stop()
}

// TestTheCheckerReadsWhoSupportsAndWhoIsAlwaysTold doctors a history of referrals.
func TestTheCheckerReadsWhoSupportsAndWhoIsAlwaysTold(t *testing.T) {
	h := referred(t)
	if r := checked(t, h); !r.Sound() || r.Notes > 0 || r.Again != 1 {
		t.Fatalf("the history itself: %+v", r)
	}
	for _, c := range []struct {
		name string
		want check.Kind
		do   func(*doctor)
	}{
		{"an earlier referral is named to who had nothing of it", check.Leak, func(d *doctor) {
			d.rewrite(32, "childrens-services-lincolnshire/main", func(m *schemas.Message) {
				m.Referral.Earlier = []schemas.MessageRef{{Originator: "gla", ID: idOf(31)}}
			})
		}},
		{"an earlier referral is kept from the authority that decides", check.Altered, func(d *doctor) {
			d.rewrite(32, "ukhtc/main", func(m *schemas.Message) { m.Referral.Earlier = nil })
		}},
		{"a suspect is in a provider's copy", check.Leak, func(d *doctor) {
			d.rewrite(31, "poppy/main", func(m *schemas.Message) {
				m.Subjects = append(m.Subjects, referral(31, schemas.AdultForm).Subjects[1])
				m.Items[0].Subjects = []int{0, 1}
			})
		}},
		{"a provider has a person whom it does not take in", check.Unlawful, func(d *doctor) {
			d.resubmit(31, func(m *schemas.Message) { m.Referral.Sex = schemas.Male })
		}},
		{"an adult's provider has a child", check.Unlawful, func(d *doctor) {
			d.resubmit(31, func(m *schemas.Message) { m.Referral.Form, m.Referral.Consent = schemas.ChildForm, "" })
		}},
		{"a provider has what another was to have", check.Unlawful, func(d *doctor) {
			d.resubmit(31, func(m *schemas.Message) { m.CrimeTypes = []schemas.Code{"forced-labour"} })
		}},
		{"CEOP is not told of a child", check.Lost, func(d *doctor) {
			d.cut(ledger.Stream, d.copyAt(32, "ceop/main"), 1)
			d.renumber(ledger.Stream)
			d.edit(about(32), func(e *ledger.Entry) {
				e.Copies--
				e.Outcomes = slices.DeleteFunc(e.Outcomes, func(o schemas.Outcome) bool { return o.Member == "ceop" })
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &doctor{memory: h.clone(), t: t}
			c.do(d)
			if r := checked(t, d.memory); r.Sound() || !has(r, c.want) {
				t.Errorf("not found as %s: %+v", c.want, r.Findings)
			}
		})
	}
}
