package soca

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// faultyEvery is how often a generated record is faulty on purpose.
const faultyEvery = 100

// Generate writes an export of count invented SARs. The same seed gives the same
// export. Every record becomes a message, except that each hundredth has a
// character that XML does not have.
func Generate(w io.Writer, count int, seed int64) error {
	return generate(w, "sars", inventedSAR, count, rand.New(rand.NewPCG(uint64(seed), 1)))
}

// GenerateReports writes an export of count invented intelligence reports. The
// same seed gives the same export. Every record becomes a message, except that
// each hundredth has not been sanitised.
func GenerateReports(w io.Writer, count int, seed int64) error {
	return generate(w, "reports", inventedReport, count, rand.New(rand.NewPCG(uint64(seed), 2)))
}

func generate(w io.Writer, root string, invented func(*rand.Rand, int) string, count int, r *rand.Rand) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<%s>\n", root) // Flush tells of a fault
	for i := 1; i <= count; i++ {
		if _, err := out.WriteString(invented(r, i)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "</%s>\n", root)
	return out.Flush()
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

func moment(r *rand.Rand) string {
	return time.Date(2009, 4, 6, 8+r.IntN(10), 5*r.IntN(12), 0, 0, time.UTC).AddDate(0, 0, r.IntN(170)).Format("02/01/2006 15:04")
}

var towns = []string{"Boston, Lincs", "Peterborough", "Wisbech, Cambs", "Leeds", "Glasgow", "Cardiff", "Ipswich", "Leicester", "Invented Hamlet", "N/K"}

var reasons = []string{
	"XXS9XX Cash is paid in each Monday, mostly in small notes, by persons who give different names.",
	"XXS4XX XXF4XX Wages for many persons are drawn by one, and no tax is paid on them.",
	"XXS3XX Small sums go abroad every Friday in the names of others.",
	"XXS5XX An account that slept for years was filled and emptied within hours.",
	"XXF5XX Two sets of invoices, one with VAT & one without.",
	"XXS1XX XXS99XX Consent is asked for to pay out to a man who says that he \"owns the boys\".",
	"XXN7XX A code that we do not know, and nothing else that is odd.",
}

// inventedSAR writes one SAR, with up to three transactions.
func inventedSAR(r *rand.Rand, i int) string {
	reason := reasons[r.IntN(len(reasons))]
	if i%faultyEvery == 0 {
		reason += "\x0b"
	}
	main := fmt.Sprintf(`<main_subject type="entity"><name>Example Trading %d Ltd</name><company_no>INV%05d</company_no><address>%s</address></main_subject>`, 1+r.IntN(900), r.IntN(100_000), pick(r, towns...))
	if r.IntN(2) == 0 {
		main = fmt.Sprintf(`<main_subject type="person" status="%s"><name>EXAMPLE, Person %d (MR)</name><dob>00/%02d/%d</dob><occupation>N/K</occupation><address>%s</address></main_subject>`,
			pick(r, "suspect", "suspect", "victim", "N/K"), i, 1+r.IntN(12), 1945+r.IntN(45), pick(r, towns...))
	}
	transactions := ""
	for range r.IntN(4) {
		transactions += fmt.Sprintf(`<transaction><date>%s</date><type>%s</type><direction>%s</direction><amount>%d.00</amount><currency>GBP</currency><account>%08d</account></transaction>`,
			moment(r)[:10], pick(r, "cash", "transfer", "card"), pick(r, "credit", "debit"), 50+r.IntN(9000), r.IntN(100_000_000))
	}
	return fmt.Sprintf("  <sar><header><elmer_no>INV-2009-%06d</elmer_no><submitted>%s</submitted><marking>RESTRICTED</marking><institution>Example Bank %d</institution>"+
		"<handling_code>%s</handling_code><source_evaluation>B</source_evaluation><intelligence_evaluation>%d</intelligence_evaluation><consent_sought>%s</consent_sought></header>\n"+
		"    %s<transactions>%s</transactions>\n    <reason>%s</reason></sar>\n",
		i, moment(r), 1+r.IntN(40), pick(r, "1", "1", ""), 1+r.IntN(4), pick(r, "Y", "N", ""), main, transactions, strings.ReplaceAll(reason, "&", "&amp;"))
}

var findings = []string{
	"The director is said to have partners abroad who find the workers.", "Lorries of one haulier bring in several persons a week.",
	"Proceeds of cannabis houses buy land abroad.", "One sponsor applied for many visas in a year.", "The same telephone is used by a recruiter and by a collector.",
}

// inventedReport writes one intelligence report.
func inventedReport(r *rand.Rand, i int) string {
	sanitised := "Y"
	if i%faultyEvery == 0 {
		sanitised = "N"
	}
	items := ""
	for n := range 1 + r.IntN(3) {
		items += fmt.Sprintf(`<item n="%d" intelligence_evaluation="%d" handling_code="%s" subjects="N1"><text>%s (%d)</text></item>`, n+1, 1+r.IntN(5), pick(r, "1", "1", "1,3"), pick(r, findings...), i)
	}
	return fmt.Sprintf("  <report><soca_ref>SOCA/INT/09/%06d</soca_ref><consent_required_onward>Y</consent_required_onward><reported_at>%s</reported_at><marking>%s</marking>"+
		"<source_reference>INV-%d</source_reference><source_evaluation>%s</source_evaluation><crime_types>%s</crime_types><location force_code=\"%s\"/>\n"+
		"    %s<nominal id=\"N1\" position=\"suspect\"><name>EXAMPLE, Person %d</name><dob>c.%d</dob></nominal><sanitised>%s</sanitised></report>\n",
		i, moment(r), pick(r, "RESTRICTED", "RESTRICTED", "PROTECT"), i, pick(r, "A", "B", "C", "E"),
		pick(r, "facilitation", "organised-crime-group;trafficking-forced-labour", "asset-recovery", "trafficking-child", "trafficking-sexual-into;conspiracy"),
		pick(r, "32", "35", "46", "01", "13", "strathclyde", "psni"), items, 1+r.IntN(5000), 1950+r.IntN(40), sanitised)
}
