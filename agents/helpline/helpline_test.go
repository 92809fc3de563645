package helpline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"testing"

	"liaison/agents"
	"liaison/agents/adaptertest"
	"liaison/agents/helpline"
	"liaison/schemas"
)

func writeCall(w io.Writer, i int) {
	fmt.Fprintf(w, `{"call_ref":"PWR/09/%06d","taken_at":"21/09/2009 10:15","nation":"England","caller_type":"worker","sector":"Farming","issues":[{"issue":"NMW","detail":"record number %d of a \"long\" export"}]}`, i, i)
}

func generateLines(w io.Writer, n int) {
	for i := range n {
		writeCall(w, i)
		io.WriteString(w, "\n")
	}
}

func generateArray(w io.Writer, n int) {
	for i := range n {
		io.WriteString(w, map[bool]string{true: "[\n", false: ",\n"}[i == 0])
		writeCall(w, i)
	}
	io.WriteString(w, "\n]\n")
}

var suite = adaptertest.Suite{
	Adapter: helpline.New(), Member: helpline.Member, Golden: []string{"calls.jsonl"}, Generate: generateLines,
	Hostile: map[string]string{
		"deep":          strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"wide":          `{"a":[` + strings.Repeat("1,", 100_000) + "1]}",
		"long text":     `{"call_ref":"` + strings.Repeat("x", 10<<20) + `"}`,
		"many keys":     `{` + strings.Repeat(`"a":1,`, 50_000) + `"a":1}`,
		"open quote":    `{"call_ref":"1`,
		"two on a line": `{"call_ref":"1"}{"call_ref":"2"}`,
		"surrogate":     `{"call_ref":"\ud800","issues":[{}]}`,
		"big number":    `{"call_ref":1e999999999,"worker_count":` + strings.Repeat("9", 10_000) + `}`,
		"no call":       "{}\n123\nnull\n",
	},
}

func TestAdapterConformsForLines(t *testing.T) { suite.Run(t) }

func TestAdapterConformsForArrays(t *testing.T) {
	array := suite
	array.Golden, array.Generate = []string{"calls.json"}, generateArray
	array.Hostile = map[string]string{
		"open array":    "[",
		"open objects":  "[" + strings.Repeat("{", 1<<20),
		"open quote":    "[\n{\"call_ref\":\"1\n" + strings.Repeat("{\n", 100_000),
		"no comma":      `[{}{}]`,
		"comma at end":  `[{},]`,
		"no calls":      `[1,2]`,
		"nested arrays": strings.Repeat("[", 1<<20),
		"long call":     `[{"call_ref":"` + strings.Repeat("x", 10<<20) + `"}]`,
		"behind it":     `[{}] {}`,
	}
	array.Run(t)
}

func TestASpoiltCallDoesNotStopTheNext(t *testing.T) {
	var export bytes.Buffer
	generateArray(&export, 3)
	for what, spoil := range map[string][2]string{
		"quote":       {`number 1 of`, `number 1" of`},
		"open quote":  {`export"}]},` + "\n" + `{"call_ref":"PWR/09/000002`, "export}]},\n" + `{"call_ref":"PWR/09/000002`},
		"brace":       {`number 1 of a \"long\" export"}`, `number 1 of a \"long\" export"`},
		"key twice":   {`000001","taken_at"`, `000001","call_ref":"1","taken_at"`},
		"line break":  {`number 1 of`, "number 1\nof"},
		"no such key": {`"PWR/09/000001"`, `PWR`},
	} {
		text := strings.Replace(export.String(), spoil[0], spoil[1], 1)
		records, fault := suite.Read(t, []byte(text))
		good := 0
		for _, r := range records {
			if r.Message != nil {
				good++
			}
		}
		// A missing brace alone, without a broken string, costs the rest.
		if want := map[bool]int{true: 1, false: 2}[what == "brace"]; text == export.String() || good != want || (fault != nil) != (what == "brace") {
			t.Errorf("%s: %d messages, %v", what, good, fault)
		}
	}
}

// read reads a good call with other values; nil takes a field away.
func read(t *testing.T, other map[string]any) agents.Record {
	t.Helper()
	c := map[string]any{"call_ref": "PWR/09/000001", "taken_at": "21/09/2009 10:15", "nation": "England", "caller_type": "worker", "caller_named": true, "pass_on": true,
		"workplace": map[string]any{"name": "Invented Farm", "address": "Boston"}, "issues": []any{map[string]any{"issue": "NMW", "detail": "£2.90 an hour."}}}
	maps.Copy(c, other)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	records, fault := suite.Read(t, b)
	if fault != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), fault)
	}
	return records[0]
}

func TestTheCallersIdentityIsARejectWhereverItStands(t *testing.T) {
	for field, value := range map[string]any{
		"caller": "Example Person", "caller_name": "Example Person", "Caller_Phone": "07700 900111", "informant": map[string]any{"name": "Example Person"},
		"employer": map[string]any{"name": "Example Ltd", "caller_tel": "07700 900111"}, "complainant": []any{"Example Person"},
	} {
		if r := read(t, map[string]any{field: value}); r.Message != nil || r.Faults[0].Field != "caller" {
			t.Errorf("%s: %v", field, r.Faults)
		}
	}
	if r := read(t, map[string]any{"caller_name": "", "caller": nil}); r.Message == nil {
		t.Errorf("an empty field was taken for somebody: %v", r.Faults)
	}
}

