package eas

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

// Generate writes an export of count invented complaints. The same seed gives
// the same export. Every record becomes a message, except that each hundredth
// has an issue code that no table knows.
func Generate(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(charmap.Windows1252.NewEncoder().Writer(w))
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	if _, err := fmt.Fprintf(out, "%s\r\n", strings.Join(Columns, "|")); err != nil {
		return err
	}
	for i := 1; i <= count; i++ {
		values := invented(r, i)
		if i%faultyEvery == 0 {
			values[10] = "NOCODE"
		}
		if _, err := fmt.Fprintf(out, "%s\r\n", strings.Join(values, "|")); err != nil {
			return err
		}
	}
	return out.Flush()
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

// complaints are what invented complaints are about: issue codes, a provision
// and a narrative, which has a line break for the reader to mind.
var complaints = [][3]string{
	{"FEE", "S6", "Each worker paid a fee before the first shift and was given no receipt."},
	{"PAY", "R12 withholding pay", "The last two weeks are held back until time sheets\r\nare signed, which the hirer refuses to do."},
	{"NOTERMS", "R14;R15", "No written terms; the rate changed from £7 to £5.80 after the first week."},
	{"SALE;DEDUCT", "R5", "Boots and a hard hat must be bought from the agency; the price goes off the pay."},
	{"RESTRAINT;THREAT", "R6", "Told that whoever leaves for another agency loses the week and should \"think of the family\"."},
	{"MISLED", "R27", "Advertised as café work with a room; put to packing at night."},
	{"NMW;HOURS", "", "Seventy hours for £190, and no day off in three weeks."},
	{"DISCLOSE", "R28", "The agency gave the worker's complaint to the employer."},
}

var inventedPlaces = []string{"Boston", "Spalding", "Wisbech", "Peterborough", "King's Lynn", "Grantham", "Ipswich", "Leicester", "Glasgow", "Cardiff", "Leeds", "N/K"}

// invented makes the values of one complaint.
func invented(r *rand.Rand, i int) []string {
	what := complaints[r.IntN(len(complaints))]
	place := inventedPlaces[r.IntN(len(inventedPlaces))]
	agency := fmt.Sprintf("Example Staff %d Ltd", 1+r.IntN(400))
	address := fmt.Sprintf("%d Invented Street, %s, ZZ99%dAA", 1+r.IntN(90), place, 1+r.IntN(9))
	if place == "N/K" {
		address = place
	}
	received := time.Date(2009, 4, 6, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(170))
	visit, result := "", ""
	if r.IntN(4) == 0 {
		visit = received.AddDate(0, 0, 7+r.IntN(20)).Format("02/01/2006")
		result = pick(r, "none", "warning", "warning", "prosecution", "prohibition")
	}
	return []string{
		fmt.Sprintf("EAS/09/%06d", i), received.Format("02/01/2006"), pick(r, "helpline", "form", "union", "MP"), pick(r, "worker", "worker", "anonymous", ""),
		pick(r, "Y", "N", ""), agency, address, pick(r, "", "Main branch", place+" branch"), fmt.Sprintf("Invented Site %d", 1+r.IntN(300)),
		pick(r, "Construction", "Care", "Food packing", "Agriculture", "Hotels and catering", "N/K"), what[0], what[1],
		pick(r, "", "£350", "UNK"), pick(r, "", "£168.40"), fmt.Sprint(1 + r.IntN(40)), what[2] + fmt.Sprintf(" (%d)", i), "Inspector Example",
		visit, result, pick(r, "complaint", "complaint", "volunteered", "inspection_power", ""),
	}
}
