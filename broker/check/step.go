package check

import (
	"slices"
	"strings"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// named are the members that a message names, or that hold what it is about.
func (j *judged) named() []schemas.MemberID {
	to, _ := j.message.Addressed()
	if j.message.Recall != nil || j.message.Correction != nil {
		return j.holders
	}
	return to
}

// ends says whether a step is of those in which whoever was ever a member takes
// part.
func (j *judged) ends() bool { return j.message.Recall != nil || j.message.RecallConfirmation != nil }

// takesPart says whether a member takes part in the step on the day.
func (j *judged) takesPart(id schemas.MemberID) bool {
	if j.ends() {
		return j.tables.members[id] != nil
	}
	_, on := j.tables.member(id, j.day)
	return on
}

// owedWord says whether a member has something of what is recalled or corrected,
// so that the decision must say what becomes of it, whatever the rules.
func (j *judged) owedWord(id schemas.MemberID) bool {
	return (j.message.Recall != nil || j.message.Correction != nil) && slices.Contains(j.holders, id) &&
		id != j.message.Originator && id != "" && !(j.takesPart(id) && j.tables.members[id]["class"] == "source")
}

// stepRow is the first row of steps.csv by which a bare step may go to a
// member; nil if there is none.
func (j *judged) stepRow(to schemas.MemberID) row {
	m := j.message
	for _, r := range j.tables.rows["steps"] {
		if r.on(j.day) && r["kind"] == string(m.Kind) && r.allows("actions", string(m.Action())) &&
			j.tables.names(r["from"], m.Originator) && j.tables.names(r["to"], to) {
			return r
		}
	}
	return nil
}

// ruleStep puts a bare step through the tests.
func (j *judged) ruleStep(to schemas.MemberID) ruling {
	if !j.takesPart(j.message.Originator) {
		return ruling{reason: "unknown-originator"}
	}
	if !j.takesPart(to) {
		return ruling{reason: noMember}
	}
	if reason := (&matter{judged: j, to: to}).marking(); reason != "" {
		return ruling{reason: reason}
	}
	r := j.stepRow(to)
	if r == nil {
		return ruling{reason: "no-step"}
	}
	return ruling{reason: open, legs: [][]row{{{"id": r["id"], "statute": r["clause"]}}}}
}

// step makes the body of a step for its recipient, who is not told who else
// gets it.
func (k *maker) step(c *schemas.Message) {
	m, only := k.message, []schemas.MemberID{k.w.outcome.Member}
	c.Answer, c.Tasking, c.Recall, c.RecallConfirmation, c.Correction = m.Answer, m.Tasking, m.Recall, m.RecallConfirmation, m.Correction
	if m.Request != nil {
		c.Request = &schemas.Request{To: only, Gateway: m.Request.Gateway, NeededBy: m.Request.NeededBy}
	}
	if m.Outcome != nil {
		o := *m.Outcome
		o.To, c.Outcome = only, &o
		if !slices.Contains(gather(m.CrimeTypes, k.w.items, m.ItemCrimeTypes), o.Strand) {
			o.Strand = ""
		}
	}
	if m.Referral != nil {
		f := *m.Referral
		f.To, f.Earlier, c.Referral = only, nil, &f
		for _, of := range m.Referral.Earlier {
			if k.may("links") && (k.knows(of) || k.tables.mayDecide(k.w.outcome.Member)) {
				f.Earlier = append(f.Earlier, of)
			}
		}
	}
	if m.Decision != nil {
		f := *m.Decision
		f.To, c.Decision = only, &f
	}
	if m.Notice != nil {
		n := *m.Notice
		if n.To, c.Notice = only, &n; guarded(m) && !k.knows(n.Of) {
			n.Of = schemas.MessageRef{}
		}
	}
}

// steps compares a copy's body of a step with the message's: the recipient
// stands alone where the message names recipients.
func (k *content) steps(got *schemas.Message) {
	m, to := k.m, k.w.outcome.Member
	want := *got
	want.Request, want.Answer, want.Tasking, want.Outcome, want.Referral = m.Request, m.Answer, m.Tasking, m.Outcome, m.Referral
	want.Decision, want.Notice, want.Recall, want.RecallConfirmation, want.Correction = m.Decision, m.Notice, m.Recall, m.RecallConfirmation, m.Correction
	named, _ := got.Addressed()
	if got.Request != nil || got.Outcome != nil || got.Referral != nil || got.Decision != nil || got.Notice != nil {
		k.none("the name of another recipient", slices.Equal(named, []schemas.MemberID{to}))
	}
	full, _ := m.Addressed()
	if want.Referral != nil && got.Referral != nil && within(got.Referral.Earlier, want.Referral.Earlier) {
		f := *want.Referral
		f.Earlier, want.Referral = got.Referral.Earlier, &f
	}
	if want.Notice != nil && got.Notice != nil && guarded(m) && got.Notice.Of == (schemas.MessageRef{}) {
		n := *want.Notice
		n.Of, want.Notice = schemas.MessageRef{}, &n
	}
	if want.Outcome != nil && got.Outcome != nil && !slices.Contains(got.CrimeTypes, want.Outcome.Strand) {
		k.none("the strand of another item", got.Outcome.Strand == "")
		o := *want.Outcome
		o.Strand, want.Outcome = "", &o
	}
	a, err := schemas.EncodeMsgPack(addressedTo(&want, full))
	b, err2 := schemas.EncodeMsgPack(addressedTo(got, full))
	k.same("step", err == nil && err2 == nil && slices.Equal(a, b))
}

// addressedTo is a message with other recipients named in its body.
func addressedTo(m *schemas.Message, to []schemas.MemberID) *schemas.Message {
	c := *m
	if m.Request != nil {
		b := *m.Request
		b.To, c.Request = to, &b
	}
	if m.Outcome != nil {
		b := *m.Outcome
		b.To, c.Outcome = to, &b
	}
	if m.Referral != nil {
		b := *m.Referral
		b.To, c.Referral = to, &b
	}
	if m.Decision != nil {
		b := *m.Decision
		b.To, c.Decision = to, &b
	}
	if m.Notice != nil {
		b := *m.Notice
		b.To, c.Notice = to, &b
	}
	return &c
}

// made keeps what a message is made of, and what it corrects, for recalls.
func (c *checker) madeOf(e *ledger.Entry) {
	if strings.HasPrefix(e.Route, "correction.") && e.Of != nil && e.Of.Originator == e.Originator {
		k := keyOf(e.Of.Originator, e.Of.ID)
		c.corrects[k] = append(c.corrects[k], schemas.MessageRef{Originator: e.Originator, ID: e.Message})
	}
	for _, of := range e.MadeOf {
		k := keyOf(of.Originator, of.ID)
		c.made[k] = append(c.made[k], schemas.MessageRef{Originator: e.Originator, ID: e.Message})
	}
}

// holders are the members that got anything of a message so far, directly or
// through a correction of it or a message made of it, and the originators of those.
func (c *checker) holders(of schemas.MessageRef) (list []schemas.MemberID, err error) {
	seen := map[key]bool{}
	for todo := []schemas.MessageRef{of}; len(todo) > 0; todo = todo[1:] {
		k := keyOf(todo[0].Originator, todo[0].ID)
		if seen[k] {
			continue
		}
		seen[k] = true
		if todo[0] != of {
			list = append(list, todo[0].Originator)
		}
		_, e, err := c.before(todo[0])
		if err != nil {
			return nil, err
		}
		if e != nil {
			list = append(list, reached(e)...)
		}
		todo = append(append(todo, c.made[k]...), c.corrects[k]...)
	}
	return list, nil
}

// sameLinks holds what an entry says that its message is about and made of
// against the message.
func (c *checker) sameLinks(e *ledger.Entry, m *schemas.Message) (bool, error) {
	of, ok := m.Of()
	if ok != (e.Of != nil) || ok && *e.Of != of || e.Review != m.Review || e.Victim != victim(m) {
		return false, nil
	}
	var made []schemas.MessageRef
	for i := range m.Items {
		for _, l := range m.ItemLinks(i) {
			ref := schemas.MessageRef{Originator: l.Originator, ID: l.ID}
			if l.Relation != schemas.Promotes && m.Items[i].Origin != l.Originator || slices.Contains(made, ref) {
				continue
			}
			// What somebody else sent counts only for who has something of it.
			have := []schemas.MemberID{l.Originator}
			if l.Originator != m.Originator {
				var err error
				if have, err = c.holders(ref); err != nil {
					return false, err
				}
			}
			if slices.Contains(have, m.Originator) {
				made = append(made, ref)
			}
		}
	}
	return slices.Equal(made, e.MadeOf), nil
}

// victim says whether a tip or a case is about somebody who may be a victim.
func victim(m *schemas.Message) bool {
	for _, s := range m.Subjects {
		if s.Kind == "person" && s.Position == "victim" {
			return m.Tip != nil || m.Case != nil
		}
	}
	return false
}

// sameRefs says whether two entries name the same other messages.
func sameRefs(a, b *ledger.Entry) bool {
	return (a.Of == nil) == (b.Of == nil) && (a.Of == nil || *a.Of == *b.Of) && slices.Equal(a.MadeOf, b.MadeOf) && a.Review == b.Review && a.Victim == b.Victim
}
