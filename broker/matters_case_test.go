package broker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// outcomeOf is what came of a case, or of a strand.
func (m *matters) outcomeOf(from schemas.MemberID, of *schemas.Message, strand schemas.Code, status schemas.CaseStatus, result schemas.Code, to ...schemas.MemberID) *schemas.Message {
	o := full(m.message(schemas.KindOutcome, from), "What came of the invented matter.")
	o.CrimeTypes = []schemas.Code{"forced-labour", "nmw-underpayment", "unlicensed-gangmaster"}
	o.Outcome = &schemas.Feedback{Of: refTo(of), Strand: strand, To: to, Results: []schemas.Code{result}, Status: status}
	return o
}

func (m *matters) tip(from schemas.MemberID) *schemas.Message {
	tip := full(m.message(schemas.KindTip, from), "Workers at an invented farm have had their passports taken.")
	tip.Tip = &schemas.Tip{Channel: "intelligence-report"}
	return m.takes(tip)
}

func (m *matters) shown(to schemas.MemberID, of *schemas.Message) (seen schemas.Thread) {
	m.t.Helper()
	question(m.t, m.links[to], schemas.AskThread, `{"originator":"`+string(of.Originator)+`","id":"`+string(of.ID)+`"}`, &seen)
	return seen
}

func (m *matters) task(from, to schemas.MemberID, of *schemas.Message, action schemas.TaskingAction, strand schemas.Code) *schemas.Message {
	k := m.message(schemas.KindTasking, from)
	k.Tasking = &schemas.Tasking{Of: refTo(of), Action: action, To: to, Strand: strand}
	return k
}

