package eas_test

import (
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/eas"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "eas", adaptertest.Suite{Adapter: eas.New(), Member: eas.Member})
}
