package main

import (
	"strings"

	"liaison/schemas"
)

// describeStep says in one line what a step does and about which message, or ""
// for a message that is none.
func describeStep(m *schemas.Message) string {
	var said []string
	add := func(what string, words ...string) {
		if text := strings.TrimSpace(strings.Join(words, " ")); text != "" {
			said = append(said, what+text)
		}
	}
	if of, ok := m.Of(); ok {
		add("about ", of.String())
	}
	switch {
	case m.Notice != nil:
		n := m.Notice
		add("", string(n.About), string(n.Clock), string(n.Step))
		if !n.Due.IsZero() {
			add("due ", n.Due.Local().Format("2006-01-02 15:04 MST"))
		}
	case m.Decision != nil:
		add("", string(m.Decision.Stage), string(m.Decision.Result))
		add("reflection until ", m.Decision.ReflectionUntil.String())
	case m.Referral != nil:
		add("form: ", string(m.Referral.Form), string(m.Referral.Consent))
		add("sex: ", string(m.Referral.Sex))
		add("needs ", joinCodes(m.Referral.Support))
		for _, r := range m.Referral.Earlier {
			add("referred before as ", r.String())
		}
	case m.Outcome != nil:
		add("", joinCodes(m.Outcome.Results), string(m.Outcome.Status))
		add("charged as ", joinCodes(m.Outcome.ChargedAs))
		add("assessed as ", joinCodes(m.Outcome.AssessedAs))
	case m.Tasking != nil:
		add("", string(m.Tasking.Action), string(m.Tasking.Strand), string(m.Tasking.Reason))
	case m.Recall != nil:
		add("", string(m.Recall.Reason))
	case m.RecallConfirmation != nil:
		add("", string(m.RecallConfirmation.Answer), string(m.RecallConfirmation.Reason))
	default:
		add("", string(m.Action()))
	}
	for _, l := range m.Links {
		add("see ", string(l.Originator)+"/"+string(l.ID))
	}
	return strings.Join(said, "; ")
}