func TestACaseHasStrandsStatesAndADebtToEverySource(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	first, second := m.tip("gla"), m.tip("ukhtc")
	opened := caseOf(m.message(schemas.KindCase, "lincolnshire"), first, schemas.CaseOpen)
	opened.Links = append(opened.Links, schemas.Link{Originator: "ukhtc", ID: second.ID, Relation: schemas.Promotes})
	if err := opened.Case.Strands[0].Review.UnmarshalText([]byte("2009-09-30")); err != nil {
		t.Fatal(err)
	}
	opened.Case.Strands[0].Gateway = "police-common-law"
	m.takes(opened)
	seen := m.shown("lincolnshire", opened)
	if !slices.Equal(seen.Promoted, []schemas.MessageRef{refTo(first), refTo(second)}) {
		t.Errorf("made of %v", seen.Promoted)
	}
	reviews := map[schemas.Code]string{}
	for _, c := range seen.Clocks {
		reviews[c.Strand] = string(c.Owes) + " " + c.Due.In(inLondon(t, "2009-01-01 00:00").Location()).Format("2006-01-02")
	}
	want := map[schemas.Code]string{"forced-labour": "lincolnshire 2009-10-01", "nmw-underpayment": "lincolnshire 2010-08-25", "unlicensed-gangmaster": "lincolnshire 2010-08-25"}
	if fmt.Sprint(reviews) != fmt.Sprint(want) {
		t.Errorf("each strand has a clock of its own: %v", reviews)
	}

	// A strand goes to HM Revenue, with its clock, and is closed by it alone.
	m.takes(m.task("lincolnshire", "hmrc-nmw", opened, schemas.TaskingOffer, "nmw-underpayment"))
	m.takes(m.task("hmrc-nmw", "lincolnshire", opened, schemas.TaskingAccept, "nmw-underpayment"))
	if c := m.clockOf("review", "hmrc-nmw"); !c.Running() || c.Strand != "nmw-underpayment" || !c.Due.Equal(inLondon(t, "2010-08-25 00:00")) {
		t.Errorf("the strand's new lead owes %+v", c)
	}
	if advice := m.refused(m.outcomeOf("lincolnshire", opened, "nmw-underpayment", schemas.CaseClosed, "no-further-action", "gla")); advice == "" {
		t.Error("another closes the strand")
	}
	m.takes(m.outcomeOf("hmrc-nmw", opened, "nmw-underpayment", schemas.CaseClosed, "underpayment-notice", "gla", "lincolnshire"))
	m.refused(m.task("hmrc-nmw", "gla", opened, schemas.TaskingOffer, "nmw-underpayment"))
	seen = m.shown("lincolnshire", opened)
	if seen.Status != schemas.CaseOpen || seen.Closed["nmw-underpayment"] != "not-stated" || len(seen.Closed) != 1 {
		t.Errorf("after one strand was closed: %+v", seen)
	}
	var led []string
	for _, l := range seen.Led {
		if l.Strand == "nmw-underpayment" {
			led = append(led, string(l.Member))
		}
	}
	if fmt.Sprint(led) != "[lincolnshire hmrc-nmw]" {
		t.Errorf("who led the strand: %v", led)
	}
	if seen := m.shown("gla", opened); len(seen.Leads) == 0 || slices.Contains(seen.Promoted, refTo(second)) != m.has("gla", second) {
		t.Errorf("the GLA sees %+v", seen)
	}

	// The case is watched, closed and reopened, each by its lead alone.
	again := func(status schemas.CaseStatus, reason schemas.Code) *schemas.Message {
		c := caseOf(m.message(schemas.KindCase, "lincolnshire"), first, status)
		c.Case.Reason = reason
		c.Links = append(c.Links, schemas.Link{Originator: "lincolnshire", ID: opened.ID, Relation: schemas.Supersedes})
		return c
	}
	if advice := m.refused(again(schemas.CaseOpen, schemas.CaseReopened)); advice != "possible now: case open, case monitoring, case closed" {
		t.Errorf("what is open is reopened: %q", advice)
	}
	m.takes(again(schemas.CaseMonitoring, ""))
	closed := m.takes(again(schemas.CaseClosed, "prosecution"))
	owed := func() (to []string) {
		for _, c := range m.shown("lincolnshire", closed).Clocks {
			if c.Name == "outcome" && c.Running() {
				to = append(to, string(c.To))
			}
			if c.Name == "review" && c.Running() {
				t.Errorf("a strand of a closed case is to be reviewed: %+v", c)
			}
		}
		slices.Sort(to)
		return to
	}
	if got := fmt.Sprint(owed()); got != "[gla ukhtc]" {
		t.Errorf("every source is owed the outcome: %s", got)
	}
	m.refused(m.task("lincolnshire", "gla", opened, schemas.TaskingOffer, ""))
	if advice := m.refused(again(schemas.CaseOpen, "")); advice != "possible now: case closed, case reopened" {
		t.Errorf("what is closed is opened without a reason: %q", advice)
	}
	if got := m.shown("lincolnshire", closed).Closed; len(got) != 4 || got[""] != "prosecution" || got["nmw-underpayment"] != "not-stated" {
		t.Errorf("closed: %v", got)
	}
	m.takes(m.outcomeOf("lincolnshire", closed, "", schemas.CaseClosed, "prosecution", "gla"))
	if got := fmt.Sprint(owed()); got != "[ukhtc]" {
		t.Errorf("after the GLA was told: %s", got)
	}
	m.set("2009-09-01 17:01")
	m.hears("ukhtc", "that it was not told", isNotice(schemas.NoticeLapsed, "outcome", ""))
	m.takes(again(schemas.CaseOpen, schemas.CaseReopened))
	if seen := m.shown("lincolnshire", opened); seen.Status != schemas.CaseOpen || len(seen.Closed) != 0 {
		t.Errorf("reopened: %+v", seen)
	}
	m.takes(m.outcomeOf("lincolnshire", opened, "", schemas.CaseClosed, "conviction", "gla", "ukhtc"))
	for _, c := range m.shown("lincolnshire", closed).Clocks {
		if c.Running() {
			t.Errorf("closed and told, and yet it owes %+v", c)
		}
	}
	m.anew()
	m.sound()
}

// has says whether a member got a copy of a message.
func (m *matters) has(member schemas.MemberID, of *schemas.Message) bool {
	m.got[member] = append(m.got[member], fetch(m.t, m.feeds[member])...)
	return slices.ContainsFunc(m.got[member], func(got *schemas.Message) bool { return got.ID == of.ID })
}

