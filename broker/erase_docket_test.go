package broker

import (
	"fmt"
	"testing"

	"liaison/schemas"
)

// recalled takes a message back, and waits until it is erased.
func (m *matters) recalled(of *schemas.Message, reason schemas.Code) *schemas.Message {
	m.t.Helper()
	recall := m.message(schemas.KindRecall, of.Originator)
	recall.Recall = &schemas.Recall{Of: refTo(of), Reason: reason}
	m.takes(recall)
	if err := m.retention.Finish(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	return recall
}

// keptAnew makes the docket anew, which must change none of its values.
func (m *matters) keptAnew() {
	m.t.Helper()
	before := m.kept()
	if err := m.docket.Reset(); err != nil {
		m.t.Fatal(err)
	}
	after := m.kept()
	for k, v := range before {
		if after[k] != v {
			m.t.Errorf("made anew the docket has %q at %q instead of %q", after[k], k, v)
		}
	}
	if fmt.Sprint(after) != fmt.Sprint(before) {
		m.t.Errorf("made anew the docket has %d keys instead of %d", len(after), len(before))
	}
}

// What closed one strand does not close its case in a docket that is made anew.
func TestAnErasedOutcomeOfOneStrandStillClosesThatAlone(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	opened := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), m.tip("gla"), schemas.CaseOpen))
	m.recalled(m.takes(m.outcomeOf("lincolnshire", opened, "forced-labour", schemas.CaseClosed, "prosecution", "gla")), schemas.RecallInaccurate)
	m.keptAnew()
	if seen := m.shown("lincolnshire", opened); seen.Status != schemas.CaseOpen || len(seen.Closed) != 1 {
		t.Errorf("the case is %s, closed %v", seen.Status, seen.Closed)
	}
	m.whole()
}
