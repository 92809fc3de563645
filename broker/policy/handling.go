package policy

import (
	"slices"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Acceptance says whether a recipient must accept conditions first.
type Acceptance string

// When a handling code requires acceptance.
const (
	// AcceptNever requires none.
	AcceptNever Acceptance = "never"
	// AcceptIfStated requires it where the item states conditions.
	AcceptIfStated Acceptance = "if-stated"
	// AcceptAlways requires it.
	AcceptAlways Acceptance = "always"
)

// HandlingCode is a row of handling.csv. The codes are five different
// permissions and no scale: an item is open to whoever one of its codes opens
// it to, except that a code with no recipients closes it to everybody.
type HandlingCode struct {
	ID schemas.Code
	// Code is the handling code, or 0 for the row of items that are not
	// graded or have no handling code.
	Code    int
	Wording string
	// Recipients are those to whom the code opens an item.
	Recipients Selector
	Acceptance Acceptance
	table.Row
}

var handlingColumns = append([]string{"id", "code", "wording", "recipients", "acceptance"}, table.RowColumns...)

func readHandling(r table.Record, members []Member) HandlingCode {
	return HandlingCode{
		ID: schemas.Code(r.ID("id")), Code: r.Number("code", 0, 5), Wording: r.Need("wording"), Recipients: selector(r, "recipients", members),
		Acceptance: Acceptance(r.OneOf("acceptance", string(AcceptNever), string(AcceptIfStated), string(AcceptAlways))),
		Row:        r.Row(),
	}
}

// handlingTest asks whether the item's handling codes open it to the
// recipient (National Intelligence Model, 5x5x5). What nobody graded, and the
// hub has no grade for, is open to the hub only.
func (p *Policy) handlingTest(q *question) verdict {
	if q.home {
		return verdict{}
	}
	it, grading := &q.m.Items[q.i], p.Grade(q.m, q.i, q.day)
	codes := it.Handling
	if grading != nil && len(codes) == 0 {
		codes = grading.Handling
	}
	var open bool
	for _, code := range codes {
		h := p.handlingOn(code, q)
		if h == nil || h.Recipients.IsZero() {
			return verdict{reason: ReasonHandling, rule: idOf(h)}
		}
		open = open || h.Recipients.has(q.to)
	}
	if len(codes) > 0 && !open {
		return verdict{reason: ReasonHandling, rule: idOf(p.handlingOn(slices.Min(codes), q))}
	}
	graded := len(codes) > 0 && (grading != nil || it.Source.Known() && it.Information.Known())
	if none := p.handlingOn(0, q); !graded && (none == nil || !none.Recipients.has(q.to)) {
		return verdict{reason: ReasonUngraded, rule: idOf(none)}
	}
	return verdict{}
}

// acceptanceTest asks whether a handling code makes conditions binding that
// the recipient has not accepted.
func (p *Policy) acceptanceTest(q *question) verdict {
	it := &q.m.Items[q.i]
	if q.home || slices.Contains(q.rec.Accepted, Accepted{q.recipient.ID, q.i}) {
		return verdict{}
	}
	for _, code := range it.Handling {
		h := p.handlingOn(code, q)
		if h == nil {
			return verdict{reason: ReasonHandling}
		}
		// "If stated" binds only the recipients of the code: conditions meant
		// for a support provider do not bind the police.
		stated := h.Acceptance == AcceptIfStated && it.Conditions != "" && h.Recipients.has(q.to)
		if h.Acceptance == AcceptAlways || stated {
			return verdict{reason: ReasonConditions, rule: h.ID}
		}
	}
	return verdict{}
}

// handlingOn returns the row of a handling code that holds on the day, or nil.
func (p *Policy) handlingOn(code int, q *question) *HandlingCode {
	for n := range p.handling {
		if h := &p.handling[n]; h.Code == code && h.On(q.day) {
			return h
		}
	}
	return nil
}

func idOf(h *HandlingCode) schemas.Code {
	if h == nil {
		return ""
	}
	return h.ID
}