func TestACorrectionReachesWhoeverHasAnythingOfIt(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "kent", "ukhtc")
	tip := m.tip("gla")
	opened := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen)
	opened.Jurisdictions = append(opened.Jurisdictions, schemas.Jurisdiction{Code: "kent", Role: schemas.RoleTransit})
	m.takes(opened)
	if m.has("kent", tip) || !m.has("kent", opened) {
		t.Fatal("Kent must have the tip through the case alone")
	}
	if seen := m.shown("kent", opened); len(seen.Superseded) != 0 {
		t.Errorf("superseded before it is: %v", seen.Superseded)
	}
	c := full(m.message(schemas.KindCorrection, "gla"), "Their passports were not taken.")
	c.Correction = &schemas.Correction{Of: refTo(tip)}
	m.takes(c)
	for _, holder := range []schemas.MemberID{"kent", "lincolnshire", "ukhtc"} {
		m.hears(holder, "the correction", func(got *schemas.Message) bool { return got.ID == c.ID && len(got.Items) == 1 })
		if seen := m.shown(holder, opened); !slices.Equal(seen.Superseded, []schemas.MessageRef{refTo(c)}) {
			t.Errorf("%s is not told that its copy is superseded: %+v", holder, seen)
		}
	}
	m.anew()
	m.sound()
}

// withheld makes everything in a message for its originator alone.
func withheld(m *schemas.Message) *schemas.Message {
	for i := range m.Items {
		m.Items[i].Handling, m.Items[i].Conditions = schemas.Handling{4}, "Not beyond the unit."
	}
	return m
}

// outcomesOwed are the outcomes that a member is told it owes or is owed, ended
// or not.
func (m *matters) outcomesOwed(member schemas.MemberID) (list []schemas.Clock) {
	m.t.Helper()
	var got struct{ Clocks []schemas.Clock }
	question(m.t, m.links[member], schemas.AskDocket, `{"all":true}`, &got)
	for _, c := range got.Clocks {
		if c.Name == "outcome" {
			list = append(list, c)
		}
	}
	return list
}

// A case made of what a report of money laundering says must not be known of by
// whoever gave a tip to it. (Proceeds of Crime Act 2002 s.333A.)
func TestAProtectedCaseIsNotToldToItsSource(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "ukhtc", "lincolnshire")
	tip := m.tip("gla")
	protected := func(c *schemas.Message) *schemas.Message {
		c.Items[0].ObtainedBy = schemas.ByFinancialReport
		return m.takes(c)
	}
	begun := protected(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed))
	if got := append(m.outcomesOwed("gla"), m.outcomesOwed("lincolnshire")...); len(got) != 0 {
		t.Errorf("the outcome of a protected case is owed: %+v", got)
	}
	if seen := m.shown("gla", tip); len(seen.Clocks) != 0 || len(seen.Steps) != 0 {
		t.Errorf("the source sees of its tip %+v", seen)
	}

	// Another becomes a protected one after it was closed.
	open := m.takes(withheld(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed)))
	if got := m.outcomesOwed("gla"); len(got) != 1 || !got[0].Running() {
		t.Errorf("owed before it is protected: %+v", got)
	}
	later := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed)
	later.Links = append(later.Links, schemas.Link{Originator: "lincolnshire", ID: open.ID, Relation: schemas.Supersedes})
	protected(later)
	m.set("2009-10-24 10:00")
	m.sound() // whatever is to be said is said
	for _, c := range m.outcomesOwed("gla") {
		if c.Running() || c.Of != refTo(tip) {
			t.Errorf("the source is told of %+v", c)
		}
	}
	m.got["gla"] = append(m.got["gla"], fetch(t, m.feeds["gla"])...)
	for _, got := range m.got["gla"] {
		if got.Notice != nil {
			t.Errorf("the source hears %+v of the case %s", got.Notice, begun.ID)
		}
	}
	m.anew()
}

