package broker

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/policy"
)

// earlierTables are tables as a broker kept them that knew no bank holidays and
// one clock.
func earlierTables(t *testing.T) fstest.MapFS {
	t.Helper()
	set := tablesWithout(t, "", "")
	delete(set, "holidays.csv")
	set["deadlines.csv"] = &fstest.MapFile{Data: []byte("urgency,hours,working_days,valid_from,valid_to,source,confidence,notes\n" +
		"immediate,4,0,,,design,low,\npriority,0,3,,,design,low,\nroutine,0,10,,,design,low,\n")}
	return set
}

// A folder that an earlier version wrote is taken over as it is: the tables that
// an operator had loaded stay in force and mean what they meant, new ones take
// their place, and both sorts of entry stand the check.
func TestTablesThatAnEarlierVersionKeptStayInForce(t *testing.T) {
	dir, set := t.TempDir(), earlierTables(t)
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "protocol", p.Hash()), set); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "protocol", "loaded"), []byte(p.Hash()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	if s.Policy().Hash() != p.Hash() {
		t.Fatal("another set is in force than the one that was loaded")
	}
	s.enrol("gla", accounts.Enrolment{})
	gla := s.connect("gla/main")
	send := func(n int) {
		t.Helper()
		if a := submit(t, gla, "submit", encodeMsgPack(t, farm(n)), nil); a.Error != nil {
			t.Fatal(a.Error)
		}
		s.routed(uint64(n))
	}
	send(1)
	if _, err := s.Load(t.Context(), tablesWithout(t, "", ""), "test"); err != nil {
		t.Fatal(err)
	}
	send(2)

	var held []ledger.Entry
	if err := s.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		if e.Held {
			held = append(held, e)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(held) != 2 {
		t.Fatalf("%d messages are held, want both", len(held))
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	// To the minute by the earlier tables, to the close of a day by the new ones.
	if e := held[0]; e.Due.Format(time.TimeOnly) != e.At.Format(time.TimeOnly) || e.Due.Sub(e.At) < 3*24*time.Hour {
		t.Errorf("decided %s under the earlier tables and due %s", e.At, e.Due)
	}
	if e := held[1]; e.Due.In(london).Format(time.TimeOnly) != "17:00:00" {
		t.Errorf("decided %s under the new tables and due %s", e.At, e.Due)
	}
	r, err := s.Verify(t.Context())
	if err != nil || !r.Sound() || r.Notes > 0 {
		t.Errorf("the history is found wanting: %v, %v", r.Findings, err)
	}
}
