package schemas

// The writers of the contract's types, fields in the order of the structs.

func (p *packer) message(m *Message) {
	p.open(9, m.Reference != "", len(m.Jurisdictions) > 0, len(m.CrimeTypes) > 0, len(m.Sectors) > 0,
		len(m.Subjects) > 0, len(m.Links) > 0, !m.Review.IsZero(), m.WithheldItems != 0, m.Tip != nil, m.Case != nil,
		m.Consent != nil, m.Request != nil, m.Answer != nil,
		m.Tasking != nil, m.Outcome != nil, m.Referral != nil, m.Decision != nil, m.Notice != nil, m.Recall != nil,
		m.RecallConfirmation != nil, m.Correction != nil)
	p.integer("schema", m.Schema)
	p.text("id", string(m.ID))
	p.text("kind", string(m.Kind))
	p.text("originator", string(m.Originator))
	p.optionalText("reference", m.Reference)
	p.text("created", m.Created.text())
	p.text("marking", string(m.Marking))
	p.text("urgency", string(m.Urgency))
	p.text("purpose", string(m.Purpose))
	p.jurisdictions(m.Jurisdictions)
	packTexts(p, "crime_types", m.CrimeTypes)
	packTexts(p, "sectors", m.Sectors)
	p.key("items")
	p.keep(p.enc.EncodeArrayLen(len(m.Items)))
	for i := range m.Items {
		p.item(&m.Items[i])
	}
	p.list("subjects", len(m.Subjects))
	for i := range m.Subjects {
		p.subject(&m.Subjects[i])
	}
	p.links(m.Links)
	p.optionalDate("review", m.Review)
	if m.WithheldItems != 0 {
		p.integer("withheld_items", m.WithheldItems)
	}
	if m.Tip != nil {
		p.tip(m.Tip)
	}
	if m.Case != nil {
		p.caseBody(m.Case)
	}
	if m.Consent != nil {
		p.consent(m.Consent)
	}
	p.steps(m)
}

func (p *packer) item(it *Item) {
	p.open(2, it.Source != "", it.Information != 0, len(it.Handling) > 0, it.Conditions != "", it.Origin != "",
		len(it.Consents) > 0, len(it.Indicators) > 0, len(it.CrimeTypes) > 0, len(it.Jurisdictions) > 0,
		len(it.Links) > 0, len(it.Subjects) > 0, len(it.Gateways) > 0, it.GradedByHub != "")
	p.text("text", it.Text)
	p.optionalText("source", string(it.Source))
	if it.Information != 0 {
		p.integer("information", int(it.Information))
	}
	packIntegers(p, "handling", it.Handling)
	p.optionalText("conditions", it.Conditions)
	p.optionalText("origin", string(it.Origin))
	p.text("obtained_by", string(it.ObtainedBy))
	packTexts(p, "consents", it.Consents)
	packTexts(p, "indicators", it.Indicators)
	packTexts(p, "crime_types", it.CrimeTypes)
	p.jurisdictions(it.Jurisdictions)
	p.links(it.Links)
	packIntegers(p, "subjects", it.Subjects)
	packTexts(p, "gateways", it.Gateways)
	p.optionalText("graded_by_hub", string(it.GradedByHub))
}

func (p *packer) subject(s *Subject) {
	p.open(1, s.Name != "", len(s.Aliases) > 0, !s.Born.IsZero(), s.Nationality != "", s.Position != "",
		s.Address != "", s.Postcode != "", s.Registration != "", s.Number != "")
	p.text("kind", string(s.Kind))
	p.optionalText("name", s.Name)
	packTexts(p, "aliases", s.Aliases)
	p.optionalDate("born", s.Born)
	p.optionalText("nationality", s.Nationality)
	p.optionalText("position", s.Position)
	p.optionalText("address", s.Address)
	p.optionalText("postcode", s.Postcode)
	p.optionalText("registration", s.Registration)
	p.optionalText("number", s.Number)
}

func (p *packer) jurisdictions(list []Jurisdiction) {
	p.list("jurisdictions", len(list))
	for _, j := range list {
		p.open(2)
		p.text("code", string(j.Code))
		p.text("role", string(j.Role))
	}
}

func (p *packer) links(list []Link) {
	p.list("links", len(list))
	for _, l := range list {
		p.open(3)
		p.text("originator", string(l.Originator))
		p.text("id", string(l.ID))
		p.text("relation", string(l.Relation))
	}
}

func (p *packer) tip(t *Tip) {
	p.key("tip")
	p.open(1, !t.Received.IsZero())
	p.text("channel", string(t.Channel))
	p.optionalDate("received", t.Received)
}

func (p *packer) caseBody(c *Case) {
	p.key("case")
	p.open(2, c.Reason != "", !c.Opened.IsZero(), c.Operation != "", len(c.Strands) > 0)
	p.text("status", string(c.Status))
	p.optionalText("reason", string(c.Reason))
	p.text("lead", string(c.Lead))
	p.optionalDate("opened", c.Opened)
	p.optionalText("operation", c.Operation)
	p.list("strands", len(c.Strands))
	for _, s := range c.Strands {
		p.open(2, s.Gateway != "", !s.Review.IsZero())
		p.text("crime_type", string(s.CrimeType))
		p.text("lead", string(s.Lead))
		p.optionalText("gateway", string(s.Gateway))
		p.optionalDate("review", s.Review)
	}
}

func (p *packer) consent(c *Consent) {
	p.key("consent")
	p.open(4, len(c.To) > 0, !c.Until.IsZero(), c.Reason != "")
	p.ref("of", c.Of)
	p.key("items")
	p.keep(p.enc.EncodeArrayLen(len(c.Items)))
	for _, i := range c.Items {
		p.keep(p.enc.EncodeInt(int64(i)))
	}
	p.text("authority", string(c.Authority))
	p.text("answer", string(c.Answer))
	packTexts(p, "to", c.To)
	p.optionalDate("until", c.Until)
	p.optionalText("reason", c.Reason)
}
