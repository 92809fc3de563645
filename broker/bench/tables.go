package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

// crime is the crime type of the tips: the police of the area hear of it, and
// nobody else.
const crime schemas.Code = "assault"

// elsewhere are areas in which no tip happens.
var elsewhere = []schemas.Code{"psni", "strathclyde", "tayside", "fife", "grampian"}

// larger writes a set of tables to a folder, with so many more rules and members
// whom they name, and loads it: every other rule is about the tips' own crime
// type where no tip happens, the others about other crimes. None of them
// concerns a tip, so that only the size differs.
func larger(dir string, tables fs.FS, more int, areas []schemas.Code) (*policy.Policy, error) {
	if err := os.CopyFS(dir, tables); err != nil {
		return nil, fmt.Errorf("enlarging the tables: %w", err)
	}
	var crimes []schemas.Code
	for _, e := range schemas.CrimeTypes().All() {
		if !schemas.CrimeTypes().Within(crime, e.Code) {
			crimes = append(crimes, e.Code)
		}
	}
	var members, rules strings.Builder
	for n := range more {
		area, about := elsewhere[n%len(elsewhere)], crime
		if n%2 == 1 {
			area, about = areas[n%len(areas)], crimes[n%len(crimes)]
		}
		fmt.Fprintf(&members, "more-%d,Another,law-enforcement,other,%s,,,restricted,no,Desk,,,,bench,low,\n", n, area)
		fmt.Fprintf(&rules, "more-%d,more-%d,,%s,%s,,,,,bench,,,bench,low,\n", n, n, about, area)
	}
	err := errors.Join(appendTo(filepath.Join(dir, "members.csv"), members.String()), appendTo(filepath.Join(dir, "rules.csv"), rules.String()))
	if err != nil {
		return nil, fmt.Errorf("enlarging the tables: %w", err)
	}
	p, err := policy.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("enlarging the tables: %w", err)
	}
	return p, nil
}

func appendTo(file, rows string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(rows)
	return errors.Join(err, f.Close())
}

// size is a set of tables.
type size struct {
	name   string
	policy *policy.Policy
}

// sizes loads the embedded tables and the larger ones.
func (b *bench) sizes() ([]size, error) {
	p, err := policy.Load(b.Tables)
	if err != nil {
		return nil, fmt.Errorf("loading the tables: %w", err)
	}
	all := []size{{"embedded", p}}
	for _, n := range b.Plan.Rules {
		p, err := larger(filepath.Join(b.Dir, fmt.Sprintf("tables-%d", n)), b.Tables, n, b.site.areas)
		if err != nil {
			return nil, err
		}
		all = append(all, size{strconv.Itoa(n), p})
	}
	return all, nil
}

// tablesFanOut is to how many members each message goes while tables are compared.
const tablesFanOut = 5

// measureTables measures what larger tables cost.
func (b *bench) measureTables(ctx context.Context, st *stage) error {
	sizes, err := b.sizes()
	if err != nil {
		return err
	}
	wall, cpu := make([]pairs, len(sizes)), make([]pairs, len(sizes))
	err = b.repeat("the size of the tables", func(bool) error {
		var embedded work
		for i, s := range sizes {
			st.policy.Store(s.policy)
			w, err := b.fillAndRoute(ctx, st, tablesFanOut, b.Plan.Backlog)
			if err != nil {
				return err
			}
			if i == 0 {
				embedded = w
			}
			wall[i].add(w.each(w.routing), embedded.each(embedded.routing))
			cpu[i].add(w.each(w.cpu), embedded.each(embedded.cpu))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, s := range sizes[1:] {
		b.addTables(s, wall[i+1], cpu[i+1])
	}
	return nil
}

// each shares a time out among the messages, in microseconds.
func (w work) each(took time.Duration) float64 { return took.Seconds() * 1e6 / float64(w.messages) }

func (b *bench) addTables(s size, wall, cpu pairs) {
	says := fmt.Sprintf("with %s more rules, and as many more members, to with the embedded tables (fan-out %d)", s.name, tablesFanOut)
	b.add(wall.figure(Figure{Part: Tables, Name: s.name + " rules, time", Of: "µs/message", AtMost: 1.2,
		Says: "time to route a message of a backlog " + says}))
	if cpuTime() > 0 {
		b.add(cpu.figure(Figure{Part: Tables, Name: s.name + " rules, processor", Of: "µs/message", AtMost: 1.2,
			Says: "processor time of sending, accepting and routing a message " + says}))
	}
}
