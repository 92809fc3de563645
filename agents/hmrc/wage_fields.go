package hmrc

import (
	"liaison/agents"
	"liaison/agents/native"
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
var recordFields = map[string]string{
	"case_ref": "", "recorded_at": "", "marking": "", "urgency": "", "purpose": "", "review_date": "", "sectors": "", "area": "",
	"employer": "", "workplace": "", "notice_of_underpayment_date": "", "penalty": "",
	"officer": officers, "team": internal,
}

// caseFields are those that only a case has a place for.
var caseFields = map[string]string{"complaint": "", "status": "", "opened": "", "operation": ""}

// complaintFields are those of one complaint.
var complaintFields = map[string]string{
	"source": "", "received": "", "pay_reference_period": "", "hours": "", "gross_pay": "", "deductions": "", "accommodation_offset": "",
	"nmw_rate": "", "arrears": "", "notice_of_underpayment_date": "", "penalty": "", "narrative": "", "crime_types": "", "indicators": "",
	"obtained_by": "", "origin": "", "source_evaluation": "", "intelligence_evaluation": "", "handling_code": "", "conditions": "", "workplace": "",
	"worker": complainant, "third_party": complainant, "caller": complainant,
	"complaint_ref": "it leads to the complainant's file in HMRC",
}

var employerFields = map[string]string{
	"name": "", "trading_name": "", "address": "", "postcode": "", "company_no": "", "sic": "", "paye_ref": noTaxReference, "utr": noTaxReference,
	"vat_no": noTaxReference,
}

// notOfATip are fields of a case in a complaint that is none.
var notOfATip = map[string]string{
	"status": "a tip has no state", "opened": "a tip has not been taken on", "operation": "a tip has no place for the name of an operation",
}

// repeated are the fields that may stand more than once.
var repeated = map[string]bool{"complaint": true, "workplace": true, "trading_name": true, "worker": true, "third_party": true, "caller": true}

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

func (w *wage) fields(e *native.Element, tables ...map[string]string) {
	seen := map[string]bool{}
	note := func(name string, line int, empty bool) {
		if seen[name] && !repeated[name] {
			w.record.Faults = append(w.record.Faults, agents.Fault{Line: line, Field: name, Problem: "the field stands twice", Advice: "leave one of them out"})
		}
		seen[name] = true
		reason := "it is not known here"
		for _, t := range tables {
			if r, ok := t[name]; ok {
				reason = r
			}
		}
		if reason != "" && !empty {
			w.dropped(name, reason)
		}
	}
	for _, a := range e.Attrs {
		note(a.Name, e.Line, native.Unknown(a.Value))
	}
	for _, k := range e.Kids {
		note(k.Name, k.Line, k.Empty())
	}
}
