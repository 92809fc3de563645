package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/schemas"
)

// byRule loads the tables without any row of holidays.csv, so that every year
// is computed.
func byRule(t testing.TB) *policy.Policy {
	t.Helper()
	set := tables(t)
	header, _, _ := strings.Cut(string(set["holidays.csv"].Data), "\n")
	set["holidays.csv"].Data = []byte(header + "\n")
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var nations = []schemas.Code{"england", "wales", "scotland", "northern-ireland"}

// days lists the holidays of a year as month and day.
func days(p *policy.Policy, nation schemas.Code, year int) (list []string) {
	holidays, _ := p.Calendar(nation).Holidays(year)
	for _, h := range holidays {
		list = append(list, h.Day.Format("01-02"))
	}
	slices.Sort(list)
	return list
}

func TestTheRuleGivesTheTabledYearsButForOneOffDays(t *testing.T) {
	tabled, computed := load(t), byRule(t)
	for _, nation := range nations {
		for year := 2009; year <= 2012; year++ {
			want := days(tabled, nation, year)
			if _, ok := tabled.Calendar(nation).Holidays(year); !ok {
				t.Errorf("%s %d is not in the table", nation, year)
			}
			if _, ok := computed.Calendar(nation).Holidays(year); ok {
				t.Errorf("%s %d is said to be in a table that is empty", nation, year)
			}
			switch year {
			case 2011: // the wedding of the Duke and Duchess of Cambridge
				want = slices.DeleteFunc(want, func(d string) bool { return d == "04-29" })
			case 2012: // the Diamond Jubilee: the spring holiday moved, and a day more
				want = slices.DeleteFunc(want, func(d string) bool { return d == "06-04" || d == "06-05" })
				want = append(want, "05-28")
				slices.Sort(want)
			}
			if diff := cmp.Diff(want, days(computed, nation, year)); diff != "" {
				t.Errorf("%s %d by the rule (-table +rule):\n%s", nation, year, diff)
			}
		}
	}
}

// The years are those of the list that GOV.UK published, which has more one-off
// days than these only in 2020.
func TestTheRuleGivesLaterYearsAsTheyWerePublished(t *testing.T) {
	p := load(t)
	for _, test := range []struct {
		nation schemas.Code
		year   int
		want   string
	}{
		{"england", 2013, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"},
		{"wales", 2015, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"},
		{"england", 2016, "01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27"},
		{"england", 2017, "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26"},
		{"scotland", 2013, "01-01 01-02 03-29 05-06 05-27 08-05 12-02 12-25 12-26"},
		{"scotland", 2014, "01-01 01-02 04-18 05-05 05-26 08-04 12-01 12-25 12-26"},
		{"scotland", 2016, "01-01 01-04 03-25 05-02 05-30 08-01 11-30 12-26 12-27"},
		{"scotland", 2017, "01-02 01-03 04-14 05-01 05-29 08-07 11-30 12-25 12-26"},
		{"northern-ireland", 2013, "01-01 03-18 03-29 04-01 05-06 05-27 07-12 08-26 12-25 12-26"},
		{"northern-ireland", 2014, "01-01 03-17 04-18 04-21 05-05 05-26 07-14 08-25 12-25 12-26"},
		{"northern-ireland", 2015, "01-01 03-17 04-03 04-06 05-04 05-25 07-13 08-31 12-25 12-28"},
		{"northern-ireland", 2018, "01-01 03-19 03-30 04-02 05-07 05-28 07-12 08-27 12-25 12-26"},
	} {
		if got := strings.Join(days(p, test.nation, test.year), " "); got != test.want {
			t.Errorf("%s %d: %s, want %s", test.nation, test.year, got, test.want)
		}
	}
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	u, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestWorkingDaysDifferBetweenTheNations(t *testing.T) {
	p := load(t)
	for _, test := range []struct {
		day     string
		closed  string
		because string
	}{
		{"2009-08-03", "scotland", "the first Monday of August"},
		{"2009-08-31", "england wales northern-ireland", "the last Monday of August"},
		{"2009-04-13", "england wales northern-ireland", "Easter Monday"},
		{"2009-11-30", "scotland", "St Andrew's Day"},
		{"2012-01-03", "scotland", "the day in the place of 1 January, because 2 January is a holiday itself"},
		{"2012-03-19", "northern-ireland", "St Patrick's Day was a Saturday"},
		{"2009-07-13", "northern-ireland", "the Twelfth was a Sunday"},
		{"2011-04-29", "england wales scotland northern-ireland", "the royal wedding"},
		{"2012-06-05", "england wales scotland northern-ireland", "the Jubilee"},
		{"2012-05-28", "", "the spring holiday had been moved"},
		{"2009-08-15", "england wales scotland northern-ireland", "a Saturday"},
		{"2009-08-14", "", "an ordinary Friday"},
	} {
		var closed []string
		for _, n := range nations {
			if !p.Calendar(n).Working(at(t, test.day+"T12:00:00Z")) {
				closed = append(closed, string(n))
			}
		}
		if got := strings.Join(closed, " "); got != test.closed {
			t.Errorf("%s, %s: closed in %q, want %q", test.day, test.because, got, test.closed)
		}
	}
}

func TestADayBeginsAtMidnightInLondon(t *testing.T) {
	c := load(t).Calendar("england")
	// In summer London is an hour ahead: Friday's last hour in UTC is Saturday.
	if c.Working(at(t, "2009-08-14T23:30:00Z")) || !c.Working(at(t, "2009-08-16T23:30:00Z")) {
		t.Error("days are not those of London in summer")
	}
	if !c.Working(at(t, "2009-01-16T23:30:00Z")) || c.Working(at(t, "2009-01-18T23:30:00Z")) {
		t.Error("days are not those of London in winter")
	}
}

func TestTheNationIsThatOfThePrimaryJurisdiction(t *testing.T) {
	for code, want := range map[schemas.Code]schemas.Code{
		"uk": "england", "england": "england", "wales": "wales", "scotland": "scotland", "northern-ireland": "northern-ireland",
		"lincolnshire": "england", "tayside": "scotland", "psni": "northern-ireland", "south-wales": "wales", "soca-national": "england",
	} {
		m := &schemas.Message{Jurisdictions: []schemas.Jurisdiction{{Code: code}, {Code: "tayside"}}}
		if got := policy.NationOf(m); got != want {
			t.Errorf("%s goes by the calendar of %s, want %s", code, got, want)
		}
	}
	if got := policy.NationOf(&schemas.Message{}); got != "england" {
		t.Errorf("a message without a jurisdiction goes by the calendar of %s", got)
	}
}

func TestHolidaysAreReadStrictly(t *testing.T) {
	const name = "holidays.csv"
	for what, test := range map[string]struct{ row, want string }{
		"a weekend":         {"2013-08-10,scotland,Gala,design,low,", "Saturday 10 August 2013 is no working day anyway"},
		"twice":             {"2009-12-25,wales,Christmas Day,design,low,", "wales has a holiday on 2009-12-25 already"},
		"no nation":         {"2013-08-12,,Gala,design,low,", "nations is empty"},
		"an unknown nation": {"2013-08-12,cornwall,Gala,design,low,", `nations has the unknown word "cornwall"`},
		"no name":           {"2013-08-12,wales,,design,low,", "name is empty"},
		"no source":         {"2013-08-12,wales,Gala,,low,", "source is empty"},
		"no date":           {",wales,Gala,design,low,", "date is empty"},
		"part of a date":    {"2013-08,wales,Gala,design,low,", `date is "2013-08" and must be a date`},
	} {
		if _, err := policy.Load(add(t, name, test.row)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", what, err, test.want)
		}
	}
}

func TestCheckReportsWhatTheTableOfHolidaysLacks(t *testing.T) {
	for what, test := range map[string]struct {
		from, to string
		want     string
	}{
		"a row that is missing":        {"2009-11-30,scotland,St Andrew's Day,found,high,St Andrew's Day Bank Holiday (Scotland) Act 2007 s.1\n", "", "2009-11-30, St Andrew's Day, is a holiday by the rule and has no row: scotland"},
		"a nation that is missing":     {"2009-08-31,england wales northern-ireland", "2009-08-31,england wales", "2009-08-31, Summer bank holiday, is a holiday by the rule and has no row: northern-ireland"},
		"a day that is another":        {"2009-08-03,scotland", "2009-08-04,scotland", "2009-08-04, Summer bank holiday, is no holiday by the rule"},
		"a year that one nation lacks": {"2012-12-26,england wales scotland northern-ireland,Boxing Day,found,high,GOV.UK list of bank holidays\n", "2013-01-01,england,New Year's Day,found,high,\n", "wales has rows for [2009 2010 2011 2012], and england for [2009 2010 2011 2012 2013]"},
	} {
		p, err := policy.Load(edit(t, "holidays.csv", test.from, test.to))
		if err != nil {
			t.Fatal(err)
		}
		says := func(f policy.Finding) bool { return strings.Contains(f.Problem, test.want) }
		if !slices.ContainsFunc(p.Check(), says) {
			t.Errorf("%s: check does not say %q", what, test.want)
		}
		if slices.ContainsFunc(load(t).Check(), says) {
			t.Errorf("%s: check says %q of the default set too", what, test.want)
		}
	}
}
