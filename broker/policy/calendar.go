package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// The nations, each with its bank holidays; those of England and Wales are one
// legal system's.
const (
	England         schemas.Code = "england"
	Wales           schemas.Code = "wales"
	Scotland        schemas.Code = "scotland"
	NorthernIreland schemas.Code = "northern-ireland"
)

var nations = []schemas.Code{England, Wales, Scotland, NorthernIreland}

// Calendar says which days are working days in one nation: Monday to Friday
// without its bank holidays, by the clock of London, which all of the nations
// have. A year of which holidays.csv has a row is as the table says; any other
// is computed, and knows of no one-off day.
//
// A set of tables without holidays.csv is one that was kept by the first
// version, and is read as that version read it: Monday to Friday in UTC.
type Calendar struct {
	nation schemas.Code
	place  *time.Location
	// computes says whether years that are not tabled are computed.
	computes bool
	tabled   map[int][]Holiday
}

// Holiday is a bank holiday: a date, as its midnight in UTC, and its name.
type Holiday struct {
	Day  time.Time
	Name string
}

// SameTime in a span says that its last day ends at the time of day at which
// the first began.
const SameTime = -1

// Span is how long something takes; one of its lengths is not zero.
type Span struct {
	Hours, WorkingDays, CalendarDays int
	// Until is the time of day at which the last day ends, in minutes from
	// midnight, or SameTime. It means nothing for hours.
	Until int
}

// holidayRow is a row of holidays.csv.
type holidayRow struct {
	Holiday
	nations []schemas.Code
	table.Row
}

var holidayColumns = []string{"date", "nations", "name", "source", "confidence", "notes"}

// readHolidays reads the bank holidays and makes the calendars of them.
func (p *Policy) readHolidays(tables fs.FS, f *table.Faults) {
	p.calendars = map[schemas.Code]*Calendar{}
	for _, n := range nations {
		p.calendars[n] = &Calendar{nation: n, place: time.UTC}
	}
	if _, err := fs.Stat(tables, holidaysTable); errors.Is(err, fs.ErrNotExist) {
		return
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		f.Add(holidaysTable, "the clock of London is not known here: %v", err)
		return
	}
	for _, r := range table.Read(tables, holidaysTable, holidayColumns, f) {
		p.holidays = append(p.holidays, readHoliday(r))
	}
	for _, c := range p.calendars {
		c.place, c.computes, c.tabled = london, true, map[int][]Holiday{}
		for i := range p.holidays {
			c.take(&p.holidays[i], f)
		}
	}
}

func readHoliday(r table.Record) holidayRow {
	r.Need("date")
	h := holidayRow{Holiday: Holiday{Day: r.Date("date"), Name: r.Need("name")}, nations: table.WordsOf(r, "nations", nations...), Row: r.Row()}
	if weekend(h.Day) {
		r.Fault("%s is no working day anyway: enter the day that stands in for it", h.Day.Format("Monday 2 January 2006"))
	}
	if len(h.nations) == 0 {
		r.Fault("nations is empty")
	}
	return h
}

// take adds a row to the calendar, if it is for its nation.
func (c *Calendar) take(h *holidayRow, f *table.Faults) {
	if !slices.Contains(h.nations, c.nation) {
		return
	}
	year := h.Day.Year()
	if has(c.tabled[year], h.Day) {
		f.Add(h.Place(), "%s has a holiday on %s already", c.nation, h.Day.Format(time.DateOnly))
	}
	c.tabled[year] = append(c.tabled[year], h.Holiday)
}

// NationOf returns the nation whose calendar counts for a message: that of its
// primary jurisdiction. What lies in no nation, as what is about the whole of
// the United Kingdom, goes by England and Wales. This is a proposal.
func NationOf(m *schemas.Message) schemas.Code {
	if len(m.Jurisdictions) == 0 {
		return England
	}
	primary, list := m.Jurisdictions[0].Code, schemas.Jurisdictions()
	for _, n := range nations {
		if list.Within(primary, n) {
			return n
		}
	}
	return England
}

