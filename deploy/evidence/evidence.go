// Package evidence keeps what the long tests measured, one JSON file a row, and
// renders the rows as EVIDENCE.md. A row is only ever written by the run that
// measured it:
//
//	LIAISON_EVIDENCE=1 go test -run TestName -timeout 0 .
//	go test ./deploy/evidence -run TestEvidence -update
package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Env is the environment variable that makes tests record what they measured.
const Env = "LIAISON_EVIDENCE"

// Row is what one command measured about one fault or attack.
type Row struct {
	// Name names the row's file, such as "kill-broker"; Part groups rows:
	// "crash", "disk", "attack", "load", "fuzz" or "audit".
	Name string `json:"name"`
	Part string `json:"part"`
	// Fault says what was done to the broker, and How by what means.
	Fault string `json:"fault"`
	How   string `json:"how"`
	// Command repeats the run.
	Command string `json:"command"`
	// Runs counts injected faults or attempts that really took place.
	Runs int `json:"runs"`
	// Messages counts what was sent; Acknowledged what got a receipt.
	Messages     int `json:"messages,omitempty"`
	Acknowledged int `json:"acknowledged,omitempty"`
	// Lost counts acknowledged messages that are not in the intake exactly once
	// or have no decision; Doubled disclosures that a desk holds twice; Leaked
	// what reached somebody who may not have it. All must be 0.
	Lost    int `json:"lost"`
	Doubled int `json:"doubled"`
	Leaked  int `json:"leaked"`
	// Note is whatever else was measured, such as times, in one line.
	Note string `json:"note,omitempty"`

	// Record fills in the rest.

	When    string `json:"when"`
	Commit  string `json:"commit"`
	Machine string `json:"machine"`
}

// Record writes a row if the environment asks for it. It must be called by a
// test that has already failed if anything is off: a failed test records nothing.
func Record(t testing.TB, r Row) {
	t.Helper()
	t.Logf("evidence: %+v", r)
	if os.Getenv(Env) != "1" {
		return
	}
	if t.Failed() {
		t.Log("the test failed: no evidence is recorded")
		return
	}
	root := moduleRoot(t)
	r.When = time.Now().UTC().Format("2006-01-02")
	r.Machine = fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	if out, err := exec.Command("git", "-C", root, "describe", "--always", "--dirty", "--exclude=*").Output(); err == nil {
		r.Commit = strings.TrimSpace(string(out))
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "deploy", "evidence", "rows", r.Name+".json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// parts are the headings of the table, in their order.
var parts = []struct{ name, title string }{
	{"crash", "Killed, paused, cut off"}, {"disk", "Bad disks and bad clocks"}, {"attack", "Attacked"}, {"load", "Under load"}, {"fuzz", "Fed rubbish"},
	{"audit", "The judge judged"},
}

// Render writes the rows as a table for each part.
func Render(rows []Row) []byte {
	var w bytes.Buffer
	for _, p := range parts {
		fmt.Fprintf(&w, "\n## %s\n\n| Fault | Runs | Messages | Acknowledged | Lost | Doubled | Leaked | How, and what else was measured |\n|---|--:|--:|--:|--:|--:|--:|---|\n", p.title)
		for _, r := range rows {
			if r.Part != p.name {
				continue
			}
			fmt.Fprintf(&w, "| %s | %d | %d | %d | %d | %d | %d | %s. %s<br>`%s`<br>%s, %s, %s |\n", r.Fault, r.Runs, r.Messages, r.Acknowledged,
				r.Lost, r.Doubled, r.Leaked, r.How, r.Note, r.Command, r.When, r.Commit, r.Machine)
		}
	}
	return w.Bytes()
}
