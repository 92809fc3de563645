package helpline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// faultyEvery is how often a generated record is faulty on purpose.
const faultyEvery = 100

// inventedCall is a call as the export writes it.
type inventedCall struct {
	Ref       string          `json:"call_ref"`
	Taken     string          `json:"taken_at"`
	By        string          `json:"taken_by"`
	Nation    string          `json:"nation"`
	Type      string          `json:"caller_type"`
	Named     bool            `json:"caller_named"`
	PassOn    bool            `json:"pass_on"`
	Sector    string          `json:"sector"`
	Employer  inventedParty   `json:"employer"`
	Workplace *inventedParty  `json:"workplace,omitempty"`
	Workers   int             `json:"worker_count"`
	Issues    []inventedIssue `json:"issues"`
}

type inventedParty struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
}

type inventedIssue struct {
	Line       int      `json:"line"`
	Issue      string   `json:"issue"`
	Detail     string   `json:"detail"`
	Indicators []string `json:"indicators,omitempty"`
}

// Generate writes an export of count invented calls, one a line. The same seed
// gives the same export. Every call becomes a message, except that each
// hundredth has an issue that no table knows.
func Generate(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriter(w)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	r := rand.New(rand.NewPCG(uint64(seed), 2))
	for i := 1; i <= count; i++ {
		c := invented(r, i)
		if i%faultyEvery == 0 {
			c.Issues[0].Issue = "Parking"
		}
		if err := e.Encode(c); err != nil {
			return err
		}
	}
	return out.Flush()
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

var inventedIssues = []inventedIssue{
	{Issue: "NMW", Detail: "Paid by the tray; on slow nights this comes to £2.90 an hour.", Indicators: []string{"LAB03"}},
	{Issue: "NMW", Detail: "Fifty-five hours a week for £180."},
	{Issue: "Gangmaster unlicensed", Detail: "Nobody has seen a licence; wages come in cash from the driver of the minibus."},
	{Issue: "Gangmaster licence", Detail: "The price of the bed went up to £60 without a word in writing.", Indicators: []string{"LAB04"}},
	{Issue: "48-hour week", Detail: "Twelve-hour shifts for thirteen days on end.", Indicators: []string{"LAB02"}},
	{Issue: "Agency standards", Detail: "No written terms, and the last two weeks are \"held in hand\".", Indicators: []string{"LAB01"}},
	{Issue: "Agency fees", Detail: "£250 for \"registration\" before the first shift.", Indicators: []string{"LAB06"}},
	{Issue: "Agricultural wage", Detail: "Overtime is paid at the flat rate."},
	{Issue: "Safety", Detail: "No guard on the packing line."},
}

// heardEverywhere is how many of the issues callers from Northern Ireland may
// raise: the first ones.
const heardEverywhere = 4

var inventedPlaces = []string{"Boston", "Spalding", "Wisbech", "Peterborough", "King's Lynn", "Leicester", "Bradford", "Glasgow", "Cardiff", ""}

func invented(r *rand.Rand, i int) inventedCall {
	nation, possible, place := "England", len(inventedIssues), inventedPlaces[r.IntN(len(inventedPlaces))]
	switch place {
	case "Glasgow":
		nation = "Scotland"
	case "Cardiff":
		nation = "Wales"
	case "":
		nation, possible = "Northern Ireland", heardEverywhere
	}
	c := inventedCall{
		Ref:   fmt.Sprintf("PWR/09/%06d", i),
		Taken: time.Date(2009, 9, 21, 8, r.IntN(600), 0, 0, time.UTC).AddDate(0, 0, r.IntN(30)).Format("02/01/2006 15:04"),
		By:    fmt.Sprintf("Adviser %d", 1+r.IntN(12)), Nation: nation, Type: pick(r, "Worker", "Worker", "Former worker", "Relative", "Adviser", "Public"),
		Named: r.IntN(3) > 0, PassOn: r.IntN(10) > 0, Sector: pick(r, "Food packing", "Agriculture", "Cleaning", "Construction", "Care"),
		Employer: inventedParty{Name: fmt.Sprintf("Example Employer %d Ltd", 1+r.IntN(400))}, Workers: 1 + r.IntN(40),
	}
	if place != "" {
		c.Workplace = &inventedParty{Name: fmt.Sprintf("Invented Site %d", 1+r.IntN(300)), Address: place}
	}
	for n := range 1 + r.IntN(3) {
		issue := inventedIssues[r.IntN(possible)]
		issue.Line = n + 1
		issue.Detail += fmt.Sprintf(" (call %d, line %d)", i, n+1)
		c.Issues = append(c.Issues, issue)
	}
	return c
}
