package native

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the clock of London, also where the system has none

	"liaison/schemas"
)

// PartDate is a date as far as the record knows it.
type PartDate struct {
	schemas.Date
	// About says that the record calls it approximate, as in "c.1985".
	About bool
}

var (
	dayFirst   = regexp.MustCompile(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$`)
	yearFirst  = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	eight      = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	monthYear  = regexp.MustCompile(`^(\d{1,2})[/.-](\d{4})$`)
	year       = regexp.MustCompile(`^(\d{4})$`)
	aboutYear  = regexp.MustCompile(`^(?i:c|ca|circa|about|abt)\.? ?(\d{4})$`)
	shortYear  = regexp.MustCompile(`^\d{1,2}[/.-]\d{1,2}[/.-]\d{2}$`)
	clockTime  = regexp.MustCompile(`^(.*\d)[ T]+(\d{1,2}):?(\d{2})(?::(\d{2}))?(?: ?(?i:hrs|hours))?$`)
	dateAdvice = "write it as DD/MM/YYYY, with 00 for a day or month that is not known"
)

// Date reads a date that is written day first ("14/08/2009"), as eight digits
// year first ("20090814") or as "2009-08-14". Day and month may be unknown
// ("00/05/1978", "00/00/1978", "05/1978", "1978", "c.1985"). All the ways of
// writing "not known" give the zero date.
func Date(s string) (PartDate, *Problem) {
	s = OneLine(s)
	if Unknown(s) {
		return PartDate{}, nil
	}
	if m := dayFirst.FindStringSubmatch(s); m != nil {
		return partDate(s, m[3], m[2], m[1])
	}
	for _, form := range []*regexp.Regexp{yearFirst, eight} {
		if m := form.FindStringSubmatch(s); m != nil {
			return partDate(s, m[1], m[2], m[3])
		}
	}
	if m := monthYear.FindStringSubmatch(s); m != nil {
		return partDate(s, m[2], m[1], "0")
	}
	if m := year.FindStringSubmatch(s); m != nil {
		return partDate(s, m[1], "0", "0")
	}
	if m := aboutYear.FindStringSubmatch(s); m != nil {
		d, p := partDate(s, m[1], "0", "0")
		d.About = p == nil
		return d, p
	}
	if shortYear.MatchString(s) {
		return PartDate{}, problem(dateAdvice, "the date has a year of two digits, which may mean either century")
	}
	return PartDate{}, problem(dateAdvice, "%q is no date", shown(s))
}

func partDate(s, year, month, day string) (PartDate, *Problem) {
	n := [3]int{}
	for i, part := range []string{year, month, day} {
		n[i], _ = strconv.Atoi(part) // digits only
	}
	if n[1] == 0 && n[2] != 0 {
		return PartDate{}, problem(dateAdvice, "the date %q has a day and no month", s)
	}
	d, err := schemas.NewDate(n[0], n[1], n[2])
	if err != nil {
		return PartDate{}, problem(dateAdvice, "the date %q is not in the calendar (days stand first)", s)
	}
	return PartDate{Date: d}, nil
}

// Moment reads a full date, or a date and time of day on the clock of London.
// A date alone is the beginning of that day in UTC, so that the day stays what
// the record says. The date is returned too.
func Moment(s string) (schemas.Time, schemas.Date, *Problem) {
	s = OneLine(s)
	day, clock := s, []string(nil)
	if m := clockTime.FindStringSubmatch(s); m != nil {
		day, clock = m[1], m[2:]
	}
	d, p := Date(strings.TrimSpace(day))
	if p == nil && !d.Full() {
		p = problem(dateAdvice, "day, month and year must be known here")
	}
	if p != nil {
		return schemas.Time{}, schemas.Date{}, p
	}
	y, m, dd := d.Parts()
	if clock == nil {
		return schemas.At(time.Date(y, time.Month(m), dd, 0, 0, 0, 0, time.UTC)), d.Date, nil
	}
	hh, _ := strconv.Atoi(clock[0])
	mm, _ := strconv.Atoi(clock[1])
	ss, _ := strconv.Atoi(clock[2])
	if hh > 23 || mm > 59 || ss > 59 {
		return schemas.Time{}, schemas.Date{}, problem("write the time as HH:MM", "%q has no time of day", shown(s))
	}
	return schemas.At(time.Date(y, time.Month(m), dd, hh, mm, ss, 0, london)), d.Date, nil
}

var london = mustLondon()

// mustLondon cannot fail: the time zones are built in.
func mustLondon() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
}
