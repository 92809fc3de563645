package gla_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// report writes a report of one row for each value of sectors.
func report(sectors ...string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(header, "\r\n") + ",sectors\r\n")
	for _, s := range sectors {
		b.WriteString("GLA/INT/09/1,14/08/2009,Worker,B,2,1,Debt bondage,Example Labour Ltd,,N/K,5,Boston,An invented row.,RESTRICTED," + s + "\r\n")
	}
	return b.String()
}

// TestNoRowLendsItsSectorToAnother puts rows of different trades into one
// report: a message has one list of sectors, each of which opens the gateway of
// the Gangmasters (Licensing) Act 2004 s.19 for all its items.
func TestNoRowLendsItsSectorToAnother(t *testing.T) {
	for _, differ := range [][]string{
		{"agriculture", ""}, {"", "agriculture"}, {"agriculture", "construction"}, {"agriculture", "agriculture", "N/K"},
		{"agriculture;horticulture", "agriculture"}, {"agriculture", "agriculture;construction"}, {"agriculture", "unknown-sector"},
	} {
		records, _ := suite.Read(t, []byte(report(differ...)))
		if len(records) != 1 || records[0].Message != nil || len(records[0].Faults) != 1 || records[0].Faults[0].Field != "sectors" {
			t.Errorf("%q: %+v", differ, records)
			continue
		}
		if first := records[0].Faults[0].Line; first == 2 {
			t.Errorf("%q: the fault is put on the row from which another differs", differ)
		}
	}
	for _, agree := range [][]string{{"", ""}, {"", "N/K"}, {"agriculture", "agriculture"}, {"agriculture;horticulture", "Horticulture; agriculture"}} {
		records, _ := suite.Read(t, []byte(report(agree...)))
		again, _ := suite.Read(t, []byte(report(agree...)))
		if len(records) != 1 || records[0].Message == nil || len(records[0].Message.Items) != len(agree) {
			t.Errorf("%q: %+v", agree, records)
			continue
		}
		if diff := cmp.Diff(records, again); diff != "" {
			t.Errorf("%q: read again it is another:\n%s", agree, diff)
		}
	}
}
