package hmrc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// taxMapping turns one tax-risk record into a tip.
type taxMapping struct {
	mapping
	line   int
	values map[string]string
}

func taxRecord(t taxText, r run) agents.Record {
	m := taxMapping{line: t.line, values: map[string]string{}}
	m.record.Line, m.record.Raw = t.line, strings.ToValidUTF8(t.text, "\uFFFD")
	switch {
	case t.cut:
		m.fault(t.line, "", fmt.Sprintf("the record has %d bytes and not 200, so that its fields cannot be told apart", len(t.text)), "export it again without taking off trailing blanks; if it is the last record, the file may have been cut short")
	case t.odd:
		m.fault(t.line, "", "the record has bytes that are no printable ASCII", "correct the conversion from EBCDIC, or the field in the agency's system, and export again")
	}
	if t.bad() {
		return m.done()
	}
	var content native.Content
	content.Add("run", r.day)
	for _, f := range TaxFields {
		m.values[f.Name] = strings.TrimSpace(t.text[f.Begin:f.End])
		content.Add(f.Name, m.values[f.Name])
	}
	m.record.Content = content.Bytes()
	m.record.Reference = native.OneLine(m.values["utr"] + " " + m.values["risk_code"] + " " + m.values["period"])
	m.message = schemas.Message{Schema: schemas.Schema, Kind: schemas.KindTip, Originator: TaxMember, Created: r.at, Marking: schemas.Restricted,
		Urgency: schemas.Routine, Purpose: "prevent-detect-crime", Tip: &schemas.Tip{Channel: "intelligence-report", Received: r.date}}
	m.restricted()
	m.references()
	it := schemas.Item{ObtainedBy: schemas.ByInspectionPower, Conditions: section18, Subjects: []int{0}}
	it.CrimeTypes, it.Text = m.risk()
	m.taxpayer()
	it.Jurisdictions = []schemas.Jurisdiction{m.area()}
	m.message.Items = []schemas.Item{it}
	m.sector()
	return m.done()
}

// bad notes a fault of a field.
func (m *taxMapping) bad(field, problem, advice string) { m.fault(m.line, field, problem, advice) }

// restricted finds a record that claims to be free, or is shifted.
func (m *taxMapping) restricted() {
	if r := m.values["restriction"]; r != "Y" {
		m.bad("restriction", "the restriction is not Y, which every record has: HMRC information is never without it", "correct the record; if the fields are shifted, export it again")
	}
	if m.values["filler"] != "" {
		m.bad("filler", "the filler at the end is not blank: the fields may be shifted", "export it again")
	}
}

// digitFields have figures alone, in their whole width.
var digitFields = map[string]*regexp.Regexp{
	"utr": regexp.MustCompile(`^[0-9]{10}$`), "vat_no": regexp.MustCompile(`^[0-9]{9}$`),
	"paye_ref": regexp.MustCompile(`^[0-9]{3}/[A-Z0-9 ]{1,10}$`), "risk_score": regexp.MustCompile(`^[0-9]{3}$`), "amount_pence": regexp.MustCompile(`^[0-9]{12}$`),
}

// references checks the taxpayer's references, which stay here.
func (m *taxMapping) references() {
	for _, field := range []string{"utr", "paye_ref", "vat_no"} {
		value := m.values[field]
		switch {
		case native.Unknown(value) || strings.Trim(value, "0") == "":
		case !digitFields[field].MatchString(value):
			m.bad(field, "the reference does not have its form: the fields may be shifted", "correct it, or leave it blank")
		default:
			m.dropped(field, noTaxReference)
		}
	}
}