func TestWhoeverHasNotGotTheCaseKnowsItsOutcomeByItsOwnTip(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.tip("gla")
	closed := m.takes(withheld(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed)))
	if m.has("gla", closed) {
		t.Fatal("the case must be withheld from its source")
	}
	if got := m.outcomesOwed("gla"); len(got) != 1 || got[0].Of != refTo(tip) || got[0].Owes != "lincolnshire" {
		t.Errorf("the source is owed %+v", got)
	}
	if got := m.outcomesOwed("lincolnshire"); len(got) != 1 || got[0].Of != refTo(closed) {
		t.Errorf("the lead owes %+v", got)
	}
	if seen := m.shown("gla", closed); len(seen.Steps)+len(seen.Clocks) != 0 {
		t.Errorf("the source sees of the case %+v", seen)
	}
	m.set("2009-09-01 17:01")
	of := map[schemas.MemberID]schemas.MessageRef{"gla": refTo(tip), "lincolnshire": refTo(closed)}
	for member, want := range of {
		got := m.hears(member, "the lapse", isNotice(schemas.NoticeLapsed, "outcome", "contact-point"))
		if got.Notice.Of != want || !slices.Equal(got.Notice.To, []schemas.MemberID{member}) {
			t.Errorf("%s hears %+v", member, got.Notice)
		}
	}
	if seen := m.shown("gla", tip); len(seen.Steps) != 1 || len(seen.Clocks) != 1 || seen.Clocks[0].Of != refTo(tip) {
		t.Errorf("the source sees of its tip %+v", seen)
	}
	m.anew()

	// An outcome that reaches it ends the debt; the case that it comes to have it knows by its name.
	m.takes(m.outcomeOf("lincolnshire", closed, "", schemas.CaseClosed, "prosecution", "gla"))
	if got := m.outcomesOwed("gla"); len(got) != 1 || got[0].End != schemas.EndMet || got[0].Of != refTo(tip) {
		t.Errorf("after the outcome the source is owed %+v", got)
	}
	shared := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed)
	shared.Links = append(shared.Links, schemas.Link{Originator: "lincolnshire", ID: closed.ID, Relation: schemas.Supersedes})
	m.takes(shared)
	if got := m.outcomesOwed("gla"); len(got) != 1 || got[0].Of != refTo(closed) {
		t.Errorf("with the case the source is owed %+v", got)
	}
	m.anew()
	m.sound()
}

func TestTheLeadOfACaseSeesNoStrandThatWasWithheldFromIt(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "lincolnshire", "ukhtc", "soca")
	c := full(m.message(schemas.KindCase, "soca"), "The invented matter is taken on.")
	c.CrimeTypes = []schemas.Code{"forced-labour", "money-laundering"}
	c.Items = append(c.Items, c.Items[0])
	c.Items[0].CrimeTypes = []schemas.Code{"forced-labour"}
	c.Items[1].Text, c.Items[1].CrimeTypes, c.Items[1].ObtainedBy = "An invented report.", []schemas.Code{"money-laundering"}, schemas.ByFinancialReport
	c.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "lincolnshire", Operation: "Operation Invented",
		Strands: []schemas.Strand{{CrimeType: "forced-labour", Lead: "ukhtc"}, {CrimeType: "money-laundering", Lead: "soca"}}}
	m.takes(c)
	if !m.has("lincolnshire", c) {
		t.Fatal("the lead must have the case")
	}
	for member, want := range map[schemas.MemberID]map[schemas.Code]schemas.MemberID{
		"lincolnshire": {"": "lincolnshire", "forced-labour": "ukhtc"},
		"soca":         {"": "lincolnshire", "forced-labour": "ukhtc", "money-laundering": "soca"},
	} {
		seen := m.shown(member, c)
		if fmt.Sprint(seen.Leads) != fmt.Sprint(want) || len(seen.Led) != len(want) {
			t.Errorf("%s sees the strands %v, and that they were led by %v", member, seen.Leads, seen.Led)
		}
	}

	// Who gave a strand away goes on knowing of it; the case's lead does not come to.
	m.takes(m.task("soca", "ukhtc", c, schemas.TaskingOffer, "money-laundering"))
	m.takes(m.task("ukhtc", "soca", c, schemas.TaskingAccept, "money-laundering"))
	m.takes(m.task("ukhtc", "soca", c, schemas.TaskingOffer, "money-laundering"))
	m.takes(m.task("soca", "ukhtc", c, schemas.TaskingAccept, "money-laundering"))
	for member, want := range map[schemas.MemberID]int{"lincolnshire": 2, "ukhtc": 5, "soca": 5} {
		if seen := m.shown(member, c); len(seen.Led) != want {
			t.Errorf("%s sees that the strands were led by %v", member, seen.Led)
		}
	}
	m.anew()
	m.sound()
}

