package policy

import (
	"slices"
	"time"

	"liaison/schemas"
)

// holidaysByRule computes the bank holidays of a nation in a year, as the law
// and the custom stood in 2009: Banking and Financial Dealings Act 1971 s.1 and
// Schedule 1; St Andrew's Day Bank Holiday (Scotland) Act 2007 s.1; and what is
// proclaimed under s.1 of the former every year. Good Friday and Christmas Day
// are holidays by common law in England, Wales and Northern Ireland.
//
// A holiday at a weekend is held on the next working day that is none, which
// since 2009 was so every year, be it by the Schedule or by proclamation.
func holidaysByRule(nation schemas.Code, year int) []Holiday {
	days := naturalHolidays(nation, year)
	for i := range days {
		if !weekend(days[i].Day) {
			continue
		}
		for weekend(days[i].Day) || has(slices.Concat(days[:i], days[i+1:]), days[i].Day) {
			days[i].Day = days[i].Day.AddDate(0, 0, 1)
		}
	}
	slices.SortFunc(days, func(a, b Holiday) int { return a.Day.Compare(b.Day) })
	return days
}

// naturalHolidays returns the holidays where they fall, in order within each
// group that can meet at a weekend.
func naturalHolidays(nation schemas.Code, year int) []Holiday {
	easter := easterSunday(year)
	days := []Holiday{
		{date(year, time.January, 1), "New Year's Day"},
		{easter.AddDate(0, 0, -2), "Good Friday"},
		{mondayFrom(year, time.May, 1), "Early May bank holiday"},
		{mondayFrom(year, time.May, 25), "Spring bank holiday"},
		{date(year, time.December, 25), "Christmas Day"},
		{date(year, time.December, 26), "Boxing Day"},
	}
	if nation == Scotland {
		return append(days, Holiday{date(year, time.January, 2), "2nd January"},
			Holiday{mondayFrom(year, time.August, 1), "Summer bank holiday"},
			Holiday{date(year, time.November, 30), "St Andrew's Day"})
	}
	days = append(days, Holiday{easter.AddDate(0, 0, 1), "Easter Monday"},
		Holiday{mondayFrom(year, time.August, 25), "Summer bank holiday"})
	if nation == NorthernIreland {
		days = append(days, Holiday{date(year, time.March, 17), "St Patrick's Day"},
			Holiday{date(year, time.July, 12), "Battle of the Boyne (Orangemen's Day)"})
	}
	return days
}

// easterSunday computes the date of Easter in the Gregorian calendar, by the
// anonymous method of 1876.
func easterSunday(year int) time.Time {
	century, inCentury := year/100, year%100
	golden := year % 19
	epact := (19*golden + century - century/4 - (century-(century+8)/25+1)/3 + 15) % 30
	weekday := (32 + 2*(century%4) + 2*(inCentury/4) - epact - inCentury%4) % 7
	late := (golden + 11*epact + 22*weekday) / 451
	n := epact + weekday - 7*late + 114
	return date(year, time.Month(n/31), n%31+1)
}

// mondayFrom returns the first Monday of a month from a day on: from the 25th
// of a month of 31 days it is the last.
func mondayFrom(year int, month time.Month, day int) time.Time {
	at := date(year, month, day)
	return at.AddDate(0, 0, (int(time.Monday)-int(at.Weekday())+7)%7)
}

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// dateOf returns the date that a moment has where it is told, as its midnight
// in UTC.
func dateOf(at time.Time) time.Time { return date(at.Year(), at.Month(), at.Day()) }

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

func has(holidays []Holiday, day time.Time) bool {
	return slices.ContainsFunc(holidays, func(h Holiday) bool { return h.Day.Equal(day) })
}
