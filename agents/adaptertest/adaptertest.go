// Package adaptertest is the conformance suite that every adapter runs: golden
// files, the same ids each time a record is read, files cut short at any place,
// hostile files, and memory that does not grow with the file.
//
// Golden files lie in the adapter's testdata: NAME beside NAME.golden.jsonl, one
// line for each record. Run the tests with -update to write them anew, and read
// the difference before it is committed.
package adaptertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/schemas"
)

var update = flag.Bool("update", false, "write the golden files of the adapters anew")

// Suite is one adapter and what the tests need to know about it.
type Suite struct {
	Adapter agents.Adapter
	Member  schemas.MemberID
	// Golden are the files in testdata that have a golden file.
	Golden []string
	// Generate writes an export of n good records of one item each.
	Generate func(w io.Writer, n int)
	// Hostile are exports of this format that must end without a message.
	Hostile map[string]string
}

// now is when the tests take place, so that golden files do not age.
var now = time.Date(2009, 11, 1, 12, 0, 0, 0, time.UTC)

// Run runs the whole suite.
func (s Suite) Run(t *testing.T) {
	for _, name := range s.Golden {
		t.Run("golden/"+name, func(t *testing.T) { s.golden(t, name) })
		t.Run("again/"+name, func(t *testing.T) { s.again(t, name) })
		t.Run("cut/"+name, func(t *testing.T) { s.cut(t, name) })
	}
	t.Run("poison", s.poison)
	t.Run("hostile", s.hostile)
	t.Run("memory", s.memory)
	t.Run("stops", s.stops)
}

// Read reads an export as the agent does: every message completed with its id
// and checked. It fails the test where an adapter breaks the rules for records.
func (s Suite) Read(t *testing.T, export []byte) ([]agents.Record, *agents.FileFault) {
	t.Helper()
	records, fault := s.records(t, export)
	s.complete(t, records, func(r agents.Record, f schemas.Fault) { t.Errorf("line %d: the message is not valid: %s", r.Line, f) })
	return records, fault
}

// records returns what the adapter hands on.
func (s Suite) records(t *testing.T, export []byte) (records []agents.Record, fault *agents.FileFault) {
	t.Helper()
	err := s.Adapter.Read(bytes.NewReader(export), "export", func(r agents.Record) error { records = append(records, r); return nil })
	if err != nil && !errors.As(err, &fault) {
		t.Fatalf("reading: %v", err)
	}
	if fault != nil && (fault.Line < 1 || fault.Problem == "" || fault.Advice == "") {
		t.Errorf("the file's fault does not say enough: %+v", fault)
	}
	return records, fault
}

// complete checks the records and gives every message its id. It tells what is
// not valid.
func (s Suite) complete(t *testing.T, records []agents.Record, invalid func(agents.Record, schemas.Fault)) {
	t.Helper()
	ids, err := agents.NewIdentity(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		s.check(t, r)
		if r.Message == nil {
			continue
		}
		r.Message.ID = ids.ID(s.Member, r.Reference, r.Content)
		r.Message.Derive()
		for _, f := range schemas.Validate(r.Message, now) {
			invalid(r, f)
		}
	}
}

// Generated checks an agency's generator: the same seed gives the same export
// and another seed another, the export can be read, and every hundredth record
// of it is faulty, as the generators promise, and no other.
func (s Suite) Generated(t *testing.T, generate func(w io.Writer, count int, seed int64) error) {
	t.Helper()
	var first, second, other bytes.Buffer
	for w, seed := range map[*bytes.Buffer]int64{&first: 7, &second: 7, &other: 8} {
		if err := generate(w, 500, seed); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) || bytes.Equal(first.Bytes(), other.Bytes()) {
		t.Error("a seed does not tell what is generated")
	}
	s.Count(t, "generated", first.Bytes(), 495, 5)
}

// Count checks how many records of an export become messages and how many do
// not, and that nothing stops the reading.
func (s Suite) Count(t *testing.T, name string, export []byte, messages, rejects int) {
	t.Helper()
	got := map[bool]int{}
	records, fault := s.Read(t, export)
	for _, r := range records {
		got[r.Message != nil]++
	}
	if fault != nil || got[true] != messages || got[false] != rejects {
		t.Errorf("%s: %d messages, %d rejects, %v; want %d and %d", name, got[true], got[false], fault, messages, rejects)
	}
}

