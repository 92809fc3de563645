package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"liaison/schemas"
)

// Policy is one set of protocol tables, read and cross-checked. It never
// changes, and may be used by any number of goroutines.
type Policy struct {
	about About
	hash  string
	// All rows are in an order of their own (by id, gateways by preference
	// and id), so that the order in the files decides nothing.
	members  []Member
	rules    []Rule
	gateways []Gateway
	bars     []Bar
	handling []HandlingCode
	// index finds the rules and members that an item meets; gatewaysOf has
	// the gateways that lead from each member, in order.
	index      map[spot][]entry
	gatewaysOf [][]int
}

// About is what a table set says of itself, in protocol.csv.
type About struct {
	// Name and Version name the table set.
	Name, Version string
	// Day says on which day messages are judged: "created" or "received".
	Day string
	// Ceiling is the highest marking that the system takes.
	Ceiling schemas.Marking
	// Effective is the day for which the set was made.
	Effective schemas.Date
	// Disclaimer says what the set is not: legal advice.
	Disclaimer string
}

// The names of the tables.
const (
	settingsTable = "protocol.csv"
	membersTable  = "members.csv"
	rulesTable    = "rules.csv"
	gatewaysTable = "gateways.csv"
	barsTable     = "bars.csv"
	handlingTable = "handling.csv"
)