// Calendar returns the calendar of a nation, and that of England for what is
// none.
func (p *Policy) Calendar(nation schemas.Code) *Calendar {
	if c, ok := p.calendars[nation]; ok {
		return c
	}
	return p.calendars[England]
}

// Holidays returns the bank holidays of a year that are not at a weekend, and
// whether the table has them: otherwise they are computed, and one-off days
// are missing.
func (c *Calendar) Holidays(year int) (days []Holiday, tabled bool) {
	if days, tabled = c.tabled[year]; tabled || !c.computes {
		return days, tabled
	}
	return holidaysByRule(c.nation, year), false
}

// Working says whether a moment lies in a working day.
func (c *Calendar) Working(at time.Time) bool { return c.working(dateOf(at.In(c.place))) }

func (c *Calendar) working(day time.Time) bool {
	holidays, _ := c.Holidays(day.Year())
	return !weekend(day) && !has(holidays, day)
}

// After returns the moment at which a span ends that begins at a moment. Hours
// are hours, whatever the clocks on the wall do. Of days the one on which it
// begins does not count, as in law: the next day, or working day, is the first.
func (c *Calendar) After(from time.Time, s Span) time.Time {
	if s.Hours > 0 {
		return from.Add(time.Duration(s.Hours) * time.Hour).UTC()
	}
	begins := from.In(c.place)
	day := dateOf(begins).AddDate(0, 0, s.CalendarDays)
	for left := s.WorkingDays; left > 0; {
		day = day.AddDate(0, 0, 1)
		if c.working(day) {
			left--
		}
	}
	hour, minute, second := begins.Clock()
	nanosecond := begins.Nanosecond()
	if s.Until != SameTime {
		hour, minute, second, nanosecond = 0, s.Until, 0, 0
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, nanosecond, c.place).UTC()
}

// EndOf returns the moment at which a day ends in the United Kingdom.
func (c *Calendar) EndOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, c.place).UTC()
}

// workingDays reports what whoever works on the tables should know of the
// calendars: which years are tabled, and where the table and the rule differ.
func (c *checker) workingDays() {
	file := &table.Row{File: holidaysTable}
	if !c.calendars[England].computes {
		c.add(Notice, file, "there is no such table: working days are Monday to Friday in UTC, without bank holidays")
		return
	}
	years := slices.Sorted(maps.Keys(c.calendars[England].tabled))
	for _, n := range nations {
		if own := slices.Sorted(maps.Keys(c.calendars[n].tabled)); !slices.Equal(own, years) {
			c.add(Warning, file, "%s has rows for %v, and england for %v", n, own, years)
		}
	}
	c.add(Notice, file, "years other than %v are computed by rule, which knows of no one-off day", years)
	c.againstRule()
}

// againstRule reports where the table and the rule differ: one-off days, or
// mistakes.
func (c *checker) againstRule() {
	for i := range c.holidays {
		h := &c.holidays[i]
		if day := h.Day; slices.ContainsFunc(h.nations, func(n schemas.Code) bool { return !has(holidaysByRule(n, day.Year()), day) }) {
			c.add(Notice, &h.Row, "%s, %s, is no holiday by the rule: a one-off day?", day.Format(time.DateOnly), h.Name)
		}
	}
	missing := map[string][]string{}
	for _, n := range nations {
		for year, tabled := range c.calendars[n].tabled {
			for _, h := range holidaysByRule(n, year) {
				if !has(tabled, h.Day) {
					day := fmt.Sprintf("%s, %s,", h.Day.Format(time.DateOnly), h.Name)
					missing[day] = append(missing[day], string(n))
				}
			}
		}
	}
	for _, day := range slices.Sorted(maps.Keys(missing)) {
		c.add(Notice, &table.Row{File: holidaysTable}, "%s is a holiday by the rule and has no row: %s", day, strings.Join(missing[day], " "))
	}
}
