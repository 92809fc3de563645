package policy_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

func TestDue(t *testing.T) {
	p := load(t)
	for _, test := range []struct {
		why     string
		clock   schemas.Code
		urgency schemas.Urgency
		nation  schemas.Code
		from    string
		want    string // in London
	}{
		{"hours run through the night", policy.ClockHeld, schemas.Immediate, "england", "2009-08-14T22:00:00Z", "Sat 2009-08-15 03:00"},
		{"three working days from a Friday, to the close of the third", policy.ClockHeld, schemas.Priority, "england", "2009-08-14T09:30:00Z", "Wed 2009-08-19 17:00"},
		{"a weekend message counts from Monday", policy.ClockHeld, schemas.Priority, "england", "2009-08-15T09:30:00Z", "Wed 2009-08-19 17:00"},
		{"ten working days, without the last Monday of August", policy.ClockHeld, schemas.Routine, "england", "2009-08-19T09:30:00Z", "Thu 2009-09-03 17:00"},
		{"which in Scotland is a working day", policy.ClockHeld, schemas.Routine, "scotland", "2009-08-19T09:30:00Z", "Wed 2009-09-02 17:00"},
		{"whose holiday is the first Monday", policy.ClockHeld, schemas.Priority, "scotland", "2009-07-30T09:30:00Z", "Wed 2009-08-05 17:00"},
		{"Christmas 2010 in England", policy.ClockReasonable, schemas.Routine, "england", "2010-12-23T15:00:00Z", "Tue 2011-01-04 17:00"},
		{"Christmas 2010 and two days of New Year in Scotland", policy.ClockReasonable, schemas.Routine, "scotland", "2010-12-23T15:00:00Z", "Wed 2011-01-05 17:00"},
		{"the Twelfth in Northern Ireland", policy.ClockAcknowledge, schemas.Priority, "northern-ireland", "2011-07-11T10:00:00Z", "Wed 2011-07-13 17:00"},
		{"the Twelfth in Wales", policy.ClockAcknowledge, schemas.Priority, "wales", "2011-07-11T10:00:00Z", "Tue 2011-07-12 17:00"},
		{"what is about no nation goes by England", policy.ClockHeld, schemas.Priority, "uk", "2009-08-28T10:00:00Z", "Thu 2009-09-03 17:00"},
		{"17:00 is 17:00 also after summer time has ended", policy.ClockHeld, schemas.Priority, "england", "2009-10-22T10:00:00Z", "Tue 2009-10-27 17:00"},
		{"and after it has begun", policy.ClockHeld, schemas.Priority, "england", "2009-03-26T10:00:00Z", "Tue 2009-03-31 17:00"},
		{"hours are hours when summer time begins", policy.ClockReferral, schemas.Routine, "england", "2009-03-28T10:00:00Z", "Mon 2009-03-30 11:00"},
		{"Friday's last hour in UTC is London's Saturday", policy.ClockAcknowledge, schemas.Priority, "england", "2009-08-14T23:30:00Z", "Mon 2009-08-17 17:00"},
		{"the reflection period has its last day whole", policy.ClockReflection, schemas.Routine, "scotland", "2009-10-01T15:00:00Z", "Mon 2009-11-16 00:00"},
		{"a computed year", policy.ClockReasonable, schemas.Priority, "england", "2013-03-27T15:00:00Z", "Fri 2013-04-05 17:00"},
	} {
		due, ok := p.Due(test.clock, test.urgency, test.nation, at(t, test.from))
		if got := due.In(london(t)).Format("Mon 2006-01-02 15:04"); !ok || got != test.want {
			t.Errorf("%s: due %s, %v, want %s", test.why, got, ok, test.want)
		}
		if due.Location() != time.UTC {
			t.Errorf("%s: due in %s", test.why, due.Location())
		}
	}
	if due, ok := p.Due(policy.ClockHeld, "whenever", "england", at(t, "2009-08-14T16:00:00Z")); ok || !due.IsZero() {
		t.Errorf("an unknown urgency is due %s", due)
	}
	if due, ok := p.Due("tea", schemas.Routine, "england", at(t, "2009-08-14T16:00:00Z")); ok || !due.IsZero() {
		t.Errorf("an unknown clock is due %s", due)
	}
}

