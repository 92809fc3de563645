package check

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"liaison/schemas"
)

// tables is a set of protocol tables as rows of text. They were read strictly
// when they came into force; here a cell that is not understood opens nothing.
type tables struct {
	settings map[string]string
	rows     map[string][]row // by the table's name without ".csv", in order of ids
	members  map[schemas.MemberID]row
	// london is the clock by which days are told; nil in a set without bank
	// holidays, whose days are those of UTC.
	london *time.Location
	// rules and named keep what rulesFor and names found.
	rules map[memberDay][]row
	named map[string]map[schemas.MemberID]bool
}

// memberDay is a member on a day.
type memberDay struct {
	id  schemas.MemberID
	day time.Time
}

// maxKept bounds what is kept for days on which messages are judged.
const maxKept = 1 << 15

// row is one row of a table: its cells by column.
type row map[string]string

// readTables reads a set, having made sure that it is the set of that hash.
func (c *checker) readTables(hash string) (*tables, error) {
	files, err := c.src.Tables(hash)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "*.csv")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	sum := sha256.New()
	t := &tables{settings: map[string]string{}, rows: map[string][]row{}, members: map[schemas.MemberID]row{},
		rules: map[memberDay][]row{}, named: map[string]map[schemas.MemberID]bool{}}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(content))
		sum.Write(content)
		if t.rows[strings.TrimSuffix(name, ".csv")], err = readRows(content); err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != hash {
		return nil, errors.New("the tables that are kept are not those of the hash")
	}
	if _, has := t.rows["holidays"]; has {
		if t.london, err = time.LoadLocation("Europe/London"); err != nil {
			return nil, err
		}
	}
	for _, r := range t.rows["protocol"] {
		t.settings[r["key"]] = r["value"]
	}
	for _, r := range t.rows["members"] {
		t.members[schemas.MemberID(r["id"])] = r
	}
	return t, nil
}

func readRows(content []byte) ([]row, error) {
	lines, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, errors.Join(err, errors.New("the table is empty or no CSV"))
	}
	var rows []row
	for _, cells := range lines[1:] {
		r := row{}
		for i, column := range lines[0] {
			r[column] = cells[i]
		}
		rows = append(rows, r)
	}
	// By preference where there is one (a digit), then by id.
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a["preference"]+a["id"], b["preference"]+b["id"]) })
	return rows, nil
}

// on says whether the row holds on a day: from valid_from, until before
// valid_to.
func (r row) on(day time.Time) bool {
	at := day.Format(time.DateOnly)
	return (r["valid_from"] == "" || r["valid_from"] <= at) && (r["valid_to"] == "" || at < r["valid_to"])
}

// words are the words of a cell.
func (r row) words(column string) []string { return strings.Fields(r[column]) }

// allows says whether a cell has no limit, or names the word.
func (r row) allows(column, word string) bool {
	return r[column] == "" || slices.Contains(r.words(column), word)
}

// codes are the words of a cell, as codes.
func (r row) codes(column string) (list []schemas.Code) {
	for _, w := range r.words(column) {
		list = append(list, schemas.Code(w))
	}
	return list
}

// rulesFor returns the rules that name a member and hold on a day.
func (t *tables) rulesFor(id schemas.MemberID, day time.Time) []row {
	at := memberDay{id, day}
	rules, ok := t.rules[at]
	if ok {
		return rules
	}
	for _, r := range t.rows["rules"] {
		if r.on(day) && t.names(r["members"], id) {
			rules = append(rules, r)
		}
	}
	if len(t.rules) >= maxKept {
		clear(t.rules)
	}
	t.rules[at] = rules
	return rules
}

// names says whether a cell names the member, whatever the day. There are no
// more cells than the tables have.
func (t *tables) names(cell string, id schemas.MemberID) bool {
	m, ok := t.members[id]
	if !ok || cell == "" {
		return false
	}
	known, ok := t.named[cell]
	if !ok {
		known = map[schemas.MemberID]bool{}
		t.named[cell] = known
	}
	is, ok := known[id]
	if !ok {
		is = t.naming(cell, m)
		known[id] = is
	}
	return is
}

// naming goes through the words of a cell.
func (t *tables) naming(cell string, m row) bool {
	named := false
	for _, w := range strings.Fields(cell) {
		if except, minus := strings.CutPrefix(w, "-"); minus {
			if t.means(except, m) {
				return false
			}
			continue
		}
		named = named || t.means(w, m)
	}
	return named
}

// means says whether one word of a cell stands for the member.
func (t *tables) means(word string, m row) bool {
	if _, isID := t.members[schemas.MemberID(word)]; isID {
		return word == m["id"]
	}
	switch word {
	case "any":
		return true
	case "first-responder":
		return m["first_responder"] == "yes"
	case "kind:" + m["kind"], "class:" + m["class"]:
		return true
	}
	return false
}

// member returns the row of a member on a day.
func (t *tables) member(id schemas.MemberID, day time.Time) (row, bool) {
	m, ok := t.members[id]
	return m, ok && m.on(day)
}

// day is the day on which a message is judged.
func (t *tables) day(created, received time.Time) time.Time {
	if t.settings["day"] == "received" {
		created = received
	}
	y, m, d := created.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// mayRecord says whether a member may put an authority's answer on record for
// an item of that origin.
func (t *tables) mayRecord(authority schemas.Code, by, origin schemas.MemberID, day time.Time) bool {
	if _, ok := t.member(by, day); !ok {
		return false
	}
	return slices.ContainsFunc(t.rows["conditions"], func(r row) bool {
		return r["authority"] == string(authority) && r.on(day) &&
			(r["recorded_by"] == "origin" && by == origin || r["recorded_by"] != "origin" && t.names(r["recorded_by"], by))
	})
}
