package ledger_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// TestWhatIsErasedIsSplitSoThatEveryEntryCanBeStored: nothing is left out, and what is
// alone too much for one entry stands alone.
func TestWhatIsErasedIsSplitSoThatEveryEntryCanBeStored(t *testing.T) {
	for _, test := range []struct{ messages, step, parts int }{{0, 0, 0}, {1, 0, 1}, {1, ledger.MaxErasure, 1}, {3, ledger.MaxErasure, 3}, {1000, 100, 2}} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			list := make([]ledger.Gone, test.messages)
			for i := range list {
				list[i] = ledger.Gone{Of: schemas.MessageRef{Originator: "gla", ID: schemas.ID(fmt.Sprint(i))}, Step: make([]byte, test.step)}
			}
			parts, next := ledger.Entryfuls(list), 0
			if len(parts) != test.parts {
				t.Errorf("%d parts, want %d", len(parts), test.parts)
			}
			for _, part := range parts {
				for _, g := range part {
					if g.Of != list[next].Of {
						t.Fatalf("%s stands where %s must", g.Of, list[next].Of)
					}
					next++
				}
				if b, err := json.Marshal(part); err != nil || len(part) > 1 && len(b) > ledger.MaxErasure {
					t.Errorf("a part of %d has %d bytes, %v", len(part), len(b), err)
				}
			}
			if next != len(list) {
				t.Errorf("%d of %d are named", next, len(list))
			}
		})
	}
}