func london(t testing.TB) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEveryClockRunsForEveryUrgency(t *testing.T) {
	p := load(t)
	for _, clock := range []schemas.Code{"held", "request-acknowledge", "request-answer", "referral", "reasonable-grounds", "conclusive-grounds",
		"reflection", "recall-confirm", "outcome", "review"} {
		for _, u := range []schemas.Urgency{schemas.Routine, schemas.Priority, schemas.Immediate} {
			from := at(t, "2009-08-14T16:00:00Z")
			if due, ok := p.Due(clock, u, "england", from); !ok || !due.After(from) {
				t.Errorf("%s, %s: due %s", clock, u, due)
			}
		}
	}
	if d, _ := p.Deadline(policy.ClockReflection, schemas.Routine, time.Now()); d.Extendable != policy.ByOwes || len(d.Gates) > 0 || d.CalendarDays != 45 {
		t.Errorf("the reflection period: %+v", d)
	}
}

func TestEscalationGoesUpTheLadder(t *testing.T) {
	p := load(t)
	told := func(clock schemas.Code, u schemas.Urgency, from string) (list []string) {
		d, ok := p.Deadline(clock, u, at(t, from))
		if !ok {
			t.Fatalf("%s has no row", clock)
		}
		due, _ := p.Due(clock, u, "scotland", at(t, from))
		for _, s := range p.Escalation(d, "scotland", due) {
			list = append(list, s.At.In(london(t)).Format("Mon 2006-01-02 15:04 ")+string(s.To))
		}
		return list
	}
	// Due on Friday 31 July; the Monday after it is a holiday in Scotland.
	want := []string{"Fri 2009-07-31 17:00 contact-point", "Tue 2009-08-04 17:00 head-of-intelligence", "Mon 2009-08-10 17:00 protocol-board"}
	if diff := cmp.Diff(want, told(policy.ClockHeld, schemas.Priority, "2009-07-28T10:00:00Z")); diff != "" {
		t.Errorf("working days (-want +got):\n%s", diff)
	}
	want = []string{"Sat 2009-08-01 02:00 contact-point", "Sat 2009-08-01 06:00 head-of-intelligence", "Sun 2009-08-02 02:00 protocol-board"}
	if diff := cmp.Diff(want, told(policy.ClockHeld, schemas.Immediate, "2009-07-31T21:00:00Z")); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if got := told(policy.ClockReflection, schemas.Routine, "2009-07-31T21:00:00Z"); len(got) > 0 {
		t.Errorf("the end of the reflection period, which is nobody's duty, is told to %v", got)
	}
}

func TestADayThatEndsAtMidnightIsTheDayBefore(t *testing.T) {
	p, err := policy.Load(edit(t, "deadlines.csv", "outcome,any,0,5,0,17:00", "outcome,any,0,5,0,24:00"))
	if err != nil {
		t.Fatal(err)
	}
	from := at(t, "2009-07-23T10:00:00Z")
	d, _ := p.Deadline(policy.ClockOutcome, schemas.Routine, from)
	due, _ := p.Due(policy.ClockOutcome, schemas.Routine, "england", from)
	steps := p.Escalation(d, "england", due)
	const form = "Mon 2006-01-02 15:04"
	if got := due.In(london(t)).Format(form); got != "Fri 2009-07-31 00:00" {
		t.Errorf("due %s", got)
	}
	if got := steps[1].At.In(london(t)).Format(form); got != "Sat 2009-08-01 00:00" {
		t.Errorf("one working day later is %s", got)
	}
}

