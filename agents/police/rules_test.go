package police_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/agents/adaptertest"
)

// read reads a good report with something put in place of its parts, and says
// what became of it: what is dropped, and the fields that are faulty with "!".
func read(t *testing.T, replace ...string) (agents.Record, string) {
	t.Helper()
	var export bytes.Buffer
	generateXML(&export, 1)
	text := strings.NewReplacer(replace...).Replace(export.String())
	records, fault := adaptertest.Suite{Adapter: adapter(t), Member: "lincolnshire"}.Read(t, []byte(text))
	if fault != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), fault)
	}
	var out []string
	for _, d := range records[0].Dropped {
		out = append(out, d.Field)
	}
	for _, f := range records[0].Faults {
		out = append(out, "!"+f.Field)
	}
	return records[0], strings.Join(out, " ")
}

// TestNothingIsLeftOutUnseen puts things into a report that the message cannot
// say: each must be listed, or the report rejected.
func TestNothingIsLeftOutUnseen(t *testing.T) {
	for put, want := range map[string]string{
		`<text>seen <b>nobody</b> there, record`:                                   "!text",
		`<conditions><p>Only for the eyes of X.</p></conditions><text>record`:      "!conditions",
		`<text lang="pl">record`:                                                   "text/lang",
		`<operation>EXAMPLE</operation><text>record`:                               "operation",
		`<ref id="N1" role="suspect"/><text>record`:                                "ref/role !ref",
		`<location force_code="32" postcode="ZZ99 3VZ">Boston</location><text>rec`: "location/postcode location",
		`<location force_code="32" place="Boston">Wisbech</location><text>record`:  "location !place !location",
		`<location force_code="35">Boston</location><text>record`:                  "location !location",
	} {
		if _, got := read(t, "<text>record", put); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", put, got, want)
		}
	}
	for put, want := range map[string]string{
		`<nominal id="1" sex="F"><name>EXAMPLE, One</name></nominal>`:                         "nominal/sex",
		`<nominal><name>EXAMPLE, One</name><name>EXAMPLE, Two</name></nominal>`:               "!name",
		`<nominal><name>EXAMPLE, One</name><pnc><id>1</id></pnc></nominal>`:                   "nominal/pnc",
		`<nominal>EXAMPLE, One</nominal>`:                                                     "!nominal",
		`<status>closed</status><strand crime_type="forced-labour"/>`:                         "status strand",
		`<case><status>closed</status></case>`:                                                "case",
		`<type>Case</type><case><status>open</status></case><lead>gla</lead>`:                 "lead",
		`<type>case</type><status>open</status><strand crime_type="forced-labour" note="y"/>`: "strand/note",
		`<type>bulletin</type>`: "!type",
	} {
		r, got := read(t, "<sanitised>", put+"<sanitised>")
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", put, got, want)
		}
		if isCase := strings.Contains(strings.ToLower(put), "<type>case"); r.Message != nil && (r.Message.Case != nil) != isCase {
			t.Errorf("%s: a case: %v", put, r.Message.Case)
		}
	}
}

func TestAFormThatDoesNotEndStopsNoOther(t *testing.T) {
	var export bytes.Buffer
	generateForms(&export, 3)
	text := strings.Replace(export.String(), "1 of a\r\n  long export\r\nEND OF REPORT\r\n", "1 of a\r\n", 1)
	records, fault := adaptertest.Suite{Adapter: adapter(t), Member: "lincolnshire"}.Read(t, []byte(text))
	var got []string
	for _, r := range records {
		got = append(got, fmt.Sprint(r.Reference, " ", len(r.Faults)))
	}
	if diff := cmp.Diff([]string{"32/000000/09 0", "32/000001/09 1", "32/000002/09 0"}, got); diff != "" || fault != nil {
		t.Errorf("%v (-want +got):\n%s", fault, diff)
	}
}

// TestAFormOfAnyLengthIsBounded reads a field that goes on for longer than
// anybody has memory.
func TestAFormOfAnyLengthIsBounded(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, "FORM A\nURN: 32/000001/09\nTEXT: it\n")
		for range 64 << 10 {
			io.WriteString(w, "  "+strings.Repeat("x", 1<<10)+"\n")
		}
		w.Close()
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	if err := adapter(t).Read(r, "export", func(r agents.Record) error { n += len(r.Faults); return nil }); err != nil || n != 1 {
		t.Errorf("%d faults, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20 {
		t.Errorf("%d MiB went through the memory for a field of 64", used>>20)
	}
}
