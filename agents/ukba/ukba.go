package ukba

import (
	"bufio"
	"io"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

// Member is whose records these are.
const Member schemas.MemberID = "ukba"

// Adapter reads the Agency's encounters and civil penalties.
type Adapter struct{}

// New returns the adapter.
func New() *Adapter { return &Adapter{} }

// Name returns "ukba".
func (*Adapter) Name() string { return "ukba" }

// encounters are the batches of encounters.
var encounters = markup.Export{Root: "encounters", Names: []string{"encounter"}, Reference: markup.InElement("visit_ref"), Record: encounterRecord}

// Read reads one export: encounters if it begins with "<", else penalties.
func (*Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(1024)
	if err != nil && err != io.EOF {
		return err
	}
	if _, isXML := native.XMLRoot(head); isXML {
		return encounters.Read(in, take)
	}
	return readPenalties(in, take)
}

func readPenalties(in io.Reader, take func(agents.Record) error) error {
	rows, err := newRows(in)
	for err == nil {
		var r row
		if r, err = rows.next(); err == nil {
			err = take(penaltyRecord(r))
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// paper gathers what becomes of one record.
type paper struct {
	record  agents.Record
	message schemas.Message
	// line says where a field stands.
	line func(field string) int
}

func (p *paper) fault(field, problem, advice string) {
	p.record.Faults = append(p.record.Faults, agents.Fault{Line: p.line(field), Field: field, Problem: problem, Advice: advice})
}

func (p *paper) check(field string, problem *native.Problem) {
	if problem != nil {
		p.fault(field, problem.What, problem.Advice)
	}
}

func (p *paper) dropped(field, reason string) {
	p.record.Dropped = native.AppendNew(p.record.Dropped, agents.Dropped{Field: field, Reason: reason})
}

// finish gives the record its message if nothing is wrong with it.
func (p *paper) finish() agents.Record {
	if len(p.record.Faults) == 0 {
		p.record.Message = &p.message
	}
	return p.record
}

// envelope sets what both kinds of record have.
func (p *paper) envelope(value func(string) string, reference, day string) schemas.Date {
	msg := &p.message
	msg.Schema, msg.Originator, msg.Urgency = schemas.Schema, Member, schemas.Routine
	if msg.Reference = p.record.Reference; msg.Reference == "" {
		p.fault(reference, "the record has no reference, so that nobody could ask about it", "give it one in the Agency's system")
	}
	var problem *native.Problem
	var on schemas.Date
	msg.Created, on, problem = native.Moment(value(day))
	p.check(day, problem)
	msg.Marking, problem = native.Marking(value("marking"))
	p.check("marking", problem)
	msg.Sectors, problem = native.Sectors(value("sectors"), nil)
	p.check("sectors", problem)
	return on
}

// graded is an item with the grades and conditions that the record gives, which
// may be none.
func (p *paper) graded(value func(string) string) schemas.Item {
	it := schemas.Item{Conditions: value("conditions")}
	var problem *native.Problem
	it.Source, it.Information, problem = native.Grades(value("source_evaluation"), value("intelligence_evaluation"))
	p.check("intelligence_evaluation", problem)
	it.Handling, problem = native.Handling(value("handling_code"))
	p.check("handling_code", problem)
	if it.Handling.Has(schemas.HandlingConditions) && native.Unknown(it.Conditions) {
		p.fault("handling_code", "handling code 5 stands without its conditions", "state them in conditions")
	}
	it.ObtainedBy = schemas.ByInspectionPower // an officer's visit is an exercise of powers
	return it
}
