package policy

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"liaison/schemas"
)

// Nature says what a row of gateways.csv is in law.
type Nature string

// The natures of a gateway.
const (
	// Power permits disclosure.
	Power Nature = "power"
	// Duty requires disclosure.
	Duty Nature = "duty"
	// Exemption lifts an obstacle and is no power: a public body still needs
	// one, so that the row alone opens nothing (Data Protection Act 1998
	// s.29). Rows that rely on an exemption as well cite it beside the power.
	Exemption Nature = "exemption"
)

// Gateway is a row of gateways.csv: the law under which one member may give
// information to another. Every cell that is filled must agree. Where several
// rows lead to a recipient the one that requires nothing recorded is taken,
// then the one with the lowest preference.
type Gateway struct {
	ID schemas.Code
	// Preference orders rows that lead to the same recipient: 1 is an express
	// gateway that also lifts bars, 2 an express gateway, 3 a common law
	// power, 4 a general statutory power, 5 what is relied on least.
	Preference int
	// From and To are the members that it leads from and to.
	From, To Selector
	// Origins limits the row to information of these members. Rows with
	// origins displace the others: what From passes on of those members' it
	// may pass on under such a row only (UK Borders Act 2007 s.41, Serious
	// Organised Crime and Police Act 2005 s.35).
	Origins Selector
	// ToAreas are the areas in which the recipient must act: the territorial
	// extent of the provision.
	ToAreas []schemas.Code
	Statute string
	Nature  Nature
	// CrimeTypes match any of the item's crime types, or what lies above.
	CrimeTypes []schemas.Code
	// Sectors must cover every sector of the message, and there must be one:
	// where the sector makes the disclosure lawful, a message that also
	// concerns another trade is not shown to be within it.
	Sectors []schemas.Code
	// Purposes match the message's purpose.
	Purposes []schemas.Code
	// ObtainedBy match how the origin obtained the item.
	ObtainedBy []schemas.ObtainedBy
	// Conditions must have been recorded first, as a consent or an authority.
	Conditions []schemas.Code
	// Scope is what the provision permits, in words.
	Scope string
	// Ref is the number of the gateway in the project's notes on the law, and
	// Check how far its text was read: V read, P partly or by official notes,
	// N not verified.
	Ref, Check string
	Row
}

// conditionTexts are the conditions that a gateway can have, in words. None of
// them can be recorded yet, so that a gateway with a condition is closed.
var conditionTexts = map[schemas.Code]string{
	"commissioners-authority":          "authority of the Commissioners for Revenue and Customs",
	"commissioners-consent":            "consent of the Commissioners for Revenue and Customs",
	"soca-consent":                     "consent of the Serious Organised Crime Agency",
	"secretary-of-state-authorisation": "authorisation by or for the Secretary of State",
	"authorised-officer":               "disclosure by an officer authorised for it",
	"officer-decision":                 "a named officer's decision in the single case",
	"person-consent":                   "consent of the person concerned",
}

// ConditionText says in words what a gateway's condition is, or returns "".
func ConditionText(code schemas.Code) string { return conditionTexts[code] }

var gatewayColumns = append([]string{"id", "preference", "from", "to", "origins", "to_areas", "statute", "nature", "crime_types",
	"sectors", "purposes", "obtained_by", "conditions", "scope", "domain_ref", "check"}, rowColumns...)

var allObtainedBy = []schemas.ObtainedBy{schemas.ByInspectionPower, schemas.ByVolunteered, schemas.ByComplaint,
	schemas.ByPublic, schemas.ByPartner}

