package crimestoppers

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// faultyEvery is how often a generated record is faulty on purpose.
const faultyEvery = 100

// inventedReports are what invented reports are about: category, sector,
// indicators and text.
var inventedReports = [][4]string{
	{"People trafficking", "", "GEN02;GEN14", "Men are moved between houses at night.\r\nThe curtains are never open."},
	{"Brothel; Trafficking for sex", "Sex industry", "SEX01", "Two girls came with one bag and have not been out since.\r\n\r\nCars at all hours."},
	{"Illegal working; Low pay", "Restaurants", "LAB03", "The kitchen staff sleep above the shop and are paid \"when it is quiet\", which is never."},
	{"Cannabis factory", "", "CHI13", "A boy waters plants in a house with no lights; foil at the windows."},
	{"Gangmaster", "Farming", "LAB08", "A white van fetches a dozen people at five and brings fewer back."},
	{"Passports kept; Threats", "Nail bar", "GEN01;GEN06", "The owner showed a drawer of passports to a customer and laughed; £200 a week for the bed."},
	{"Benefit fraud", "", "", "Says that one address draws for nine people who have never lived there."},
	{"Child begging", "", "CHI08", "The same child begs outside the café each market day, with a different woman."},
}

var inventedPlaces = []string{"Boston", "Spalding", "Wisbech", "King's Lynn", "Peterborough", "Leicester", "Birmingham", "Belfast", "Glasgow", "Cardiff", "N/K"}

// Generate writes a log of count invented reports. The same seed gives the same
// log. Every report becomes a message, except that each hundredth has a field
// with the caller's name.
func Generate(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(charmap.Windows1252.NewEncoder().Writer(w))
	r := rand.New(rand.NewPCG(uint64(seed), 3))
	for i := 1; i <= count; i++ {
		what := inventedReports[r.IntN(len(inventedReports))]
		received := time.Date(2009, 4, 1, 0, r.IntN(24*60), 0, 0, time.UTC).AddDate(0, 0, r.IntN(180))
		fmt.Fprintf(out, "==== CRIMESTOPPERS REPORT CS/09/%07d ====\r\nRECEIVED: %s\r\nCATEGORY: %s\r\nLOCATION: %s\r\n",
			i, received.Format("02/01/2006 15:04"), what[0], inventedPlaces[r.IntN(len(inventedPlaces))])
		if what[1] != "" {
			fmt.Fprintf(out, "SECTOR: %s\r\n", what[1])
		}
		if r.IntN(3) == 0 {
			fmt.Fprintf(out, "PREMISES: Invented House %d\r\n", 1+r.IntN(500))
		}
		if r.IntN(4) == 0 {
			fmt.Fprintf(out, "SUSPECT: EXAMPLE, Person %d\r\nSUSPECT PHONE: 07700 900%03d\r\n", 1+r.IntN(300), r.IntN(1000))
		}
		if i%faultyEvery == 0 {
			fmt.Fprintf(out, "CALLER: Example Person\r\n")
		}
		if _, err := fmt.Fprintf(out, "INDICATORS: %s\r\nINFORMATION:\r\n%s (%d)\r\n%s\r\n\r\n", what[2], what[3], i, ends); err != nil {
			return err
		}
	}
	return out.Flush()
}
