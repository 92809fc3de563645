package broker

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// tablesWithout returns the embedded tables less the rows of a file that begin
// with an id.
func tablesWithout(t *testing.T, file, id string) fstest.MapFS {
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
		if name == file {
			var kept []string
			for line := range strings.Lines(string(content)) {
				if !strings.HasPrefix(line, id+",") {
					kept = append(kept, line)
				}
			}
			content = []byte(strings.Join(kept, ""))
		}
		tables[name] = &fstest.MapFile{Data: content}
	}
	return tables
}

func TestTablesComeIntoForceAsAWholeAndAreRecorded(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	gla := s.connect("gla/main")
	send := func(n int) {
		t.Helper()
		if a := submit(t, gla, "submit", encodeMsgPack(t, farm(n)), nil); a.Error != nil {
			t.Fatal(a.Error)
		}
	}
	send(1)
	s.routed(1)
	old := s.Policy().Hash()

	// A faulty set changes nothing.
	if _, err := s.Load(t.Context(), fstest.MapFS{"rules.csv": {Data: []byte("nonsense")}}, "test"); err == nil {
		t.Error("a faulty set of tables was loaded")
	}
	if s.Policy().Hash() != old {
		t.Error("a faulty set of tables came into force")
	}

	// Without its rule, nothing more goes from the GLA to Lincolnshire.
	p, err := s.Load(t.Context(), tablesWithout(t, "rules.csv", "police-labour-exploitation"), "test")
	if err != nil {
		t.Fatal(err)
	}
	send(2)
	s.routed(2)
	if got := fetch(t, s.desk("lincolnshire/main")); len(got) != 1 || got[0].ID != farm(1).ID {
		t.Errorf("Lincolnshire has %d copies, want only the first", len(got))
	}
	want := []string{"policy " + old + " start of the broker", "decision " + old + " ", "policy " + p.Hash() + " test", "decision " + p.Hash() + " "}
	if got := entries(t, s); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("entries %q, want %q", got, want)
	}
	for _, hash := range []string{old, p.Hash()} {
		if _, err := os.Stat(filepath.Join(dir, "protocol", hash, "rules.csv")); err != nil {
			t.Errorf("a set that decisions were made under is not kept: %v", err)
		}
	}

	// It outlives a restart.
	s.stop()
	s = start(t, dir)
	if s.Policy().Hash() != p.Hash() {
		t.Error("after a restart another set is in force")
	}
}

func entries(t *testing.T, s *started) []string {
	t.Helper()
	var got []string
	err := s.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		got = append(got, string(e.Kind)+" "+e.Policy+" "+e.By)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTheDifferenceOfTwoSetsIsShownOnWhatWasTaken(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	if a := submit(t, s.connect("gla/main"), "submit", encodeMsgPack(t, twoItems(1)), nil); a.Error != nil {
		t.Fatal(a.Error)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if err := os.CopyFS(dir, tablesWithout(t, "rules.csv", "police-labour-exploitation")); err != nil {
		t.Fatal(err)
	}
	lost := map[schemas.MemberID]int{}
	messages, err := s.DiffTables(t.Context(), TablesInForce, dir, 3600e9, func(c policy.Difference) error {
		if c.Gained || c.Message != farm(1).ID {
			t.Errorf("change %+v", c)
		}
		lost[c.Member] += 1 + c.Item
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if messages != 1 || len(lost) != 1 || lost["lincolnshire"] != 1 {
		t.Errorf("members that would lose an item: %v, want Lincolnshire the first alone", lost)
	}
}
