package policy_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// lawCase is one section of a file of testdata/law: the message as in
// decisions.csv, a line for each value that is not the usual one; "without"
// takes a row out of the tables first.
func lawCase(section txtar.File) map[string]string {
	c := usualCase()
	for line := range strings.Lines(string(section.Data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if c[key] = value; value == "none" {
			c[key] = ""
		}
	}
	return c
}

// TestLaw judges the cases of testdata/law, one file for each gateway and each
// bar: what the provision opens or forbids, and what it does not.
func TestLaw(t *testing.T) {
	files, err := filepath.Glob("testdata/law/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, name := range files {
		id := strings.TrimSuffix(filepath.Base(name), ".txtar")
		tried[id] = true
		file, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		row, ok := load(t).Cite(schemas.Code(id))
		if statute, _, _ := strings.Cut(string(file.Comment), "\n"); !ok || statute != row.Statute {
			t.Errorf("%s: the first line must be the statute of the row, %q", name, row.Statute)
		}
		bars, opens := false, false
		for _, section := range file.Files {
			c := lawCase(section)
			t.Run(id+"/"+section.Name, func(t *testing.T) { judgeLaw(t, c) })
			bars = bars || c["reason"] == "bar" && c["decided_by"] == id
			opens = opens || c["reason"] == "permitted" && strings.Contains("+"+c["decided_by"]+"+", "+"+id+"+")
		}
		g, isGateway := load(t).Gateway(schemas.Code(id))
		if isGateway && !opens && g.Nature != policy.Exemption || !isGateway && !bars {
			t.Errorf("%s: no section shows what the row does", name)
		}
	}
	for _, table := range []string{"gateways.csv", "bars.csv"} {
		b, err := protocol.Tables.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n"))[1:] {
			if id, _, _ := bytes.Cut(line, []byte(",")); !tried[string(id)] {
				t.Errorf("%s of %s has no case in testdata/law", id, table)
			}
		}
	}
}

func judgeLaw(t *testing.T, c map[string]string) {
	set := tables(t)
	for _, id := range strings.Fields(c["without"]) {
		dropRow(set, "gateways.csv", id)
	}
	p, err := policy.Load(set)
	if err != nil {
		t.Fatal(err)
	}
	day := august
	if c["day"] != "" {
		if day, err = time.Parse(time.DateOnly, c["day"]); err != nil {
			t.Fatal(err)
		}
	}
	reason, by := decided(p, c, day)
	if reason != c["reason"] || by != c["decided_by"] {
		t.Errorf("got %s by %q, want %s by %q", reason, by, c["reason"], c["decided_by"])
	}
}

// decided judges a case, and gives the reason and what decided: the gateways
// of a disclosure, otherwise the row.
func decided(p *policy.Policy, c map[string]string, day time.Time) (reason, by string) {
	for _, o := range p.DecideWith(messageOf(c), day, recordedOf(c)) {
		if o.Member == schemas.MemberID(c["recipient"]) {
			if it := o.Items[0]; it.Outcome == schemas.Disclosed {
				return string(it.Reason), it.Gateway
			} else {
				return string(it.Reason), string(it.Rule)
			}
		}
	}
	return "absent", ""
}
