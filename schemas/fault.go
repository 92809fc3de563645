package schemas

import (
	"fmt"
	"strconv"
	"strings"
)

// The codes of the faults that Validate reports. They are part of the
// contract and never change their meaning.
const (
	FaultMissing       Code = "missing"        // required, and not there
	FaultVersion       Code = "version"        // a schema that this broker does not read
	FaultForm          Code = "form"           // not of the form that the field has
	FaultUnknownCode   Code = "unknown-code"   // not in the list of codes
	FaultNotValidThen  Code = "not-valid-then" // in the list, but not valid on the day of creation
	FaultDuplicate     Code = "duplicate"      // stands twice where once is enough
	FaultTooMany       Code = "too-many"       // a list is longer than it may be
	FaultTooLong       Code = "too-long"       // a text is longer than it may be
	FaultCharacter     Code = "character"      // a text has a character that no text may have
	FaultFuture        Code = "future"         // later than it can be
	FaultPast          Code = "past"           // earlier than it can be
	FaultHalfGraded    Code = "half-graded"    // one of two grades without the other
	FaultContradiction Code = "contradiction"  // two values that cannot both be meant
	FaultBody          Code = "body"           // a body that is not the kind's
	FaultMisplaced     Code = "misplaced"      // a field that does not belong to the kind
	FaultUnidentified  Code = "unidentified"   // a subject of which nothing identifies it
	FaultNotInMessage  Code = "not-in-message" // used here, but not among the message's
	FaultUnmentioned   Code = "unmentioned"    // a subject that no item mentions
	FaultSelfLink      Code = "self-link"      // a message that names itself
	FaultBrokerOnly    Code = "broker-only"    // a field that only the broker may set
	FaultMore          Code = "more-faults"    // there are more faults than are listed
)

// place is where in a message something stands. It holds no pointer, so that a
// message without faults costs no memory; only a fault makes a text of it.
type place struct {
	steps [maxSteps]struct {
		field string
		index int // position in the list that the field is, plus one; or 0
	}
	n int
}

// maxSteps is how deep the contract goes: items[0].jurisdictions[1].code.
const maxSteps = 3

var root place

func (p place) field(name string) place {
	p.steps[p.n].field = name
	p.n++
	return p
}

func (p place) at(index int) place {
	p.steps[p.n-1].index = index + 1
	return p
}

// String gives the place as a path, such as "items[0].source".
func (p place) String() string {
	var s strings.Builder
	for i, step := range p.steps[:p.n] {
		if i > 0 {
			s.WriteByte('.')
		}
		s.WriteString(step.field)
		if step.index > 0 {
			s.WriteString("[" + strconv.Itoa(step.index-1) + "]")
		}
	}
	return s.String()
}

// faultList gathers faults up to MaxFaults and counts the rest.
type faultList struct {
	faults []Fault
	beyond int
}

func (l *faultList) add(at place, code Code, problem, advice string) {
	if l.full() {
		l.beyond++
		return
	}
	l.faults = append(l.faults, Fault{Path: at.String(), Code: code, Problem: problem, Advice: advice})
}

// full says that further faults are only counted.
func (l *faultList) full() bool { return len(l.faults) == MaxFaults }

func (l *faultList) addf(at place, code Code, advice, problem string, args ...any) {
	if l.full() {
		l.beyond++
		return
	}
	l.add(at, code, fmt.Sprintf(problem, args...), advice)
}

// all returns the faults, with a last one for those not listed.
func (l *faultList) all() []Fault {
	if l.beyond == 0 {
		return l.faults
	}
	return append(l.faults, Fault{Code: FaultMore, Problem: fmt.Sprintf("there are %d more faults", l.beyond),
		Advice: "mend the faults listed first; the others may have the same cause"})
}
