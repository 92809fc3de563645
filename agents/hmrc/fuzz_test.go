package hmrc_test

import (
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/hmrc"
)

func FuzzRead(f *testing.F) {
	adaptertest.Fuzz(f, "hmrc", adaptertest.Suite{Adapter: hmrc.NewMinimumWage(), Member: hmrc.MinimumWageMember},
		adaptertest.Suite{Adapter: hmrc.NewTaxRisk(), Member: hmrc.TaxMember})
}
