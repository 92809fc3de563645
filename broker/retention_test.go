package broker

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"liaison/broker/retention"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// listed are the messages of which something is due by a day, and what.
func (m *matters) listed(by string) (list []string) {
	m.t.Helper()
	day, err := time.Parse(time.DateOnly, by)
	if err != nil {
		m.t.Fatal(err)
	}
	err = m.ShowRetention(m.t.Context(), RetentionQuery{By: day}, func(d retention.Due) error {
		what := fmt.Sprintf("%s feeds %s intake %s", d.Of.ID[len(d.Of.ID)-1:], d.Feeds.Format(time.DateOnly), d.Intake.Format(time.DateOnly))
		if d.Open != "" {
			what += " open"
		}
		list = append(list, what)
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return list
}

// gone waits until what is left of a message is as said: "copies" for its copies
// gone, "all", or "nothing" of it.
func (m *matters) gone(msg *schemas.Message, want string) {
	m.t.Helper()
	got := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		left, some, err := m.retention.Left(m.t.Context(), refTo(msg))
		if err != nil {
			m.t.Fatal(err)
		}
		switch {
		case !some:
			got = "all"
		case len(left.Copies) == 0:
			got = "copies"
		default:
			got = "nothing"
		}
		if got == want {
			return
		}
	}
	m.t.Errorf("%s of %s is gone, want %s", got, msg, want)
}

func TestWhatIsDueIsErasedByTheTablesAndNothingSooner(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "kent", "lincolnshire", "ukhtc")
	plain, reviewed := m.takes(m.tipOf("An invented tip.")), m.tipOf("An invented tip that is to be reviewed.")
	if err := reviewed.Review.UnmarshalText([]byte("2009-10-01")); err != nil {
		t.Fatal(err)
	}
	m.takes(reviewed)
	promoted := m.takes(m.tipOf("An invented tip of a case."))
	opened := m.takes(caseOf(m.message(schemas.KindCase, "lincolnshire"), promoted, schemas.CaseOpen))
	want := []string{"1 feeds 2010-02-21 intake 2015-08-24", "2 feeds 2009-10-02 intake 2009-10-02", "3 feeds 2010-02-21 intake 2015-08-24 open"}
	if got := m.listed("2010-02-21"); !slices.Equal(got, want) {
		t.Errorf("due by 21 February are %q, want %q", got, want)
	}
	if got := m.listed("2009-10-01"); len(got) != 0 {
		t.Errorf("due by 1 October are %q", got)
	}

	m.set("2009-10-01 23:59")
	time.Sleep(100 * time.Millisecond)
	m.gone(reviewed, "nothing")
	m.set("2009-10-02 01:00") // British Summer Time: midnight in UTC
	m.gone(reviewed, "all")
	m.gone(plain, "nothing")
	if m.owed()["review gla"] != "" {
		t.Errorf("the review of what is gone is owed: %v", m.owed())
	}
	m.set("2010-02-20 23:59")
	time.Sleep(100 * time.Millisecond)
	m.gone(plain, "nothing")
	m.set("2010-02-21 00:00")
	m.gone(plain, "copies")
	m.gone(promoted, "nothing") // its case is open
	m.whole()

	// The case is closed and its clocks end: the next day what it kept is gone.
	m.set("2010-03-01 10:00")
	closed := caseOf(m.message(schemas.KindCase, "lincolnshire"), promoted, schemas.CaseClosed)
	closed.Links = append(closed.Links, schemas.Link{Originator: "lincolnshire", ID: opened.ID, Relation: schemas.Supersedes})
	m.takes(closed)
	outcome := full(m.message(schemas.KindOutcome, "lincolnshire"), "Two were charged.")
	outcome.Outcome = &schemas.Feedback{Of: refTo(closed), To: []schemas.MemberID{"gla"}, Results: []schemas.Code{"prosecution"}, Status: schemas.CaseClosed}
	m.takes(outcome)
	m.set("2010-03-02 00:00")
	m.gone(promoted, "copies")
	m.gone(opened, "nothing")
	m.set("2015-08-24 02:00")
	m.gone(plain, "all")
	m.gone(promoted, "all")
	m.whole()
	before := m.kept()
	if err := m.docket.Reset(); err != nil {
		t.Fatal(err)
	}
	m.retention.Look()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		after := m.kept()
		// A rebuilt docket has the days of review once more, until it has looked.
		if fmt.Sprint(after) == fmt.Sprint(before) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("made anew the docket has\n%v instead of\n%v", after, before)
		}
	}
	m.whole()
}

func TestOtherTablesEraseSoonerFromTheNextMomentOn(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.takes(m.tipOf("An invented tip."))
	m.set("2009-09-24 10:00")
	time.Sleep(50 * time.Millisecond)
	m.gone(tip, "nothing")
	tables := tablesWith(t, "tip,180,2190,", "tip,14,30,")
	if _, err := m.Load(t.Context(), tables, "test"); err != nil {
		t.Fatal(err)
	}
	m.gone(tip, "all")
	m.whole()
}

// TestOtherTablesAreHeldAgainstWhatWasWalkedAlready: copies of cases stay for less
// time than before, and those that the walk has passed go, too.
func TestOtherTablesAreHeldAgainstWhatWasWalkedAlready(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	c := full(m.message(schemas.KindCase, "gla"), "An invented matter.")
	c.Case = &schemas.Case{Status: schemas.CaseClosed, Reason: "prosecution", Lead: "gla"}
	m.takes(c)
	tip := m.takes(m.tipOf("An invented tip."))
	m.set("2010-03-10 10:00")
	m.gone(tip, "copies")
	tables := tablesWith(t, "case,365,2190,", "case,180,2190,")
	if _, err := m.Load(t.Context(), tables, "test"); err != nil {
		t.Fatal(err)
	}
	m.set("2010-03-11 10:00")
	m.gone(c, "copies")
}

// TestADayOfReviewThatHasPassedCutsNothingShort: it ended when the message came in.
func TestADayOfReviewThatHasPassedCutsNothingShort(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "lincolnshire", "ukhtc")
	tip := m.tipOf("An invented tip.")
	tip.Created = schemas.At(m.clock.now().AddDate(0, 0, -4))
	if err := tip.Review.UnmarshalText([]byte("2009-08-23")); err != nil {
		t.Fatal(err)
	}
	m.takes(tip)
	if due := m.listed("2009-12-24"); len(due) > 0 {
		t.Errorf("of a tip whose review was due yesterday these are to be erased: %v", due)
	}
	m.whole()
}

// tablesWith are the embedded tables with one text in them replaced.
func tablesWith(t *testing.T, old, new string) fstest.MapFS {
	t.Helper()
	tables := fstest.MapFS{}
	names, err := fs.Glob(protocol.Tables, "*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(protocol.Tables, name)
		if err != nil {
			t.Fatal(err)
		}
		tables[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(content), old, new, 1))}
	}
	return tables
}
