package broker

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// requestOf is a request of the GLA about the invented farm, to several
// members, none of which is the force of its area.
func requestOf(n int, to ...schemas.MemberID) *schemas.Message {
	m := farm(n)
	m.ID = schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d81-%012x", n))
	m.Kind, m.Tip = schemas.KindRequest, nil
	m.Request = &schemas.Request{To: to}
	return m
}

// answerTo is an answer about the invented farm.
func answerTo(of *schemas.Message, by schemas.MemberID, n int) *schemas.Message {
	m := farm(n)
	m.ID = schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d82-%012x", n))
	m.Kind, m.Tip, m.Originator, m.Reference = schemas.KindAnswer, nil, by, ""
	m.Created = schemas.At(m.Created.Add(24 * time.Hour))
	m.Answer = &schemas.Reply{Of: schemas.MessageRef{Originator: of.Originator, ID: of.ID}, Status: schemas.AnswerPartial}
	return m
}

func TestARequestGoesToThoseItNamesAndItsAnswerToWhoAsked(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	for _, name := range []string{"gla", "hmrc-nmw", "kent", "lincolnshire", "ukhtc"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla, hmrc, kent := s.connect("gla/main"), s.connect("hmrc-nmw/main"), s.connect("kent/main")
	request := requestOf(1, "hmrc-nmw", "kent")
	s.routed(accept(t, gla, request))
	for _, member := range []schemas.MemberID{"hmrc-nmw", "kent"} {
		got := fetch(t, s.desk(string(member)+"/main"))
		if len(got) != 1 || got[0].Request == nil {
			t.Fatalf("%s, which is asked, has %v", member, got)
		}
		if diff := cmp.Diff(got[0].Request.To, []schemas.MemberID{member}); diff != "" {
			t.Errorf("%s learns who else is asked:\n%s", member, diff)
		}
	}
	for _, desk := range []string{"lincolnshire/main", "ukhtc/main"} {
		if got := fetch(t, s.desk(desk)); len(got) != 0 {
			t.Errorf("%s, which is not asked, has %v", desk, got)
		}
	}

	// What HMRC answers is its own information, and needs HMRC's own gateway.
	s.routed(accept(t, hmrc, answerTo(request, "hmrc-nmw", 1)))
	got := fetch(t, s.desk("gla/main"))
	if len(got) != 1 || got[0].Answer == nil || got[0].Answer.Of.ID != request.ID || !slices.Equal(got[0].Items[0].Gateways, []schemas.Code{"gla-s19-2"}) {
		t.Fatalf("the GLA has %v", got)
	}
	care := answerTo(request, "hmrc-nmw", 2)
	care.Sectors = []schemas.Code{"care"}
	s.routed(accept(t, hmrc, care))
	var status schemas.Status
	question(t, hmrc, "ask.receipt", `{"id":"`+string(care.ID)+`"}`, &status)
	if !status.Held || len(fetch(t, s.desk("gla/main"))) != 0 {
		t.Errorf("having been asked opens what no gateway does: %+v", status)
	}

	for name, answer := range map[string]*schemas.Message{
		"a request that nobody made": answerTo(requestOf(99), "kent", 3),
		"a tip":                      answerTo(farm(1), "kent", 4),
	} {
		accept(t, gla, farm(1))
		a := submit(t, kent, "submit", encodeMsgPack(t, answer), nil)
		if a.Error == nil || a.Receipts[0].Refusal == nil || a.Receipts[0].Refusal.Code != schemas.RefusedStep {
			t.Errorf("an answer to %s: %+v", name, a)
		}
	}
	others := requestOf(2, "hmrc-nmw")
	s.routed(accept(t, gla, others))
	if a := submit(t, kent, "submit", encodeMsgPack(t, answerTo(others, "kent", 5)), nil); a.Error == nil || a.Receipts[0].Refusal.Code != schemas.RefusedStep {
		t.Errorf("Kent answers what HMRC was asked: %+v", a)
	}
	if a := submit(t, gla, "submit", encodeMsgPack(t, requestOf(3, "kent", "nobody")), nil); a.Error == nil || a.Receipts[0].Refusal.Faults[0].Path != "request.to[1]" {
		t.Errorf("a request to nobody: %+v", a)
	}
	if r, err := s.Verify(t.Context()); err != nil || !r.Sound() || r.Notes > 0 {
		t.Errorf("the checker thinks otherwise: %+v, %v", r, err)
	}
}

// TestAStepRightBehindWhatItIsAboutIsToldToWait: an answer in the same bundle as its
// request is no fault of the sender's, and is taken when it comes again.
func TestAStepRightBehindWhatItIsAboutIsToldToWait(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire")
	c := full(m.message(schemas.KindCase, "gla"), "An invented matter.")
	c.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "gla"}
	offer := m.message(schemas.KindTasking, "gla")
	offer.Tasking = &schemas.Tasking{Of: refTo(c), To: "lincolnshire", Action: schemas.TaskingOffer}
	both := append([]byte{0x92}, encodeMsgPack(t, c)...)
	msg := answered(t, m.links["gla"], &nats.Msg{Subject: "submit", Data: append(both, encodeMsgPack(t, offer)...)})
	var a schemas.Answer
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Receipts) != 2 || a.Receipts[0].Refusal != nil || a.Receipts[1].Refusal == nil || !a.Receipts[1].Refusal.Later() {
		t.Fatalf("a case and an offer of its lead in one bundle: %+v", a)
	}
	m.takes(c)
	m.takes(offer)
}

// TestNobodyOwesAnAnswerToARequestThatIsRecalled: the duties fall away, and no
// answer is taken.
func TestNobodyOwesAnAnswerToARequestThatIsRecalled(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire")
	r := m.takes(requestOf(1, "lincolnshire"))
	recall := m.message(schemas.KindRecall, "gla")
	recall.Recall = &schemas.Recall{Of: refTo(r), Reason: schemas.RecallError}
	m.takes(recall)
	err := m.ShowDocket(t.Context(), ClocksOf{All: true}, func(c schemas.Clock) error {
		if c.Of == refTo(r) && c.To == "gla" && c.End != schemas.EndFellAway {
			t.Errorf("still owed: %+v", c)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	answer := m.message(schemas.KindAnswer, "lincolnshire")
	answer.Answer = &schemas.Reply{Of: refTo(r), Status: schemas.AnswerAcknowledged}
	m.refused(answer)
	m.whole()
}
