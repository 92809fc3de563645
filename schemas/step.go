package schemas

import "slices"

// A step is a message about another message, or one that names its recipients.
// Some steps have items, which are disclosed under the same law as those of a
// tip. Others are bare: they carry no information about anybody, but only
// what was done, and go by the table of steps.

// Addressed says whether the message goes to members that its sender names,
// and to nobody else, however many its codes would concern. To are those
// members. A recall and a correction go to whoever got the message that they
// are about, which only the broker knows.
func (m *Message) Addressed() (to []MemberID, addressed bool) {
	switch {
	case m.Request != nil:
		return m.Request.To, true
	case m.Answer != nil:
		return []MemberID{m.Answer.Of.Originator}, true
	case m.Tasking != nil:
		return []MemberID{m.Tasking.To}, true
	case m.Outcome != nil:
		return m.Outcome.To, true
	case m.Referral != nil:
		return m.Referral.To, true
	case m.Decision != nil:
		return m.Decision.To, true
	case m.Notice != nil:
		return m.Notice.To, true
	case m.RecallConfirmation != nil:
		return []MemberID{m.RecallConfirmation.Of.Originator}, true
	}
	return nil, m.Recall != nil || m.Correction != nil
}

// Of returns the message that a step is about, if it is about one.
func (m *Message) Of() (ref MessageRef, ok bool) {
	switch {
	case m.Consent != nil:
		ref = m.Consent.Of
	case m.Answer != nil:
		ref = m.Answer.Of
	case m.Tasking != nil:
		ref = m.Tasking.Of
	case m.Outcome != nil:
		ref = m.Outcome.Of
	case m.Decision != nil:
		ref = m.Decision.Of
	case m.Notice != nil:
		ref = m.Notice.Of
	case m.Recall != nil:
		ref = m.Recall.Of
	case m.RecallConfirmation != nil:
		ref = m.RecallConfirmation.Of
	case m.Correction != nil:
		ref = m.Correction.Of
	}
	return ref, ref != MessageRef{}
}

// Action is what a step does, in one word: its place in the tables of steps and
// of mandatory recipients.
func (m *Message) Action() Code {
	switch {
	case m.Answer != nil:
		return Code(m.Answer.Status)
	case m.Tasking != nil:
		return Code(m.Tasking.Action)
	case m.Decision != nil:
		return Code(m.Decision.Result)
	case m.Notice != nil:
		return Code(m.Notice.About)
	case m.Referral != nil:
		return Code(m.Referral.Form)
	case m.RecallConfirmation != nil:
		return Code(m.RecallConfirmation.Answer)
	}
	return ""
}

// Bare says whether the message has no items because it is a step that carries
// no information but what it does.
func (m *Message) Bare() bool {
	switch m.Kind {
	case KindConsent, KindTasking, KindDecision, KindRecall, KindRecallConfirmation:
		return true
	case KindAnswer:
		return m.Answer != nil && m.Answer.Status == AnswerAcknowledged
	case KindNotice:
		return m.Notice != nil && !slices.Contains([]NoticeAbout{NoticeMissingChild, NoticeFoundChild}, m.Notice.About)
	}
	return false
}

// OutlastsMembership says whether a step of the kind is open to who is no member
// any more, and goes to it: what it has is to be deleted, and what it sent taken
// back, all the same. Such a step carries no information about anybody.
func (k Kind) OutlastsMembership() bool { return k == KindRecall || k == KindRecallConfirmation }

// Parts is how many parts of the message are decided on: its items, or, of a
// bare step, its body as the one part, at the position 0.
func (m *Message) Parts() int {
	if m.Bare() {
		return 1
	}
	return len(m.Items)
}
