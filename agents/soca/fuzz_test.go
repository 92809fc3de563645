package soca_test

import (
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/soca"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "soca", adaptertest.Suite{Adapter: soca.New(), Member: soca.Member})
}
