package schemas

import "testing"

func TestCodeListsReadAndLink(t *testing.T) {
	for _, l := range []*CodeList{CrimeTypes(), Jurisdictions(), Sectors(), Purposes(), Indicators(), Channels()} {
		if len(l.All()) == 0 {
			t.Errorf("list %s is empty", l.Name())
		}
		for _, e := range l.All() {
			if e.Source == "" || e.Confidence == "" || e.Name == "" {
				t.Errorf("list %s: %s lacks a name, source or confidence", l.Name(), e.Code)
			}
		}
	}
}

func TestRoutePlacesCodesByTheirKind(t *testing.T) {
	for _, tt := range []struct{ crime, area, want Code }{
		{"unlicensed-gangmaster", "lincolnshire", "tip.labour-standards.unlicensed-gangmaster.england.acpo-east-midlands.lincolnshire"},
		{"labour-standards", "england", "tip.labour-standards.any.england.any.any"},
		{"forced-labour", "psni", "tip.labour-exploitation.forced-labour.northern-ireland.any.psni"},
		{"forced-labour", "uk", "tip.labour-exploitation.forced-labour.any.any.any"},
		{"forced-labour", "ukba-north-west", "tip.labour-exploitation.forced-labour.any.ukba-north-west.any"},
		{"no-such-code", "no-such-area", "tip.any.any.any.any.any"},
	} {
		m := &Message{Kind: KindTip, CrimeTypes: []Code{tt.crime}, Jurisdictions: []Jurisdiction{{Code: tt.area, Role: RoleIncident}}}
		if got := Route(m); got != string(tt.want) {
			t.Errorf("Route(%s, %s) = %s, want %s", tt.crime, tt.area, got, tt.want)
		}
	}
}
