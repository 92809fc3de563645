package police

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"

	"liaison/schemas"
)

// faultyEvery is how often a generated record is faulty on purpose.
const faultyEvery = 100

// Generate writes an XML export of count invented reports of the adapter's
// force. The same seed gives the same export. Every record becomes a message,
// except that each hundredth has not been sanitised.
func (a *Adapter) Generate(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(charmap.Windows1252.NewEncoder().Writer(w))
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	out.WriteString("<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<reports>\n") // Flush tells of a fault
	for i := 1; i <= count; i++ {
		if _, err := out.WriteString(a.invent(r, i).xml()); err != nil {
			return err
		}
	}
	out.WriteString("</reports>\n")
	return out.Flush()
}

// GenerateForms writes an export of the same kind in the flat form.
func (a *Adapter) GenerateForms(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(charmap.Windows1252.NewEncoder().Writer(w))
	r := rand.New(rand.NewPCG(uint64(seed), 2))
	for i := 1; i <= count; i++ {
		if _, err := out.WriteString(a.invent(r, i).form()); err != nil {
			return err
		}
	}
	return out.Flush()
}

// invention is one invented report.
type invention struct {
	urn, force, at, marking, source, crimes, sectors, person, premises, sanitised string
	items                                                                         []inventedItem
}

type inventedItem struct{ grade, handling, indicators, text string }

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

var sayings = [][2]string{
	{"LAB03;LAB04", "Workers say that £11 a day goes for the minibus, whether they ride in it or not."},
	{"GEN01", "None of the passengers had papers; \"the boss has them\"."},
	{"LAB05", "Eleven mattresses in a house with two bedrooms."},
	{"", "The same van stands outside from 20.00 to 04.30."},
	{"GEN12;LAB06", "Each owes £3,000 for the passage, and the debt grows."},
	{"", "A café in the town is where men wait to be collected."},
}

// invent makes a report of one to three items.
func (a *Adapter) invent(r *rand.Rand, i int) invention {
	force := string(a.form.Member)
	if e, ok := schemas.Jurisdictions().Lookup(schemas.Code(force)); ok && e.Alias != "" {
		force = e.Alias
	}
	at := time.Date(2009, 4, 6, r.IntN(24), 5*r.IntN(12), 0, 0, time.UTC).AddDate(0, 0, r.IntN(170))
	v := invention{
		urn: fmt.Sprintf("%s/%06d/09", force, i), force: force, at: at.Format("02/01/2006 15:04"),
		marking: pick(r, "RESTRICTED", "RESTRICTED", "PROTECT"), source: pick(r, "A", "B", "B", "C", "E"),
		crimes:  pick(r, "forced-labour", "trafficking-forced-labour;document-retention", "unsafe-accommodation", "controlling-prostitution", "cannabis-cultivation", "unlicensed-gangmaster"),
		sectors: pick(r, "", "agriculture", "car-wash", "food-processing"), sanitised: "Y",
		person: fmt.Sprintf("EXAMPLE, Person %d", 1+r.IntN(5000)), premises: fmt.Sprintf("Invented Farm %d", 1+r.IntN(500)),
	}
	if i%faultyEvery == 0 {
		v.sanitised = "N"
	}
	for range 1 + r.IntN(3) {
		say := sayings[r.IntN(len(sayings))]
		v.items = append(v.items, inventedItem{fmt.Sprint(1 + r.IntN(5)), pick(r, "1", "1", "1,2", "4"), say[0], fmt.Sprintf("%s (%d)", say[1], i)})
	}
	return v
}

func (v invention) xml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  <report>\n    <urn>%s</urn>\n    <force_code>%s</force_code>\n    <reported_at>%s</reported_at>\n    <marking>%s</marking>\n", v.urn, v.force, v.at, v.marking)
	fmt.Fprintf(&b, "    <source_evaluation>%s</source_evaluation>\n    <crime_types>%s</crime_types>\n    <sectors>%s</sectors>\n    <location role=\"incident\" force_code=\"%s\"/>\n", v.source, v.crimes, v.sectors, v.force)
	for n, it := range v.items {
		fmt.Fprintf(&b, "    <item n=\"%d\" intelligence_evaluation=\"%s\" handling_code=\"%s\" indicators=\"%s\" subjects=\"N1 A1\">\n      <text>%s</text>\n    </item>\n", n+1, it.grade, it.handling, it.indicators, it.text)
	}
	fmt.Fprintf(&b, "    <nominal id=\"N1\"><name>%s</name></nominal>\n    <address id=\"A1\"><name>%s</name><postcode>ZZ99 3VZ</postcode></address>\n    <sanitised>%s</sanitised>\n  </report>\n", v.person, v.premises, v.sanitised)
	return b.String()
}

func (v invention) form() string {
	var b strings.Builder
	fmt.Fprintf(&b, "FORM A 5x5x5 INTELLIGENCE REPORT\r\nFORCE CODE: %s\r\nURN: %s\r\nREPORTED AT: %s\r\nMARKING: %s\r\nSOURCE EVALUATION: %s\r\nCRIME TYPES: %s\r\nSECTORS: %s\r\nLOCATION: %s\r\n",
		v.force, v.urn, v.at, v.marking, v.source, v.crimes, v.sectors, v.force)
	fmt.Fprintf(&b, "NOMINAL: N1 | %s\r\nADDRESS: A1 | %s\r\nSANITISED: %s\r\n", v.person, v.premises, v.sanitised)
	for n, it := range v.items {
		fmt.Fprintf(&b, "ITEM: %d\r\nINTELLIGENCE EVALUATION: %s\r\nHANDLING CODE: %s\r\nINDICATORS: %s\r\nSUBJECTS: N1 A1\r\nTEXT: %s\r\n", n+1, it.grade, it.handling, it.indicators, it.text)
	}
	b.WriteString("END OF REPORT\r\n\r\n")
	return b.String()
}
