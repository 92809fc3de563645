package ukba

import (
	"fmt"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

const files = "it opens every file that is kept on the person; a recipient who needs it asks"

var personFields = markup.Fields{
	"name": "", "alias": "", "dob": "", "nationality": "", "status": "", "IS_form": "", "docs_held_by": "", "indicators": "",
	"CA_referral": "", "CA_consent": "", "earlier_referral": "", "HO_ref": files, "port_ref": files,
}

// person is one who was encountered.
type person struct {
	subject    schemas.Subject
	indicators []schemas.Code
	consents   []schemas.Code
	offences   []schemas.Code
	// standing and words are what the record says, for the text: the immigration
	// status, and the rest.
	standing, words                  []string
	child, withheld, referred, known bool
}

// victim says whether there is any sign that the person may be one. One
// indicator is enough.
func (p person) victim() bool {
	return len(p.indicators) > 0 || p.referred || p.known
}

// exploited are the crime types of which the person may be the victim.
func (p person) exploited() []schemas.Code {
	if p.child && !p.victim() {
		return []schemas.Code{"child-harm"}
	}
	out := crimesOf(p.indicators, p.child)
	if p.withheld {
		out = native.AppendNew(out, "document-retention")
	}
	if p.known {
		out = native.AppendNew(out, "retrafficking")
	}
	return out
}

// read reads one person.
func (e *encounter) read(n *native.Element, on schemas.Date) {
	markup.Account(&e.record, n, "persons/person/", personFields, "alias", "IS_form")
	p := person{subject: schemas.Subject{Kind: schemas.PersonSubject, Name: native.Name(n.Value("name"))}}
	for _, alias := range n.All("alias") {
		if name := native.Name(alias.Text); name != "" {
			p.subject.Aliases = native.AppendNew(p.subject.Aliases, name)
		}
	}
	born, problem := native.Date(n.Value("dob"))
	e.checkAt(n, "dob", problem)
	if born.About {
		e.dropped("persons/person/dob", "the record calls the year approximate; the message gives the year alone")
	}
	p.subject.Born, p.child = born.Date, under18(born.Date, on)
	if country := native.OneLine(n.Value("nationality")); !native.Unknown(country) {
		p.subject.Nationality = country
	}
	e.status(n, &p)
	e.papers(n, &p)
	e.signs(n, &p)
	e.referral(n, &p)
	if p.victim() {
		p.subject.Position = "victim"
	}
	e.people = append(e.people, p)
}

func (e *encounter) checkAt(n *native.Element, field string, problem *native.Problem) {
	if problem != nil {
		e.faultAt(n, field, problem.What, problem.Advice)
	}
}

func (e *encounter) faultAt(n *native.Element, field, problem, advice string) {
	e.record.Faults = append(e.record.Faults, agents.Fault{Line: n.LineOf(field), Field: field, Problem: problem, Advice: advice})
}

// status reads the immigration status and the forms that were served.
func (e *encounter) status(n *native.Element, p *person) {
	said := native.List(n.Value("status"))
	for _, word := range said {
		row, ok := statuses().Row(word)
		if !ok {
			e.faultAt(n, "status", "the status is not in the table, and nobody is called an offender by a guess", "use one of: "+statuses().Known())
			row = map[string]string{"crime_type": "immigration-crime"}
		}
		if c := schemas.Code(row["crime_type"]); c != "" {
			p.offences = native.AppendNew(p.offences, c)
		}
		p.standing = append(p.standing, "immigration status as recorded: "+strings.ToLower(native.OneLine(word)))
	}
	if len(said) == 0 {
		p.offences = []schemas.Code{"immigration-crime"}
	}
	for _, f := range n.All("IS_form") {
		for _, name := range native.List(f.Text) {
			words := "served: " + native.OneLine(name)
			if row, ok := forms().Row(name); ok {
				words += " (" + row["meaning"] + ")"
			}
			p.words = append(p.words, words)
		}
	}
}

// papers reads who holds the person's documents.
func (e *encounter) papers(n *native.Element, p *person) {
	holder := native.OneLine(n.Value("docs_held_by"))
	if native.Unknown(holder) {
		return
	}
	p.words = append(p.words, "documents held by: "+holder)
	if _, ok := holders().Row(holder); !ok {
		p.withheld = true
		p.indicators = native.AppendNew(p.indicators, "GEN01")
	}
}

// signs reads the indicators, in the Agency's words or by our ids.
func (e *encounter) signs(n *native.Element, p *person) {
	said := native.List(n.Value("indicators"))
	for _, word := range said {
		row, ok := indicators().Row(word)
		ids, problem := native.Codes(schemas.Indicators(), word)
		switch {
		case ok:
			p.indicators = native.AppendNew(p.indicators, schemas.Code(row["indicator"]))
			p.withheld = p.withheld || row["crime_type"] == "document-retention"
		case problem == nil:
			p.indicators = native.AppendNew(p.indicators, ids[0])
		default:
			e.faultAt(n, "indicators", "an indicator is neither in the table nor in the contract's list: a sign of trafficking would be lost", "use an id such as GEN01, or one of: "+indicators().Known())
		}
	}
	if len(said) > 0 {
		p.words = append(p.words, "indicators as recorded: "+native.OneLine(strings.Join(said, "; ")))
	}
}

// referral reads whether the person was referred to the Competent Authority,
// now or before, and whether the person is said to consent.
func (e *encounter) referral(n *native.Element, p *person) {
	if p.referred = e.said(n, "CA_referral", true); p.referred {
		p.words = append(p.words, "referred to the Competent Authority")
	}
	if p.known = e.said(n, "earlier_referral", true); p.known {
		p.words = append(p.words, "came to notice in an earlier referral")
	}
	if e.said(n, "CA_consent", false) {
		p.consents = []schemas.Code{"person-consent"}
	}
}

// said reads a field of yes or no. Where the field is about an event, a date or
// a reference, which has figures, stands for yes. Anything else is neither: a
// "refused" must not become a consent.
func (e *encounter) said(n *native.Element, field string, event bool) bool {
	v := native.OneLine(n.Value(field))
	switch strings.ToUpper(v) {
	case "Y", "YES", "TRUE":
		return true
	case "N", "NO", "FALSE", "NONE":
		return false
	}
	if native.Unknown(v) {
		return false
	}
	if figures := strings.Trim(v, "0") != "" && strings.ContainsAny(v, "0123456789"); !event || !figures {
		e.faultAt(n, field, "the field says neither yes nor no", "write Y or N; a referral may also be written as its date or reference")
	}
	return event
}

// under18 says whether a person is surely or possibly under 18 on a day: where
// the age is in doubt, the person is taken for a child (NRM guidance).
func under18(born, on schemas.Date) bool {
	if born.IsZero() || on.IsZero() {
		return false
	}
	by, bm, bd := born.Parts()
	y, m, d := on.Parts()
	if bm == 0 {
		bm = 12
	}
	if bd == 0 {
		bd = 31
	}
	return (by+18)*10000+bm*100+bd > y*10000+m*100+d
}

// text tells of the person. The name stands in the subject alone, so that it
// can be withheld with it. Where screening comes first the immigration status
// stays behind: it decides nothing about a possible victim.
func (p person) text(on schemas.Date, screening bool) string {
	y, m, d := on.Parts()
	text := fmt.Sprintf("Encountered on %02d/%02d/%04d.", d, m, y)
	if p.child {
		text += " Under 18, or possibly so."
	}
	words := p.words
	if !screening {
		words = append(p.standing, words...)
	}
	if len(words) == 0 {
		return text + " Nothing more is recorded."
	}
	return text + " [" + strings.Join(words, "; ") + "]"
}
