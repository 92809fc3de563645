package policy

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// The clocks of the protocol: what somebody owes from a moment on.
const (
	// ClockHeld: somebody answers for what nobody gets.
	ClockHeld schemas.Code = "held"
	// ClockAcknowledge and ClockAnswer: a request for information is
	// acknowledged, and is answered.
	ClockAcknowledge schemas.Code = "request-acknowledge"
	ClockAnswer      schemas.Code = "request-answer"
	// ClockReferral: a victim who was met is referred to a competent authority.
	ClockReferral schemas.Code = "referral"
	// ClockReasonable and ClockConclusive: the competent authority decides
	// whether there are reasonable, and conclusive, grounds.
	ClockReasonable schemas.Code = "reasonable-grounds"
	ClockConclusive schemas.Code = "conclusive-grounds"
	// ClockReflection: the time that a victim is given, in which no removal is
	// begun. It may depend on nothing.
	ClockReflection schemas.Code = "reflection"
	// ClockRecall: a holder confirms that what was recalled is gone.
	ClockRecall schemas.Code = "recall-confirm"
	// ClockOutcome: the originator is told what became of its message.
	ClockOutcome schemas.Code = "outcome"
	// ClockReview: what is kept is looked at again.
	ClockReview schemas.Code = "review"
)

var (
	clocks = []schemas.Code{ClockHeld, ClockAcknowledge, ClockAnswer, ClockReferral, ClockReasonable, ClockConclusive,
		ClockReflection, ClockRecall, ClockOutcome, ClockReview}
	urgencies = []schemas.Urgency{schemas.Routine, schemas.Priority, schemas.Immediate}
	// gates are what a clock may wait for, and steps those who are told of one
	// that ran out, in that order.
	gates = []schemas.Code{GateConsent}
	steps = []schemas.Code{"contact-point", "head-of-intelligence", StepBoard}
)

// GateConsent: an adult is referred only with consent, so that no time counts
// until it is on record, by the authority AuthorityReferred. A child's clock, and
// that of a person whose age is in doubt, waits for nothing.
const (
	GateConsent       schemas.Code = "adult-consent"
	AuthorityReferred schemas.Code = "referred-person"
)

// StepBoard is the last step of an escalation: the hub hears of it.
const StepBoard schemas.Code = "protocol-board"

// anyUrgency in a row of deadlines.csv stands for each of them.
const anyUrgency schemas.Urgency = "any"

// Deadline is a row of deadlines.csv: how long a clock runs for messages of an
// urgency. No figure of the real protocol could be found, so that all but those
// of the National Referral Mechanism are proposals which the members must agree.
type Deadline struct {
	Clock schemas.Code
	// Urgency is one, or "any".
	Urgency schemas.Urgency
	Span
	// Extendable says who may give it more time.
	Extendable Extender
	// Gates are what the clock waits for before it runs.
	Gates []schemas.Code
	// Escalation has those who are told when it has run out, in order.
	Escalation []Step
	table.Row
}

// Extender says who may give a clock more time.
type Extender string

const (
	// ByNobody: the time is the protocol's.
	ByNobody Extender = "no"
	// ByOwed: whoever the duty is owed to. It may also stop the clock.
	ByOwed Extender = "owed"
	// ByOwes: whoever has the duty, to a later day that it names; to stop its own
	// clock would be to free itself.
	ByOwes Extender = "owes"
)

// yesExtendable is what sets said when nobody could extend a clock yet.
const yesExtendable Extender = "yes"

func readExtender(r table.Record) Extender {
	e := Extender(r.OneOf("extendable", string(ByNobody), string(ByOwed), string(ByOwes), string(yesExtendable)))
	if e == yesExtendable {
		return ByNobody
	}
	return e
}

// Step is somebody to tell, and how long after the deadline.
type Step struct {
	To schemas.Code
	Span
}

// Told is somebody to tell, and when.
type Told struct {
	To schemas.Code
	At time.Time
}

var deadlineColumns = append([]string{"clock", "urgency", "hours", "working_days", "calendar_days", "until", "extendable", "gates", "escalation"}, table.RowColumns...)

// firstDeadlineColumns are those of the first version, which knew one clock.
// Sets that were kept then must be readable as long as a decision names them.
var firstDeadlineColumns = append([]string{"urgency", "hours", "working_days"}, table.RowColumns...)

