package hmrc

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"liaison/schemas"
)

// everyFaulty says that one generated record in this many is faulty on purpose:
// the last of each hundred.
const everyFaulty = 100

// Generate writes an invented export of count records for one of the two
// members. The same count and seed always give the same bytes. One record in a
// hundred is faulty and becomes a reject.
func Generate(w io.Writer, member schemas.MemberID, count int, seed int64) error {
	out := bufio.NewWriterSize(w, 64<<10)
	g := generator{w: out, rand: rand.New(rand.NewPCG(uint64(seed), 0x11a150)), seed: uint64(seed)}
	switch member {
	case MinimumWageMember:
		g.wages(count)
	case TaxMember:
		g.risks(count)
	default:
		return fmt.Errorf("%q is no member of HMRC; use %s or %s", member, MinimumWageMember, TaxMember)
	}
	return out.Flush() // keeps the first error of all the writes
}

type generator struct {
	w    *bufio.Writer
	rand *rand.Rand
	seed uint64
}

func (g *generator) pick(from ...string) string { return from[g.rand.IntN(len(from))] }

// date is a day of August 2009 or shortly before.
func (g *generator) date() string {
	return fmt.Sprintf("%02d/%02d/2009", 1+g.rand.IntN(28), 5+g.rand.IntN(4))
}

func (g *generator) business() string {
	return g.pick("Example", "Invented", "Sample") + " " + g.pick("Packers", "Growers", "Cleaners", "Cafes", "Cockles", "Poultry", "Garments", "Harvesters") + fmt.Sprintf(" %d Ltd", 1+g.rand.IntN(400))
}

func (g *generator) sic() string {
	return g.pick("01130", "01110", "01629", "10110", "10390", "56101", "78200", "81210", "87300", "96020", "47110", "14131")
}

func (g *generator) town() string {
	return g.pick("Boston", "Spalding", "Wisbech", "Peterborough", "Thetford", "Ipswich", "Penzance", "Morecambe", "Leicester", "Dundee", "Hereford", "London")
}

func (g *generator) wages(count int) {
	fmt.Fprint(g.w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<nmw_export>\n")
	for i := range count {
		name, complaints := single, 1
		if g.rand.IntN(3) == 0 {
			name, complaints = investigation, 1+g.rand.IntN(6)
		}
		status := g.pick("new", "allocated", "under enquiry", "notice issued", "closed")
		marking := "RESTRICTED"
		if i%everyFaulty == everyFaulty-1 {
			marking = "UNMARKED"
		}
		fmt.Fprintf(g.w, "  <%s>\n    <case_ref>NMW/%d/%07d</case_ref>\n    <recorded_at>%s 10:00</recorded_at>\n    <marking>%s</marking>\n    <status>%s</status>\n", name, g.seed, i, g.date(), marking, status)
		fmt.Fprintf(g.w, "    <employer><name>%s</name><paye_ref>%03d/XX%04d</paye_ref><sic>%s</sic></employer>\n    <workplace>%s</workplace>\n",
			g.business(), g.rand.IntN(1000), g.rand.IntN(10_000), g.sic(), g.town())
		for n := range complaints {
			g.complaint(i, n, name == investigation)
		}
		fmt.Fprintf(g.w, "  </%s>\n", name)
	}
	fmt.Fprint(g.w, "</nmw_export>\n")
}

func (g *generator) complaint(i, n int, wrapped bool) {
	if wrapped {
		fmt.Fprint(g.w, "    <complaint>\n")
	}
	hours := 20 + g.rand.IntN(60)
	fmt.Fprintf(g.w, "    <source>%s</source><received>%s</received>\n", g.pick("helpline", "online named", "online anonymous", "third party", "risk"), g.date())
	fmt.Fprintf(g.w, "    <worker><name>COMPLAINANT%s, Invented</name><phone>01632 960%03d</phone></worker>\n", strings.Repeat("X", n+1), g.rand.IntN(1000))
	fmt.Fprintf(g.w, "    <pay_reference_period>week</pay_reference_period><hours>%d</hours><gross_pay>%d.%02d</gross_pay><nmw_rate>5.73</nmw_rate>\n", hours, hours*(2+g.rand.IntN(4)), g.rand.IntN(100))
	if g.rand.IntN(2) == 0 {
		fmt.Fprintf(g.w, "    <arrears>%d.00</arrears>\n", g.rand.IntN(2000))
	}
	fmt.Fprintf(g.w, "    <narrative>Generated complaint %d of record %d: %s.</narrative>\n", n, i,
		g.pick("paid by the tray", "the minibus is taken from the pay", "no pay slip since spring", "rent is taken from the pay", "two weeks without pay"))
	if wrapped {
		fmt.Fprint(g.w, "    </complaint>\n")
	}
}

func (g *generator) risks(count int) {
	fmt.Fprintf(g.w, "%-200s\r\n", "0020090831")
	for i := range count {
		kind, name := typeBusiness, strings.ToUpper(g.business())
		if g.rand.IntN(5) == 0 {
			kind, name = typeIndividual, fmt.Sprintf("EXAMPLE, PERSON %s", g.pick("ONE", "TWO", "THREE", "FOUR", "FIVE"))
		}
		restriction := "Y"
		if i%everyFaulty == everyFaulty-1 {
			restriction = "N"
		}
		// The seed and the number make the reference, so that no two are alike.
		utr := fmt.Sprintf("%03d%07d", 1+g.seed%999, i%10_000_000)
		line := fmt.Sprintf("%s%s%-14s%09d%-60s%-8s%s%s%03d2009%02d%012d%s", kind, utr, fmt.Sprintf("%03d/XX%04d", g.rand.IntN(1000), g.rand.IntN(10_000)),
			g.rand.IntN(1_000_000_000), name, g.pick("ZZ99 3VZ", "ZZ993WZ", "PE21", "PE11", "TR18", ""), g.sic(),
			g.pick("PAYU", "GHST", "NICD", "VATM", "VATS", "LABV", "CISX", "NMWR", "TCOR", "ASST"), g.rand.IntN(1000), 1+g.rand.IntN(8), g.rand.IntN(90_000_000), restriction)
		fmt.Fprintf(g.w, "%-200s\r\n", line)
	}
	fmt.Fprintf(g.w, "%-200s\r\n", fmt.Sprintf("99%08d", count))
}
