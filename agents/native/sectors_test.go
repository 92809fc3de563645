package native

import (
	"fmt"
	"testing"
)

func TestSectorsKeepThatOneIsNotKnown(t *testing.T) {
	words, err := readWords("word,sector,source,confidence,notes\nFarm work,agriculture,invented,design,\nTemps,recruitment,invented,design,\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, want string }{
		{"agriculture", "[agriculture]"},
		{"agriculture; N/K", "[agriculture unknown-sector]"},
		{"UNK;agriculture", "[agriculture unknown-sector]"},
		{"agriculture;", "[agriculture]"}, // an empty place says nothing
		{"N/K", "[]"},
		{"", "[]"},
		{"farm work; n/k; TEMPS", "[agriculture recruitment unknown-sector]"},
	} {
		got, p := Sectors(c.in, words)
		if p != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%q: %v, %v; want %s", c.in, got, p, c.want)
		}
	}
	for _, words := range []*Words{nil, words} {
		if got, p := Sectors("agriculture; piracy", words); p == nil || got != nil {
			t.Errorf("a trade that nobody knows: %v", got)
		}
	}
}
