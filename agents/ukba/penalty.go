package ukba

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// maxPenalty is the most that could be asked for one worker, in pence:
// Immigration, Asylum and Nationality Act 2006 s.15, £10,000 in 2009.
const maxPenalty = 10_000_00

// penalty is one civil penalty on its way to a case.
type penalty struct {
	paper
	row row
}

func penaltyRecord(r row) agents.Record {
	if r.fault != nil {
		return agents.Record{Line: r.line, Raw: r.raw, Reference: r.ref, Faults: []agents.Fault{*r.fault}}
	}
	p := penalty{row: r}
	p.line = func(field string) int { return r.lines[field] }
	var content native.Content
	for _, name := range Columns {
		content.Add(name, r.values[name])
	}
	p.record = agents.Record{Line: r.line, Raw: r.raw, Content: content.Bytes(), Reference: r.ref}
	issued := p.envelope(p.value, "notice_no", "issued")
	p.message.Kind, p.message.Purpose = schemas.KindCase, "immigration-control"
	p.message.Case = &schemas.Case{Status: p.status(), Reason: p.reason(), Lead: Member, Opened: issued}
	p.message.Jurisdictions = p.area(p.value("premises"), p.value("region"), schemas.RoleBusiness)
	p.message.CrimeTypes = []schemas.Code{"illegal-working-civil"}
	p.screening()
	for _, c := range p.message.CrimeTypes {
		p.message.Case.Strands = append(p.message.Case.Strands, schemas.Strand{CrimeType: c, Lead: Member})
	}
	p.item()
	if !native.Unknown(p.value("visit_ref")) {
		p.dropped("visit_ref", "the encounter is a message of its own, which not everybody gets who gets this one")
	}
	return p.finish()
}

func (p *penalty) value(field string) string { return p.row.values[field] }

// screening finds a penalty that ran ahead of the screening of the workers
// (Government Reply to HC 23: civil penalties, victims first).
func (p *penalty) screening() {
	switch strings.ToUpper(native.OneLine(p.value("victim_screening"))) {
	case "Y", "YES":
	case "REFERRED":
		p.message.CrimeTypes = append(p.message.CrimeTypes, "trafficking-unspecified")
		p.message.Purpose, p.message.Urgency = "prevent-detect-crime", schemas.Priority
	default:
		p.fault("victim_screening", "the workers have not been screened as possible victims, or the record does not say so", "screen them first; write Y if nothing was found, REFERRED if somebody was referred")
	}
}

// status is closed once nothing is owed any more.
func (p *penalty) status() schemas.CaseStatus {
	total, paid := p.money("total"), p.money("paid")
	cancelled := strings.EqualFold(p.value("objection"), "allowed") || strings.EqualFold(p.value("appeal"), "allowed")
	if cancelled || total > 0 && paid >= total {
		return schemas.CaseClosed
	}
	return schemas.CaseOpen
}

// reason is why the case is closed: the penalty was paid, or none is due.
func (p *penalty) reason() schemas.Code {
	switch total := p.money("total"); {
	case p.status() != schemas.CaseClosed:
		return ""
	case total > 0 && p.money("paid") >= total:
		return "civil-penalty"
	}
	return "no-further-action"
}

func (p *penalty) item() {
	it := p.graded(p.value)
	it.CrimeTypes = p.message.CrimeTypes
	workers := p.number("workers_illegal")
	each, total := p.money("penalty_per_worker"), p.money("total")
	switch {
	case each > maxPenalty:
		p.fault("penalty_per_worker", "the penalty for one worker is more than the law allowed (£10,000)", "correct it in the Agency's system")
	case total > each*workers:
		p.fault("total", "the total is more than the penalty for each worker times the workers", "correct it in the Agency's system")
	}
	it.Text = p.text(workers)
	it.Subjects = append(p.employer(), p.premises(p.value("premises"))...)
	p.message.Items = []schemas.Item{it}
}

// text tells of the penalty, in whole sentences, as nobody wrote a narrative.
func (p *penalty) text(workers int) string {
	text := fmt.Sprintf("Civil penalty for employing illegal workers. Workers: %d.", workers)
	for _, f := range [][2]string{
		{"docs_checked", "Documents checked"}, {"statutory_excuse", "Statutory excuse"}, {"penalty_per_worker", "Penalty for each, in pounds"}, {"total", "Total, in pounds"},
		{"objection", "Objection"}, {"appeal", "Appeal"}, {"paid", "Paid, in pounds"}, {"victim_screening", "Screening of the workers as possible victims"},
	} {
		if v := native.OneLine(p.value(f[0])); !native.Unknown(v) {
			text += " " + f[1] + ": " + v + "."
		}
	}
	return text
}

func (p *penalty) employer() []int {
	s := schemas.Subject{Kind: schemas.BusinessSubject, Name: native.OneLine(p.value("employer"))}
	if native.Unknown(s.Name) {
		p.fault("employer", "the notice names no employer", "name the one on whom it was served")
		return nil
	}
	if n := native.OneLine(p.value("company_no")); !native.Unknown(n) {
		s.Number = n
	}
	p.message.Subjects = append(p.message.Subjects, s)
	return []int{len(p.message.Subjects) - 1}
}

func (p *penalty) number(field string) int {
	n, err := strconv.Atoi(strings.TrimSpace(p.value(field)))
	if err != nil || n < 1 || n > 10_000 {
		p.fault(field, "the number of workers is missing or no number from 1 to 10,000", "write it in digits")
	}
	return n
}

var pounds = regexp.MustCompile(`^£? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.([0-9]{2}))?$`)

// money reads an amount in pence; what is not known is nothing.
func (p *penalty) money(field string) int {
	v := strings.TrimSpace(p.value(field))
	if native.Unknown(v) {
		return 0
	}
	m := pounds.FindStringSubmatch(v)
	if m == nil {
		for _, f := range p.record.Faults { // it is read twice
			if f.Field == field {
				return 0
			}
		}
		p.fault(field, "the amount is no sum of money", "write pounds as 5000, 5,000 or 5000.00")
		return 0
	}
	whole, _ := strconv.Atoi(strings.ReplaceAll(m[1], ",", "")) // digits only
	pence, _ := strconv.Atoi(m[2])
	return whole*100 + pence
}
