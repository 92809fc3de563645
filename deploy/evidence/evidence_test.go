package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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
	want = append(want, howFast(t)...)
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

// howFast renders what bench measured, if its report is there.
func howFast(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("bench.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseBench(b)
	if err != nil {
		t.Fatal(err)
	}
	return RenderBench(r)
}

func TestABenchReportSaysWhatWasReachedAndWhatWasNot(t *testing.T) {
	r, err := ParseBench([]byte(`{"when":"2009-08-14","command":"liaison bench","commit":"abc","machine":"an abacus","engine":"2","sync_ms":0.25,"repetitions":3,"figures":[
		{"part":"intake","name":"512 in flight","says":"receipts to publishes","unit":"times","value":{"median":8.123,"low":7.5,"high":9},
		 "ours":{"median":32100},"plain":{"median":4000},"of":"messages/s","at_least":7},
		{"part":"latency","name":"feed p50","says":"submit to feed","unit":"ms","value":{"median":12.5,"low":11,"high":13},"at_most":10},
		{"part":"cost","name":"disk","says":"bytes","unit":"MiB","value":{"median":117,"low":117,"high":117}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := string(RenderBench(r))
	for _, want := range []string{
		"| intake: 512 in flight | 8.12 × (7.5 to 9) | ≥ 7 | yes | 32100 messages/s | 4000 messages/s | receipts to publishes |",
		"| latency: feed p50 | 12.5 ms (11 to 13) | ≤ 10 | **no** |  |  | submit to feed |",
		"| cost: disk | 117 MiB (117 to 117) |  |  |  |  | bytes |",
		"    liaison bench\n", "commit abc (an abacus)", "median of 3 repetitions",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the section lacks %q:\n%s", want, got)
		}
	}
	for _, lacking := range []string{`{}`, `{"when":"2009-08-14","command":"liaison bench","machine":"m","repetitions":3,"figures":[{}]}`, `[`} {
		if _, err := ParseBench([]byte(lacking)); err == nil {
			t.Errorf("%s passes for a report", lacking)
		}
	}
}
