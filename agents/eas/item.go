package eas

import (
	"fmt"
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// outcome is what the row says of a visit and its result.
type outcome struct {
	// inspected says that there was a visit, or a result that needs one.
	inspected bool
	// status is that of the case, or empty for a tip.
	status schemas.CaseStatus
	// says is the result and the visit in words.
	says string
}

// statuses are what the results make of the complaint.
var statuses = map[string]schemas.CaseStatus{
	"none": "", "warning": schemas.CaseClosed, "prosecution": schemas.CaseOpen, "prohibition": schemas.CaseOpen,
}

func (m *mapping) result() outcome {
	visit, p := native.Date(m.value("visit_date"))
	m.check("visit_date", p)
	var o outcome
	var says []string
	if !visit.IsZero() {
		o.inspected = true
		says = append(says, "An inspector made a visit (date of the visit: "+visit.String()+").")
	}
	result := strings.ToLower(m.value("result"))
	if !native.Unknown(result) {
		var ok bool
		if o.status, ok = statuses[result]; !ok {
			m.fault("result", "the result is not in the table", "use one of: none, warning, prosecution, prohibition; leave it empty while there is none")
		}
		o.inspected = o.inspected || o.status != ""
		says = append(says, "Result: "+result+".")
	}
	o.says = strings.Join(says, " ")
	return o
}

// complaint makes the item of what was complained of.
func (m *mapping) complaint() {
	it := schemas.Item{Subjects: native.AppendNew(m.agency, m.hirers...), Jurisdictions: native.AppendNew(m.worked, m.based...)}
	var read string
	it.ObtainedBy, read = m.obtained()
	it.Text = m.text(read)
	switch consent := m.value("consent_name_disclosed"); {
	case consented(consent):
	case native.Unknown(consent), strings.EqualFold(consent, "n"), strings.EqualFold(consent, "no"):
		it.Conditions = "No consent of the complainant to be named to the agency is recorded: do nothing from which the agency could learn who complained."
	default:
		m.fault("consent_name_disclosed", "the consent is neither given nor refused", "write Y or N; anything else would read as N")
	}
	for _, code := range words(m.value("issue_codes")) {
		row, ok := issues().Row(code)
		if !ok {
			m.fault("issue_codes", "an issue code is not in the table: the message would not find those who must have it", "use one of: "+issues().Known())
			continue
		}
		it.CrimeTypes = native.AppendNew(it.CrimeTypes, codes(row["crime_type"])...)
		it.Indicators = native.AppendNew(it.Indicators, codes(row["indicator"])...)
	}
	if !m.outcome.inspected {
		it.CrimeTypes = native.AppendNew(it.CrimeTypes, m.provisions()...)
	}
	if len(it.CrimeTypes) == 0 {
		m.fault("issue_codes", "the row does not say what was complained of, which is told apart from what an inspection found", "fill issue_codes with one of: "+issues().Known())
	}
	m.message.Items = append(m.message.Items, it)
}

// labourStandards is the group of what an inspector inspects, and agencyBreach
// what a visit is about of which no provision is recorded.
const (
	labourStandards schemas.Code = "labour-standards"
	agencyBreach    schemas.Code = "agency-standards-breach"
)

// inspection makes the item of what the visit or its result tells. It came of
// the inspector's powers, whatever the complaint did, and is about what they are
// for: of a complaint of something else it takes neither the crime type, nor with
// it the gateways (Employment Agencies Act 1973 s.9(4)).
func (m *mapping) inspection() {
	it := schemas.Item{Text: m.outcome.says, ObtainedBy: schemas.ByInspectionPower, Subjects: m.agency, Jurisdictions: m.based}
	if len(it.Jurisdictions) == 0 {
		it.Jurisdictions = m.worked
	}
	if found := m.value("reg_breached"); !native.Unknown(found) {
		it.Text += " Provisions recorded as breached: " + native.OneLine(found) + "."
	}
	if it.CrimeTypes = m.provisions(); len(it.CrimeTypes) == 0 {
		for _, c := range m.message.Items[0].CrimeTypes {
			if schemas.CrimeTypes().Within(c, labourStandards) {
				it.CrimeTypes = append(it.CrimeTypes, c)
			}
		}
	}
	if len(it.CrimeTypes) == 0 {
		it.CrimeTypes = []schemas.Code{agencyBreach}
	}
	m.message.Items = append(m.message.Items, it)
}

// provisions are the crime types of the provisions in reg_breached.
func (m *mapping) provisions() []schemas.Code {
	var out []schemas.Code
	for _, cited := range native.List(m.value("reg_breached")) {
		row, ok := provision(cited)
		if !ok {
			m.fault("reg_breached", "a provision is not in the table", "cite it as R12 or S6, several with semicolons; known are "+provisions().Known())
			continue
		}
		out = native.AppendNew(out, codes(row["crime_type"])...)
	}
	return out
}

// obtained says how the complaint was obtained, and how that was read if the
// record does not tell (Employment Agencies Act 1973 s.9(4)).
func (m *mapping) obtained() (by schemas.ObtainedBy, read string) {
	said := m.value("obtained_by")
	if native.Unknown(said) {
		return schemas.ByInspectionPower, "how it was obtained is not recorded and reads as by inspection power"
	}
	by, p := native.Obtained(strings.ReplaceAll(said, "_", "-"), "")
	m.check("obtained_by", p)
	if by == schemas.ByPartner {
		m.fault("obtained_by", "the information came from a partner, and the export has no column that says from which: only its owner may let it go further", "ask the partner to send it; or say how EAS obtained what is its own")
	}
	return by, ""
}

// text is the narrative, and what no other field of a message can say.
func (m *mapping) text(read string) string {
	text := m.value("narrative")
	if native.Unknown(text) {
		m.fault("narrative", "the row says nothing", "write the narrative, or leave the row out")
		return ""
	}
	var more []string
	for _, f := range []struct{ field, says string }{
		{"worker_count", "workers"}, {"fee_paid", "fee paid as recorded"}, {"amount_withheld", "pay withheld as recorded"}, {"branch", "branch as recorded"},
	} {
		if v := m.value(f.field); !native.Unknown(v) {
			more = append(more, fmt.Sprintf("%s: %s", f.says, native.OneLine(v)))
		}
	}
	if alleged := m.value("reg_breached"); !m.outcome.inspected && !native.Unknown(alleged) {
		more = append(more, "breach alleged as recorded, without a visit: "+native.OneLine(alleged))
	}
	if read != "" {
		more = append(more, read)
	}
	if len(more) > 0 {
		text += "\n[" + strings.Join(more, "; ") + "]"
	}
	return text
}

// words splits a list of codes, which have no blanks in them.
func words(s string) []string {
	if native.Unknown(s) {
		return nil
	}
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;/\n\t", r) })
}
