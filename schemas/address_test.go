package schemas

import (
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	m := &Message{Kind: KindCase, CrimeTypes: []Code{"forced-labour", "debt-bondage"},
		Jurisdictions: []Jurisdiction{{Code: "tayside", Role: RoleIncident}, {Code: "kent", Role: RoleTransit}}}
	const id = ID("6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11")
	const route = "case.labour-exploitation.forced-labour.scotland.acpos-scotland.tayside"
	for got, want := range map[string]string{
		SubmitAddressFor(m):             "submit." + route,
		CopyAddress("gla", MainDesk, m): "feed.gla.main." + route,
		LiveCopyAddress("ACCOUNT", m):   "live.ACCOUNT." + route,
		IntakeAddress("gla", id):        "intake.gla." + string(id),
		DecisionAddress("gla", id):      "decision.gla." + string(id),
		Route(&Message{Kind: KindTip}):  "tip.any.any.any.any.any",
		SubmitAddressFor(&Message{Kind: KindTip, CrimeTypes: []Code{"a.>"}}): "submit.tip.any.any.any.any.any",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestCodesAreTokens: a code becomes a token of an address and must not be
// able to change it.
func TestCodesAreTokens(t *testing.T) {
	for _, l := range []*CodeList{CrimeTypes(), Jurisdictions()} {
		for _, e := range l.All() {
			if !e.Code.Valid() || string(e.Code) == AnyToken {
				t.Errorf("list %s: %q is no token", l.Name(), e.Code)
			}
			m := &Message{Kind: KindTip, CrimeTypes: []Code{e.Code}, Jurisdictions: []Jurisdiction{{Code: e.Code}}}
			if n := strings.Count(Route(m), "."); n != 5 {
				t.Errorf("%s has %d tokens: %s", e.Code, n+1, Route(m))
			}
		}
	}
}
