package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison/schemas"
)

// Change is something that would have to be otherwise for an item to be
// disclosed, and who can bring it about. It is for people who ask why: nothing
// acts on it.
type Change struct {
	// What is the sort of change: one of the words below.
	What string `json:"what"`
	// Value is what it would have to be: the authority of a consent, a handling
	// code, a marking, a code.
	Value string `json:"value,omitempty"`
	// Who can bring it about: a member, an authority of conditions.csv,
	// "originator", or nobody.
	Who string `json:"who,omitempty"`
	// Text says it in words.
	Text string `json:"text"`
}

// The sorts of change. A consent, an acceptance and the screening are put on
// record; the rest is in the message, and helps only if it is true.
const (
	ChangeConsent    = "consent"
	ChangeAcceptance = "acceptance"
	ChangeScreening  = "screening"
	ChangeHandling   = "handling"
	ChangeGrade      = "grade"
	ChangeMarking    = "marking"
	ChangeSector     = "sector"
	ChangePurpose    = "purpose"
	ChangeCrimeType  = "crime-type"
	ChangeNone       = "none"
)

// The bounds of the search for the nearest changes.
const (
	maxChanges = 4
	maxTrials  = 500
)

// trial is a message and its record with some changes made, to see what then
// would be decided.
type trial struct {
	m    schemas.Message
	rec  Recorded
	made []Change
}

// Nearest returns the fewest changes that together would disclose the item to
// the member, found by trying them: nothing if the item is disclosed as it is.
// Where no change of this one message would do, it says so in one Change of
// the sort ChangeNone.
func (p *Policy) Nearest(m *schemas.Message, day time.Time, rec Recorded, member schemas.MemberID, i int) []Change {
	if m.Bare() {
		return []Change{{What: ChangeNone, Text: "nothing but a row of the table of steps"}}
	}
	trials := []trial{{m: *m, rec: rec}}
	tried := map[string]bool{}
	var first verdict
	for n := 0; n < len(trials) && n < maxTrials; n++ {
		t := &trials[n]
		q, v := p.ask(t, day, member, i)
		switch {
		case v.reason == ReasonPermitted:
			return t.made
		case n == 0:
			first = v
		}
		if len(t.made) == maxChanges {
			continue
		}
		for _, c := range p.candidates(q, v) {
			next := t.with(c, i)
			if key := next.key(); !tried[key] {
				tried[key] = true
				trials = append(trials, next)
			}
		}
	}
	return []Change{{What: ChangeNone, Text: p.without(first)}}
}

// ask decides a trial for one member and item. The whole message is decided
// only where nothing but a safeguard could still withhold the item.
func (p *Policy) ask(t *trial, day time.Time, member schemas.MemberID, i int) (*question, verdict) {
	q := &question{m: &t.m, i: i, day: day, rec: &t.rec, sender: p.memberOn(t.m.Originator, day), to: p.memberOn(member, day)}
	if q.to < 0 || !slices.ContainsFunc(p.concernedBy(nil, q.m, i, day, &t.rec), func(h hit) bool { return int(h.member) == q.to }) {
		return q, verdict{reason: ReasonNotConcerned}
	}
	q.recipient = &p.members[q.to]
	v := p.firstFailure(q)
	if v.reason != "" {
		return q, v
	}
	if slices.ContainsFunc(p.safeguards, func(s Safeguard) bool { return s.Waiting.has(q.to) }) {
		for _, o := range p.DecideWith(q.m, day, t.rec) {
			if o.Member == member {
				return q, verdict{o.Items[i].Reason, o.Items[i].Rule, o.Items[i].Statute}
			}
		}
	}
	return q, verdict{reason: ReasonPermitted}
}

// candidates are the changes that could remove what the verdict found, those
// that need only a record first.
func (p *Policy) candidates(q *question, v verdict) (list []Change) {
	switch v.reason {
	case ReasonBar:
		for k := range p.exceptions {
			if e := &p.exceptions[k]; slices.Contains(e.Bars, v.rule) && e.To.has(q.to) && e.On(q.day) {
				list = append(list, p.conditionChanges(q, e.Conditions)...)
				for _, n := range e.gateways {
					list = append(list, p.factChanges(q, &p.gateways[n])...)
				}
			}
		}
	case ReasonGateway, ReasonConsent:
		if g, ok := p.Gateway(v.rule); ok {
			list = p.conditionChanges(q, g.Conditions)
		}
		for k := range q.count {
			for _, n := range p.gatewaysOf[q.legs[k].from] {
				list = append(list, p.conditionsOfBars(q, &q.legs[k])...)
				list = append(list, p.factChanges(q, &p.gateways[n])...)
			}
		}
	case ReasonHandling, ReasonUngraded:
		list = p.handlingChanges(q, v.reason)
	case ReasonMarking:
		list = p.markingChange(q)
	case ReasonConditions:
		who := string(q.recipient.ID)
		list = []Change{{ChangeAcceptance, who, who, "needs " + who + " to accept the conditions of the item"}}
	case ReasonVictimFirst:
		s, _ := p.Safeguard(v.rule)
		who := s.First.String()
		list = []Change{{ChangeScreening, "", who, "needs one of " + strings.ReplaceAll(who, " ", ", ") + " to have every item that speaks of a victim"}}
	}
	return list
}

// conditionChanges are the records that are missing.
func (p *Policy) conditionChanges(q *question, conditions []schemas.Code) (list []Change) {
	for _, id := range conditions {
		if c := p.condition(id); p.missing(q, []schemas.Code{id}) != nil {
			by := c.RecordedBy.String()
			if c.ByOrigin {
				by = string(q.m.ItemOrigin(q.i))
			}
			list = append(list, Change{ChangeConsent, string(c.Authority), by,
				"needs the " + c.Text + ", recorded by " + strings.ReplaceAll(by, " ", " or ")})
		}
	}
	return list
}

