package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison/schemas"
)

// clock holds the time by which somebody must answer, for a message that is
// held or for items that nobody gets, against the tables.
func (j *judged) clock() {
	if j.message != nil && j.tables == nil {
		return // without tables nothing can be said
	}
	var want time.Time
	runs := j.message != nil && !j.entry.Closed && !j.heldAs("undecidable") && !j.heldAs(recalled) && (j.entry.Held || len(j.entry.Waiting) > 0)
	if runs {
		want = j.tables.due("held", j.message, j.entry.At)
	}
	if j.heldAs("too-large") && j.entry.Due.IsZero() {
		return // it was to be disclosed, so that no clock ran when it was found too large
	}
	if !j.entry.Due.Equal(want) {
		j.found(Entry, fmt.Sprintf("is due at %s, and by the tables at %s", told(j.entry.Due), told(want)))
	}
}

// heldAs says whether the message is held for a reason of the router's own.
func (j *judged) heldAs(reason schemas.Code) bool {
	return slices.ContainsFunc(j.entry.Outcomes, func(o schemas.Outcome) bool { return o.Member == "" && o.Reason == reason })
}

func told(at time.Time) string {
	if at.IsZero() {
		return "no time"
	}
	return at.Format(time.RFC3339Nano)
}

// due says when a clock runs out that starts at a moment for a message, or the
// zero time if the tables do not say. A set without the column "clock" has one
// clock, one without "until" goes by the time of day at which it starts, and
// one without holidays by UTC.
func (t *tables) due(clock string, m *schemas.Message, from time.Time) time.Time {
	i := slices.IndexFunc(t.rows["deadlines"], func(r row) bool {
		return (r["clock"] == clock || r["clock"] == "" && clock == "held") &&
			(r["urgency"] == string(m.Urgency) || r["urgency"] == "any") && r.on(from.UTC())
	})
	if i < 0 {
		return time.Time{}
	}
	r := t.rows["deadlines"][i]
	if hours := r.number("hours"); hours > 0 {
		return from.Add(time.Duration(hours) * time.Hour)
	}
	start := from.UTC()
	if t.london != nil {
		start = from.In(t.london)
	}
	nation, last := t.nation(m), start.AddDate(0, 0, r.number("calendar_days"))
	for n := r.number("working_days"); n > 0; {
		last = last.AddDate(0, 0, 1)
		if t.worked(nation, last) {
			n--
		}
	}
	hour, minute, some := strings.Cut(r["until"], ":")
	if !some {
		return last
	}
	h, _ := strconv.Atoi(hour) // they were read strictly when they came into force
	min, _ := strconv.Atoi(minute)
	return time.Date(last.Year(), last.Month(), last.Day(), h, min, 0, 0, last.Location())
}

// number is the number in a cell. What is none, or more than the tables may
// have, is zero.
func (r row) number(column string) int {
	n, err := strconv.Atoi(r[column])
	if err != nil || n > 10000 {
		return 0
	}
	return n
}

// nation is the one that a message's first jurisdiction lies in, and England
// for what lies in none.
func (t *tables) nation(m *schemas.Message) string {
	// kind, group, crime type, nation, region, area
	if route := strings.Split(schemas.Route(m), "."); len(route) > 3 && route[3] != schemas.AnyToken {
		return route[3]
	}
	return "england"
}

// worked says whether a day is a working day in a nation.
func (t *tables) worked(nation string, day time.Time) bool {
	if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		return false
	}
	if t.london == nil {
		return true
	}
	date, tabled := day.Format(time.DateOnly), false
	for _, r := range t.rows["holidays"] {
		if !slices.Contains(r.words("nations"), nation) || !strings.HasPrefix(r["date"], date[:len("2009-")]) {
			continue
		}
		if tabled = true; r["date"] == date {
			return false
		}
	}
	return tabled || !keptAsHoliday(nation, day)
}

// keptAsHoliday says whether a weekday is kept as a holiday in a year that no table has:
// because it is one, or because one that fell at a weekend just before it has
// found no other day.
func keptAsHoliday(nation string, day time.Time) bool {
	owed := 0
	for back := -7; back <= 0; back++ {
		at := day.AddDate(0, 0, back)
		feast := isFeast(nation, at)
		switch atWeekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday; {
		case atWeekend && feast:
			owed++
		case back == 0:
			return feast || owed > 0
		case !atWeekend && !feast && owed > 0:
			owed--
		}
	}
	return false
}

// isFeast says whether a day is one of a nation's holidays where it falls, at a
// weekend or not.
func isFeast(nation string, at time.Time) bool {
	_, month, day := at.Date()
	scotland, ulster := nation == "scotland", nation == "northern-ireland"
	monday := at.Weekday() == time.Monday
	switch month {
	case time.January:
		return day == 1 || day == 2 && scotland
	case time.March, time.April:
		if month == time.March && day == 17 && ulster {
			return true
		}
		sinceEaster := at.YearDay() - time.Date(at.Year(), time.March, easter(at.Year()), 0, 0, 0, 0, time.UTC).YearDay()
		return sinceEaster == -2 || sinceEaster == 1 && !scotland
	case time.May:
		return monday && (day <= 7 || day > 24)
	case time.July:
		return day == 12 && ulster
	case time.August:
		return monday && (scotland && day <= 7 || !scotland && day > 24)
	case time.November:
		return day == 30 && scotland
	case time.December:
		return day == 25 || day == 26
	}
	return false
}

// easter returns the day of Easter, counted from the beginning of March, by the
// method of Gauss with the exceptions that he added.
func easter(year int) int {
	a, b, c, k := year%19, year%4, year%7, year/100
	m := (15 - (13+8*k)/25 + k - k/4) % 30
	n := (4 + k - k/4) % 7
	d := (19*a + m) % 30
	e := (2*b + 4*c + 6*d + n) % 7
	switch {
	case d == 29 && e == 6, d == 28 && e == 6 && (11*m+11)%30 < 19:
		return 22 + d + e - 7
	}
	return 22 + d + e
}
