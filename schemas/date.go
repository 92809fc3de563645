package schemas

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Date is a calendar date of which the day, or the month and the day, may be
// unknown, as in records that know only a year of birth. It is written
// "2009-08-14", "2009-08" or "2009". The zero Date means not known at all.
type Date struct {
	year, month, day int
}

// NewDate returns the date with the given parts; zero means that the part is
// unknown. It reports an error for a day without a month, and for a date that
// is not in the calendar.
func NewDate(year, month, day int) (Date, error) {
	d := Date{year, month, day}
	if year < 1 || year > 9999 || month < 0 || month > 12 || day < 0 || (month == 0 && day != 0) {
		return Date{}, fmt.Errorf("there is no date with year %d, month %d, day %d", year, month, day)
	}
	if day != 0 {
		t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if t.Day() != day {
			return Date{}, fmt.Errorf("month %d of %d has no day %d", month, year, day)
		}
	}
	return d, nil
}

// errDateForm does not quote the text: it may be somebody's date of birth.
var errDateForm = errors.New("a date has the form 2009-08-14, 2009-08 or 2009")

// ParseDate reads "2009-08-14", "2009-08" or "2009".
func ParseDate(s string) (Date, error) {
	if len(s) != 4 && len(s) != 7 && len(s) != 10 {
		return Date{}, errDateForm
	}
	var part [3]int
	for i, at := range []int{0, 5, 8} {
		if at >= len(s) {
			break
		}
		end := at + 2
		if i == 0 {
			end = 4
		}
		if i > 0 && s[at-1] != '-' {
			return Date{}, errDateForm
		}
		n, err := strconv.ParseUint(s[at:end], 10, 16)
		if err != nil || n == 0 {
			return Date{}, errDateForm
		}
		part[i] = int(n)
	}
	return NewDate(part[0], part[1], part[2])
}

// Equal says whether both dates have the same known parts.
func (d Date) Equal(other Date) bool { return d == other }

// IsZero says whether nothing of the date is known.
func (d Date) IsZero() bool { return d == Date{} }

// Full says whether day, month and year are known.
func (d Date) Full() bool { return d.day != 0 }

// Parts returns year, month and day; zero means unknown.
func (d Date) Parts() (year, month, day int) { return d.year, d.month, d.day }

// Ages returns the least and the greatest age in whole years that somebody born
// on the date may have on a day: they differ where the date is known in part.
func (d Date) Ages(on time.Time) (least, greatest int) {
	latest := d
	if latest.month == 0 {
		latest.month, latest.day = 12, 31
	}
	if latest.day == 0 {
		latest.day = time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	}
	return latest.age(on), Date{d.year, max(d.month, 1), max(d.day, 1)}.age(on)
}

// age is the age of somebody born on a date that is known whole.
func (d Date) age(on time.Time) int {
	years := on.Year() - d.year
	if on.Month() < time.Month(d.month) || on.Month() == time.Month(d.month) && on.Day() < d.day {
		years--
	}
	return years
}

// String writes the known parts.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.month == 0:
		return fmt.Sprintf("%04d", d.year)
	case d.day == 0:
		return fmt.Sprintf("%04d-%02d", d.year, d.month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

// MarshalText writes the known parts.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes; the empty text is the zero Date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
