package broker

import (
	"fmt"
	"strings"
	"testing"

	"liaison/schemas"
)

// refusal is what a step that is not possible is refused with.
func (m *matters) refusal(msg *schemas.Message) schemas.Fault {
	m.t.Helper()
	a := submit(m.t, m.links[msg.Originator], "submit", encodeMsgPack(m.t, msg), nil)
	if a.Error == nil || a.Receipts[0].Refusal.Code != schemas.RefusedStep || len(a.Receipts[0].Refusal.Faults) != 1 {
		m.t.Fatalf("%s of %s is possible, or refused otherwise: %+v", msg.Kind, msg.Originator, a)
	}
	return a.Receipts[0].Refusal.Faults[0]
}

// replyOf, confirmationOf, findingOf and holdOf make steps about a message.
func (m *matters) replyOf(from schemas.MemberID, of schemas.MessageRef) *schemas.Message {
	s := m.message(schemas.KindAnswer, from)
	s.Answer = &schemas.Reply{Of: of, Status: schemas.AnswerAcknowledged}
	return s
}

func (m *matters) confirmationOf(from schemas.MemberID, of schemas.MessageRef) *schemas.Message {
	s := m.message(schemas.KindRecallConfirmation, from)
	s.RecallConfirmation = &schemas.Confirmation{Of: of, Answer: schemas.Deleted}
	return s
}

func (m *matters) findingOf(from schemas.MemberID, of schemas.MessageRef, stage schemas.Stage) *schemas.Message {
	s := m.message(schemas.KindDecision, from)
	s.Purpose = "protect-victim"
	s.Decision = &schemas.Finding{Of: of, Stage: stage, Result: schemas.Positive, To: []schemas.MemberID{of.Originator}}
	return s
}

func (m *matters) holdOf(from schemas.MemberID, of schemas.MessageRef) *schemas.Message {
	s := m.message(schemas.KindNotice, from)
	s.Notice = &schemas.Notice{About: schemas.NoticeRemovalHold, Of: of, To: []schemas.MemberID{of.Originator}}
	return s
}

func (m *matters) offerOf(from, to schemas.MemberID, of schemas.MessageRef, action schemas.TaskingAction) *schemas.Message {
	s := m.message(schemas.KindTasking, from)
	s.Tasking = &schemas.Tasking{Of: of, Action: action, To: to}
	return s
}

func (m *matters) cameOf(from schemas.MemberID, of schemas.MessageRef) *schemas.Message {
	s := full(m.message(schemas.KindOutcome, from), "Nothing came of the invented matter.")
	s.Outcome = &schemas.Feedback{Of: of, To: []schemas.MemberID{of.Originator}, Results: []schemas.Code{"no-further-action"}, Status: schemas.CaseClosed}
	return s
}

// TestARefusalSaysWhatToDo to whoever has a part in the matter; whoever has none
// reads one and the same of a matter that is there and of one that is not.
func TestARefusalSaysWhatToDo(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "essex", "ukhtc")
	tip := full(m.message(schemas.KindTip, "gla"), "Workers at an invented farm have had their passports taken.")
	tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
	m.takes(tip)
	opened := refTo(m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen)))
	asked := refTo(m.request("gla", "hmrc-nmw"))
	nowhere := schemas.MessageRef{Originator: "lincolnshire", ID: "6f1d0c9e-3f0e-8b0a-9d90-ffffffffffff"}

	for name, test := range map[string]struct {
		step            *schemas.Message
		problem, advice string
	}{
		"no case":         {m.offerOf("hmrc-nmw", "gla", asked, schemas.TaskingOffer), "is a request, and no case", "name the case"},
		"no request":      {m.replyOf("gla", opened), "is a case, and no request", "name the request"},
		"no referral":     {m.findingOf("ukhtc", opened, schemas.ReasonableGrounds), "is a case, and no referral", "name the referral"},
		"not offered":     {m.offerOf("gla", "lincolnshire", opened, schemas.TaskingAccept), "is not offered to your member", "ask the member that leads it"},
		"not the lead":    {m.offerOf("gla", "hmrc-nmw", opened, schemas.TaskingOffer), "your member does not lead the case", "only who leads it may offer"},
		"not its outcome": {m.cameOf("gla", opened), "your member does not lead the case", "only who leads it says what came of it"},
		"withdraw":        {m.offerOf("lincolnshire", "gla", opened, schemas.TaskingWithdraw), "is not possible as the matter stands", "possible now: tasking offer"},
	} {
		if got := m.refusal(test.step); !strings.Contains(got.Problem, test.problem) || !strings.Contains(got.Advice, test.advice) {
			t.Errorf("%s: refused because %q, and to do is %q; want %q and %q", name, got.Problem, got.Advice, test.problem, test.advice)
		}
	}

	for name, step := range map[string]func(schemas.MessageRef) *schemas.Message{
		"answer":  func(of schemas.MessageRef) *schemas.Message { return m.replyOf("essex", of) },
		"confirm": func(of schemas.MessageRef) *schemas.Message { return m.confirmationOf("essex", of) },
		"decide": func(of schemas.MessageRef) *schemas.Message {
			return m.findingOf("essex", of, schemas.ReasonableGrounds)
		},
		"hold": func(of schemas.MessageRef) *schemas.Message { return m.holdOf("essex", of) },
		"offer": func(of schemas.MessageRef) *schemas.Message {
			return m.offerOf("essex", "kent", of, schemas.TaskingOffer)
		},
		"accept": func(of schemas.MessageRef) *schemas.Message {
			return m.offerOf("essex", of.Originator, of, schemas.TaskingAccept)
		},
		"its close": func(of schemas.MessageRef) *schemas.Message { return m.cameOf("essex", of) },
	} {
		want := fmt.Sprint(m.refusal(step(nowhere)))
		for _, of := range []schemas.MessageRef{opened, asked, refTo(tip)} {
			if got := fmt.Sprint(m.refusal(step(of))); got != want {
				t.Errorf("%s: who has no part in %s reads %q, and of what is not there %q", name, of, got, want)
			}
		}
	}
}
