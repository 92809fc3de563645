package schemas

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswered(t *testing.T) {
	ok := func(seq uint64, dup bool) Receipt { return Receipt{ID: "x", Sequence: seq, Duplicate: dup} }
	invalid := Receipt{ID: "y", Refusal: Refuse(RefusedInvalid, "mend it", Fault{Path: "kind", Code: FaultMissing, Problem: "missing", Advice: "say it"})}
	full := Receipt{ID: "z", Refusal: Refuse(RefusedFull, "try later")}
	for _, tt := range []struct {
		name     string
		receipts []Receipt
		want     Answer
	}{
		{"one", []Receipt{ok(7, false)}, Answer{Stream: IntakeName, Sequence: 7}},
		{"a duplicate", []Receipt{ok(7, true)}, Answer{Stream: IntakeName, Sequence: 7, Duplicate: true}},
		{"a bundle has the last sequence", []Receipt{ok(7, true), ok(9, true)}, Answer{Stream: IntakeName, Sequence: 9}},
		{"a refusal", []Receipt{invalid}, Answer{Error: &AnswerError{Status: 400, Number: 20003, Description: invalid.Refusal.Error()}}},
		{"try later", []Receipt{full}, Answer{Error: &AnswerError{Status: 503, Number: 20011, Description: "refused (full): try later"}}},
		{"refused in part", []Receipt{ok(7, false), invalid, ok(8, false)},
			Answer{Error: &AnswerError{Status: 400, Number: 20013, Description: "1 of 3 messages refused; the first: " + invalid.Refusal.Error()}}},
		{"one of two to try later", []Receipt{invalid, full},
			Answer{Error: &AnswerError{Status: 503, Number: 20013, Description: "2 of 2 messages refused; the first: " + invalid.Refusal.Error()}}},
	} {
		tt.want.Receipts = tt.receipts
		if diff := cmp.Diff(tt.want, Answered(tt.receipts)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestEveryRefusalHasItsOwnNumber(t *testing.T) {
	seen := map[uint16]Code{}
	for _, c := range []Code{RefusedMalformed, RefusedOversize, RefusedInvalid, RefusedOriginator, RefusedMember, RefusedMarking, RefusedConflict,
		RefusedErased, RefusedAddress, RefusedHeader, RefusedFull, RefusedStorage, RefusedPartly, RefusedPermission, RefusedUnknown,
		RefusedRecipient, RefusedStep, RefusedWaiting} {
		r := Refuse(c, "advice")
		if r.Number == 0 || seen[r.Number] != "" {
			t.Errorf("%s has the number %d, as has %q", c, r.Number, seen[r.Number])
		}
		seen[r.Number] = c
		if r.Later() != (c == RefusedFull || c == RefusedStorage || c == RefusedWaiting) {
			t.Errorf("%s: Later() = %v", c, r.Later())
		}
	}
	if len(seen) != len(refusalNumbers) {
		t.Errorf("%d numbers are in use, the test knows %d", len(refusalNumbers), len(seen))
	}
}

func TestFaultInOneLine(t *testing.T) {
	f := Fault{Code: FaultMissing, Problem: "it is missing", Advice: "write it"}
	if got := f.String(); got != "message: it is missing (missing); write it" {
		t.Error(got)
	}
	f.Path = "items[0].text"
	if got := f.String(); !strings.HasPrefix(got, "items[0].text: ") {
		t.Error(got)
	}
}
