package hmrc

import (
	"strings"

	"liaison/agents/native"
	"liaison/schemas"
)

// underpayment is what every complaint about the minimum wage is about.
const underpayment schemas.Code = "nmw-underpayment"

// item makes one item of one complaint.
func (w *wage) item(c *native.Element) {
	source, ok := sources().Row(c.Value("source"))
	if !ok {
		w.at(c, "source", "the source is not in the table, so that nobody can tell how the complaint came in", "use one of: "+sources().Known())
	}
	it := schemas.Item{Text: w.text(c, source["text"]), ObtainedBy: schemas.ObtainedBy(source["obtained_by"]), Conditions: section18}
	if own := c.Value("conditions"); !native.Unknown(own) {
		w.guard(c, "conditions")
		it.Conditions = own + "\n" + section18
	}
	var p *native.Problem
	it.Source, it.Information, p = native.Grades(c.Value("source_evaluation"), c.Value("intelligence_evaluation"))
	w.checkAt(c, "intelligence_evaluation", p)
	it.Handling, p = native.Handling(c.Value("handling_code"))
	w.checkAt(c, "handling_code", p)
	if explicit := c.Value("obtained_by"); !native.Unknown(explicit) {
		it.ObtainedBy, p = native.Obtained(explicit, "")
		w.checkAt(c, "obtained_by", p)
	}
	if origin := word(c, "origin", ""); origin != string(MinimumWageMember) {
		it.Origin = schemas.MemberID(origin)
	}
	if it.ObtainedBy == schemas.ByPartner && it.Origin == "" {
		w.at(c, "origin", "the information came from a partner and nobody says which: only its owner may let it go further", "name the member in origin")
	}
	it.Indicators, p = native.Codes(schemas.Indicators(), c.Value("indicators"))
	w.checkAt(c, "indicators", p)
	if w.underpaid(c) {
		it.Indicators = native.AppendNew(it.Indicators, "LAB03")
	}
	more, p := native.Codes(schemas.CrimeTypes(), c.Value("crime_types"))
	w.checkAt(c, "crime_types", p)
	it.CrimeTypes = native.AppendNew([]schemas.Code{underpayment}, more...)
	it.Jurisdictions = w.areas(c)
	it.Subjects = w.parties(c)
	w.message.Items = append(w.message.Items, it)
}

// guard finds a complainant in a text that leaves.
func (w *wage) guard(e *native.Element, field string) {
	if w.sources.namedIn(e.Value(field)) {
		w.at(e, field, namesSource, "have the text worded anew without it")
	}
}

const namesSource = "the text repeats a name, number or address of someone who complained, and that never leaves"

// The figures of a complaint, as they are named in its text.
var figures = []struct{ field, name string }{
	{"hours", "hours"}, {"gross_pay", "gross pay"}, {"deductions", "deductions"}, {"accommodation_offset", "accommodation offset"},
	{"nmw_rate", "minimum wage rate"}, {"arrears", "arrears found"}, {"penalty", "penalty"},
}

// text is the narrative, and the figures, which have no field of their own.
func (w *wage) text(c *native.Element, source string) string {
	w.guard(c, "narrative")
	text := c.Value("narrative")
	if native.Unknown(text) {
		text = "Pay below the National Minimum Wage is alleged."
	}
	more := []string{"source: " + source}
	if c.Name != single { // a tip has its own field
		more = w.day(more, c, "received", "received")
	}
	if period := known(c.Value("pay_reference_period")); period != "" {
		w.guard(c, "pay_reference_period")
		more = append(more, "pay reference period: "+period)
	}
	for _, f := range figures {
		e, value := w.ofCase(c, f.field)
		switch {
		case value == "":
		case f.field == "hours" && hoursForm.MatchString(value):
			more = append(more, f.name+": "+value)
		case f.field != "hours" && amountForm.MatchString(value):
			more = append(more, f.name+": £"+strings.TrimLeft(value, "£ "))
		default:
			w.at(e, f.field, "the value is no amount, or too large for one", "write it in figures, such as 1,234.56")
		}
	}
	return text + "\n[" + strings.Join(w.day(more, c, "notice_of_underpayment_date", "notice of underpayment"), "; ") + "]"
}

// day adds a date to what is said of a complaint.
func (w *wage) day(more []string, c *native.Element, field, name string) []string {
	e, value := w.ofCase(c, field)
	d, p := native.Date(value)
	w.checkAt(e, field, p)
	if d.IsZero() {
		return more
	}
	return append(more, name+": "+d.String())
}

// ofCase returns a value of the complaint, or else of its investigation if that
// has such a field.
func (w *wage) ofCase(c *native.Element, field string) (*native.Element, string) {
	v := known(c.Value(field))
	if _, has := recordFields[field]; v == "" && has {
		return w.root, known(w.root.Value(field))
	}
	return c, v
}

// underpaid says whether HMRC found arrears.
func (w *wage) underpaid(c *native.Element) bool {
	value := known(c.Value("arrears"))
	return amountForm.MatchString(value) && strings.Trim(value, "£ 0.,") != ""
}