func TestDeadlinesAreReadStrictly(t *testing.T) {
	const row = "outcome,any,0,5,0,17:00,no,,contact-point:0wd head-of-intelligence:1wd protocol-board:5wd,"
	for what, test := range map[string]struct{ from, to, want string }{
		"an unknown clock":        {row, strings.Replace(row, "outcome", "tea", 1), `clock is "tea"`},
		"an unknown urgency":      {row, strings.Replace(row, "any", "soon", 1), `urgency is "soon"`},
		"no length":               {row, strings.Replace(row, "0,5,0", "0,0,0", 1), "one of hours, working_days and calendar_days must be more than zero"},
		"two lengths":             {row, strings.Replace(row, "0,5,0", "0,5,7", 1), "one of hours, working_days and calendar_days must be more than zero"},
		"hours until":             {row, strings.Replace(row, "0,5,0", "5,0,0", 1), "hours end when they end"},
		"no time of day":          {row, strings.Replace(row, "17:00", "25:00", 1), `until is "25:00"`},
		"half a time of day":      {row, strings.Replace(row, "17:00", "9:00", 1), `until is "9:00"`},
		"an unknown gate":         {row, strings.Replace(row, "no,,", "no,weather,", 1), `gates has the unknown word "weather"`},
		"an unknown step":         {row, strings.Replace(row, "contact-point:", "mother:", 1), `escalation has "mother:0wd"`},
		"a step without a length": {row, strings.Replace(row, "contact-point:0wd", "contact-point", 1), `escalation has "contact-point"`},
		"a step of weeks":         {row, strings.Replace(row, "board:5wd", "board:5w", 1), `escalation has "protocol-board:5w"`},
		"a step before":           {row, strings.Replace(row, "board:5wd", "board:0wd", 1), "must go up the ladder"},
		"down the ladder":         {row, strings.Replace(row, "protocol-board:5wd", "contact-point:5wd", 1), "must go up the ladder"},
		"hours after days":        {row, strings.Replace(row, "board:5wd", "board:500h", 1), "must go up the ladder"},
		"a gated reflection":      {"45,24:00,owes,,,,", "45,24:00,yes,adult-consent,,,", "the reflection period may depend on nothing"},
		"an urgency without":      {"held,routine,", "recall-confirm,immediate,", "the clock held has no row for urgency routine"},
		"an urgency twice":        {"held,routine,", "held,priority,", "the clock held has a second row at deadlines.csv:3"},
		"any and one":             {"referral,any,", "outcome,routine,", "the clock outcome has a second row"},
	} {
		if _, err := policy.Load(edit(t, "deadlines.csv", test.from, test.to)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", what, err, test.want)
		}
	}
}

func TestARowTakesThePlaceOfAnotherFromADay(t *testing.T) {
	set := edit(t, "deadlines.csv", "protocol-board:5wd,,,design,low,Proposal: the originator", "protocol-board:5wd,,2009-09-01,design,low,Proposal: the originator")
	set["deadlines.csv"].Data = append(set["deadlines.csv"].Data, "outcome,any,1,0,0,,no,,,2009-09-01,,design,low,\n"...)
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"2009-08-31T12:00:00Z": "2009-09-07T16:00:00Z", "2009-09-01T12:00:00Z": "2009-09-01T13:00:00Z"} {
		if due, _ := p.Due(policy.ClockOutcome, schemas.Routine, "england", at(t, from)); due.Format(time.RFC3339) != want {
			t.Errorf("from %s: due %s, want %s", from, due.Format(time.RFC3339), want)
		}
	}
}

// firstDeadlines is deadlines.csv as the first version had it.
const firstDeadlines = `urgency,hours,working_days,valid_from,valid_to,source,confidence,notes
immediate,4,0,,,design,low,Proposal: no deadline of the Workplace Joint Working Protocol could be read
priority,0,3,,,design,low,Proposal: no deadline of the Workplace Joint Working Protocol could be read
routine,0,10,,,design,low,Proposal: no deadline of the Workplace Joint Working Protocol could be read
`

// ofTheFirstVersion is a set as a broker of the first version kept it.
func ofTheFirstVersion(t testing.TB) fstest.MapFS {
	set := tables(t)
	delete(set, "holidays.csv")
	set["deadlines.csv"].Data = []byte(firstDeadlines)
	return set
}

