package native

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readXML lists the records: the id of a good one, "!" for a bad one, and the
// end if it is a fault of the file.
func readXML(t *testing.T, text string) []string {
	t.Helper()
	x, err := NewXMLRecords(strings.NewReader(text), "all", "one", "many")
	var out []string
	for err == nil {
		var r XMLRecord
		if r, err = x.Next(); err != nil {
			break
		}
		if r.Line < 1 || r.Raw == "" || (r.Element == nil) == (r.Fault == nil) {
			t.Errorf("record %+v says too little", r)
		}
		if r.Fault != nil {
			out = append(out, "!")
			continue
		}
		out = append(out, r.Element.Value("id"))
	}
	var fault *XMLFault
	if errors.As(err, &fault) {
		return append(out, "fault")
	}
	if err != io.EOF {
		t.Errorf("reading: %v", err)
	}
	return out
}

func TestXMLRecordsAreFoundByTheirTags(t *testing.T) {
	for text, want := range map[string]string{
		`<all></all>`:                            "",
		`<all/>`:                                 "",
		`<all><one id="1"/><many id="2"/></all>`: "1 2",
		"<?xml version='1.0' encoding='windows-1252'?>\n<all><one><id>\xa3</id></one></all>": "£",
		`<all><!-- <one> --><one id="1"><![CDATA[</one>]]></one></all>`:                      "1",
		`<all><one id="1"><x></one><one id="2"/></all>`:                                      "! 2",
		`<all><one id="1">5 < 6, it's</one><one id="2">it's</one></all>`:                     "! 2",
		`<all><one id="1><x/></one><one id="2"/></all>`:                                      "! 2",
		`<all><one id="1"><one id="2"></one><one id="3"/></all>`:                             "! 2 3",
		`<all><one id="1"><many id="2"><one id="3"/></many><many id="4"/></all>`:             "! ! 3 4",
		`<all><one id="1"><!-- open</one><one id="2"/></all>`:                                "! 2",
		`<all><one id="1"><![CDATA[ open</one><one id="2"/></all>`:                           "! 2",
		`<all><one id="1"><!-- open</one><one id="2"/><one id="3"><!-- --></one></all>`:      "!",
		`<all><!-- open <one id="1"/><one id="2"/></all>`:                                    "! 1 2",
		`<!-- open <all><one id="1"/></all>`:                                                 "fault",
		`<all><what><id>1</id></what><b/><one id="2"/><what/></all>`:                         "! 2 !",
		`<all><one id="1"/>`:                                  "1 fault",
		`<all><one id="1"`:                                    "fault",
		`<all><one id="1">`:                                   "! fault",
		`<other><one id="1"/>`:                                "fault",
		`<all></all><one id="1"/>`:                            "fault",
		`<all><!DOCTYPE x><one/>`:                             "fault",
		`<all><one id="&x;"/></all>`:                          "!",
		`<?xml version="1.0" encoding="ebcdic-cp-gb"?><all/>`: "fault",
	} {
		if diff := cmp.Diff(strings.Fields(want), append([]string{}, readXML(t, text)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestXMLRecordsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 2*MaxXMLRecord)
	for name, record := range map[string]string{
		"text": "<one>" + long + "</one>", "attribute": `<one id="` + long + `"/>`, "tag": "<one" + long + "/>",
		"deep": "<one>" + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + "</one>",
		"wide": "<one>" + strings.Repeat("<a/>", maxXMLElements) + "</one>",
	} {
		if got := readXML(t, "<all>"+record+`<one id="2"/></all>`); len(got) != 2 || got[0] != "!" || got[1] != "2" {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestElementContentDoesNotDependOnTheOrderOfAttributes(t *testing.T) {
	content := func(text string) string {
		e, f := parseElement(text, 1)
		if f != nil {
			t.Fatal(f)
		}
		var c Content
		e.AddTo(&c)
		return string(c.Bytes())
	}
	a := content(`<one b="2" a="1"><c> x </c></one>`)
	if b := content(`<one a="1" b="2"><c>x</c></one>`); a != b {
		t.Error("the same record has two contents")
	}
	if b := content(`<one a="1" b="2"><c/>x</one>`); a == b {
		t.Error("two records have one content")
	}
}