// conditionsOfBars are the records that would lift the bars on the leg.
func (p *Policy) conditionsOfBars(q *question, l *leg) (list []Change) {
	for n := range p.bars {
		for _, k := range p.bars[n].exceptions {
			if e := &p.exceptions[k]; l.bars&(1<<n) != 0 && e.To.has(q.to) && e.On(q.day) {
				list = append(list, p.conditionChanges(q, e.Conditions)...)
			}
		}
	}
	return list
}

// factChanges are what keeps a gateway that leads to the recipient from
// covering the item.
func (p *Policy) factChanges(q *question, g *Gateway) (list []Change) {
	if !g.leads(q) || !among(g.ObtainedBy, q.by) {
		return nil
	}
	fact := func(what string, values []schemas.Code, text string) {
		words := make([]string, len(values))
		for n, v := range values {
			words[n] = string(v)
		}
		list = append(list, Change{what, string(values[0]), "originator", "needs " + text + " " + strings.Join(words, ", ") + " (" + string(g.ID) + ")"})
	}
	if !g.fitsSectors(q.m) {
		fact(ChangeSector, g.Sectors, "every sector within")
	}
	if !among(g.Purposes, q.m.Purpose) {
		fact(ChangePurpose, g.Purposes, "the purpose")
	}
	if !g.fitsCrime(q.m.ItemCrimeTypes(q.i)) {
		fact(ChangeCrimeType, g.CrimeTypes, "a crime type within")
	}
	return list
}

// handlingChanges are the handling codes that open the item to the recipient,
// and a grade if it has none.
func (p *Policy) handlingChanges(q *question, reason schemas.Code) (list []Change) {
	it := &q.m.Items[q.i]
	for n := range p.handling {
		h := &p.handling[n]
		if h.Code == 0 || !h.On(q.day) || !h.Recipients.has(q.to) || it.Handling.Has(h.Code) {
			continue
		}
		text := fmt.Sprintf("needs handling code %d", h.Code)
		if it.Handling.Has(schemas.HandlingOriginatorOnly) {
			text += " instead of 4"
		}
		if reason == ReasonHandling || len(it.Handling) == 0 {
			list = append(list, Change{ChangeHandling, strconv.Itoa(h.Code), "originator", text})
		}
	}
	if reason == ReasonUngraded && !(it.Source.Known() && it.Information.Known()) {
		hub := slices.IndexFunc(p.members, func(m Member) bool { return m.Kind == "hub" && m.On(q.day) })
		who := "originator"
		if hub >= 0 {
			who += " or " + string(p.members[hub].ID)
		}
		list = append(list, Change{ChangeGrade, "", who, "needs a grade for source and information"})
	}
	return list
}

// markingChange is the highest marking that would do.
func (p *Policy) markingChange(q *question) []Change {
	ceiling, whose := q.recipient.Ceiling, string(q.recipient.ID)
	if ceiling.Above(p.about.Ceiling) {
		ceiling, whose = p.about.Ceiling, "the system"
	}
	text := fmt.Sprintf("needs the marking %s or lower", ceiling)
	if q.m.Marking.Rank() > 0 {
		text += fmt.Sprintf(", or a ceiling of %s for %s", q.m.Marking, whose)
	}
	return []Change{{ChangeMarking, string(ceiling), "originator", text}}
}

// with returns the trial with one more change made.
func (t *trial) with(c Change, i int) trial {
	next := trial{m: t.m, rec: t.rec, made: append(slices.Clone(t.made), c)}
	next.m.Items = slices.Clone(t.m.Items)
	it := &next.m.Items[i]
	switch c.What {
	case ChangeConsent:
		next.rec.Consents = append(slices.Clone(t.rec.Consents), Consent{Item: i, Authority: schemas.Code(c.Value)})
	case ChangeAcceptance:
		next.rec.Accepted = append(slices.Clone(t.rec.Accepted), Accepted{Member: schemas.MemberID(c.Value), Item: i})
	case ChangeScreening:
		next.rec.Screened = true
	case ChangeHandling:
		code, _ := strconv.Atoi(c.Value)
		it.Handling = schemas.Handling{code}
		for _, had := range t.m.Items[i].Handling {
			if had != schemas.HandlingOriginatorOnly {
				it.Handling = append(it.Handling, had)
			}
		}
	case ChangeGrade:
		it.Source, it.Information = schemas.SourceUntested, 4
	case ChangeMarking:
		next.m.Marking = schemas.Marking(c.Value)
	case ChangeSector:
		next.m.Sectors = []schemas.Code{schemas.Code(c.Value)}
	case ChangePurpose:
		next.m.Purpose = schemas.Code(c.Value)
	case ChangeCrimeType:
		it.CrimeTypes = append(slices.Clone(t.m.ItemCrimeTypes(i)), schemas.Code(c.Value))
	}
	return next
}

// key is the same for the same changes, in whatever order they were made.
func (t *trial) key() string {
	var words []string
	for _, c := range t.made {
		words = append(words, c.What+" "+c.Value)
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ",")
}

// without says why no change of the message would do.
func (p *Policy) without(v verdict) string {
	switch v.reason {
	case ReasonNotConcerned:
		return "nothing but a rule that names it for such an item, in that area, trade and for that purpose"
	case ReasonUnknownOriginator, ReasonUnknownOrigin:
		return "nothing: it must be a member on the day"
	case ReasonBar:
		return "nothing: no exception that could open leads to it"
	case ReasonGateway:
		return "nothing: there is no gateway"
	}
	return "no few changes of this message would do"
}