func readGateway(r record, members []Member) Gateway {
	g := Gateway{
		ID: r.id("id"), From: r.selector("from", members), To: r.selector("to", members),
		Origins: r.selector("origins", members), ToAreas: r.codes("to_areas", schemas.Jurisdictions()),
		Statute: r.need("statute"), Nature: Nature(r.oneOf("nature", string(Power), string(Duty), string(Exemption))),
		CrimeTypes: r.codes("crime_types", schemas.CrimeTypes()), Sectors: r.codes("sectors", schemas.Sectors()),
		Purposes: r.codes("purposes", schemas.Purposes()), ObtainedBy: wordsOf(r, "obtained_by", allObtainedBy...),
		Scope: r.need("scope"), Ref: r.cells["domain_ref"], Check: r.oneOf("check", "V", "P", "N"), Row: r.row(),
	}
	var err error
	if g.Preference, err = strconv.Atoi(r.cells["preference"]); err != nil || g.Preference < 1 || g.Preference > 5 {
		r.fault("preference is %q and must be a number from 1 to 5", r.cells["preference"])
	}
	for _, w := range r.words("conditions") {
		if conditionTexts[schemas.Code(w)] == "" {
			r.fault("conditions has the unknown word %q", w)
		}
		g.Conditions = append(g.Conditions, schemas.Code(w))
	}
	if g.From.IsZero() || g.To.IsZero() {
		r.fault("from and to must both name members")
	}
	if g.Check == "N" && g.Confidence == "high" {
		r.fault("a row that was not verified (check N) cannot have high confidence")
	}
	return g
}

// compare orders gateways by preference, then by id.
func (g Gateway) compare(h Gateway) int {
	return cmp.Or(cmp.Compare(g.Preference, h.Preference), cmp.Compare(g.ID, h.ID))
}

// extends says whether the provision extends to where the member acts.
func (g *Gateway) extends(to *Member) bool {
	if len(g.ToAreas) == 0 {
		return true
	}
	return slices.ContainsFunc(to.Areas, func(a Area) bool { return schemas.Jurisdictions().WithinAny(a.Code, g.ToAreas) })
}

// fits says whether the provision covers the item, whoever gets it.
func (g *Gateway) fits(m *schemas.Message, i int, by schemas.ObtainedBy) bool {
	return among(g.Purposes, m.Purpose) && among(g.ObtainedBy, by) && g.fitsSectors(m) && g.fitsCrime(m.ItemCrimeTypes(i))
}

func (g *Gateway) fitsSectors(m *schemas.Message) bool {
	if len(g.Sectors) == 0 {
		return true
	}
	for _, s := range m.Sectors {
		if !schemas.Sectors().WithinAny(s, g.Sectors) {
			return false
		}
	}
	return len(m.Sectors) > 0
}

func (g *Gateway) fitsCrime(codes []schemas.Code) bool {
	if len(g.CrimeTypes) == 0 {
		return true
	}
	return slices.ContainsFunc(codes, func(c schemas.Code) bool { return schemas.CrimeTypes().WithinAny(c, g.CrimeTypes) })
}

// gatewayFrom returns the gateway under which the member from may give the
// item to the member to, or nil. by is how the origin obtained the item.
func (p *Policy) gatewayFrom(from int, q *question, by schemas.ObtainedBy) *Gateway {
	var best *Gateway
	displaced := p.displaced(from, q)
	for _, n := range p.gatewaysOf[from] {
		g := &p.gateways[n]
		if g.Origins.IsZero() == displaced || !g.leads(q, q.day) || !g.fits(q.m, q.i, by) {
			continue
		}
		if len(g.Conditions) == 0 {
			return g
		}
		if best == nil {
			best = g
		}
	}
	return best
}

// displaced says whether only rows that name the item's origin count.
func (p *Policy) displaced(from int, q *question) bool {
	for _, n := range p.gatewaysOf[from] {
		if g := &p.gateways[n]; !g.Origins.IsZero() && g.leads(q, q.day) {
			return true
		}
	}
	return false
}

// leads says whether the gateway leads to the recipient on the day, for
// information of the item's origin.
func (g *Gateway) leads(q *question, day time.Time) bool {
	return g.Nature != Exemption && g.To.Has(q.to) && g.On(day) && g.extends(q.to) &&
		(g.Origins.IsZero() || g.Origins.Has(q.origin))
}
