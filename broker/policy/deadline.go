package policy

import (
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Deadline is a row of deadlines.csv: within which time a message of an
// urgency is to be answered. No figure of the real protocol could be found, so
// that all of them are proposals which the members must agree.
type Deadline struct {
	Urgency schemas.Urgency
	// Hours and WorkingDays say how long; one of them is zero.
	Hours, WorkingDays int
	table.Row
}

var deadlineColumns = append([]string{"urgency", "hours", "working_days"}, table.RowColumns...)

func readDeadline(r table.Record) Deadline {
	d := Deadline{Urgency: schemas.Urgency(r.OneOf("urgency", string(schemas.Routine), string(schemas.Priority), string(schemas.Immediate))),
		Hours: r.Number("hours", 0, 1000), WorkingDays: r.Number("working_days", 0, 1000), Row: r.Row()}
	if (d.Hours == 0) == (d.WorkingDays == 0) {
		r.Fault("one of hours and working_days must be zero, and the other not")
	}
	return d
}

// ReplyDue returns the time by which a message of an urgency is to be
// answered, from when it was decided; zero where the tables say nothing.
// Working days are Monday to Friday in UTC: bank holidays, which differ
// between the legal systems, are not known to the tables yet.
func (p *Policy) ReplyDue(u schemas.Urgency, from time.Time) time.Time {
	for _, d := range p.deadlines {
		if d.Urgency != u || !d.On(from) {
			continue
		}
		due := from.Add(time.Duration(d.Hours) * time.Hour)
		for left := d.WorkingDays; left > 0; {
			due = due.AddDate(0, 0, 1)
			if day := due.UTC().Weekday(); day != time.Saturday && day != time.Sunday {
				left--
			}
		}
		return due
	}
	return time.Time{}
}
