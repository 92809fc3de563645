package policy

import (
	"slices"
	"strconv"

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
	Row
}

var handlingColumns = append([]string{"id", "code", "wording", "recipients", "acceptance"}, rowColumns...)

func readHandling(r record, members []Member) HandlingCode {
	h := HandlingCode{
		ID: r.id("id"), Wording: r.need("wording"), Recipients: r.selector("recipients", members),
		Acceptance: Acceptance(r.oneOf("acceptance", string(AcceptNever), string(AcceptIfStated), string(AcceptAlways))),
		Row:        r.row(),
	}
	var err error
	if h.Code, err = strconv.Atoi(r.cells["code"]); err != nil || h.Code < 0 || h.Code > 5 {
		r.fault("code is %q and must be a number from 0 to 5", r.cells["code"])
		h.Code = 0
	}
	return h
}

// graded says whether the item has a 5x5x5 evaluation and a handling code.
func graded(it *schemas.Item) bool {
	return it.Source.Known() && it.Information.Known() && len(it.Handling) > 0
}

// handlingTest asks whether the item's handling codes open it to the
// recipient (National Intelligence Model, 5x5x5). What is not graded is open
// to the hub only, which grades it before anybody else may have it.
func (p *Policy) handlingTest(q *question) verdict {
	it := &q.m.Items[q.i]
	if q.home {
		return verdict{}
	}
	var open bool
	for _, code := range it.Handling {
		h := p.handlingOn(code, q)
		if h == nil || h.Recipients.IsZero() {
			return verdict{reason: ReasonHandling, rule: idOf(h)}
		}
		open = open || h.Recipients.Has(q.to)
	}
	if len(it.Handling) > 0 && !open {
		return verdict{reason: ReasonHandling, rule: idOf(p.handlingOn(slices.Min(it.Handling), q))}
	}
	if none := p.handlingOn(0, q); !graded(it) && (none == nil || !none.Recipients.Has(q.to)) {
		return verdict{reason: ReasonUngraded, rule: idOf(none)}
	}
	return verdict{}
}

// acceptanceTest asks whether a handling code makes conditions binding that
// the recipient has not accepted. Acceptances cannot be recorded in this
// version: this is the place where they will be looked up.
func (p *Policy) acceptanceTest(q *question) verdict {
	it := &q.m.Items[q.i]
	if q.home {
		return verdict{}
	}
	for _, code := range it.Handling {
		h := p.handlingOn(code, q)
		if h == nil {
			return verdict{reason: ReasonHandling}
		}
		// "If stated" binds only the recipients of the code: conditions meant
		// for a support provider do not bind the police.
		stated := h.Acceptance == AcceptIfStated && it.Conditions != "" && h.Recipients.Has(q.to)
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
