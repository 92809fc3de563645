package policy

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Policy is one set of protocol tables, read and cross-checked. It never
// changes, and may be used by any number of goroutines.
type Policy struct {
	about About
	hash  string
	// All rows are in an order of their own (by id, gateways by preference
	// and id), so that the order in the files decides nothing.
	members    []Member
	rules      []Rule
	conditions []Condition
	gateways   []Gateway
	bars       []Bar
	exceptions []Exception
	handling   []HandlingCode
	gradings   []Grading
	safeguards []Safeguard
	recipients []Recipient
	deadlines  []Deadline
	holidays   []holidayRow
	// calendars has the working days of each nation.
	calendars map[schemas.Code]*Calendar
	bareSteps []BareStep
	// providers are in the order of preference.
	providers []Provider
	retention []Retention
	// index finds the rules and members that an item meets; gatewaysOf has
	// the gateways that lead from each member, in order.
	index      index
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
	Effective time.Time
	// Disclaimer says what the set is not: legal advice.
	Disclaimer string
}

// The names of the tables.
const (
	settingsTable   = "protocol.csv"
	membersTable    = "members.csv"
	rulesTable      = "rules.csv"
	conditionsTable = "conditions.csv"
	gatewaysTable   = "gateways.csv"
	barsTable       = "bars.csv"
	exceptionsTable = "exceptions.csv"
	handlingTable   = "handling.csv"
	gradingsTable   = "gradings.csv"
	safeguardsTable = "safeguards.csv"
	recipientsTable = "recipients.csv"
	deadlinesTable  = "deadlines.csv"
	holidaysTable   = "holidays.csv"
	stepsTable      = "steps.csv"
	mandatoryTable  = "mandatory.csv"
	providersTable  = "providers.csv"
	retentionTable  = "retention.csv"
)

var tableNames = []string{settingsTable, membersTable, rulesTable, conditionsTable, gatewaysTable, barsTable, exceptionsTable,
	handlingTable, gradingsTable, safeguardsTable, recipientsTable, deadlinesTable, holidaysTable, stepsTable,
	mandatoryTable, providersTable, retentionTable}

// Load reads and cross-checks the tables at the root of a file system. Its
// error joins every fault found, each with file and line.
func Load(tables fs.FS) (*Policy, error) {
	f := &table.Faults{}
	p := &Policy{hash: table.Hash(tables, tableNames, f)}
	p.readSettings(tables, f)
	p.readTables(tables, f)
	p.checkRows(f)
	if err := f.Err(); err != nil {
		return nil, fmt.Errorf("reading the protocol tables: %w", err)
	}
	p.buildIndex()
	p.findGateways()
	p.findExceptions()
	return p, nil
}

