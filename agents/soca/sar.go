package soca

import (
	"fmt"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

// protected is a condition of every SAR.
const protected = "That this report exists may not become known to its subjects or to whoever might tell them: Proceeds of Crime Act 2002 s.333A."

// What becomes of the fields: an empty reason means that the message has it.
const (
	reporter = "who reported is protected as a source is"
	inELMER  = "it stays in ELMER; a recipient who needs it asks"
	internal = "it is the Agency's own administration"
)

var sarFields = markup.Fields{
	"header": markup.Parts, "main_subject": markup.Parts, "associated_subject": markup.Parts, "location": markup.Parts, "transactions": markup.Parts, "reason": "",
}

var headerFields = markup.Fields{
	"elmer_no": "", "submitted": "", "marking": "", "handling_code": "", "conditions": "", "source_evaluation": "", "intelligence_evaluation": "",
	"crime_types": "", "sectors": "", "purpose": "", "consent_sought": "", "review_date": "",
	"institution": reporter, "reporter": reporter, "reporter_ref": reporter, "branch": reporter, "mlro": reporter,
	"form_version": internal, "batch": internal,
}

// sar is one SAR on its way to a message.
type sar struct {
	from, header *native.Element
	record       agents.Record
	message      schemas.Message
	// base is what every item has.
	base schemas.Item
}

func sarRecord(e *native.Element, raw string) agents.Record {
	s := sar{from: e, header: e.Kid("header")}
	var content native.Content
	e.AddTo(&content)
	s.record = agents.Record{Line: e.Line, Raw: raw, Content: content.Bytes()}
	markup.Account(&s.record, e, "", sarFields, "associated_subject", "location")
	if s.header == nil {
		s.fault(e, "header", "the SAR has no header, so that nobody knows what it is", "export it again with its header")
		return s.record
	}
	s.record.Reference = native.OneLine(s.header.Value("elmer_no"))
	markup.Account(&s.record, s.header, "header/", headerFields)
	s.envelope()
	s.protect()
	s.crimes()
	s.subjects()
	s.areas()
	s.reason()
	s.transactions()
	if len(s.record.Faults) == 0 {
		s.record.Message = &s.message
	}
	return s.record
}

func (s *sar) fault(at *native.Element, field, problem, advice string) {
	s.record.Faults = append(s.record.Faults, agents.Fault{Line: at.LineOf(field), Field: field, Problem: problem, Advice: advice})
}

func (s *sar) check(at *native.Element, field string, p *native.Problem) {
	if p != nil {
		s.fault(at, field, p.What, p.Advice)
	}
}

func (s *sar) dropped(field, reason string) {
	s.record.Dropped = native.AppendNew(s.record.Dropped, agents.Dropped{Field: field, Reason: reason})
}

func (s *sar) envelope() {
	h, msg := s.header, &s.message
	msg.Schema, msg.Kind, msg.Originator, msg.Urgency = schemas.Schema, schemas.KindTip, Member, schemas.Routine
	if msg.Reference = s.record.Reference; native.Unknown(msg.Reference) {
		s.fault(h, "elmer_no", "the SAR has no ELMER number, so that nobody could ask about it", "export it once it has been acknowledged")
	}
	var p *native.Problem
	var received schemas.Date
	msg.Created, received, p = native.Moment(h.Value("submitted"))
	s.check(h, "submitted", p)
	review, p := native.Date(h.Value("review_date"))
	s.check(h, "review_date", p)
	msg.Review = review.Date
	msg.Purpose = "prevent-detect-crime"
	if purposes, p := native.Codes(schemas.Purposes(), h.Value("purpose")); len(purposes) == 1 {
		msg.Purpose = purposes[0]
	} else if len(purposes) > 1 || p != nil {
		s.fault(h, "purpose", "the purpose is not one code of the contract", "use one, such as recover-proceeds")
	}
	msg.Sectors, p = native.Sectors(h.Value("sectors"), nil)
	s.check(h, "sectors", p)
	msg.Tip = &schemas.Tip{Channel: "financial-report", Received: received}
}

// protect sets who may have it. A SAR is confidential between whoever reported
// it and the Agency (POCA 2002 ss.333A, 342): without a word of the Agency's
// desk it stays there.
func (s *sar) protect() {
	h := s.header
	var p *native.Problem
	s.message.Marking, p = native.Marking(h.Value("marking"))
	s.check(h, "marking", p)
	if p == nil && schemas.Restricted.Above(s.message.Marking) {
		s.fault(h, "marking", "the marking is below RESTRICTED, and that a SAR exists is protected", "have the Agency's desk mark it")
	}
	it := &s.base
	it.ObtainedBy = schemas.ByInspectionPower
	it.Source, it.Information, p = native.Grades(h.Value("source_evaluation"), h.Value("intelligence_evaluation"))
	s.check(h, "intelligence_evaluation", p)
	it.Handling, p = native.Handling(h.Value("handling_code"))
	s.check(h, "handling_code", p)
	if p == nil && len(it.Handling) == 0 {
		it.Handling = schemas.Handling{schemas.HandlingOriginatorOnly}
	}
	conditions := h.Value("conditions")
	if it.Handling.Has(schemas.HandlingConditions) && native.Unknown(conditions) {
		s.fault(h, "handling_code", "handling code 5 stands without its conditions", "state them in <conditions>")
	}
	it.Conditions = join(conditions, protected, onward)
	if len([]rune(it.Conditions)) > schemas.MaxConditions {
		s.fault(h, "conditions", "the conditions are too long to stand with those of POCA 2002 s.333A and SOCPA 2005 s.35", "shorten them")
	}
}

// reason is the reason for suspicion, the first item. It mentions every subject.
func (s *sar) reason() {
	it := s.base
	it.Text = s.from.Value("reason")
	switch n := len([]rune(it.Text)); {
	case native.Unknown(it.Text):
		s.fault(s.from, "reason", "the SAR gives no reason for suspicion", "send it back to whoever reported it")
	case n > schemas.MaxText:
		s.fault(s.from, "reason", fmt.Sprintf("the reason has %d characters, and the portal takes %d: nobody can say what would be lost", n, schemas.MaxText), "split it into two SARs")
	}
	for i := range s.message.Subjects {
		it.Subjects = append(it.Subjects, i)
	}
	s.message.Items = append(s.message.Items, it)
}

// known is a value on one line, or nothing if it is not known.
func known(s string) string {
	if native.Unknown(s) {
		return ""
	}
	return native.OneLine(s)
}

// word is a value of a short vocabulary.
func word(s string) string { return strings.ReplaceAll(strings.ToLower(known(s)), " ", "-") }