// What was decided under a set that an earlier version kept must be found right
// for ever, so that such a set means what it meant then.
func TestTablesOfTheFirstVersionMeanWhatTheyMeant(t *testing.T) {
	p, err := policy.Load(ofTheFirstVersion(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		urgency    schemas.Urgency
		from, want string
	}{
		{schemas.Immediate, "2009-08-14T16:00:00Z", "2009-08-14T20:00:00Z"},
		{schemas.Priority, "2009-08-14T16:00:00.5Z", "2009-08-19T16:00:00.5Z"},
		{schemas.Routine, "2009-08-14T16:00:00Z", "2009-08-28T16:00:00Z"},
		{schemas.Routine, "2009-08-28T16:00:00Z", "2009-09-11T16:00:00Z"},  // across a bank holiday
		{schemas.Priority, "2009-08-14T23:30:00Z", "2009-08-19T23:30:00Z"}, // a Friday in UTC
		{schemas.Priority, "2009-10-22T16:00:00Z", "2009-10-27T16:00:00Z"}, // across the end of summer time
	} {
		m := &schemas.Message{Urgency: test.urgency, Jurisdictions: []schemas.Jurisdiction{{Code: "tayside"}}}
		if got := p.ReplyDue(m, at(t, test.from)).Format(time.RFC3339Nano); got != test.want {
			t.Errorf("%s from %s: due %s, want %s", test.urgency, test.from, got, test.want)
		}
	}
	if due, ok := p.Due(policy.ClockReferral, schemas.Routine, "england", at(t, "2009-08-14T16:00:00Z")); ok {
		t.Errorf("a clock that the first version did not know is due %s", due)
	}
	says := map[string]bool{}
	for _, f := range p.Check() {
		if f.File == "holidays.csv" || f.File == "deadlines.csv" {
			says[f.Problem] = true
		}
	}
	for _, want := range []string{"there is no such table: working days are Monday to Friday in UTC, without bank holidays", "the clock referral has no row: nothing is due by it"} {
		if !says[want] {
			t.Errorf("check does not say %q: %v", want, says)
		}
	}
}

// The first version let a set be loaded whose deadlines leave an urgency out,
// or name it twice; the first row counted.
func TestTablesOfTheFirstVersionAreNotHeldToNewRules(t *testing.T) {
	set := ofTheFirstVersion(t)
	set["deadlines.csv"].Data = []byte("urgency,hours,working_days,valid_from,valid_to,source,confidence,notes\nroutine,1,0,,,design,low,\nroutine,2,0,,,design,low,\n")
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	from := at(t, "2009-08-14T16:00:00Z")
	if due, _ := p.Due(policy.ClockHeld, schemas.Routine, "england", from); due.Sub(from) != time.Hour {
		t.Errorf("due %s", due)
	}
	if due, ok := p.Due(policy.ClockHeld, schemas.Priority, "england", from); ok {
		t.Errorf("an urgency without a row is due %s", due)
	}
	set["deadlines.csv"].Data = []byte("urgency,hours,working_days,valid_from,valid_to,source,confidence,notes\n")
	if _, err := policy.Load(set); err != nil {
		t.Errorf("a set without a deadline: %v", err)
	}
}

// Each form of a table may stand beside the other's.
func TestNewAndFirstTablesMix(t *testing.T) {
	set := ofTheFirstVersion(t)
	full, err := protocol.Tables.ReadFile("holidays.csv")
	if err != nil {
		t.Fatal(err)
	}
	set["holidays.csv"] = &fstest.MapFile{Data: full}
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	// The time of day stays, in London, and the holiday counts.
	due, _ := p.Due(policy.ClockHeld, schemas.Priority, "england", at(t, "2009-08-28T10:00:00Z"))
	if got := due.Format(time.RFC3339); got != "2009-09-03T10:00:00Z" {
		t.Errorf("due %s", got)
	}
}
