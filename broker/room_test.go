package broker

import (
	"testing"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// TestTheIntakeTakesItsShareAndNoMore fills the intake's fourth of the store:
// what comes then is refused as full and is no fault of the broker's, decisions
// and copies still have room, and what was taken is known when it comes again.
func TestTheIntakeTakesItsShareAndNoMore(t *testing.T) {
	s := startBounded(t, t.TempDir(), minMaxStore)
	s.enrol("gla", accounts.Enrolment{})
	nc := s.connect("gla/main")
	const perBundle = 400
	taken, full := 0, false
	for from := 0; !full && from < 40*perBundle; from += perBundle {
		for _, r := range submit(t, nc, "submit", bundle(t, from, from+perBundle), nil).Receipts {
			switch {
			case r.Refusal == nil:
				taken++
			case r.Refusal.Code == schemas.RefusedFull && r.Refusal.Later():
				full = true
			default:
				t.Fatalf("refused as %+v, want full", r.Refusal)
			}
		}
	}
	intake, err := s.js.Stream(t.Context(), schemas.IntakeName)
	if err != nil {
		t.Fatal(err)
	}
	const share = minMaxStore / intakeShare
	if bytes := intake.CachedInfo().State.Bytes; !full || bytes > share || bytes < share/2 {
		t.Errorf("full %v with %d records of %d bytes, want it to be full with no more than %d", full, taken, bytes, share)
	}
	s.routed(uint64(taken))
	if got := s.Status(); !got.Ready || !got.Full {
		t.Errorf("the status is %+v, want ready and full", got)
	}
	if a := submit(t, nc, "submit", encodeMsgPack(t, farm(0)), nil); a.Error != nil || !a.Duplicate {
		t.Errorf("what was accepted before is answered with %+v", a)
	}
}
