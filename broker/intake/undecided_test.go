package intake

import (
	"fmt"
	"testing"

	"liaison/schemas"
)

// A step is kept until it is decided, and not for ever.
func TestDecidedStepsAreLeftOut(t *testing.T) {
	decided, u := uint64(0), undecided{last: map[schemas.MessageRef]uint64{}}
	u.decided = func() uint64 { return decided }
	u.root = func(of schemas.MessageRef) (schemas.MessageRef, error) { return of, nil }
	const sent = 5 * pruneAt
	of := func(n uint64) schemas.MessageRef {
		return schemas.MessageRef{Originator: "gla", ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012x", n))}
	}
	for n := uint64(1); n <= sent; n++ {
		decided = n - min(n, 10)
		r := &record{message: &schemas.Message{Answer: &schemas.Reply{Of: of(n)}}}
		r.receipt.Sequence = n
		if err := u.add([]*record{r}); err != nil {
			t.Fatal(err)
		}
	}
	if len(u.last) > pruneAt+1 {
		t.Errorf("%d steps are kept", len(u.last))
	}
	for n := decided + 1; n <= sent; n++ {
		if u.last[of(n)] != n {
			t.Errorf("step %d is not decided, and kept as %d", n, u.last[of(n)])
		}
	}
}
