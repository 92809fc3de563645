package evidence

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write EVIDENCE.md anew from the rows")

const intro = `# Evidence

What the promises of the README were held against, and what came of it. This file is generated from
[deploy/evidence/rows](deploy/evidence/rows) by ` + "`go test ./deploy/evidence -run TestEvidence -update`" + `; each row was written by the
command that it names, run with ` + "`LIAISON_EVIDENCE=1`" + `. *Lost* counts acknowledged messages that are not stored and decided
exactly once, *doubled* disclosures that a desk holds twice, *leaked* what reached somebody who may not have it.
`

// TestEvidenceIsWhatTheRowsSay keeps EVIDENCE.md to what was measured.
func TestEvidenceIsWhatTheRowsSay(t *testing.T) {
	files, err := filepath.Glob("rows/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rows: %v", err)
	}
	var rows []Row
	known := map[string]bool{}
	for _, p := range parts {
		known[p.name] = true
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var r Row
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if !known[r.Part] || r.Name+".json" != filepath.Base(f) || r.Runs == 0 || r.Command == "" || r.When == "" {
			t.Errorf("%s: not the record of a run: %+v", f, r)
		}
		if r.Lost+r.Doubled+r.Leaked > 0 {
			t.Errorf("%s: a promise was broken: %+v", f, r)
		}
		rows = append(rows, r)
	}
	want := append([]byte(intro), Render(rows)...)
	const file = "../../EVIDENCE.md"
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("EVIDENCE.md is not what the rows say (%v): run this test with -update", err)
	}
}
