package policy_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

// police is a day on which the eight forces of Scotland are members no more.
var police = time.Date(2013, 4, 2, 0, 0, 0, 0, time.UTC)

// TestStepsGoByTheirTable decides bare steps, which carry no information.
func TestStepsGoByTheirTable(t *testing.T) {
	p := load(t)
	of := schemas.MessageRef{Originator: "gla", ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11"}
	step := func(kind schemas.Kind, from schemas.MemberID) schemas.Message {
		return schemas.Message{Schema: 1, ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b12", Kind: kind, Originator: from, Created: schemas.At(august),
			Marking: schemas.Protect, Urgency: schemas.Routine, Purpose: "prevent-detect-crime"}
	}
	acknowledged := step(schemas.KindAnswer, "hmrc-nmw")
	acknowledged.Answer = &schemas.Reply{Of: of, Status: schemas.AnswerAcknowledged}
	offered := step(schemas.KindTasking, "kent")
	offered.Tasking = &schemas.Tasking{Of: of, Action: schemas.TaskingOffer, To: "gla"}
	toSupport := offered
	toSupport.Tasking = &schemas.Tasking{Of: of, Action: schemas.TaskingOffer, To: "poppy"}
	decided := step(schemas.KindDecision, "ukhtc")
	decided.Decision = &schemas.Finding{Of: of, Stage: schemas.ReasonableGrounds, Result: schemas.Positive, To: []schemas.MemberID{"gla", "poppy", "eas", "nobody"}}
	notDecided := decided
	notDecided.Originator = "kent"
	held := step(schemas.KindNotice, "ukhtc")
	held.Notice = &schemas.Notice{About: schemas.NoticeRemovalHold, Of: of, To: []schemas.MemberID{"ukba", "kent"}}
	lapsed := step(schemas.KindNotice, "liaison")
	lapsed.Notice = &schemas.Notice{About: schemas.NoticeLapsed, Of: of, To: []schemas.MemberID{"kent", "poppy"}, Clock: "held"}
	recalled := step(schemas.KindRecall, "gla")
	recalled.Recall = &schemas.Recall{Of: of, Reason: schemas.RecallError}
	past := recalled
	past.Originator, past.Created = "strathclyde", schemas.At(police)
	confirmed := step(schemas.KindRecallConfirmation, "fife")
	confirmed.RecallConfirmation = &schemas.Confirmation{Of: schemas.MessageRef{Originator: "strathclyde", ID: of.ID}, Answer: schemas.Deleted}
	confirmed.Created = past.Created
	secret := acknowledged
	secret.Marking = schemas.Secret
	for name, test := range map[string]struct {
		m       schemas.Message
		holders []schemas.MemberID
		want    map[schemas.MemberID]schemas.Code // the row, or the reason
	}{
		"an acknowledgement goes to who asked":                      {m: acknowledged, want: map[schemas.MemberID]schemas.Code{"gla": "acknowledgement"}},
		"a lead is offered to law enforcement":                      {m: offered, want: map[schemas.MemberID]schemas.Code{"gla": "tasking"}},
		"and not to a support provider":                             {m: toSupport, want: map[schemas.MemberID]schemas.Code{"poppy": policy.ReasonNoStep}},
		"a decision goes to first responders and who supports":      {m: decided, want: map[schemas.MemberID]schemas.Code{"gla": "decision-referrer", "poppy": "decision-referrer", "eas": policy.ReasonNoStep}},
		"only a competent authority decides":                        {m: notDecided, want: map[schemas.MemberID]schemas.Code{"gla": policy.ReasonNoStep, "poppy": policy.ReasonNoStep, "eas": policy.ReasonNoStep}},
		"a hold on removal goes to enforcement":                     {m: held, want: map[schemas.MemberID]schemas.Code{"ukba": "removal-hold", "kent": policy.ReasonNoStep}},
		"the broker tells anybody that a clock ran out":             {m: lapsed, want: map[schemas.MemberID]schemas.Code{"kent": "clock", "poppy": "clock"}},
		"a recall goes to who has it, and not to sources":           {m: recalled, holders: []schemas.MemberID{"kent", "poppy", "kent", "crimestoppers", "gla"}, want: map[schemas.MemberID]schemas.Code{"kent": "recall", "poppy": "recall"}},
		"a marking above the ceiling stops even an acknowledgement": {m: secret, want: map[schemas.MemberID]schemas.Code{"gla": policy.ReasonMarking}},
		"a recall goes to who is no member any more, and says of who stands in no table that it cannot": {m: past, holders: []schemas.MemberID{"fife", "nobody"},
			want: map[schemas.MemberID]schemas.Code{"fife": "recall", "nobody": policy.ReasonNotMember}},
		"who is no member any more confirms":                         {m: confirmed, want: map[schemas.MemberID]schemas.Code{"strathclyde": "recall-confirmation"}},
		"a recall of what nobody has goes nowhere, and says nothing": {m: recalled, want: map[schemas.MemberID]schemas.Code{}},
	} {
		t.Run(name, func(t *testing.T) {
			day := p.Day(test.m.Created.Time, test.m.Created.Time)
			outcomes := p.DecideWith(&test.m, day, policy.Recorded{Holders: test.holders})
			if len(outcomes) != len(test.want) {
				t.Errorf("it concerns %d members, want %d: %+v", len(outcomes), len(test.want), outcomes)
			}
			for _, o := range outcomes {
				it := o.Items[0]
				got := it.Reason
				if it.Outcome == schemas.Disclosed {
					got = it.Rule
				}
				if got != test.want[o.Member] || len(o.Items) != 1 || o.Outcome != it.Outcome || it.Outcome == schemas.Disclosed && it.Statute == "" {
					t.Errorf("%s: got %s, want %s: %+v", o.Member, got, test.want[o.Member], o)
				}
				c := p.Minimise(&test.m, o, day)
				if (c != nil) != (o.Outcome == schemas.Disclosed) {
					t.Errorf("%s: the copy is %v", o.Member, c)
				}
				if c != nil && test.m.Answer == nil {
					if named, _ := c.Addressed(); len(named) > 0 && !slices.Equal(named, []schemas.MemberID{o.Member}) {
						t.Errorf("%s learns of %v", o.Member, named)
					}
				}
			}
		})
	}
}

// TestACorrectionNamesEveryHolderThatItDoesNotReach: it says something new, and who
// is no member any more may not learn of that.
func TestACorrectionNamesEveryHolderThatItDoesNotReach(t *testing.T) {
	m := messageOf(map[string]string{"sender": "gla", "grade": "B2", "handling": "1", "obtained_by": "volunteered", "marking": "protect",
		"purpose": "prevent-detect-crime", "crime": "forced-labour", "sectors": "agriculture", "area": "fife"})
	m.Kind, m.Tip, m.Correction = schemas.KindCorrection, nil, &schemas.Correction{}
	got := map[schemas.MemberID]schemas.Code{}
	for _, o := range load(t).DecideWith(m, police, policy.Recorded{Holders: []schemas.MemberID{"nobody", "kent", "gla", "fife", "pay-and-work-rights-helpline", "fife"}}) {
		got[o.Member] = o.Items[0].Reason
	}
	want := map[schemas.MemberID]schemas.Code{"fife": policy.ReasonNotMember, "kent": policy.ReasonPermitted, "nobody": policy.ReasonNotMember}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