// Load reads and cross-checks the tables at the root of a file system. Its
// error joins every fault found, each with file and line.
func Load(tables fs.FS) (*Policy, error) {
	f := &faults{}
	p := &Policy{hash: hashTables(tables, f)}
	p.readSettings(tables, f)
	for _, r := range readTable(tables, membersTable, memberColumns, f) {
		p.members = append(p.members, readMember(r))
	}
	slices.SortStableFunc(p.members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range readTable(tables, rulesTable, ruleColumns, f) {
		p.rules = append(p.rules, readRule(r, p.members))
	}
	for _, r := range readTable(tables, gatewaysTable, gatewayColumns, f) {
		p.gateways = append(p.gateways, readGateway(r, p.members))
	}
	for _, r := range readTable(tables, barsTable, barColumns, f) {
		p.bars = append(p.bars, readBar(r, p.members))
	}
	for _, r := range readTable(tables, handlingTable, handlingColumns, f) {
		p.handling = append(p.handling, readHandling(r, p.members))
	}
	p.sortRows()
	p.checkRows(f)
	if err := f.join(); err != nil {
		return nil, fmt.Errorf("reading the protocol tables: %w", err)
	}
	p.buildIndex()
	p.findGateways()
	return p, nil
}

func (p *Policy) sortRows() {
	slices.SortStableFunc(p.rules, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.gateways, Gateway.compare)
	slices.SortStableFunc(p.bars, func(a, b Bar) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.handling, func(a, b HandlingCode) int { return cmp.Compare(a.ID, b.ID) })
}

// findGateways lists the gateways that lead from each member.
func (p *Policy) findGateways() {
	p.gatewaysOf = make([][]int, len(p.members))
	for n := range p.gateways {
		for _, from := range p.selected(p.gateways[n].From) {
			p.gatewaysOf[from] = append(p.gatewaysOf[from], n)
		}
	}
}

// hashTables is the SHA-256 of every table's name, length and content, in the
// order of the names. A table that this version does not know is a fault: it
// would be law that nobody applies.
func hashTables(tables fs.FS, f *faults) string {
	names, err := fs.Glob(tables, "*.csv")
	if err != nil {
		f.add("tables", "%v", err)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		if !slices.Contains([]string{settingsTable, membersTable, rulesTable, gatewaysTable, barsTable, handlingTable}, name) {
			f.add(name, "there is no such table")
		}
		content, err := fs.ReadFile(tables, name)
		if err != nil {
			f.add(name, "the table cannot be read: %v", err)
		}
		if len(content) > maxTable {
			f.add(name, "the table is larger than %d bytes", maxTable)
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(content))
		io.WriteString(sum, string(content))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Hash identifies the table set: the SHA-256 of its files, in hexadecimal.
func (p *Policy) Hash() string { return p.hash }

// About returns what the table set says of itself.
func (p *Policy) About() About { return p.about }

// Day returns the day on which a message is judged: the table set says
// whether it is the day it was created or the day it was received. Days are
// those of UTC.
func (p *Policy) Day(created, received time.Time) time.Time {
	if p.about.Day == "received" {
		created = received
	}
	return created.UTC().Truncate(24 * time.Hour)
}

// Ceiling is the highest marking that the system takes.
func (p *Policy) Ceiling() schemas.Marking { return p.about.Ceiling }

// MemberOn says whether the id names a member on the day.
func (p *Policy) MemberOn(id schemas.MemberID, day time.Time) bool {
	_, m := p.memberOn(id, day)
	return m != nil
}

// memberOn returns the member of that id on the day, or nil, and its position.
func (p *Policy) memberOn(id schemas.MemberID, day time.Time) (int, *Member) {
	n, ok := findMember(p.members, id)
	if !ok || !p.members[n].On(day) {
		return 0, nil
	}
	return n, &p.members[n]
}

// Member returns the member of that id, on whatever days it is one.
func (p *Policy) Member(id schemas.MemberID) (Member, bool) {
	n, ok := findMember(p.members, id)
	if !ok {
		return Member{}, false
	}
	return p.members[n], true
}

// Members returns all members by id. The caller must not change their areas.
func (p *Policy) Members() []Member { return slices.Clone(p.members) }

// Rule returns the rule of that id.
func (p *Policy) Rule(id schemas.Code) (Rule, bool) {
	return find(p.rules, func(r Rule) bool { return r.ID == id })
}

// Gateway returns the gateway of that id.
func (p *Policy) Gateway(id schemas.Code) (Gateway, bool) {
	return find(p.gateways, func(g Gateway) bool { return g.ID == id })
}

// Bar returns the bar of that id.
func (p *Policy) Bar(id schemas.Code) (Bar, bool) {
	return find(p.bars, func(b Bar) bool { return b.ID == id })
}

// Handling returns the row of handling.csv of that id.
func (p *Policy) Handling(id schemas.Code) (HandlingCode, bool) {
	return find(p.handling, func(h HandlingCode) bool { return h.ID == id })
}

func find[T any](rows []T, is func(T) bool) (T, bool) {
	if n := slices.IndexFunc(rows, is); n >= 0 {
		return rows[n], true
	}
	var none T
	return none, false
}

var settingsColumns = []string{"key", "value", "source", "confidence", "notes"}

// readSettings reads what the table set says of itself.
func (p *Policy) readSettings(tables fs.FS, f *faults) {
	at := map[string]record{}
	for _, r := range readTable(tables, settingsTable, settingsColumns, f) {
		key := r.oneOf("key", "name", "version", "day", "ceiling", "effective", "disclaimer")
		if _, twice := at[key]; twice {
			r.fault("the key %q stands twice", key)
		}
		r.need("value")
		r.need("source")
		r.oneOf("confidence", "high", "medium", "low")
		at[key] = r
	}
	for _, key := range strings.Fields("name version day ceiling effective disclaimer") {
		if _, ok := at[key]; !ok {
			f.add(settingsTable, "the key %q is missing", key)
			return
		}
	}
	p.about = About{
		Name: at["name"].cells["value"], Version: at["version"].cells["value"],
		Day:     at["day"].oneOf("value", "created", "received"),
		Ceiling: schemas.Marking(at["ceiling"].cells["value"]), Effective: at["effective"].date("value"),
		Disclaimer: at["disclaimer"].cells["value"],
	}
	if p.about.Ceiling.Rank() == 0 {
		at["ceiling"].fault("%q is no protective marking", p.about.Ceiling)
	}
}
