package schemas

import (
	"testing"
	"time"
)

// A person is an adult only if no reading of the date of birth makes a child.
func TestWhoIsSurelyAnAdult(t *testing.T) {
	day := time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)
	for born, want := range map[string]bool{"": false, "1980": true, "1990": true, "1991": false, "1991-07": true, "1991-08": false,
		"1991-08-14": true, "1991-08-15": false, "2001-01-01": false} {
		var s Subject
		if err := s.Born.UnmarshalText([]byte(born)); err != nil {
			t.Fatal(err)
		}
		if got := s.SurelyAdult(day); got != want {
			t.Errorf("born %q: an adult is %v, want %v", born, got, want)
		}
	}
}
