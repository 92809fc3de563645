package hmrc

import (
	"io"
	"regexp"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

// MinimumWage reads the cases of the minimum wage teams. Its zero value is ready.
type MinimumWage struct{}

// NewMinimumWage returns the adapter.
func NewMinimumWage() *MinimumWage { return &MinimumWage{} }

// Name returns "hmrc".
func (*MinimumWage) Name() string { return "hmrc" }

// The elements of an export.
const (
	wageRoot      = "nmw_export"
	investigation = "investigation"
	single        = "single_complaint"
)

// Read reads one export.
func (*MinimumWage) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	return markup.Export{Root: wageRoot, Names: []string{investigation, single}, Reference: markup.InElement("case_ref"), Record: wageRecord}.Read(r, take)
}

// wage is the mapping of one element of an export.
type wage struct {
	mapping
	root *native.Element
	// sources are what is known of those who complained; none of it may leave.
	sources complainants
	// employer is the position of the employer among the subjects.
	employer int
}

func wageRecord(root *native.Element, raw string) agents.Record {
	w := wage{root: root}
	w.record.Line, w.record.Raw = root.Line, raw
	w.record.Reference = native.OneLine(root.Value("case_ref"))
	var content native.Content
	root.AddTo(&content)
	w.record.Content = content.Bytes()
	complaints := []*native.Element{root}
	if root.Name == investigation {
		complaints = root.All("complaint")
	}
	w.account(complaints)
	w.envelope()
	w.employed()
	for _, c := range complaints {
		w.item(c)
	}
	w.body(len(complaints))
	return w.done()
}

// at notes a fault of a field of an element.
func (w *wage) at(e *native.Element, field, problem, advice string) {
	w.fault(e.LineOf(field), field, problem, advice)
}

func (w *wage) checkAt(e *native.Element, field string, p *native.Problem) {
	w.check(e.LineOf(field), field, p)
}

func (w *wage) envelope() {
	r, msg := w.root, &w.message
	msg.Schema, msg.Kind, msg.Originator = schemas.Schema, schemas.KindTip, MinimumWageMember
	msg.Reference = w.record.Reference
	if msg.Reference == "" {
		w.at(r, "case_ref", "the record has no reference, so that nobody could ask about it", "give it one in the agency's system")
	}
	var p *native.Problem
	var recorded schemas.Date
	msg.Created, recorded, p = native.Moment(r.Value("recorded_at"))
	w.checkAt(r, "recorded_at", p)
	msg.Marking, p = native.Marking(r.Value("marking"))
	w.checkAt(r, "marking", p)
	msg.Urgency = schemas.Urgency(word(r, "urgency", string(schemas.Routine)))
	msg.Purpose = schemas.Code(word(r, "purpose", "enforce-labour-standards"))
	review, p := native.Date(r.Value("review_date"))
	w.checkAt(r, "review_date", p)
	msg.Review = review.Date
	msg.Sectors, p = native.Sectors(r.Value("sectors"), nil)
	w.checkAt(r, "sectors", p)
	msg.Tip = &schemas.Tip{Received: recorded}
}

// body completes the tip, or turns the message into a case.
func (w *wage) body(complaints int) {
	r, msg := w.root, &w.message
	if r.Name == single {
		if row, ok := sources().Row(r.Value("source")); ok {
			msg.Tip.Channel = schemas.Code(row["channel"])
		}
		received, p := native.Date(r.Value("received"))
		w.checkAt(r, "received", p)
		if !received.IsZero() {
			msg.Tip.Received = received.Date
		}
		return
	}
	switch {
	case complaints == 0:
		w.at(r, "complaint", "the investigation has no complaint, so that there is nothing to disclose", "give each complaint, or the risk profile behind it, its own element")
	case complaints > schemas.MaxItems:
		w.at(r, "complaint", "the investigation has more complaints than a message has items (64), and cutting it up would make it several investigations", "export those of one workplace or one period as an investigation of their own")
	}
	status, ok := statuses().Row(r.Value("status"))
	if !ok {
		w.at(r, "status", "the state of the case is not in the table", "use one of: "+statuses().Known())
	}
	opened, p := native.Date(r.Value("opened"))
	w.checkAt(r, "opened", p)
	msg.Kind, msg.Tip = schemas.KindCase, nil
	msg.Case = &schemas.Case{Status: schemas.CaseStatus(status["status"]), Reason: schemas.Code(status["reason"]), Lead: MinimumWageMember, Opened: opened.Date,
		Operation: known(r.Value("operation")), Strands: []schemas.Strand{{CrimeType: underpayment, Lead: MinimumWageMember}}}
}

// word reads a word of the contract, or what stands for a missing one.
func word(e *native.Element, field, missing string) string {
	if v := e.Value(field); !native.Unknown(v) {
		return strings.ReplaceAll(strings.ToLower(native.OneLine(v)), " ", "-")
	}
	return missing
}

func known(s string) string {
	if native.Unknown(s) {
		return ""
	}
	return native.OneLine(s)
}

var (
	amountForm = regexp.MustCompile(`^£? ?([0-9]{1,9}|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,2})?$`)
	hoursForm  = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,2})?$`)
)