// together has messages accepted before any of them is taken up, and waits until
// they are decided.
func (m *matters) together(messages ...*schemas.Message) {
	m.t.Helper()
	var last uint64
	_, err := m.router.Act(m.t.Context(), func(context.Context) (*ledger.Entry, error) {
		for _, msg := range messages {
			a := submit(m.t, m.links[msg.Originator], "submit", encodeMsgPack(m.t, msg), nil)
			if a.Error != nil {
				return nil, fmt.Errorf("%s of %s is refused: %s", msg.Kind, msg.Originator, a.Error.Description)
			}
			last = a.Sequence
		}
		return nil, nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.routed(last)
}

// A step that was possible when it was accepted may not be when it is taken up.
func TestWhatTheLeadHasClosedIsNotOpenedByWhoeverDoesNotLead(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.tip("gla")
	version := func(of *schemas.Message, status schemas.CaseStatus, reason schemas.Code) *schemas.Message {
		c := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, status)
		c.Case.Lead, c.Case.Reason = "ukhtc", reason
		if of != nil {
			c.Links = append(c.Links, schemas.Link{Originator: "lincolnshire", ID: of.ID, Relation: schemas.Supersedes})
		}
		return c
	}
	opened := m.takes(version(nil, schemas.CaseOpen, ""))
	m.together(m.outcomeOf("ukhtc", opened, "", schemas.CaseClosed, "prosecution", "gla"), version(opened, schemas.CaseOpen, ""))
	for member, why := range map[schemas.MemberID]schemas.Code{"ukhtc": "prosecution", "lincolnshire": "not-stated"} {
		if seen := m.shown(member, opened); seen.Status != schemas.CaseClosed || seen.Closed[""] != why {
			t.Errorf("to %s what its lead closed is %s, closed %v", member, seen.Status, seen.Closed)
		}
	}
	seen := m.shown("lincolnshire", opened)
	for _, c := range seen.Clocks {
		if c.Name == "review" && c.Running() {
			t.Errorf("a strand of the closed case is to be reviewed: %+v", c)
		}
	}
	m.anew()
	m.sound()
}

func TestEveryVersionOfACaseCanBeRecalled(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.tip("gla")
	first := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed))
	second := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseClosed)
	second.Links = append(second.Links, schemas.Link{Originator: "lincolnshire", ID: first.ID, Relation: schemas.Supersedes})
	m.takes(second)
	m.takes(m.outcomeOf("lincolnshire", second, "", schemas.CaseClosed, "prosecution", "gla"))
	recall := func(of *schemas.Message) *schemas.Message {
		r := m.message(schemas.KindRecall, "lincolnshire")
		r.Recall = &schemas.Recall{Of: refTo(of), Reason: schemas.RecallSource}
		return r
	}
	for _, of := range []*schemas.Message{first, second} {
		r := m.takes(recall(of))
		m.hears("gla", "the recall", func(got *schemas.Message) bool { return got.ID == r.ID && got.Recall.Of == refTo(of) })
		if advice := m.refused(recall(of)); advice == "" {
			t.Errorf("the second recall of %s is refused without advice", of.ID)
		}
	}
	// Each recall keeps what it is about until its holders have confirmed it.
	for _, of := range []*schemas.Message{first, second} {
		why, err := m.docket.Open(t.Context(), refTo(of))
		if err != nil || !strings.Contains(why, "recall-confirm") {
			t.Errorf("%s is kept because %q, %v", of.ID, why, err)
		}
	}
	m.anew()
	m.sound()
}

