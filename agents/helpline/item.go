package helpline

import (
	"fmt"
	"slices"
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// items makes an item and a strand of every issue line.
func (m *mapping) items() {
	lines := m.call.part("issues")
	if lines == nil || len(lines.parts) == 0 {
		m.fault(m.call, "issues", "the call has no issue line", "give each issue its own line")
		return
	}
	if len(lines.parts) > schemas.MaxItems {
		m.fault(m.call, "issues", fmt.Sprintf("the call has more than %d issue lines", schemas.MaxItems), "split it")
		return
	}
	m.inCommon()
	for _, line := range lines.parts {
		m.known(line, issueFields, "issues/")
		m.item(line)
	}
}

// inCommon fills in what the items of a call have in common.
func (m *mapping) inCommon() {
	it := &m.common
	it.Subjects, it.Jurisdictions, it.ObtainedBy = m.parties, m.areas, schemas.ObtainedBy(m.caller["obtained_by"])
	it.Source, it.Information = grades(m.caller[named(m.call)])
	it.Handling = m.handling()
	if origin := strings.ToLower(m.call.get("origin")); origin != string(Member) {
		it.Origin = schemas.MemberID(origin)
	}
	switch partner := it.ObtainedBy == schemas.ByPartner; {
	case partner && it.Origin == "":
		m.fault(m.call, "origin", "the information came from another agency and nobody says which: only its owner may let it go further", "name the member in origin")
	case it.Origin != "" && (!partner || !it.Origin.Valid()):
		m.fault(m.call, "origin", "origin is no member's id, or stands with a caller who is no agency", "write the member's id, with the caller_type Agency; otherwise leave it out")
	}
}

// item makes the item and the strand of one issue line.
func (m *mapping) item(line *value) {
	it := m.common
	it.Text = m.text(line)
	var p *native.Problem
	it.Indicators, p = native.Codes(schemas.Indicators(), list(line.part("indicators")))
	m.check(line, "indicators", p)
	if said := line.part("indicators"); said != nil && slices.ContainsFunc(said.parts, func(v *value) bool { return len(v.parts) > 0 }) {
		m.fault(line, "indicators", "an indicator is no text", "write a list of ids")
	}
	row, ok := issues().Row(line.get("issue"))
	switch {
	case !ok:
		m.fault(line, "issue", "the issue is not in the table: the message would not find those who must have it", "use one of: "+issues().Known())
		return
	case row["northern_ireland"] != "yes" && m.nation == "northern-ireland":
		m.fault(line, "issue", "the helpline serves callers from Northern Ireland for the minimum wage and gangmasters alone", "refer the caller to the body there, and take the line out of the export")
		return
	}
	crime := schemas.Code(row["crime_type"])
	it.CrimeTypes = []schemas.Code{crime}
	m.message.Items = append(m.message.Items, it)
	m.message.Case.Strands = native.AppendNew(m.message.Case.Strands, schemas.Strand{CrimeType: crime, Lead: schemas.MemberID(row["lead"])})
}

// handling says to what the caller has agreed.
func (m *mapping) handling() schemas.Handling {
	switch strings.ToLower(m.call.get("pass_on")) {
	case "true", "y", "yes":
		return schemas.Handling{schemas.HandlingLawEnforcement}
	case "false", "n", "no":
		return schemas.Handling{schemas.HandlingOriginatorOnly}
	case "":
		return nil
	}
	m.fault(m.call, "pass_on", "the caller has neither agreed nor refused that it be passed on", "write true or false, or leave it out if nobody asked")
	return nil
}

// named is the column of the table of callers: the grade depends on whether
// the caller gave a name.
func named(call *value) string {
	switch strings.ToLower(call.get("caller_named")) {
	case "true", "y", "yes":
		return "named"
	}
	return "unnamed"
}

// text is the detail, and what no other field of a message can say.
func (m *mapping) text(line *value) string {
	text := line.get("detail")
	if text == "" {
		m.fault(line, "detail", "the issue line says nothing", "write the detail, or leave the line out")
		return ""
	}
	more := []string{"Pay and Work Rights Helpline"}
	if m.caller["named"] != "" {
		more = append(more, "graded by the hub by the kind of source")
	}
	for _, f := range []struct {
		at          *value
		field, says string
	}{{m.call, "worker_count", "workers"}, {line, "since", "since"}, {line, "pay", "pay as told"}, {line, "hours", "hours as told"}} {
		if v := f.at.get(f.field); v != "" {
			more = append(more, f.says+": "+native.OneLine(v))
		}
	}
	return text + "\n[" + strings.Join(more, "; ") + "]"
}

// list joins the texts of a list, or takes a single text as it is.
func list(v *value) string {
	if v == nil {
		return ""
	}
	words := []string{v.text}
	for _, p := range v.parts {
		words = append(words, p.text)
	}
	return strings.Join(words, ";")
}
