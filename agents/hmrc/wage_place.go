package hmrc

import (
	"liaison/agents/native"
	"liaison/schemas"
)

// employed makes a subject of the employer, whom all complaints are about.
func (w *wage) employed() {
	e := w.root.Kid("employer")
	if e == nil || known(e.Value("name")) == "" {
		w.at(w.root, "employer", "the record does not name the employer", "give the element employer with its name")
		return
	}
	s := schemas.Subject{Kind: schemas.BusinessSubject, Name: known(e.Value("name")), Address: known(e.Value("address")), Number: known(e.Value("company_no"))}
	for _, k := range e.All("trading_name") {
		if name := known(k.Text); name != "" {
			s.Aliases = native.AppendNew(s.Aliases, name)
		}
	}
	var p *native.Problem
	s.Postcode, p = native.Postcode(e.Value("postcode"))
	w.checkAt(e, "postcode", p)
	w.employer = w.subject(s)
	sic := known(e.Value("sic"))
	sector, ok := sectorOf(sic)
	switch {
	case sic == "":
	case !ok:
		w.at(e, "sic", "the SIC code does not have two to five digits", "correct it, or leave it empty")
	case sector == "":
		w.dropped("sic", "the table leads from this code to no sector, and the sector is never guessed")
	case len(w.message.Sectors) == 0:
		w.message.Sectors = []schemas.Code{sector}
		w.dropped("sic", "the code has become a sector; the code itself stays here")
	default:
		w.dropped("sic", "the record names its sectors itself")
	}
}

// areas are where the work of a complaint is done, and where the employer is.
func (w *wage) areas(c *native.Element) []schemas.Jurisdiction {
	var out []schemas.Jurisdiction
	explicit := w.root.Value("area")
	if explicit != "" && native.Unknown(explicit) {
		out = append(out, w.found("uk", native.ByNothing, schemas.RoleIncident))
		explicit = ""
	}
	codes, bad := native.Codes(schemas.Jurisdictions(), explicit)
	w.checkAt(w.root, "area", bad)
	for _, code := range codes {
		out = native.AppendNew(out, w.found(code, native.ByAreaCode, schemas.RoleIncident))
	}
	stated := len(out) > 0
	for _, place := range w.workplaces(c) {
		area, ok, p := native.AreaOf(place.Text)
		w.check(place.Line, "workplace", p)
		if ok {
			out = native.AppendNew(out, w.found(area.Code, area.By, schemas.RoleIncident))
		} else if p == nil && !stated {
			w.fault(place.Line, "workplace", "no table knows in which area the place lies, and an area is never guessed", "name the town or county, or add area; write N/K there if nobody knows")
		}
	}
	if e := w.root.Kid("employer"); e != nil {
		area, ok, p := native.AreaOf(e.Value("address") + "," + e.Value("postcode"))
		w.check(e.LineOf("address"), "address", p)
		if ok {
			out = native.AppendNew(out, w.found(area.Code, area.By, schemas.RoleBusiness))
		}
	}
	if len(out) == 0 && len(w.record.Faults) == 0 {
		w.at(w.root, "area", "neither a workplace nor the employer's address leads to an area, and an area is never guessed", "name the town or county of the workplace, or add area; write N/K there if nobody knows")
	}
	return out
}

// workplaces are those of the complaint, or else of its investigation.
func (w *wage) workplaces(c *native.Element) []*native.Element {
	for _, e := range []*native.Element{c, w.root} {
		var out []*native.Element
		for _, place := range e.All("workplace") {
			if native.Unknown(place.Text) {
				continue
			}
			if w.sources.placedIn(place.Text) {
				w.fault(place.Line, "workplace", namesSource, "name the town alone")
			}
			out = append(out, place)
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// parties are the employer and the workplaces, each once in the message.
func (w *wage) parties(c *native.Element) []int {
	var out []int
	if len(w.message.Subjects) > 0 {
		out = append(out, w.employer)
	}
	for _, place := range w.workplaces(c) {
		if s, ok := native.Premises(place.Text); ok {
			out = native.AppendNew(out, w.subject(s))
		}
	}
	return out
}