func TestGradeAndHandlingFollowTheCaller(t *testing.T) {
	for _, c := range []struct {
		caller        string
		named, passOn any
		want          string
	}{
		{"Worker", true, true, "complaint E2 [1]"}, {"Worker", false, false, "complaint E4 [4]"}, {"Former worker", nil, nil, "complaint E4 []"},
		{"Relative", true, "Y", "complaint E4 [1]"}, {"Public", true, "no", "public E4 [4]"}, {"Agency", true, true, "partner  [1]"},
		{"Neighbour", true, true, ""}, {"Worker", true, "perhaps", ""},
	} {
		other := map[string]any{"caller_type": c.caller, "caller_named": c.named, "pass_on": c.passOn}
		if c.caller == "Agency" {
			other["origin"] = "gla"
		}
		got := ""
		if m := read(t, other).Message; m != nil {
			it := m.Items[0]
			got = fmt.Sprintf("%s %s%s %v", it.ObtainedBy, it.Source, it.Information, []int(it.Handling))
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.caller, got, c.want)
		}
	}
	for name, other := range map[string]map[string]any{"no origin": {"caller_type": "Agency"}, "origin of a worker": {"origin": "gla"}, "no member": {"caller_type": "Agency", "origin": "The GLA!"}} {
		if r := read(t, other); r.Message != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNorthernIrelandIsServedForWagesAndGangmasters(t *testing.T) {
	for issue, served := range map[string]bool{
		"NMW": true, "Minimum wage": true, "Gangmaster licence": true, "Gangmaster unlicensed": true, "Trafficking concern": true,
		"Agency standards": false, "Agency fees": false, "48-hour week": false, "Agricultural wage": false, "Safety": false, "Deductions": false,
	} {
		line := []any{map[string]any{"issue": issue, "detail": "As told."}}
		r := read(t, map[string]any{"nation": "Northern Ireland", "workplace": nil, "issues": line})
		if (r.Message != nil) != served || served && r.Message.Jurisdictions[0].Code != "northern-ireland" {
			t.Errorf("%s: %v, %v", issue, r.Message, r.Faults)
		}
		if read(t, map[string]any{"issues": line}).Message == nil {
			t.Errorf("%s: refused from England", issue)
		}
	}
}

func TestOneCallIsOneCaseWithStrands(t *testing.T) {
	var lines []any
	for _, issue := range []string{"Gangmaster unlicensed", "Agency fees", "NMW", "48-hour week", "Agricultural wage", "NMW"} {
		lines = append(lines, map[string]any{"issue": issue, "detail": "As told."})
	}
	m := read(t, map[string]any{"issues": lines}).Message
	var got []string
	for _, s := range m.Case.Strands {
		got = append(got, string(s.CrimeType)+":"+string(s.Lead))
	}
	want := "unlicensed-gangmaster:gla agency-fee-charging:eas nmw-underpayment:hmrc-nmw working-time:hse agricultural-wages:ukhtc"
	if strings.Join(got, " ") != want || len(m.Items) != 6 || m.Kind != schemas.KindCase || m.Case.Lead != "ukhtc" {
		t.Errorf("got %d items and %v", len(m.Items), got)
	}
}

func TestTheOrderOfKeysMakesNoDifference(t *testing.T) {
	one := `{"call_ref":"1","taken_at":"21/09/2009","nation":"Wales","caller_type":"worker","issues":[{"issue":"NMW","detail":"Low."}]}`
	two := `{"issues":[{"detail":"Low. ", "issue":"NMW"}],"nation":"Wales","taken_at":"21/09/2009","caller_type":"worker","call_ref":"1","sector":null}`
	a, _ := suite.Read(t, []byte(one))
	b, _ := suite.Read(t, []byte("["+two+"]"))
	if a[0].Message.ID != b[0].Message.ID {
		t.Error("the same call has two ids")
	}
}

func TestSamplesAndGeneratedRecordsReadAsIntended(t *testing.T) {
	sample, err := os.ReadFile("../../deploy/samples/helpline/calls-2009-09.json")
	if err != nil {
		t.Fatal(err)
	}
	suite.Count(t, "sample", sample, 9, 2)
	suite.Generated(t, helpline.Generate)
}

// TestAValueOfTheWrongShapeIsNotTakenForNone gives lists and objects where one
// value is read: taken for none, a marking or a refusal would be lost.
func TestAValueOfTheWrongShapeIsNotTakenForNone(t *testing.T) {
	for _, name := range []string{"marking", "pass_on", "urgency", "sector", "worker_count", "origin"} {
		for _, v := range []any{[]any{"SECRET"}, map[string]any{"value": false}} {
			if r := read(t, map[string]any{name: v}); r.Message != nil || r.Faults[0].Field != name {
				t.Errorf("%s = %v: %v", name, v, r.Faults)
			}
		}
	}
	for name, v := range map[string]any{"indicators": []any{[]any{"LAB03"}}, "since": []any{"06/2009"}, "pay": map[string]any{"amount": 4}} {
		if r := read(t, map[string]any{"issues": []any{map[string]any{"issue": "NMW", "detail": "x", name: v}}}); r.Message != nil || r.Faults[0].Field != name {
			t.Errorf("%s = %v: %v", name, v, r.Faults)
		}
	}
}

func TestNorthernIrelandIsServedForTwoIssuesHoweverItIsWritten(t *testing.T) {
	for _, nation := range []string{"Northern Ireland", "northern-ireland", " NORTHERN  IRELAND "} {
		for issue, ok := range map[string]bool{"NMW": true, "Agency standards": false} {
			r := read(t, map[string]any{"nation": nation, "issues": []any{map[string]any{"issue": issue, "detail": "x"}}})
			if (r.Message != nil) != ok {
				t.Errorf("%q, %s: %v", nation, issue, r.Faults)
			}
		}
	}
}