// A step is judged by how its matter stands once what was sent before it is
// decided, and until then it waits.
func TestAStepWaitsForTheStepBeforeIt(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.tip("gla")
	opened := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen))
	closes := m.outcomeOf("lincolnshire", opened, "", schemas.CaseClosed, "prosecution", "gla")
	reopens := m.outcomeOf("lincolnshire", opened, "", schemas.CaseOpen, schemas.CaseReopened, "gla")
	var last uint64
	refusedAs := func(msg *schemas.Message) schemas.Code {
		a := submit(t, m.links["lincolnshire"], "submit", encodeMsgPack(t, msg), nil)
		if a.Error == nil {
			last = a.Sequence
			return ""
		}
		return a.Receipts[0].Refusal.Code
	}
	if code := refusedAs(reopens); code != schemas.RefusedStep {
		t.Errorf("to re-open what is open is answered with %q", code)
	}
	_, err := m.router.Act(t.Context(), func(context.Context) (*ledger.Entry, error) {
		if code := refusedAs(closes); code != "" {
			t.Errorf("to close the case is refused as %q", code)
		}
		if code := refusedAs(reopens); code != schemas.RefusedWaiting {
			t.Errorf("to re-open the case before it is decided that it closes is answered with %q", code)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.routed(last)
	m.takes(reopens)

	// It waits for a step about another version of the case, too.
	second := caseOf(m.message(schemas.KindCase, "lincolnshire"), tip, schemas.CaseOpen)
	second.Links = append(second.Links, schemas.Link{Originator: "lincolnshire", ID: opened.ID, Relation: schemas.Supersedes})
	m.takes(second)
	_, err = m.router.Act(t.Context(), func(context.Context) (*ledger.Entry, error) {
		if code := refusedAs(m.outcomeOf("lincolnshire", opened, "", schemas.CaseClosed, "prosecution", "gla")); code != "" {
			t.Errorf("to close the case is refused as %q", code)
		}
		if code := refusedAs(m.outcomeOf("lincolnshire", second, "", schemas.CaseOpen, schemas.CaseReopened, "gla")); code != schemas.RefusedWaiting {
			t.Errorf("to re-open the case as its second version is answered with %q", code)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.routed(last)
	m.takes(m.outcomeOf("lincolnshire", second, "", schemas.CaseOpen, schemas.CaseReopened, "gla"))
	if seen := m.shown("lincolnshire", opened); seen.Status != schemas.CaseOpen {
		t.Errorf("the case is %s", seen.Status)
	}
	m.sound()
}

// barred is a version of a case of the GLA's that has HMRC's information alone, which
// nobody else may have as yet, and of which Lincolnshire is named to lead a strand.
func (m *matters) barred(before *schemas.Message) *schemas.Message {
	c := full(m.message(schemas.KindCase, "gla"), "The invented farm's pay records were false.")
	c.Items[0].Origin, c.Items[0].ObtainedBy, c.Items[0].Handling = "hmrc-nmw", schemas.ByInspectionPower, schemas.Handling{1}
	c.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "gla", Strands: []schemas.Strand{{CrimeType: "forced-labour", Lead: "lincolnshire"}}}
	if before == nil {
		if err := c.Case.Strands[0].Review.UnmarshalText([]byte("2009-08-26")); err != nil {
			m.t.Fatal(err)
		}
		return c
	}
	c.Links = []schemas.Link{{Originator: "gla", ID: before.ID, Relation: schemas.Supersedes}}
	return c
}

// reviewer is who owes the review of the one strand; there must be one.
func (m *matters) reviewer() (who schemas.MemberID) {
	m.t.Helper()
	err := m.ShowDocket(m.t.Context(), ClocksOf{}, func(c schemas.Clock) error {
		if c.Name == policy.ClockReview && c.Strand != "" {
			if who != "" {
				m.t.Errorf("%s owes the review beside %s", c.Owes, who)
			}
			who = c.Owes
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return who
}

// Whoever is named to lead a strand of a case that is withheld from it does not hear
// of it by its clock: that runs for the originator, who leads the strand until then.
func TestALeadThatHasNotGotTheCaseOwesNothing(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
	first := m.takes(m.barred(nil))
	if m.has("lincolnshire", first) {
		t.Fatal("nothing is withheld from Lincolnshire")
	}
	if who := m.reviewer(); who != "gla" {
		t.Errorf("%s owes the review of what Lincolnshire has not got", who)
	}
	nowhere := schemas.MessageRef{Originator: "gla", ID: "6f1d0c9e-3f0e-8b0a-9d90-ffffffffffff"}
	if got, want := m.refusal(m.offerOf("lincolnshire", "gla", refTo(first), schemas.TaskingOffer)), m.refusal(m.offerOf("lincolnshire", "gla", nowhere, schemas.TaskingOffer)); got != want {
		t.Errorf("Lincolnshire reads %v of it, and %v of what is not there", got, want)
	}
	m.set("2009-08-27 10:00")
	m.hears("gla", "the lapse", isNotice(schemas.NoticeLapsed, policy.ClockReview, ""))
	for _, got := range fetch(t, m.feeds["lincolnshire"]) {
		t.Errorf("Lincolnshire is told: %s %+v", got.Kind, got.Notice)
	}
	// The originator, who leads it meanwhile, says what came of it.
	m.takes(m.outcomeOf("gla", first, "forced-labour", schemas.CaseClosed, "no-further-action", "hmrc-nmw"))
	if who := m.reviewer(); who != "" {
		t.Errorf("of the strand that is closed %s owes a review", who)
	}
	m.keptAnew()
	m.sound()
}

// The named lead owes it as soon as it has a version of the case, or a tasking.
func TestTheReviewPassesToTheLeadThatHearsOfTheCase(t *testing.T) {
	for name, step := range map[string]func(m *matters, first *schemas.Message){
		"a later version": func(m *matters, first *schemas.Message) {
			open := full(m.barred(first), "What everybody may have.")
			m.takes(open)
		},
		"a consent": func(m *matters, first *schemas.Message) {
			c := m.message(schemas.KindConsent, "hmrc-nmw")
			c.Consent = &schemas.Consent{Of: refTo(first), Items: []int{0}, Authority: "commissioners", Answer: schemas.Given}
			m.takes(c)
		},
		"a tasking": func(m *matters, first *schemas.Message) {
			m.takes(m.task("gla", "lincolnshire", first, schemas.TaskingOffer, "forced-labour"))
			if got := m.refusal(m.task("lincolnshire", "gla", first, schemas.TaskingAccept, "forced-labour")); !strings.Contains(got.Problem, "not offered") {
				m.t.Errorf("what it leads by name is offered to it: %s", got.Problem)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "ukhtc")
			step(m, m.takes(m.barred(nil)))
			if who := m.reviewer(); who != "lincolnshire" {
				t.Errorf("%q owes the review", who)
			}
			if c := m.clockOf(policy.ClockReview, "gla"); c.End != schemas.EndPassedOn {
				t.Errorf("the originator's clock: %+v", c)
			}
			m.set("2009-08-27 10:00")
			m.hears("lincolnshire", "the lapse", isNotice(schemas.NoticeLapsed, policy.ClockReview, ""))
			m.keptAnew()
			m.sound()
		})
	}
}

// The outcome of a case that its named lead has not got is the originator's to tell,
// until the lead has the case.
func TestTheOutcomePassesToTheLeadThatHearsOfTheCase(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "hmrc-nmw", "lincolnshire", "kent", "ukhtc")
	tip := m.tip("kent")
	c := m.barred(nil)
	c.Case = &schemas.Case{Status: schemas.CaseClosed, Reason: "prosecution", Lead: "lincolnshire"}
	c.Links = []schemas.Link{{Originator: "kent", ID: tip.ID, Relation: schemas.Promotes}}
	if !m.has("gla", tip) {
		t.Fatal("the GLA has nothing of Kent's tip")
	}
	m.takes(c)
	if owed := m.casework(); !slices.Equal(owed, []string{"outcome gla"}) {
		t.Errorf("of a case that its lead has not got these are owed: %v", owed)
	}
	consent := m.message(schemas.KindConsent, "hmrc-nmw")
	consent.Consent = &schemas.Consent{Of: refTo(c), Items: []int{0}, Authority: "commissioners", Answer: schemas.Given}
	m.takes(consent)
	if owed := m.casework(); !slices.Equal(owed, []string{"outcome lincolnshire"}) {
		t.Errorf("when its lead has it these are owed: %v", owed)
	}
	m.keptAnew()
	m.sound()
}

// Whoever has a case that is made of a tip, and not the tip, may say what came of the
// tip; who has neither hears that there is no such thing.
func TestAnIndirectHolderSaysWhatCameOfATip(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "kent", "essex", "ukhtc")
	tip := m.tip("gla")
	c := full(m.message(schemas.KindCase, "lincolnshire"), "Passports were taken, as the GLA has it.")
	c.Jurisdictions = []schemas.Jurisdiction{{Code: "kent", Role: schemas.RoleTransit}}
	c.Items[0].Origin, c.Items[0].ObtainedBy = "gla", schemas.ByPartner
	c.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "lincolnshire"}
	c.Links = []schemas.Link{{Originator: "gla", ID: tip.ID, Relation: schemas.Promotes}}
	m.takes(c)
	m.hears("kent", "the case", func(got *schemas.Message) bool { return got.ID == c.ID })
	if m.has("kent", tip) {
		t.Fatal("Kent has the tip itself")
	}
	came := m.takes(m.cameOf("kent", refTo(tip)))
	m.hears("gla", "what came of its tip", func(got *schemas.Message) bool { return got.ID == came.ID })
	if got := m.refusal(m.cameOf("essex", refTo(tip))); got.Code != "unknown-message" {
		t.Errorf("whoever has nothing of it hears %v", got)
	}
	m.keptAnew()
	m.sound()
}