func readDeadlines(tables fs.FS, f *table.Faults) (list []Deadline) {
	records := table.Read(tables, deadlinesTable, deadlineColumns, f, firstDeadlineColumns)
	first := false
	for _, r := range records {
		first = !r.Has("clock")
		if first {
			list = append(list, readFirstDeadline(r))
		} else {
			list = append(list, readDeadline(r))
		}
	}
	if len(list) > 0 && !first {
		checkDeadlines(list, f)
	}
	return list
}

func readFirstDeadline(r table.Record) Deadline {
	d := Deadline{Clock: ClockHeld, Urgency: schemas.Urgency(r.OneOf("urgency", words(urgencies)...)),
		Span: Span{Hours: r.Number("hours", 0, 1000), WorkingDays: r.Number("working_days", 0, 1000), Until: SameTime}, Row: r.Row()}
	if (d.Hours == 0) == (d.WorkingDays == 0) {
		r.Fault("one of hours and working_days must be zero, and the other not")
	}
	return d
}

func readDeadline(r table.Record) Deadline {
	d := Deadline{Clock: schemas.Code(r.OneOf("clock", words(clocks)...)),
		Urgency: schemas.Urgency(r.OneOf("urgency", append(words(urgencies), string(anyUrgency))...)),
		Span: Span{Hours: r.Number("hours", 0, 10000), WorkingDays: r.Number("working_days", 0, 1000),
			CalendarDays: r.Number("calendar_days", 0, 10000), Until: readUntil(r)},
		Extendable: readExtender(r), Gates: table.WordsOf(r, "gates", gates...), Row: r.Row()}
	d.Escalation = readSteps(r, d.Until)
	if given(d.Hours)+given(d.WorkingDays)+given(d.CalendarDays) != 1 {
		r.Fault("one of hours, working_days and calendar_days must be more than zero, and the others zero")
	}
	if d.Hours > 0 && d.Until != SameTime {
		r.Fault("until is %q, and hours end when they end", r.Cell("until"))
	}
	// Council of Europe Convention art. 13, and the Government's reply: the
	// period is not conditional on cooperation, nor on anything else.
	if d.Clock == ClockReflection && len(d.Gates) > 0 {
		r.Fault("gates is %q, and the reflection period may depend on nothing", r.Cell("gates"))
	}
	return d
}

func given(n int) int { return min(n, 1) }

func words[T ~string](list []T) (texts []string) {
	for _, w := range list {
		texts = append(texts, string(w))
	}
	return texts
}

// readUntil reads the time of day at which the last day ends.
func readUntil(r table.Record) int {
	cell := r.Cell("until")
	switch at, err := time.Parse("15:04", cell); {
	case cell == "":
		return SameTime
	case cell == "24:00":
		return 24 * 60
	case err != nil || len(cell) != len("17:00"):
		r.Fault("until is %q and must be a time of day such as 17:00, at most 24:00", cell)
		return SameTime
	default:
		return at.Hour()*60 + at.Minute()
	}
}

// readSteps reads whom to tell: "contact-point:0wd protocol-board:5wd", each
// once, in the order of the ladder, none sooner than the one before, and all
// in hours (h) or all in working days (wd).
func readSteps(r table.Record, until int) (list []Step) {
	for _, w := range r.Words("escalation") {
		to, after, _ := strings.Cut(w, ":")
		number, days := strings.CutSuffix(after, "wd")
		number, hours := strings.CutSuffix(number, "h")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > 10000 || days == hours || !slices.Contains(steps, schemas.Code(to)) {
			r.Fault("escalation has %q and must have words such as contact-point:4h or protocol-board:5wd", w)
			continue
		}
		s := Step{To: schemas.Code(to), Span: Span{Hours: n, Until: until}}
		if days {
			s.Hours, s.WorkingDays = 0, n
		}
		if len(list) > 0 {
			last := list[len(list)-1]
			later := slices.Index(steps, s.To) > slices.Index(steps, last.To) && s.Hours >= last.Hours && s.WorkingDays >= last.WorkingDays
			if !later {
				r.Fault("escalation has %q after %s, and must go up the ladder without going back in time", w, last.To)
			}
		}
		list = append(list, s)
	}
	return list
}

// covers says whether the row is for an urgency.
func (d *Deadline) covers(u schemas.Urgency) bool { return d.Urgency == u || d.Urgency == anyUrgency }

