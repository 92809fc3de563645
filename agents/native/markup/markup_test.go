package markup

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/agents/native"
)

// account gives what is dropped of the one record of a text, and with "!" what
// is wrong with it.
func account(t *testing.T, text string) string {
	t.Helper()
	var out []string
	x := Export{Root: "all", Names: []string{"one"}, Reference: InElement("id"), Record: func(e *native.Element, raw string) agents.Record {
		r := agents.Record{Line: e.Line, Raw: raw}
		Account(&r, e, "one/", Fields{"id": "", "text": "", "inner": Parts, "secret": "it stays", "many": ""}, "many")
		return r
	}}
	err := x.Read(strings.NewReader("<all>"+text+"</all>"), func(r agents.Record) error {
		for _, d := range r.Dropped {
			out = append(out, d.Field)
		}
		for _, f := range r.Faults {
			out = append(out, "!"+f.Field+r.Reference)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func TestEveryPartIsAccountedFor(t *testing.T) {
	for text, want := range map[string]string{
		`<one id="1"><text>x</text><many>1</many><many>2</many></one>`: "",
		`<one><id>1</id><inner><a>b</a></inner></one>`:                 "",
		`<one><secret><a>b</a></secret><other>x</other><none/></one>`:  "one/secret one/other",
		`<one><text lang="pl">x</text></one>`:                          "one/text/lang",
		`<one id="1"><id>2</id></one>`:                                 "!id",
		`<one><text>x <b>y</b> z</text></one>`:                         "!text",
		`<one><text><b>y</b></text></one>`:                             "!text",
		`<one>x <text>y</text></one>`:                                  "!one",
		`<one><id>7</id><text>&x;</text></one>`:                        "!7",
	} {
		if diff := cmp.Diff(want, account(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
