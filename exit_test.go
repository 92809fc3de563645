package main

import (
	"errors"
	"testing"

	"liaison/schemas"
)

// TestOnlyARefusalForGoodIsOne: a script may try again after any other end.
func TestOnlyARefusalForGoodIsOne(t *testing.T) {
	for code, want := range map[schemas.Code]error{
		schemas.RefusedStep: errRefused, schemas.RefusedInvalid: errRefused, schemas.RefusedUnknown: errRefused, schemas.RefusedErased: errRefused,
		schemas.RefusedWaiting: errLater, schemas.RefusedFull: errLater, schemas.RefusedStorage: errLater,
	} {
		if got := refusedBy(schemas.Refuse(code, "advice")); !errors.Is(got, want) {
			t.Errorf("a command that is refused as %q ends as %q, want %q", code, got, want)
		}
	}
}