// checkDeadlines reports clocks that run for some urgencies only, or by two
// rows on one day; and the want of the one that the broker itself starts.
func checkDeadlines(list []Deadline, f *table.Faults) {
	for _, clock := range clocks {
		rows := slices.DeleteFunc(slices.Clone(list), func(d Deadline) bool { return d.Clock != clock })
		for _, u := range urgencies {
			some := slices.ContainsFunc(rows, func(d Deadline) bool { return d.covers(u) })
			if !some && (len(rows) > 0 || clock == ClockHeld) {
				f.Add(deadlinesTable, "the clock %s has no row for urgency %s", clock, u)
			}
		}
		for i := range rows {
			for j := range rows[:i] {
				a, b := &rows[j], &rows[i]
				if (a.covers(b.Urgency) || b.covers(a.Urgency)) && a.Overlaps(&b.Row) {
					f.Add(b.Place(), "the clock %s has a second row at %s for the same urgency and days", clock, a.Place())
				}
			}
		}
	}
}

// Deadline returns the row by which a clock runs for an urgency, if it starts
// at that time.
func (p *Policy) Deadline(clock schemas.Code, u schemas.Urgency, from time.Time) (Deadline, bool) {
	return find(p.deadlines, func(d Deadline) bool { return d.Clock == clock && d.covers(u) && d.On(from) })
}

// Due returns the time at which a clock runs out that starts at a time, by the
// calendar of a nation; false where the tables have no such clock.
func (p *Policy) Due(clock schemas.Code, u schemas.Urgency, nation schemas.Code, from time.Time) (time.Time, bool) {
	d, ok := p.Deadline(clock, u, from)
	if !ok {
		return time.Time{}, false
	}
	return p.Calendar(nation).After(from, d.Span), true
}

// Resumed returns when a clock is due that was stopped at a time and goes on at
// another: as much later as it stood still, in the measure of its row.
func (p *Policy) Resumed(d Deadline, nation schemas.Code, due, stopped, now time.Time) time.Time {
	c := p.Calendar(nation)
	if d.WorkingDays == 0 {
		return due.Add(now.Sub(stopped))
	}
	last := dateOf(due.In(c.place))
	if d.Until != SameTime {
		last = dateOf(due.Add(-1).In(c.place)) // midnight ends the day before it
	}
	left := Span{Until: d.Until}
	for day := dateOf(stopped.In(c.place)); day.Before(last); {
		if day = day.AddDate(0, 0, 1); c.working(day) {
			left.WorkingDays++
		}
	}
	if at := c.After(now, left); at.After(now) {
		return at
	}
	left.WorkingDays = 1 // it was stopped on its last day, and goes on after hours
	return c.After(now, left)
}

// ReplyDue returns the time by which somebody must answer for a message that is
// held, or for items of it that nobody gets, from when that was decided; zero
// where the tables say nothing.
func (p *Policy) ReplyDue(m *schemas.Message, from time.Time) time.Time {
	due, _ := p.Due(ClockHeld, m.Urgency, NationOf(m), from)
	return due
}

// Escalation returns who is to be told, and when, that a clock which was due at
// a time has run out.
func (p *Policy) Escalation(d Deadline, nation schemas.Code, due time.Time) (told []Told) {
	for _, s := range d.Escalation {
		at := due.Add(time.Duration(s.Hours) * time.Hour)
		if s.WorkingDays > 0 {
			from := due
			if s.Until != SameTime {
				from = due.Add(-1) // midnight ends the day before it
			}
			at = p.Calendar(nation).After(from, s.Span)
		}
		told = append(told, Told{To: s.To, At: at})
	}
	return told
}

// clocks reports clocks that nothing runs by on the day, and how many rows are
// proposals.
func (c *checker) clocks() {
	for _, clock := range clocks {
		if !slices.ContainsFunc(c.deadlines, func(d Deadline) bool { return d.Clock == clock && d.On(c.day) }) {
			c.add(Notice, &table.Row{File: deadlinesTable}, "the clock %s has no row: nothing is due by it", clock)
		}
	}
	proposals := slices.DeleteFunc(slices.Clone(c.deadlines), func(d Deadline) bool { return d.Confidence != "low" })
	if len(proposals) > 0 {
		c.add(Notice, &table.Row{File: deadlinesTable}, "%d of %d deadlines are proposals, to be agreed by the members", len(proposals), len(c.deadlines))
	}
}
