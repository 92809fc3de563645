package schemas

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"sync"
	"time"
)

//go:embed codes/*.csv
var codeTables embed.FS

// CodeList is one of the contract's lists of codes: a forest, in which every
// code has at most one parent. It never changes once read.
type CodeList struct {
	name      string
	codes     []CodeEntry
	byCode    map[Code]int
	ancestors map[Code][]Code
	// names are the codes alone, and aliases other systems' names for them.
	names   []Code
	aliases map[string]Code
}

// CodeEntry is one code of a list.
type CodeEntry struct {
	Code Code
	// Parent is the wider code that this one belongs to, or empty.
	Parent Code
	Name   string
	// Kind is the sort of entry where a list has several, as "nation" or
	// "police-force-area" in the list of jurisdictions.
	Kind string
	// Alias is the code that other systems use, as a PNC force code.
	Alias string
	// Statute is the law behind it, where there is one.
	Statute string
	// ValidFrom and ValidTo bound its use; zero means no bound. ValidTo is
	// the first day on which it is no longer valid.
	ValidFrom, ValidTo Date
	// Source and Confidence say where the entry comes from and how sure it is.
	Source, Confidence string
	Notes              string
}

// Name returns the list's name, such as "crime-types".
func (l *CodeList) Name() string { return l.name }

// All returns every entry in the order of the table. The caller must not
// change it.
func (l *CodeList) All() []CodeEntry { return l.codes }

// Lookup returns the entry of a code.
func (l *CodeList) Lookup(c Code) (CodeEntry, bool) {
	i, ok := l.byCode[c]
	if !ok {
		return CodeEntry{}, false
	}
	return l.codes[i], true
}

// Ancestors returns the parent of a code, its parent's parent and so on. The
// caller must not change the result.
func (l *CodeList) Ancestors(c Code) []Code { return l.ancestors[c] }

// Within says whether c is the code wide, or lies below it.
func (l *CodeList) Within(c, wide Code) bool {
	return c == wide || slices.Contains(l.ancestors[c], wide)
}

// WithinAny says whether c is one of the codes, or lies below one.
func (l *CodeList) WithinAny(c Code, wide []Code) bool {
	for _, w := range wide {
		if l.Within(c, w) {
			return true
		}
	}
	return false
}

// ValidOn says whether the code is in the list and valid on the day.
func (l *CodeList) ValidOn(c Code, day time.Time) bool {
	e, ok := l.Lookup(c)
	return ok && ValidOn(e.ValidFrom, e.ValidTo, day)
}

// ValidOn says whether the day lies in the period from the first date, to the
// day before the second one. A zero date is no bound; an unknown month or day
// counts as the first.
func ValidOn(from, to Date, day time.Time) bool {
	if !from.IsZero() && day.Before(from.first()) {
		return false
	}
	return to.IsZero() || day.Before(to.first())
}

// Start returns the beginning of the date in UTC, an unknown month or day
// counting as the first; the zero Date gives the zero time.
func (d Date) Start() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.first()
}

func (d Date) first() time.Time {
	return time.Date(d.year, time.Month(max(d.month, 1)), max(d.day, 1), 0, 0, 0, 0, time.UTC)
}

// The code lists, read once from the embedded tables.
var (
	crimeTypes    = listOf("crime-types")
	jurisdictions = listOf("jurisdictions")
	sectors       = listOf("sectors")
	purposes      = listOf("purposes")
	indicators    = listOf("indicators")
	channels      = listOf("channels")
	results       = listOf("results")
	supportNeeds  = listOf("support-needs")
)

// CrimeTypes is the list of crime types, in groups.
func CrimeTypes() *CodeList { return crimeTypes() }

// Jurisdictions is the list of areas: country, nations, regions, forces.
func Jurisdictions() *CodeList { return jurisdictions() }

// Sectors is the list of trades.
func Sectors() *CodeList { return sectors() }

// Purposes is the list of purposes for which information is shared.
func Purposes() *CodeList { return purposes() }

// Indicators is the list of trafficking indicators.
func Indicators() *CodeList { return indicators() }

// Channels is the list of ways in which a tip comes in.
func Channels() *CodeList { return channels() }

// Results is the list of what can come of a matter.
func Results() *CodeList { return results() }

// SupportNeeds is the list of what a possible victim can need.
func SupportNeeds() *CodeList { return supportNeeds() }

// listOf reads a list on first use. A fault in an embedded table is a fault of
// the build, which a test finds; a program that has one must not run.
func listOf(name string) func() *CodeList {
	return sync.OnceValue(func() *CodeList {
		l, err := readCodeList(name)
		if err != nil {
			panic(err)
		}
		return l
	})
}

var codeColumns = []string{"code", "parent", "name", "kind", "alias", "statute", "valid_from", "valid_to", "source", "confidence", "notes"}

func readCodeList(name string) (*CodeList, error) {
	f, err := codeTables.Open("codes/" + name + ".csv")
	if err != nil {
		return nil, fmt.Errorf("reading code list: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading code list %s: %w", name, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], codeColumns) {
		return nil, fmt.Errorf("code list %s: the columns must be %v", name, codeColumns)
	}
	l := &CodeList{name: name, byCode: map[Code]int{}, ancestors: map[Code][]Code{}, aliases: map[string]Code{}}
	for i, row := range rows[1:] {
		e, err := parseCodeEntry(row)
		if err != nil {
			return nil, fmt.Errorf("code list %s, line %d: %w", name, i+2, err)
		}
		if _, twice := l.byCode[e.Code]; twice {
			return nil, fmt.Errorf("code list %s, line %d: code %q stands twice", name, i+2, e.Code)
		}
		l.byCode[e.Code] = len(l.codes)
		l.codes, l.names = append(l.codes, e), append(l.names, e.Code)
		if e.Alias != "" {
			l.aliases[e.Alias] = e.Code
		}
	}
	return l, l.link()
}

func parseCodeEntry(row []string) (CodeEntry, error) {
	from, err := parseOptionalDate(row[6])
	if err != nil {
		return CodeEntry{}, err
	}
	to, err := parseOptionalDate(row[7])
	if err != nil {
		return CodeEntry{}, err
	}
	return CodeEntry{Code: Code(row[0]), Parent: Code(row[1]), Name: row[2], Kind: row[3], Alias: row[4],
		Statute: row[5], ValidFrom: from, ValidTo: to, Source: row[8], Confidence: row[9], Notes: row[10]}, nil
}

func parseOptionalDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	return ParseDate(s)
}

// link finds every code's ancestors and refuses unknown parents and circles.
func (l *CodeList) link() error {
	for _, e := range l.codes {
		var up []Code
		for at := e; at.Parent != ""; {
			parent, ok := l.Lookup(at.Parent)
			if !ok {
				return fmt.Errorf("code list %s: %q has the unknown parent %q", l.name, at.Code, at.Parent)
			}
			if len(up) > len(l.codes) {
				return fmt.Errorf("code list %s: %q is its own ancestor", l.name, e.Code)
			}
			up = append(up, parent.Code)
			at = parent
		}
		l.ancestors[e.Code] = up
	}
	return nil
}