// risk gives the crime types of the risk code, and the text.
func (m *taxMapping) risk() ([]schemas.Code, string) {
	row, ok := riskCodes().Row(m.values["risk_code"])
	if !ok {
		m.bad("risk_code", "the risk code is not in the table, so that the record would find nobody", "add the code to the table, or use one of: "+riskCodes().Known())
		return nil, ""
	}
	crimes, _ := native.Codes(schemas.CrimeTypes(), row["crime_type"]) // checked with the table
	text := fmt.Sprintf("Tax risk %s: %s.", strings.ToUpper(m.values["risk_code"]), row["meaning"])
	more := []string{"period: " + m.period()}
	for _, field := range []string{"risk_score", "amount_pence"} {
		if !digitFields[field].MatchString(m.values[field]) {
			m.bad(field, "the field does not have digits alone, in its whole width", "fill it with zeros from the left")
			return nil, ""
		}
	}
	more = append(more, "score: "+m.values["risk_score"], "amount: "+pounds(m.values["amount_pence"]))
	if sic := m.values["sic"]; !native.Unknown(sic) {
		more = append(more, "SIC: "+sic)
	}
	return crimes, text + "\n[" + strings.Join(more, "; ") + "]"
}

// pounds writes an amount in pence of which all are digits.
func pounds(pence string) string {
	whole := strings.TrimLeft(pence[:len(pence)-2], "0")
	if whole == "" {
		whole = "0"
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return "£" + whole + "." + pence[len(pence)-2:]
}

var monthForm = regexp.MustCompile(`^[0-9]{6}$`)

// period is the month that the record is about.
func (m *taxMapping) period() string {
	value := m.values["period"]
	if monthForm.MatchString(value) {
		year, _ := strconv.Atoi(value[:4]) // digits only
		month, _ := strconv.Atoi(value[4:])
		if d, err := schemas.NewDate(year, month, 0); err == nil && month > 0 {
			return d.String()
		}
	}
	m.bad("period", "the period is no month", "write it as YYYYMM, such as 200907")
	return ""
}

// taxpayer makes a subject of the name.
func (m *taxMapping) taxpayer() {
	s := schemas.Subject{Kind: schemas.BusinessSubject, Name: known(m.values["name"])}
	switch m.values["rec_type"] {
	case typeBusiness:
	case typeIndividual:
		s.Kind, s.Name = schemas.PersonSubject, native.Name(s.Name)
	default:
		m.bad("rec_type", "the type of record is neither 01 (business) nor 02 (individual)", "correct it; 00 and 99 stand only at the beginning and at the end")
	}
	if s.Name == "" {
		m.bad("name", "the record does not name the taxpayer", "fill it; tax references stay in HMRC, so that nobody else could tell who is meant")
	}
	var p *native.Problem
	if s.Postcode, p = native.Postcode(m.values["postcode"]); p != nil && !outward.MatchString(m.values["postcode"]) {
		m.check(m.line, "postcode", p)
	}
	m.message.Subjects = []schemas.Subject{s}
}

var outward = regexp.MustCompile(`^[A-Z]{1,2}[0-9][0-9A-Z]?$`)

// area is where the taxpayer's postcode lies, or the whole country.
func (m *taxMapping) area() schemas.Jurisdiction {
	code := m.values["postcode"]
	if outward.MatchString(code) {
		code += " 1AA" // the table knows first halves; any second half will do
	}
	role := schemas.RoleBusiness
	if m.values["rec_type"] == typeIndividual {
		role = schemas.RoleResidence
	}
	found, ok, _ := native.AreaOf(code) // one postcode cannot lead to two areas
	if outward.MatchString(m.values["postcode"]) {
		m.dropped("postcode", "half a postcode is no postcode of a subject; it has become an area if a table knows it")
	}
	if !ok {
		return m.found("uk", native.ByNothing, role)
	}
	return m.found(found.Code, found.By, role)
}

func (m *taxMapping) sector() {
	sic := m.values["sic"]
	if native.Unknown(sic) || strings.Trim(sic, "0") == "" {
		return
	}
	sector, ok := sectorOf(sic)
	if !ok {
		m.bad("sic", "the SIC code does not have two to five digits", "correct it, or leave it blank")
	}
	if sector != "" {
		m.message.Sectors = []schemas.Code{sector}
	}
}
