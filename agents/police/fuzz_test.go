package police_test

import (
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/police"
)

func FuzzRead(f *testing.F) {
	a, err := police.New("lincolnshire")
	if err != nil {
		f.Fatal(err)
	}
	adaptertest.Fuzz(f, "police", adaptertest.Suite{Adapter: a, Member: "lincolnshire"})
}
