package gla_test

import (
	"testing"

	"liaison/agents/adaptertest"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "gla", suite)
}
