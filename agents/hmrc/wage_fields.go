package hmrc

import (
	"maps"

	"liaison/agents/native"
	"liaison/agents/native/markup"
)

// What becomes of the fields: an empty reason means that the message has it.
const (
	complainant = "who complained never leaves HMRC"
	officers    = "officers are reached through HMRC's single point of contact"
	internal    = "it is HMRC's own administration"
	noPlace     = "a message has no place for it"
)

// recordFields are those of an investigation, or of a single complaint as far
// as it is a record.
var recordFields = markup.Fields{
	"case_ref": "", "recorded_at": "", "marking": "", "urgency": "", "purpose": "", "review_date": "", "sectors": "", "area": "",
	"employer": markup.Parts, "workplace": "", "notice_of_underpayment_date": "", "penalty": "",
	"officer": officers, "team": internal,
}

// caseFields are those that only a case has a place for.
var caseFields = markup.Fields{"complaint": markup.Parts, "status": "", "opened": "", "operation": ""}

// complaintFields are those of one complaint.
var complaintFields = markup.Fields{
	"source": "", "received": "", "pay_reference_period": "", "hours": "", "gross_pay": "", "deductions": "", "accommodation_offset": "",
	"nmw_rate": "", "arrears": "", "notice_of_underpayment_date": "", "penalty": "", "narrative": "", "crime_types": "", "indicators": "",
	"obtained_by": "", "origin": "", "source_evaluation": "", "intelligence_evaluation": "", "handling_code": "", "conditions": "", "workplace": "",
	"worker": complainant, "third_party": complainant, "caller": complainant,
	"complaint_ref": "it leads to the complainant's file in HMRC",
}

var employerFields = markup.Fields{
	"name": "", "trading_name": "", "address": "", "postcode": "", "company_no": "", "sic": "", "paye_ref": noTaxReference, "utr": noTaxReference,
	"vat_no": noTaxReference,
}

// notOfATip are fields of a case in a complaint that is none.
var notOfATip = markup.Fields{
	"status": "a tip has no state", "opened": "a tip has not been taken on", "operation": "a tip has no place for the name of an operation",
}

// repeated are the fields that may stand more than once.
var repeated = []string{"complaint", "workplace", "trading_name", "worker", "third_party", "caller"}

// account looks at every field of the record: what is known, what is dropped
// and why, what stands twice. It also learns who complained.
func (w *wage) account(complaints []*native.Element) {
	if w.root.Name == single {
		w.fields(w.root, recordFields, complaintFields, notOfATip)
	} else {
		w.fields(w.root, recordFields, caseFields)
		for _, c := range complaints {
			w.fields(c, complaintFields)
		}
	}
	for _, e := range append(complaints, w.root) {
		for _, name := range []string{"worker", "third_party", "caller"} {
			for _, who := range e.All(name) {
				w.sources.learn(who)
			}
			for _, a := range e.Attrs {
				if a.Name == name {
					w.sources.names(a.Value)
				}
			}
		}
	}
	if employer := w.root.Kid("employer"); employer != nil {
		w.fields(employer, employerFields)
	}
}

// fields goes through an element by several tables, the later ones going first.
func (w *wage) fields(e *native.Element, tables ...markup.Fields) {
	all := markup.Fields{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	markup.Account(&w.record, e, "", all, repeated...)
}
