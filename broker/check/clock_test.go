package check

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// keptSet is a source of one set of tables.
type keptSet struct {
	embedded
	files fs.FS
}

func (k keptSet) Tables(string) (fs.FS, error) { return k.files, nil }

// sets are the embedded tables, the same with every year computed, and the same
// as a broker of the first version kept them.
func sets(t *testing.T) map[string]fstest.MapFS {
	t.Helper()
	now := fstest.MapFS{}
	names, err := fs.Glob(protocol.Tables, "*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := protocol.Tables.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		now[name] = &fstest.MapFile{Data: content}
	}
	header, _, _ := strings.Cut(string(now["holidays.csv"].Data), "\n")
	computed, first := maps.Clone(now), maps.Clone(now)
	computed["holidays.csv"] = &fstest.MapFile{Data: []byte(header + "\n")}
	delete(first, "holidays.csv")
	first["deadlines.csv"] = &fstest.MapFile{Data: []byte("urgency,hours,working_days,valid_from,valid_to,source,confidence,notes\n" +
		"immediate,4,0,,,design,low,\npriority,0,3,,2012-01-01,design,low,\nroutine,0,10,,,design,low,\n")}
	return map[string]fstest.MapFS{"embedded": now, "computed": computed, "first version": first}
}

// reading is a set as the policy reads it and as the checker does.
type reading struct {
	policy *policy.Policy
	tables *tables
}

func readings(t *testing.T) map[string]reading {
	t.Helper()
	both := map[string]reading{}
	for name, files := range sets(t) {
		p, err := policy.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		c := &checker{src: keptSet{files: files}}
		own, err := c.readTables(p.Hash())
		if err != nil {
			t.Fatal(err)
		}
		both[name] = reading{p, own}
	}
	return both
}

// TestBothReadingsOfTheCalendarAgree compares every day of thirty-five years in each
// nation, and then when random clocks run out.
func TestBothReadingsOfTheCalendarAgree(t *testing.T) {
	areas := []schemas.Code{"uk", "england", "kent", "wales", "south-wales", "scotland", "tayside", "northern-ireland", "psni", "soca-national"}
	clocks := []schemas.Code{"held", "request-acknowledge", "request-answer", "referral", "reasonable-grounds", "conclusive-grounds", "reflection", "recall-confirm", "outcome", "review"}
	urgencies := []schemas.Urgency{schemas.Routine, schemas.Priority, schemas.Immediate, "whenever"}
	random := rand.New(rand.NewPCG(*seed, 1))
	for name, r := range readings(t) {
		for _, area := range []schemas.Code{"england", "wales", "scotland", "northern-ireland"} {
			for day := time.Date(2005, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() < 2040; day = day.AddDate(0, 0, 1) {
				if theirs, own := r.policy.Calendar(area).Working(day), r.tables.worked(string(area), day); theirs != own {
					t.Fatalf("%s: %s in %s: the policy says %v and the checker %v", name, day.Format(time.DateOnly), area, theirs, own)
				}
			}
		}
		for range 5000 {
			from := time.Unix(1200000000+random.Int64N(1e9), random.Int64N(1e9))
			m := &schemas.Message{Urgency: urgencies[random.IntN(len(urgencies))], Jurisdictions: []schemas.Jurisdiction{{Code: areas[random.IntN(len(areas))]}}}
			clock := clocks[random.IntN(len(clocks))]
			theirs, _ := r.policy.Due(clock, m.Urgency, policy.NationOf(m), from)
			if own := r.tables.due(string(clock), m, from); !own.Equal(theirs) {
				t.Fatalf("%s: %s, %s, %s from %s: the policy says %s and the checker %s", name, clock, m.Urgency, m.Jurisdictions[0].Code, from, theirs, own)
			}
		}
	}
}

// The exceptions of each method come up once or twice a century.
func TestBothReadingsAgreeOnEaster(t *testing.T) {
	c := readings(t)["computed"].policy.Calendar("england")
	for year := 1900; year < 2200; year++ {
		monday := time.Date(year, time.March, easter(year)+1, 0, 0, 0, 0, time.UTC)
		if c.Working(monday.Add(12*time.Hour)) || !c.Working(monday.AddDate(0, 0, 1).Add(12*time.Hour)) {
			t.Errorf("the policy does not keep %s as Easter Monday", monday.Format(time.DateOnly))
		}
	}
}

// TestAWrongClockIsFound has entries that only their clocks make wrong, each on
// a day on which the error shows.
func TestAWrongClockIsFound(t *testing.T) {
	both := readings(t)
	held := []schemas.Outcome{{Outcome: schemas.Held, Reason: "all-withheld"}}
	at := func(s string) time.Time {
		u, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	friday := at("2009-08-28T16:00:00Z") // before a bank holiday everywhere but in Scotland
	for _, test := range []struct {
		name  string
		set   string
		area  schemas.Code
		entry ledger.Entry
		wrong bool
	}{
		{"three working days across a bank holiday", "embedded", "kent", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-03T16:00:00Z")}, false},
		{"the bank holiday is left out", "embedded", "kent", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-02T16:00:00Z")}, true},
		{"Scotland has none", "embedded", "tayside", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-02T16:00:00Z")}, false},
		{"Scotland by the calendar of England", "embedded", "tayside", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-03T16:00:00Z")}, true},
		{"the hour of UTC", "embedded", "kent", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-03T17:00:00Z")}, true},
		{"the first version knows no bank holiday", "first version", "kent", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-02T16:00:00Z")}, false},
		{"the first version by the calendar of today", "first version", "kent", ledger.Entry{Held: true, Outcomes: held, Due: at("2009-09-03T16:00:00Z")}, true},
		{"an item waits", "embedded", "kent", ledger.Entry{Waiting: []int{0}, Due: at("2009-09-03T16:00:00Z")}, false},
		{"an item waits, without a clock", "embedded", "kent", ledger.Entry{Waiting: []int{0}}, true},
		{"nothing waits", "embedded", "kent", ledger.Entry{}, false},
		{"nothing waits, and a clock runs", "embedded", "kent", ledger.Entry{Due: at("2009-09-03T16:00:00Z")}, true},
		{"closed", "embedded", "kent", ledger.Entry{Held: true, Closed: true, Outcomes: held}, false},
		{"closed, and a clock runs", "embedded", "kent", ledger.Entry{Held: true, Closed: true, Outcomes: held, Due: at("2009-09-03T16:00:00Z")}, true},
		{"undecidable has no clock", "embedded", "kent", ledger.Entry{Held: true, Outcomes: []schemas.Outcome{{Outcome: schemas.Held, Reason: "undecidable"}}}, false},
		{"too large has none if it was to be disclosed", "embedded", "kent", ledger.Entry{Held: true, Outcomes: []schemas.Outcome{{Outcome: schemas.Held, Reason: "too-large"}}}, false},
		{"too large with a wrong one", "embedded", "kent", ledger.Entry{Held: true, Outcomes: []schemas.Outcome{{Outcome: schemas.Held, Reason: "too-large"}}, Due: friday}, true},
	} {
		entry, found := test.entry, []string{}
		entry.At = friday
		j := &judged{entry: &entry, tables: both[test.set].tables, found: func(_ Kind, problem string) { found = append(found, problem) },
			message: &schemas.Message{Urgency: schemas.Priority, Jurisdictions: []schemas.Jurisdiction{{Code: test.area}}}}
		j.clock()
		if (len(found) > 0) != test.wrong {
			t.Errorf("%s: found %q", test.name, found)
		}
	}
}
