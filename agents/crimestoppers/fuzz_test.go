package crimestoppers_test

import (
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/crimestoppers"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "crimestoppers", adaptertest.Suite{Adapter: crimestoppers.New(), Member: crimestoppers.Member})
}
