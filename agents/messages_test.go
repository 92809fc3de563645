package agents

import (
	"slices"
	"strings"
	"testing"
)

func TestMessagesTellsTheFormsApart(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"one message over several lines", "{\"a\":\n1}\n", []string{"f {\"a\":\n1}\n"}},
		{"one line without an end", `{"a":1}`, []string{`f {"a":1}`}},
		{"a bundle", `[{"a":1},{"b":2}]`, []string{`f, message 1 {"a":1}`, `f, message 2 {"b":2}`}},
		{"lines, a bad one among them", "{\"a\":1}\n\n{nonsense\n[{\"b\":2},{\"c\":3}]\n",
			[]string{`f:1 {"a":1}`, `f:3 {nonsense`, `f:4, message 1 {"b":2}`, `f:4, message 2 {"c":3}`}},
		{"MessagePack", "\x92\x81\xa1a\x01\x81\xa1b\x02", []string{"f, message 1 \x81\xa1a\x01", "f, message 2 \x81\xa1b\x02"}},
		{"nothing", "", []string{"f "}},
	} {
		var got []string
		for e, err := range Messages(strings.NewReader(tt.file), "f") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, e.Where+" "+string(e.Raw))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMessagesRefusesALineWithoutEnd(t *testing.T) {
	var last error
	for _, err := range Messages(strings.NewReader("{}\n"+strings.Repeat("x", 2<<20)), "f") {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "line 2") {
		t.Errorf("error %v, want one that names line 2", last)
	}
}
