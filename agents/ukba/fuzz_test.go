package ukba_test

import (
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/ukba"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "ukba", adaptertest.Suite{Adapter: ukba.New(), Member: ukba.Member})
}
