package broker

import (
	"slices"
	"strings"
	"testing"

	"liaison/schemas"
)

// referral begins a referral of an invented person by a member.
func (m *matters) referral(from schemas.MemberID, form schemas.ReferralForm, area schemas.Code) *schemas.Message {
	r := full(m.message(schemas.KindReferral, from), "Found in an invented house.")
	r.Purpose, r.Sectors, r.CrimeTypes = "protect-victim", nil, []schemas.Code{"trafficking-sexual-within"}
	r.Jurisdictions = []schemas.Jurisdiction{{Code: area, Role: schemas.RoleRecoveredAt}}
	r.Subjects = []schemas.Subject{{Kind: schemas.PersonSubject, Name: "Invented Person", Position: "victim"}}
	r.Items[0].Subjects = []int{0}
	r.Referral = &schemas.Referral{Form: form, Sex: schemas.Female, To: []schemas.MemberID{"ukhtc"}}
	if form == schemas.AdultForm {
		r.Referral.Consent = schemas.Signed
	}
	return r
}

func TestSupportIsRoutedOnceTheAdultConsents(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "lincolnshire", "ukhtc", "poppy", "migrant-helpline", "kent", "gla")
	r := m.referral("lincolnshire", schemas.AdultForm, "lincolnshire")
	r.Referral.Support = []schemas.Code{"safe-accommodation"}
	m.takes(r)
	if got := fetch(t, m.feeds["poppy"]); len(got) != 0 {
		t.Fatalf("Poppy has %v before the adult's consent is on record", got)
	}
	var st schemas.Status
	question(t, m.links["lincolnshire"], schemas.AskReceipt, `{"id":"`+string(r.ID)+`"}`, &st)
	if !slices.ContainsFunc(st.Outcomes, func(o schemas.Outcome) bool { return o.Member == "poppy" && o.Items[0].Reason == "consent" }) {
		t.Errorf("the originator is not told why Poppy waits: %+v", st.Outcomes)
	}
	consent := m.message(schemas.KindConsent, "lincolnshire")
	consent.Consent = &schemas.Consent{Of: refTo(r), Items: []int{0}, Authority: "referred-person", Answer: schemas.Given}
	m.takes(consent)
	got := m.hears("poppy", "the referral", func(got *schemas.Message) bool { return got.ID == r.ID })
	if got.Referral.Sex != schemas.Female || len(got.Referral.Support) != 1 || len(got.Subjects) != 1 || got.Items[0].Source != "" {
		t.Errorf("the copy: %+v", got)
	}
	if got := fetch(t, m.feeds["migrant-helpline"]); len(got) != 0 {
		t.Errorf("who does not fit has %v", got)
	}

	// Whoever asks gets the same answer, and whether it is connected.
	for _, asks := range []schemas.MemberID{"kent", "gla"} {
		var a schemas.SupportAnswer
		question(t, m.links[asks], schemas.AskSupport, `{"exploitation":["sexual-exploitation"],"sex":"female","age":24,"area":"lincolnshire","needs":["safe-accommodation"]}`, &a)
		if len(a.Offers) == 0 || a.Offers[0].Member != "poppy" || !a.Offers[0].Connected || len(a.Offers[0].Tests) != 5 || a.On.String() != "2009-08-24" || a.Offers[1].Connected {
			t.Errorf("%s is told %+v", asks, a)
		}
	}
	var refused schemas.Answer
	question(t, m.links["kent"], schemas.AskSupport, `{"exploitation":["sexual-explotation"]}`, &refused)
	if refused.Error == nil || !strings.Contains(refused.Receipts[0].Refusal.Faults[0].Advice, "sexual-exploitation") {
		t.Errorf("a question with a mistake: %+v", refused)
	}
	m.sound()
}

// TestASecondReferralCarriesTheFirstToThoseEntitled: the authority that decides
// and those who had the first referral learn of it, and see the decisions that
// they got; others do not even learn that there was one.
func TestASecondReferralCarriesTheFirstToThoseEntitled(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "kent", "lincolnshire", "ukhtc", "ceop", "childrens-services-kent", "childrens-services-lincolnshire")
	first := m.takes(m.referral("kent", schemas.ChildForm, "kent"))
	found := m.message(schemas.KindDecision, "ukhtc")
	found.Purpose = "protect-victim"
	found.Decision = &schemas.Finding{Of: refTo(first), Stage: schemas.ReasonableGrounds, Result: schemas.Positive, To: []schemas.MemberID{"kent", "childrens-services-kent"}}
	m.takes(found)
	again := m.referral("lincolnshire", schemas.ChildForm, "lincolnshire")
	again.Jurisdictions = append(again.Jurisdictions, schemas.Jurisdiction{Code: "kent", Role: schemas.RoleResidence})
	again.Referral.Earlier = []schemas.MessageRef{refTo(first)}
	m.takes(again)
	for member, learns := range map[schemas.MemberID]bool{"ukhtc": true, "kent": true, "ceop": true, "childrens-services-kent": true, "childrens-services-lincolnshire": false} {
		got := m.hears(member, "the second referral", func(got *schemas.Message) bool { return got.ID == again.ID })
		if (len(got.Referral.Earlier) == 1) != learns {
			t.Errorf("%s learns of the first referral: %+v", member, got.Referral)
		}
		var second schemas.Thread
		question(t, m.links[member], schemas.AskThread, `{"originator":"lincolnshire","id":"`+string(again.ID)+`"}`, &second)
		if (len(second.Earlier) == 1) != learns {
			t.Errorf("%s is shown as earlier %v", member, second.Earlier)
		}
		var history schemas.Thread
		question(t, m.links[member], schemas.AskThread, `{"originator":"kent","id":"`+string(first.ID)+`"}`, &history)
		decided := slices.ContainsFunc(history.Steps, func(s schemas.Step) bool { return s.Message == refTo(found) })
		if wants := learns && member != "ceop"; decided != wants { // nobody notified CEOP of the decision
			t.Errorf("%s sees the earlier decision: %v, want %v", member, decided, wants)
		}
	}
	m.sound()
}

func TestAMissingChildsNoticeLinksToWhatItsReaderHas(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "kent", "ukhtc", "ceop", "ukba", "childrens-services-kent", "gla")
	tip := full(m.message(schemas.KindTip, "gla"), "A child was seen at an invented farm.")
	tip.Jurisdictions[0].Code, tip.CrimeTypes, tip.Items[0].Indicators = "kent", []schemas.Code{"child-employment"}, []schemas.Code{"CHI04"}
	tip.Items[0].Handling = schemas.Handling{1}
	tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
	m.takes(tip)
	notice := full(m.message(schemas.KindNotice, "kent"), "An invented girl of 15 has gone from her foster home.")
	notice.Purpose, notice.Sectors, notice.CrimeTypes = "safeguard-child", nil, []schemas.Code{"missing-child", "illegal-entry-overstay"}
	notice.Jurisdictions[0].Code = "kent"
	notice.Links = []schemas.Link{{Originator: "gla", ID: tip.ID, Relation: schemas.SeeAlso}}
	notice.Notice = &schemas.Notice{About: schemas.NoticeMissingChild, To: []schemas.MemberID{"ceop"}}
	m.takes(notice)
	for member, knows := range map[schemas.MemberID]bool{"ceop": true, "ukhtc": true, "ukba": false, "childrens-services-kent": false} {
		got := m.hears(member, "the missing child", func(got *schemas.Message) bool { return got.ID == notice.ID })
		if (len(got.Links) == 1) != knows {
			t.Errorf("%s learns of the tip: %v", member, got.Links)
		}
	}
	m.sound()
}
