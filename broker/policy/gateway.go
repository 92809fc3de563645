package policy

import (
	"cmp"
	"slices"

	"liaison/broker/policy/table"
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
	table.Row
}

var gatewayColumns = append([]string{"id", "preference", "from", "to", "origins", "to_areas", "statute", "nature", "crime_types",
	"sectors", "purposes", "obtained_by", "conditions", "scope", "domain_ref", "check"}, table.RowColumns...)

var allObtainedBy = []schemas.ObtainedBy{schemas.ByInspectionPower, schemas.ByVolunteered, schemas.ByComplaint,
	schemas.ByPublic, schemas.ByPartner, schemas.ByInterception, schemas.ByFinancialReport}

func readGateway(r table.Record, members []Member, conditions []Condition) Gateway {
	g := Gateway{
		ID: schemas.Code(r.ID("id")), Preference: r.Number("preference", 1, 5),
		From: selector(r, "from", members), To: selector(r, "to", members),
		Origins: selector(r, "origins", members), ToAreas: codesOf(r, "to_areas", schemas.Jurisdictions()),
		Statute: r.Need("statute"), Nature: Nature(r.OneOf("nature", string(Power), string(Duty), string(Exemption))),
		CrimeTypes: codesOf(r, "crime_types", schemas.CrimeTypes()), Sectors: codesOf(r, "sectors", schemas.Sectors()),
		Purposes: codesOf(r, "purposes", schemas.Purposes()), ObtainedBy: table.WordsOf(r, "obtained_by", allObtainedBy...),
		Conditions: conditionsOf(r, conditions), Scope: r.Need("scope"), Ref: r.Cell("domain_ref"),
		Check: checkOf(r), Row: r.Row(),
	}
	if g.From.IsZero() || g.To.IsZero() {
		r.Fault("from and to must both name members")
	}
	return g
}

// checkOf reads how far the text of a provision was read: V read, P partly or
// by official notes, N not verified. What was not verified is not sure.
func checkOf(r table.Record) string {
	check := r.OneOf("check", "V", "P", "N")
	if check == "N" && r.Cell("confidence") == "high" {
		r.Fault("a row that was not verified (check N) cannot have high confidence")
	}
	return check
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

// leads says whether the gateway leads to the recipient on the day, for
// information of the item's origin.
func (g *Gateway) leads(q *question) bool {
	return g.Nature != Exemption && g.To.has(q.to) && g.On(q.day) && g.extends(q.recipient) && !g.Origins.limits(q.origin)
}

// gatewayOf returns the gateway under which the leg's member may give the item
// to the recipient, or nil. Only a gateway that passes the bars on the leg
// counts, and one that wants nothing further comes before the others.
func (p *Policy) gatewayOf(q *question, l *leg) *Gateway {
	var best *Gateway
	displaced := p.displaced(q, l)
	for _, n := range p.gatewaysOf[l.from] {
		g := &p.gateways[n]
		if g.Origins.IsZero() == displaced || !g.leads(q) || !g.fits(q.m, q.i, q.by) || !p.passes(q, l, n) {
			continue
		}
		if p.missing(q, g.Conditions) == nil {
			return g
		}
		if best == nil {
			best = g
		}
	}
	return best
}

// displaced says whether only rows that name the item's origin count.
func (p *Policy) displaced(q *question, l *leg) bool {
	for _, n := range p.gatewaysOf[l.from] {
		if g := &p.gateways[n]; !g.Origins.IsZero() && g.leads(q) {
			return true
		}
	}
	return false
}
