package schemas

// bare checks that a step without items carries nothing of its own that could
// be disclosed: it is about another message.
func (v *validator) bare() {
	m := v.m
	for _, f := range []struct {
		name string
		n    int
	}{
		{"items", len(m.Items)}, {"subjects", len(m.Subjects)}, {"jurisdictions", len(m.Jurisdictions)},
		{"crime_types", len(m.CrimeTypes)}, {"sectors", len(m.Sectors)}, {"links", len(m.Links)}, {"withheld_items", m.WithheldItems},
	} {
		if f.n != 0 {
			v.add(root.field(f.name), FaultBody, "a step of this kind has none of its own", "leave the field out; name the other message in the body")
		}
	}
}

func (v *validator) consent(at place, c *Consent) {
	v.member(at.field("of").field("originator"), c.Of.Originator)
	v.id(at.field("of").field("id"), c.Of.ID)
	items := at.field("items")
	if len(c.Items) == 0 && c.Authority != AuthorityOriginator {
		v.add(items, FaultMissing, "no item is named", "give the positions of the items it is about, the first being 0")
	}
	v.count(items, len(c.Items), MaxItems)
	for i, n := range c.Items {
		if n < 0 || n >= MaxItems {
			v.addf(items.at(i), FaultForm, "give the item's position in the other message, the first being 0", "no message has an item at position %d", n)
		}
		unique(v, items, c.Items, i)
	}
	if !c.Authority.Valid() {
		v.add(at.field("authority"), FaultForm, "the authority is missing or is no code", "name whose answer it is, as \"commissioners\", \"originator\" or \"recipient\"")
	}
	word(v, at.field("answer"), c.Answer, answers)
	to := at.field("to")
	v.count(to, len(c.To), MaxRecipients)
	for i, m := range c.To {
		v.member(to.at(i), m)
		unique(v, to, c.To, i)
	}
	if !c.Until.IsZero() && !c.Until.Full() {
		v.add(at.field("until"), FaultForm, "the date lacks the day or the month", "give a whole date, such as 2010-08-14")
	}
	switch {
	case c.Reason != "":
		v.prose(at.field("reason"), c.Reason, MaxConditions)
	case c.Answer == Refused:
		v.add(at.field("reason"), FaultMissing, "a refusal has no reason", "say why; refusing to share is a valid answer")
	}
	if c.Answer == Refused && !c.Until.IsZero() {
		v.add(at.field("until"), FaultContradiction, "a refusal does not lapse", "leave the date out; a consent given later takes its place")
	}
	if c.Authority == AuthorityOriginator && c.Answer == Given {
		v.add(at.field("answer"), FaultContradiction, "an originator gives by the handling codes of its items", "send the record again under a new id with other handling codes, and link it with \"supersedes\"")
	}
}
