package schemas

import "testing"

func TestMarkingsRise(t *testing.T) {
	for i, low := range markings {
		if low.Rank() != i+1 {
			t.Errorf("%s has the rank %d, want %d", low, low.Rank(), i+1)
		}
		for j, high := range markings {
			if got, want := high.Above(low), j > i; got != want {
				t.Errorf("%s above %s: %v", high, low, got)
			}
		}
	}
}

func TestAWordThatIsNoMarkingIsAboveEveryCeiling(t *testing.T) {
	for _, m := range []Marking{"", "official", "RESTRICTED", "restricted "} {
		if m.Rank() != 0 || !m.Above(TopSecret) {
			t.Errorf("%q passes", m)
		}
		if !NotProtectivelyMarked.Above(m) {
			t.Errorf("%q is a ceiling", m)
		}
	}
}
