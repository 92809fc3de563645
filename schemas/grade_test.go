package schemas

import "testing"

func TestGradesAreKnown(t *testing.T) {
	for _, g := range []SourceGrade{"A", "B", "C", "D", "E"} {
		if !g.Known() {
			t.Errorf("source grade %s is not known", g)
		}
	}
	for _, g := range []SourceGrade{"", "F", "b", "A1", "1", "É"} {
		if g.Known() {
			t.Errorf("source grade %q is known", g)
		}
	}
	for g := InfoGrade(-1); g <= 7; g++ {
		if want := g >= 1 && g <= 5; g.Known() != want {
			t.Errorf("information grade %d: Known() = %v", int(g), !want)
		}
	}
	if InfoGrade(0).String() != "" || InfoGrade(3).String() != "3" {
		t.Error("a grade is its digit, and none is nothing")
	}
}

func TestHandlingIsASetAndNoScale(t *testing.T) {
	h := Handling{HandlingConditions, HandlingNonProsecuting}
	for code, want := range map[int]bool{1: false, 2: true, 3: false, 4: false, 5: true} {
		if h.Has(code) != want {
			t.Errorf("Has(%d) = %v", code, !want)
		}
	}
	if Handling(nil).Has(1) {
		t.Error("no code permits something")
	}
}
