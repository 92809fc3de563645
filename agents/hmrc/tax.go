package hmrc

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// TaxRisk reads the records of the tax-risk system. Its zero value is ready.
type TaxRisk struct{}

// NewTaxRisk returns the adapter.
func NewTaxRisk() *TaxRisk { return &TaxRisk{} }

// Name returns "hmrc".
func (*TaxRisk) Name() string { return "hmrc" }

// TaxRecord is the length of a tax-risk record in bytes.
const TaxRecord = 200

// TaxField is a field of a tax-risk record: its name and where it begins and
// ends, in bytes counted from 0.
type TaxField struct {
	Name       string
	Begin, End int
}

// TaxFields are the fields of a tax-risk record.
var TaxFields = []TaxField{
	{"rec_type", 0, 2}, {"utr", 2, 12}, {"paye_ref", 12, 26}, {"vat_no", 26, 35}, {"name", 35, 95}, {"postcode", 95, 103},
	{"sic", 103, 108}, {"risk_code", 108, 112}, {"risk_score", 112, 115}, {"period", 115, 121}, {"amount_pence", 121, 133},
	{"restriction", 133, 134}, {"filler", 134, 200},
}

// The types of record.
const (
	typeHeader     = "00"
	typeBusiness   = "01"
	typeIndividual = "02"
	typeTrailer    = "99"
)

// headerAdvice is what to do about a file that is no such export.
const headerAdvice = "put the right export into this folder: its first record has 00 and the day of the run, YYYYMMDD, and 200 bytes"

// Read reads one export.
func (*TaxRisk) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	in := newTaxReader(r)
	run, err := in.header()
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		text, err := in.next()
		if err != nil {
			return err
		}
		if !text.bad() && strings.HasPrefix(text.text, typeTrailer) {
			return in.trailer(text, n)
		}
		if !in.inLines && !text.cut && text.lost() {
			return &agents.FileFault{Line: text.line, Problem: "what stands here is no record, and without line breaks nobody can tell where the next one begins", Advice: "export it again, with line breaks if possible; what was read before has been dealt with"}
		}
		if err := take(taxRecord(text, run)); err != nil {
			return err
		}
	}
}

// header reads the first record, which has the day of the run.
func (t *taxReader) header() (run, error) {
	fault := &agents.FileFault{Line: 1, Advice: headerAdvice}
	first, err := t.next()
	if end, ok := err.(*agents.FileFault); ok {
		fault.Problem = end.Problem
		if t.n <= 1 {
			fault.Problem = "the file is empty"
		}
		return run{}, fault
	}
	if err != nil {
		return run{}, err
	}
	switch {
	case strings.HasPrefix(first.text, "\xf0\xf0"):
		fault.Problem, fault.Advice = "the file is still in EBCDIC", "convert it to ASCII when it is taken off the mainframe"
		return run{}, fault
	case first.bad(), !strings.HasPrefix(first.text, typeHeader), strings.TrimSpace(first.text[10:]) != "":
		fault.Problem = "the file does not begin with the header of a tax-risk export"
		return run{}, fault
	}
	day := first.text[2:10]
	at, date, p := native.Moment(day)
	if p != nil || len(strings.TrimSpace(day)) != 8 {
		fault.Problem = "the header does not have the day of the run"
		return run{}, fault
	}
	return run{at: at, date: date, day: day}, nil
}

// run is the day on which an export was made: the only full date in it.
type run struct {
	at   schemas.Time
	date schemas.Date
	day  string
}

// trailer compares the number of records, and looks for what may follow.
func (t *taxReader) trailer(text taxText, n int) error {
	want, err := strconv.Atoi(text.text[2:10])
	if err != nil || strings.TrimSpace(text.text[10:]) != "" {
		return &agents.FileFault{Line: text.line, Problem: "the last record does not have the number of records", Advice: "export it again; what was read before has been dealt with"}
	}
	if want != n {
		return &agents.FileFault{Line: text.line, Problem: fmt.Sprintf("the file has %d records and its last one counts %d: some were lost on the way, or added", n, want),
			Advice: "export it again; the records that are there have been dealt with"}
	}
	next, err := t.next()
	if _, ended := err.(*agents.FileFault); ended {
		return nil
	}
	if err != nil {
		return err
	}
	return &agents.FileFault{Line: next.line, Problem: "something follows the last record (rec_type 99)", Advice: "give each export a file of its own; what was read before has been dealt with"}
}
