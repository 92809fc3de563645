package gla

import (
	"slices"
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// ended are the states of a licence that others must know of.
var ended = map[string]struct {
	crime schemas.Code
	text  string
	// since is the column that has the day if status_date does not.
	since string
}{
	"revoked": {"gangmaster-licence-breach", "The licence was revoked: the business may no longer act as a gangmaster.", "expiry_date"},
	"refused": {"unlicensed-gangmaster", "A licence was refused: the business may not act as a gangmaster. Whether it does is not recorded.", "issue_date"},
}

// inForce are the states of a licence that are for everybody to read in the
// public register.
var inForce = []string{"full", "provisional", "alc"}

// licence maps one row of the licence register.
func (m *mapping) licence() {
	status := strings.ToLower(native.OneLine(m.value("status")))
	state, known := ended[status]
	switch {
	case slices.Contains(inForce, status):
		m.record.Kept = "the licence is in force, and the register is public"
		return
	case !known:
		m.fault("status", "the state of the licence is not known here", "use one of: full, provisional, ALC, revoked, refused")
		return
	}
	m.own("urn", schemas.KindTip, "RESTRICTED")
	since := "status_date"
	if native.Unknown(m.value(since)) {
		since = state.since
	}
	var p *native.Problem
	var day schemas.Date
	m.message.Created, day, p = native.Moment(m.value(since))
	m.check(since, p)
	m.message.Tip = &schemas.Tip{Channel: "licence-register", Received: day}
	text := state.text + "\n[licence number: " + m.record.Reference
	for _, f := range []struct{ field, name string }{{"legal_entity_type", "kind of business"}, {"issue_date", "issued"}, {"areas_supplied", "areas supplied"}} {
		if v := m.value(f.field); !native.Unknown(v) {
			text += "; " + f.name + ": " + native.OneLine(v)
		}
	}
	it := m.ownItem(text + "]")
	it.Source, it.Information = "A", 1 // the Authority's own decision
	it.CrimeTypes = []schemas.Code{state.crime}
	it.Jurisdictions = m.business()
	it.Subjects = m.licensee()
	m.sectors()
	m.message.Items = []schemas.Item{it}
	m.dropLicence(since)
}

func (m *mapping) dropLicence(since string) {
	for field, reason := range map[string]string{
		"vat_no":        "a subject has one number, and a tax reference is none of those",
		"named_persons": "they are not needed to tell which business is meant",
		"expiry_date":   "a licence that has ended is not in force until then",
	} {
		if field != since && !native.Unknown(m.value(field)) {
			m.dropped(field, reason)
		}
	}
	slices.SortFunc(m.record.Dropped, byField)
}

// licensee is the business, and the person who answers for it.
func (m *mapping) licensee() []int {
	s := schemas.Subject{Kind: schemas.BusinessSubject, Name: native.OneLine(m.value("business_name")), Address: native.OneLine(m.value("address"))}
	if native.Unknown(s.Name) {
		m.fault("business_name", "the row does not name the business", "fill it")
	}
	for _, name := range native.List(m.value("trading_names")) {
		s.Aliases = native.AppendNew(s.Aliases, native.OneLine(name))
	}
	var p *native.Problem
	s.Postcode, p = native.Postcode(m.value("postcode"))
	m.check("postcode", p)
	if s.Number = m.record.Reference; !native.Unknown(m.value("company_no")) {
		s.Number = native.OneLine(m.value("company_no"))
	}
	out := []int{m.subject(s)}
	if name := native.Name(m.value("principal_authority")); name != "" {
		out = append(out, m.subject(schemas.Subject{Kind: schemas.PersonSubject, Name: name}))
	}
	return out
}

// business is where the business is and where it sends workers.
func (m *mapping) business() []schemas.Jurisdiction {
	out, stated := m.stated(schemas.RoleBusiness)
	lookUp := func(field, place string) {
		found, ok, p := native.AreaOf(place)
		m.check(field, p)
		if ok {
			out = native.AppendNew(out, m.found(found.Code, found.By, schemas.RoleBusiness))
		}
	}
	lookUp("address", m.value("address")+","+m.value("postcode"))
	for _, place := range native.List(m.value("areas_supplied")) {
		lookUp("areas_supplied", place)
	}
	if len(out) == 0 && !stated {
		m.fault("address", "no table knows in which area the business lies, and an area is never guessed", "add the column area; write N/K there if nobody knows")
	}
	return out
}

// stated are the areas of the column area, and whether it says anything.
func (m *mapping) stated(role schemas.Role) (out []schemas.Jurisdiction, ok bool) {
	v := m.value("area")
	if v == "" {
		return nil, false
	}
	if native.Unknown(v) {
		return []schemas.Jurisdiction{m.found("uk", native.ByNothing, role)}, true
	}
	codes, p := native.Codes(schemas.Jurisdictions(), v)
	m.check("area", p)
	for _, c := range codes {
		out = append(out, m.found(c, native.ByAreaCode, role))
	}
	return out, true
}
