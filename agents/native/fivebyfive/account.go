package fivebyfive

import (
	"maps"
	"slices"
	"strings"

	"liaison/agents/native"
	"liaison/agents/native/markup"
)

// What becomes of the fields; BODY is what the agency is called.
const (
	notYetPlaced = "a message has no place for it"
	apart        = "the source's identity stays with the BODY"
	officers     = "officers are reached through the BODY's single point of contact"
	internal     = "it is the BODY's own administration"
)

var reportFields = markup.Fields{
	"reported_at": "", "marking": "", "urgency": "", "purpose": "", "channel": "",
	"source_evaluation": "", "sectors": "", "crime_types": "", "review_date": "", "sanitised": "", "public_interest_immunity": "", "type": "",
	"source_name": markup.Parts, "location": markup.Parts, "item": markup.Parts, "nominal": markup.Parts, "business": markup.Parts,
	"address": markup.Parts, "vehicle": markup.Parts, "phone": markup.Parts,
	"organisation": internal, "reporting_officer": officers, "rank_number": officers, "source_reference": apart,
	"title": "a title is not graded, and only graded items are disclosed", "evaluator": officers, "evaluated_at": internal, "unsanitised_urn": apart,
	"dissemination_list": "the protocol decides who receives it", "pnc_id": notYetPlaced, "cro": notYetPlaced,
}

// caseFields are those of a case, in the report or in <case>; tipFields what
// becomes of them in a tip, and outside those of a report that has a <case>.
var (
	caseFields = markup.Fields{"status": "", "lead": "", "opened": "", "operation": "", "strand": markup.Parts}
	tipFields  = markup.Fields{
		"status": "a tip has no state", "lead": "nobody leads a tip", "opened": "a tip has not been taken on", "strand": "a tip has no strands",
		"operation": "a tip has no place for the name of an operation", "case": "the report is not of the type case",
	}
	outside = markup.Fields{"status": beside, "lead": beside, "opened": beside, "operation": beside, "strand": beside, "case": markup.Parts}
)

const beside = "it stands beside <case>, which has the fields of the case"

var itemFields = markup.Fields{
	"text": "", "intelligence_evaluation": "", "handling_code": "", "conditions": "", "origin": "", "obtained_by": "", "crime_types": "",
	"location": markup.Parts, "indicators": "", "ref": markup.Parts, "subjects": "", "event_date": "", "event_place": "", "n": "", "regraded": internal, "consents": "",
}

var subjectFields = markup.Fields{
	"id": "", "name": "", "alias": "", "dob": "", "position": "", "nationality": "", "address": "", "postcode": "", "registration": "", "number": "",
}

var (
	locationFields = markup.Fields{"": "", "force_code": "", "place": "", "role": ""}
	strandFields   = markup.Fields{"crime_type": "", "lead": ""}
)

// repeated are the fields that may stand more than once.
var repeated = []string{"item", "location", "ref", "nominal", "business", "address", "vehicle", "phone", "strand"}

// account goes through everything that the report says.
func (m *Mapping) account() {
	r := m.Root
	fields := maps.Clone(reportFields)
	for _, name := range slices.Concat(m.form.Fields, []string{m.form.Reference}) {
		fields[name] = ""
	}
	m.accountCase(fields)
	m.fields(r, "", fields, repeated...)
	for _, k := range r.Kids {
		if IsSubject(k.Name) {
			m.fields(k, k.Name+"/", subjectFields, "alias")
		}
	}
	for _, it := range r.All("item") {
		m.fields(it, "", itemFields, repeated...)
		for _, ref := range it.All("ref") {
			m.fields(ref, "ref/", markup.Fields{"id": ""})
		}
	}
	for _, e := range append(r.All("item"), r) {
		for _, l := range e.All("location") {
			m.fields(l, "location/", locationFields)
		}
	}
}

// accountCase goes through the fields of a case, and says what becomes of those
// that stand in the report.
func (m *Mapping) accountCase(ofReport markup.Fields) {
	if !m.isCase {
		maps.Copy(ofReport, tipFields)
		return
	}
	c := m.caseElement()
	if c == m.Root {
		maps.Copy(ofReport, caseFields)
	} else {
		maps.Copy(ofReport, outside)
		m.fields(c, "case/", caseFields, "strand")
	}
	for _, s := range c.All("strand") {
		m.fields(s, "strand/", strandFields)
	}
}

func (m *Mapping) fields(e *native.Element, path string, fields markup.Fields, repeated ...string) {
	from := len(m.Record.Dropped)
	markup.Account(&m.Record, e, path, fields, repeated...)
	for i := range m.Record.Dropped[from:] {
		d := &m.Record.Dropped[from+i]
		d.Reason = strings.ReplaceAll(d.Reason, "BODY", m.form.Body)
	}
}
