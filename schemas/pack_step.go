package schemas

// The writers of the bodies of steps, fields in the order of the structs.

func (p *packer) steps(m *Message) {
	switch {
	case m.Request == nil && m.Answer == nil && m.Tasking == nil && m.Outcome == nil && m.Referral == nil && m.Decision == nil &&
		m.Notice == nil && m.Recall == nil && m.RecallConfirmation == nil && m.Correction == nil:
		return // nearly all messages
	}
	pack(p, m.Request, (*packer).request)
	pack(p, m.Answer, (*packer).reply)
	pack(p, m.Tasking, (*packer).tasking)
	pack(p, m.Outcome, (*packer).feedback)
	pack(p, m.Referral, (*packer).referral)
	pack(p, m.Decision, (*packer).finding)
	pack(p, m.Notice, (*packer).notice)
	pack(p, m.Recall, (*packer).recall)
	pack(p, m.RecallConfirmation, (*packer).confirmation)
	pack(p, m.Correction, (*packer).correction)
}

// pack writes a body if it is there.
func pack[T any](p *packer, body *T, write func(*packer, *T)) {
	if body != nil {
		write(p, body)
	}
}

func (p *packer) ref(name string, r MessageRef) {
	p.key(name)
	p.refValue(r)
}

func (p *packer) refValue(r MessageRef) {
	p.open(2)
	p.text("originator", string(r.Originator))
	p.text("id", string(r.ID))
}

// allTexts writes a list that is there even if it is empty.
func allTexts[T ~string](p *packer, name string, list []T) {
	p.key(name)
	p.keep(p.enc.EncodeArrayLen(len(list)))
	for _, s := range list {
		p.keep(p.enc.EncodeString(string(s)))
	}
}

func (p *packer) request(r *Request) {
	p.key("request")
	p.open(1, r.Gateway != "", !r.NeededBy.IsZero())
	allTexts(p, "to", r.To)
	p.optionalText("gateway", string(r.Gateway))
	p.optionalDate("needed_by", r.NeededBy)
}

func (p *packer) reply(a *Reply) {
	p.key("answer")
	p.open(2)
	p.ref("of", a.Of)
	p.text("status", string(a.Status))
}

func (p *packer) tasking(t *Tasking) {
	p.key("tasking")
	p.open(3, t.Strand != "", t.Reason != "")
	p.ref("of", t.Of)
	p.text("action", string(t.Action))
	p.text("to", string(t.To))
	p.optionalText("strand", string(t.Strand))
	p.optionalText("reason", string(t.Reason))
}

func (p *packer) feedback(f *Feedback) {
	p.key("outcome")
	p.open(4, f.Strand != "", len(f.ChargedAs) > 0, len(f.AssessedAs) > 0)
	p.ref("of", f.Of)
	p.optionalText("strand", string(f.Strand))
	allTexts(p, "to", f.To)
	allTexts(p, "results", f.Results)
	packTexts(p, "charged_as", f.ChargedAs)
	packTexts(p, "assessed_as", f.AssessedAs)
	p.text("status", string(f.Status))
}

func (p *packer) referral(f *Referral) {
	p.key("referral")
	p.open(2, f.Consent != "", f.Sex != "", len(f.Support) > 0, len(f.Earlier) > 0)
	p.text("form", string(f.Form))
	p.optionalText("consent", string(f.Consent))
	p.optionalText("sex", string(f.Sex))
	allTexts(p, "to", f.To)
	packTexts(p, "support", f.Support)
	p.list("earlier", len(f.Earlier))
	for _, r := range f.Earlier {
		p.refValue(r)
	}
}

func (p *packer) finding(f *Finding) {
	p.key("decision")
	p.open(4, !f.ReflectionUntil.IsZero())
	p.ref("of", f.Of)
	p.text("stage", string(f.Stage))
	p.text("result", string(f.Result))
	allTexts(p, "to", f.To)
	p.optionalDate("reflection_until", f.ReflectionUntil)
}

func (p *packer) notice(n *Notice) {
	p.key("notice")
	p.open(2, n.Of != MessageRef{}, n.Clock != "", !n.Due.IsZero(), n.Step != "", n.Strand != "", n.Reason != "")
	p.text("about", string(n.About))
	if (n.Of != MessageRef{}) {
		p.ref("of", n.Of)
	}
	allTexts(p, "to", n.To)
	p.optionalText("clock", string(n.Clock))
	if !n.Due.IsZero() {
		p.text("due", n.Due.text())
	}
	p.optionalText("step", string(n.Step))
	p.optionalText("strand", string(n.Strand))
	p.optionalText("reason", string(n.Reason))
}

func (p *packer) recall(c *Recall) {
	p.key("recall")
	p.open(2)
	p.ref("of", c.Of)
	p.text("reason", string(c.Reason))
}

func (p *packer) confirmation(c *Confirmation) {
	p.key("recall-confirmation")
	p.open(2, c.Reason != "")
	p.ref("of", c.Of)
	p.text("answer", string(c.Answer))
	p.optionalText("reason", string(c.Reason))
}

func (p *packer) correction(c *Correction) {
	p.key("correction")
	p.open(1)
	p.ref("of", c.Of)
}
