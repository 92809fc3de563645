package ukba

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// faultyEvery is how often a generated record is faulty on purpose.
const faultyEvery = 100

// Generate writes an export of count invented encounters. The same seed gives
// the same export. Every record becomes a message, except that each hundredth
// has an indicator that no table knows.
func Generate(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(w)
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	out.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<encounters>\n") // Flush tells of a fault
	for i := 1; i <= count; i++ {
		if _, err := out.WriteString(invented(r, i)); err != nil {
			return err
		}
	}
	out.WriteString("</encounters>\n")
	return out.Flush()
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

func day(r *rand.Rand) time.Time {
	return time.Date(2009, 4, 6, 5+r.IntN(14), 5*r.IntN(12), 0, 0, time.UTC).AddDate(0, 0, r.IntN(170))
}

var places = [][2]string{
	{"Boston", "Midlands and Eastern"}, {"Spalding", "M&amp;E"}, {"Wisbech", ""}, {"Leicester", "Midlands and Eastern"}, {"Morecambe", "North West"},
	{"Cardiff", "South West and Wales"}, {"Leeds", "North East"}, {"Glasgow", "Scotland and Northern Ireland"}, {"Invented Hamlet", "London and South East"},
}

// invented writes one encounter with up to four persons, the first of whom
// always gives a reason to share it.
func invented(r *rand.Rand, i int) string {
	place := places[r.IntN(len(places))]
	var b strings.Builder
	fmt.Fprintf(&b, "  <encounter>\n    <visit_ref>UKBA/V/09/%06d</visit_ref>\n    <date>%s</date>\n    <team>Invented LIT %d</team>\n    <region>%s</region>\n",
		i, day(r).Format("02/01/2006 15:04"), 1+r.IntN(70), place[1])
	fmt.Fprintf(&b, "    <premises>Example Works %d, %s, ZZ99 %dAA</premises>\n    <marking>%s</marking>\n", 1+r.IntN(500), place[0], 1+r.IntN(9), pick(r, "RESTRICTED", "PROTECT"))
	if r.IntN(3) > 0 {
		b.WriteString("    <source_evaluation>B</source_evaluation>\n    <intelligence_evaluation>2</intelligence_evaluation>\n    <handling_code>1</handling_code>\n")
	}
	b.WriteString("    <persons>\n")
	for n := range 1 + r.IntN(4) {
		sign := pick(r, "", "", "Passport withheld; Little or no pay", "LAB05; GEN18", "Debt to agent", "Money collected by others")
		if n == 0 && i%faultyEvery == 0 {
			sign = "No such sign"
		}
		status := pick(r, "Overstayer", "Working in breach", "N/K")
		if n > 0 {
			status = pick(r, status, "Leave to remain", "EEA national")
		}
		fmt.Fprintf(&b, "      <person><name>EXAMPLE, Person %d-%d (MR)</name><dob>00/%02d/%d</dob><nationality>Invented national</nationality><HO_ref>A%07d</HO_ref>"+
			"<status>%s</status><docs_held_by>%s</docs_held_by><indicators>%s</indicators><CA_referral>%s</CA_referral></person>\n",
			i, n, 1+r.IntN(12), 1950+r.IntN(41), r.IntN(10_000_000), status, pick(r, "Self", "Self", "N/K", "UKBA", "Gang driver"), sign, pick(r, "N", "N", "Y"))
	}
	b.WriteString("    </persons>\n  </encounter>\n")
	return b.String()
}

// GeneratePenalties writes an export of count invented civil penalties. The
// same seed gives the same export. Every record becomes a message, except that
// in each hundredth nobody was screened.
func GeneratePenalties(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(charmap.Windows1252.NewEncoder().Writer(w))
	r := rand.New(rand.NewPCG(uint64(seed), 2))
	if _, err := fmt.Fprintf(out, "%s\r\n", strings.Join(Columns[:required+2], ",")); err != nil {
		return err
	}
	for i := 1; i <= count; i++ {
		place := places[r.IntN(len(places))]
		workers, each := 1+r.IntN(9), 2500*(1+r.IntN(4))
		screened := pick(r, "Y", "Y", "Y", "REFERRED")
		if i%faultyEvery == 0 {
			screened = "N"
		}
		region := strings.ReplaceAll(place[1], "&amp;", "&")
		_, err := fmt.Fprintf(out, "CP/09/%06d,Example Employer %d Ltd,INV%05d,\"Example Works %d, %s\",UKBA/V/09/%06d,%d,%s,None,£%d,%d,%s,%s,,%s,%s,PROTECT,%s,\r\n",
			i, 1+r.IntN(400), r.IntN(100_000), 1+r.IntN(500), place[0], r.IntN(1_000_000), workers, pick(r, "Y", "N"), each, each*workers,
			day(r).Format("02/01/2006"), pick(r, "", "Pending", "Dismissed"), pick(r, "", fmt.Sprint(each*workers)), screened, region)
		if err != nil {
			return err
		}
	}
	return out.Flush()
}
