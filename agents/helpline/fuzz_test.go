package helpline_test

import (
	"testing"

	"liaison/agents/adaptertest"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "helpline", suite)
}
