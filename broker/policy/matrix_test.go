package policy_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/schemas"
)

var update = flag.Bool("update", false, "write testdata/matrix.txt anew")

// letters are the outcomes in a cell of the matrix.
var letters = map[schemas.Code]string{policy.ReasonPermitted: "yes", policy.ReasonBar: "bar", policy.ReasonGateway: "no law",
	policy.ReasonHandling: "handling", policy.ReasonUngraded: "ungraded", policy.ReasonMarking: "marking", policy.ReasonConditions: "accept",
	policy.ReasonConsent: "consent", policy.ReasonVictimFirst: "victim"}

const matrixHead = `Who may have what: origin by recipient, for each handling code and marking.

One item that concerns every recipient, in Lincolnshire, of one trade, to detect crime; nothing is on record.
  yes       it is disclosed
  bar       an enactment forbids it, and no exception is open
  no law    no gateway leads from the origin to the recipient
  handling  the handling code does not open it; ungraded: nobody may say yet
  marking   it is marked above the recipient's ceiling
  accept    the recipient must accept the conditions first
  consent   the gateway requires a consent or an authority on record
  victim    the hub or the competent authority must have it first
  .         it is its own
`

// TestMatrix compares testdata/matrix.txt with what the tables decide.
func TestMatrix(t *testing.T) {
	p := load(t)
	members := []string{"gla", "eas", "hmrc-nmw", "hmrc-tax", "ukba", "ukba-ca", "soca", "ceop", "ukhtc", "hse", "defra", "cps", "lincolnshire",
		"riu-east-midlands", "childrens-services-lincolnshire", "poppy", "migrant-helpline"}
	short := map[string]string{"riu-east-midlands": "riu", "childrens-services-lincolnshire": "children", "migrant-helpline": "m-helpline", "lincolnshire": "police"}
	var b strings.Builder
	b.WriteString(matrixHead)
	for _, block := range []map[string]string{
		{"handling": "1"}, {"handling": "1", "sectors": "construction"}, {"handling": "1", "obtained_by": "inspection-power"},
		{"handling": "1", "obtained_by": "inspection-power", "sectors": "construction"},
		{"handling": "1", "marking": "protect", "purpose": "protect-victim"}, {"handling": "1", "marking": "confidential"},
		{"handling": "1 2", "marking": "protect", "purpose": "protect-victim"}, {"handling": "1 2"}, {"handling": "2"},
		{"handling": "3"}, {"handling": "4"}, {"handling": "5", "conditions": "yes"}, {"handling": "1 5", "conditions": "yes", "marking": "confidential"},
		{"handling": "", "grade": ""}, {"handling": "", "grade": "", "obtained_by": "public"}, {"handling": "1", "obtained_by": "interception"},
	} {
		c := usualCase()
		c["kind"], c["indicators"] = "case", "GEN01 LAB03"
		c["crime"] = "trafficking-child trafficking-sexual-within forced-labour unlicensed-gangmaster agency-fee-charging nmw-underpayment vat-fraud " +
			"illegal-working-knowing asset-recovery organised-crime unsafe-work agricultural-wages"
		for k, v := range block {
			c[k] = v
		}
		fmt.Fprintf(&b, "\nhandling %s, %s, %s, %s, obtained by %s\n%-12s", orNone(c["handling"]), c["marking"], c["sectors"], c["purpose"], c["obtained_by"], "")
		for _, to := range members {
			fmt.Fprintf(&b, " %-10s", orSame(short, to))
		}
		for _, from := range members[:13] {
			c["sender"] = from
			line := map[string]string{}
			for _, o := range p.DecideAll(messageOf(c), august) {
				line[string(o.Member)] = letters[o.Items[0].Reason]
			}
			fmt.Fprintf(&b, "\n%-12s", orSame(short, from))
			for _, to := range members {
				cell := line[to]
				if cell == "" {
					cell = "-"
				}
				if from == to {
					cell = "."
				}
				fmt.Fprintf(&b, " %-10s", cell)
			}
		}
		b.WriteString("\n")
	}
	got := trimLines(b.String())
	if *update {
		if err := os.WriteFile("testdata/matrix.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the matrix (-want +got):\n%s", diff)
	}
}

func orSame(names map[string]string, s string) string {
	if n, ok := names[s]; ok {
		return n
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for n := range lines {
		lines[n] = strings.TrimRight(lines[n], " ")
	}
	return strings.Join(lines, "\n")
}
