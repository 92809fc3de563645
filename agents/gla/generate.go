package gla

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"

	"golang.org/x/text/encoding/charmap"
)

// everyFaulty says that one generated report in this many is faulty on purpose:
// the last of each hundred.
const everyFaulty = 100

// Generate writes an invented export of count intelligence reports. The same
// count and seed always give the same bytes. One report in a hundred is faulty
// and becomes a reject; some have two rows.
func Generate(w io.Writer, count int, seed int64) error {
	out := bufio.NewWriterSize(w, 64<<10)
	rows := csv.NewWriter(charmap.Windows1252.NewEncoder().Writer(out))
	rows.UseCRLF = true
	rows.Write(Columns) // errors are kept until the end
	g := generator{rand: rand.New(rand.NewPCG(uint64(seed), 0x61a)), seed: seed}
	for i := range count {
		row := g.report(i)
		rows.Write(row)
		if g.rand.IntN(10) == 0 {
			row[12] = "A second item of the same report."
			rows.Write(row)
		}
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		return fmt.Errorf("writing generated reports: %w", err)
	}
	return out.Flush()
}

type generator struct {
	rand *rand.Rand
	seed int64
}

func (g *generator) pick(from ...string) string { return from[g.rand.IntN(len(from))] }

// report gives one row, in the order of Columns.
func (g *generator) report(i int) []string {
	day := fmt.Sprintf("%02d/%02d/2009 %02d:%02d", 1+g.rand.IntN(28), 5+g.rand.IntN(4), g.rand.IntN(24), g.rand.IntN(60))
	if i%everyFaulty == everyFaulty-1 {
		day = "N/K"
	}
	provider := g.pick("Example", "Invented", "Sample") + " " + g.pick("Labour", "Gangs", "Harvesters", "Contractors") + fmt.Sprintf(" %d Ltd", 1+g.rand.IntN(400))
	user := g.pick("Invented Farm", "Example Packers", "Sample Orchards", "Café Exemple", "N/K")
	narrative := fmt.Sprintf("Generated report %d: %s, \"%s\".\nPay is £%d a day.", i, g.pick("workers are moved at night", "the minibus has no seats", "rent is taken from the pay", "passports are held"),
		g.pick("everybody here does it", "the boss has them", "they may not leave"), 10+g.rand.IntN(40))
	return []string{
		fmt.Sprintf("GLA/GEN/%d/%07d", g.seed, i), day, g.pick("Worker", "Officer", "Helpline", "Anonymous", "Public", "Inspection", "Union"),
		g.pick("A", "B", "C", "D", "E"), g.pick("1", "2", "3", "4", "5"), g.pick("1", "1", "1", "1,2", "4"),
		g.pick("Unlicensed trading", "Deductions", "Debt bondage", "Accommodation; Transport", "Forced labour", "Passports held", "Minimum wage"),
		provider, user, g.pick("Lithuanian", "Polish", "Chinese", "UNK", ""), g.pick("2", "about 18", "43", "N/K"),
		g.pick("Boston", "Spalding, Lincs", "Wisbech; King's Lynn", "Invented Farm, Boston, ZZ99 3VZ", "Thetford, Norfolk", "Penzance, Cornwall", "Dundee", "Morecambe, Lancs", "Hereford"),
		narrative, g.pick("RESTRICTED", "RESTRICTED", "PROTECT"), "", g.pick("agriculture", "horticulture", "food-processing", "shellfish", ""),
		"", "", "", "", g.pick("", "GEN01", "LAB03;LAB04", "LAB05"), g.pick("", "priority"), "",
	}
}