func (s Suite) check(t *testing.T, r agents.Record) {
	t.Helper()
	states := 0
	for _, is := range []bool{r.Message != nil, len(r.Faults) > 0, r.Kept != ""} {
		if is {
			states++
		}
	}
	if states != 1 {
		t.Errorf("line %d: a record is a message, has faults or is kept: exactly one of them, and this is %d", r.Line, states)
	}
	if r.Line < 1 || r.Raw == "" {
		t.Errorf("record %v says neither where nor what it is", r)
	}
	for _, f := range r.Faults {
		if f.Line < r.Line || f.Problem == "" || f.Advice == "" {
			t.Errorf("line %d: the fault does not say enough: %+v", r.Line, f)
		}
	}
	for _, code := range areasOf(r.Message) {
		if !slices.ContainsFunc(r.Areas, func(a agents.FoundArea) bool { return a.Code == code && a.By != "" }) {
			t.Errorf("line %d: nothing says by which rule the area %s was found", r.Line, code)
		}
	}
	if r.Message != nil && (r.Message.ID != "" || r.Message.Originator != s.Member || len(r.Content) == 0) {
		t.Errorf("line %d: a message has the member, no id, and content to derive one from", r.Line)
	}
}

// areasOf are the areas of a message and of its items.
func areasOf(m *schemas.Message) []schemas.Code {
	if m == nil {
		return nil
	}
	all := m.Jurisdictions
	for _, it := range m.Items {
		all = slices.Concat(all, it.Jurisdictions)
	}
	var out []schemas.Code
	for _, j := range all {
		out = append(out, j.Code)
	}
	return out
}

// goldenLine is one record in a golden file.
type goldenLine struct {
	Line      int              `json:"line"`
	Reference string           `json:"reference,omitempty"`
	Message   json.RawMessage  `json:"message,omitempty"`
	Dropped   []agents.Dropped `json:"dropped,omitempty"`
	Faults    []agents.Fault   `json:"faults,omitempty"`
	Kept      string           `json:"kept,omitempty"`
	File      string           `json:"file,omitempty"`
}

func (s Suite) golden(t *testing.T, name string) {
	records, fault := s.Read(t, testdata(t, name))
	got := lines(t, records, fault)
	path := filepath.Join("testdata", name+".golden.jsonl")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("records differ from %s (-want +got):\n%s", path, diff)
	}
}

// lines writes records as they stand in a golden file.
func lines(t *testing.T, records []agents.Record, fault *agents.FileFault) string {
	t.Helper()
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	for _, r := range records {
		line := goldenLine{Line: r.Line, Reference: r.Reference, Dropped: r.Dropped, Faults: r.Faults, Kept: r.Kept}
		if r.Message != nil {
			m, err := schemas.EncodeJSON(r.Message)
			if err != nil {
				t.Fatal(err)
			}
			line.Message = m
		}
		if err := e.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	if fault != nil {
		e.Encode(goldenLine{Line: fault.Line, File: fault.Error()})
	}
	return got.String()
}

// again reads the same export twice, and once with other line breaks.
func (s Suite) again(t *testing.T, name string) {
	export := testdata(t, name)
	first, _ := s.Read(t, export)
	unix := bytes.ReplaceAll(export, []byte("\r\n"), []byte("\n"))
	for what, other := range map[string][]byte{"again": export, "unix": unix, "dos": bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n"))} {
		second, _ := s.Read(t, other)
		if diff := cmp.Diff(ids(first), ids(second)); diff != "" {
			t.Errorf("%s: the same records have other ids:\n%s", what, diff)
		}
	}
	seen := map[schemas.ID]int{}
	for _, r := range first {
		if r.Message == nil {
			continue
		}
		if line, twice := seen[r.Message.ID]; twice {
			t.Errorf("lines %d and %d have one id", line, r.Line)
		}
		seen[r.Message.ID] = r.Line
	}
}

// cut reads the export as far as any byte. What comes out must be in the whole
// export too: a record that was cut short is never sent as something else.
func (s Suite) cut(t *testing.T, name string) {
	export := testdata(t, name)
	whole := map[schemas.ID]bool{}
	records, _ := s.Read(t, export)
	for _, id := range ids(records) {
		whole[id] = true
	}
	step := 1 + len(export)/1000
	for end := 0; end < len(export); end += step {
		part, _ := s.Read(t, export[:end])
		for i, r := range part {
			if r.Message != nil && !whole[r.Message.ID] && !(i == len(part)-1 && beginsLike(r, records)) {
				t.Fatalf("cut after %d bytes: line %d became a message that the whole export does not have", end, r.Line)
			}
		}
	}
}

// beginsLike says whether a report of several rows was cut between two rows,
// which no reader can see.
func beginsLike(r agents.Record, records []agents.Record) bool {
	for _, full := range records {
		if full.Line == r.Line && full.Reference == r.Reference {
			return full.Message == nil || len(r.Message.Items) < len(full.Message.Items)
		}
	}
	return false
}

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ids(records []agents.Record) []schemas.ID {
	var out []schemas.ID
	for _, r := range records {
		if r.Message != nil {
			out = append(out, r.Message.ID)
		}
	}
	return out
}