// readTables reads the rows, each table after those that its cells name, and
// puts them into an order of their own.
func (p *Policy) readTables(tables fs.FS, f *table.Faults) {
	for _, r := range table.Read(tables, membersTable, memberColumns, f) {
		p.members = append(p.members, readMember(r))
	}
	slices.SortStableFunc(p.members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range table.Read(tables, rulesTable, ruleColumns, f) {
		p.rules = append(p.rules, readRule(r, p.members))
	}
	p.rules = append(p.rules, readMandatories(tables, p.members, f)...)
	for _, r := range table.Read(tables, conditionsTable, conditionColumns, f) {
		p.conditions = append(p.conditions, readCondition(r, p.members))
	}
	for _, r := range table.Read(tables, gatewaysTable, gatewayColumns, f) {
		p.gateways = append(p.gateways, readGateway(r, p.members, p.conditions))
	}
	slices.SortStableFunc(p.gateways, Gateway.compare)
	for _, r := range table.Read(tables, barsTable, barColumns, f) {
		p.bars = append(p.bars, readBar(r, p.members))
	}
	for _, r := range table.Read(tables, exceptionsTable, exceptionColumns, f) {
		p.exceptions = append(p.exceptions, readException(r, p))
	}
	for _, r := range table.Read(tables, handlingTable, handlingColumns, f) {
		p.handling = append(p.handling, readHandling(r, p.members))
	}
	for _, r := range table.Read(tables, gradingsTable, gradingColumns, f) {
		p.gradings = append(p.gradings, readGrading(r))
	}
	for _, r := range table.Read(tables, safeguardsTable, safeguardColumns, f) {
		p.safeguards = append(p.safeguards, readSafeguard(r, p.members))
	}
	for _, r := range table.Read(tables, recipientsTable, recipientColumns, f, firstRecipientColumns) {
		p.recipients = append(p.recipients, readRecipient(r, p.members))
	}
	p.deadlines = readDeadlines(tables, f)
	p.readHolidays(tables, f)
	p.readProviders(tables, f)
	p.retention = readRetention(tables, f)
	p.bareSteps = readBareSteps(tables, p.members, f)
	slices.SortStableFunc(p.bareSteps, func(a, b BareStep) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.rules, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.bars, func(a, b Bar) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.exceptions, func(a, b Exception) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.handling, func(a, b HandlingCode) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(p.gradings, func(a, b Grading) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(p.safeguards, func(a, b Safeguard) int { return cmp.Compare(a.ID, b.ID) })
}

// findGateways lists the gateways that lead from each member.
func (p *Policy) findGateways() {
	p.gatewaysOf = make([][]int, len(p.members))
	for n := range p.gateways {
		for _, from := range p.gateways[n].From.list {
			p.gatewaysOf[from] = append(p.gatewaysOf[from], n)
		}
	}
}

// findExceptions lists the exceptions to each bar.
func (p *Policy) findExceptions() {
	for n := range p.bars {
		for k := range p.exceptions {
			if slices.Contains(p.exceptions[k].Bars, p.bars[n].ID) {
				p.bars[n].exceptions = append(p.bars[n].exceptions, k)
			}
		}
	}
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

// JudgedBy says in words which day counts for a message.
func (p *Policy) JudgedBy() string {
	if p.about.Day == "received" {
		return "the day a message is received"
	}
	return "the day a message was created"
}

// Ceiling is the highest marking that the system takes.
func (p *Policy) Ceiling() schemas.Marking { return p.about.Ceiling }

// MemberOn says whether the id names a member on the day.
func (p *Policy) MemberOn(id schemas.MemberID, day time.Time) bool { return p.memberOn(id, day) >= 0 }

// memberOn returns the position of the member of that id on the day, or -1.
func (p *Policy) memberOn(id schemas.MemberID, day time.Time) int {
	if n := p.position(id); n >= 0 && p.members[n].On(day) {
		return n
	}
	return -1
}

// position returns the position of the member of that id, or -1.
func (p *Policy) position(id schemas.MemberID) int {
	if n, ok := findMember(p.members, id); ok {
		return n
	}
	return -1
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

// Gateways returns all rows of gateways.csv. The caller must not change them.
func (p *Policy) Gateways() []Gateway { return slices.Clone(p.gateways) }

// Bar returns the bar of that id.
func (p *Policy) Bar(id schemas.Code) (Bar, bool) {
	return find(p.bars, func(b Bar) bool { return b.ID == id })
}

// Handling returns the row of handling.csv of that id.
func (p *Policy) Handling(id schemas.Code) (HandlingCode, bool) {
	return find(p.handling, func(h HandlingCode) bool { return h.ID == id })
}

// Exception returns the exception of that id.
func (p *Policy) Exception(id schemas.Code) (Exception, bool) {
	return find(p.exceptions, func(e Exception) bool { return e.ID == id })
}

// Safeguard returns the safeguard of that id.
func (p *Policy) Safeguard(id schemas.Code) (Safeguard, bool) {
	return find(p.safeguards, func(s Safeguard) bool { return s.ID == id })
}

// Conditions returns all rows of conditions.csv. The caller must not change
// them.
func (p *Policy) Conditions() []Condition { return slices.Clone(p.conditions) }

func find[T any](rows []T, is func(T) bool) (T, bool) {
	if n := slices.IndexFunc(rows, is); n >= 0 {
		return rows[n], true
	}
	var none T
	return none, false
}

var settingsColumns = []string{"key", "value", "source", "confidence", "notes"}

// settings are the keys of protocol.csv, all of which must be there.
var settings = []string{"name", "version", "day", "ceiling", "effective", "disclaimer"}

// readSettings reads what the table set says of itself.
func (p *Policy) readSettings(tables fs.FS, f *table.Faults) {
	at := map[string]table.Record{}
	for _, r := range table.Read(tables, settingsTable, settingsColumns, f) {
		key := r.OneOf("key", settings...)
		if _, twice := at[key]; twice {
			r.Fault("the key %q stands twice", key)
		}
		r.Need("value")
		r.Need("source")
		r.OneOf("confidence", "high", "medium", "low")
		at[key] = r
	}
	for _, key := range settings {
		if _, ok := at[key]; !ok {
			f.Add(settingsTable, "the key %q is missing", key)
			return
		}
	}
	p.about = About{
		Name: at["name"].Cell("value"), Version: at["version"].Cell("value"),
		Day:     at["day"].OneOf("value", "created", "received"),
		Ceiling: schemas.Marking(at["ceiling"].Cell("value")), Effective: at["effective"].Date("value"),
		Disclaimer: at["disclaimer"].Cell("value"),
	}
	if p.about.Ceiling.Rank() == 0 {
		at["ceiling"].Fault("%q is no protective marking", p.about.Ceiling)
	}
}
