package schemas

import (
	"testing"
	"time"
)

func TestParseDateTakesPartDates(t *testing.T) {
	for _, tt := range []struct {
		in               string
		year, month, day int
	}{
		{"2009-08-14", 2009, 8, 14},
		{"2009-08", 2009, 8, 0},
		{"2009", 2009, 0, 0},
		{"2008-02-29", 2008, 2, 29},
		{"0001", 1, 0, 0},
	} {
		d, err := ParseDate(tt.in)
		if err != nil {
			t.Errorf("ParseDate(%q): %v", tt.in, err)
			continue
		}
		year, month, day := d.Parts()
		if year != tt.year || month != tt.month || day != tt.day || d.String() != tt.in {
			t.Errorf("ParseDate(%q) = %d, %d, %d, written %q", tt.in, year, month, day, d)
		}
		if d.IsZero() || d.Full() != (tt.day != 0) {
			t.Errorf("%s: IsZero %v, Full %v", d, d.IsZero(), d.Full())
		}
	}
}

func TestParseDateRefuses(t *testing.T) {
	for _, in := range []string{"", "09", "14/08/2009", "2009-8-14", "2009-08-00", "2009-00", "0000", "2009-13", "2009-02-29",
		"2009-08-14T", "2009/08/14", "2009-08-1a", "+009", "２００９", "c.1985", "2009-08-", "-009-01-01"} {
		if d, err := ParseDate(in); err == nil {
			t.Errorf("ParseDate(%q) = %s", in, d)
		}
	}
}

func TestNewDateRefusesWhatIsNotInTheCalendar(t *testing.T) {
	for _, tt := range [][3]int{{0, 0, 0}, {10000, 1, 1}, {2009, 13, 1}, {2009, 0, 1}, {2009, 2, 30}, {2009, -1, 0}, {2009, 1, -1}, {2009, 4, 31}} {
		if d, err := NewDate(tt[0], tt[1], tt[2]); err == nil {
			t.Errorf("NewDate(%v) = %s", tt, d)
		}
	}
}

func TestDateOfNoTextIsZero(t *testing.T) {
	d := Date{year: 2009}
	if err := d.UnmarshalText(nil); err != nil || !d.IsZero() || d.String() != "" {
		t.Errorf("got %q, %v", d, err)
	}
	if err := d.UnmarshalText([]byte("yesterday")); err == nil || !d.IsZero() {
		t.Errorf("got %q, %v", d, err)
	}
}

func TestValidOnTakesAnUnknownPartAsTheFirst(t *testing.T) {
	day := func(s string) time.Time {
		v, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	from, to := Date{2009, 4, 0}, Date{2010, 0, 0}
	for _, tt := range []struct {
		day  string
		want bool
	}{{"2009-03-31", false}, {"2009-04-01", true}, {"2009-12-31", true}, {"2010-01-01", false}} {
		if got := ValidOn(from, to, day(tt.day)); got != tt.want {
			t.Errorf("ValidOn(%s, %s, %s) = %v", from, to, tt.day, got)
		}
	}
	if !ValidOn(Date{}, Date{}, day("1800-01-01")) {
		t.Error("no bounds are bounds")
	}
}

func TestAgesOfPartDates(t *testing.T) {
	for _, c := range []struct {
		born, on        string
		least, greatest int
	}{
		{"1991-08-20", "2009-08-20", 18, 18},
		{"1991-08-21", "2009-08-20", 17, 17},
		{"1991-08", "2009-08-20", 17, 18},
		{"1991-08", "2009-08-31", 18, 18},
		{"1991", "2009-08-20", 17, 18},
		{"1992-02", "2010-02-28", 17, 18}, // it may have been the 29th
		{"1992-02-29", "2010-03-01", 18, 18},
		{"2009-12", "2009-12-31", 0, 0},
	} {
		born, err := ParseDate(c.born)
		if err != nil {
			t.Fatal(err)
		}
		on, err := time.Parse(time.DateOnly, c.on)
		if err != nil {
			t.Fatal(err)
		}
		if least, greatest := born.Ages(on); least != c.least || greatest != c.greatest {
			t.Errorf("born %s, on %s: %d to %d, want %d to %d", c.born, c.on, least, greatest, c.least, c.greatest)
		}
	}
}
