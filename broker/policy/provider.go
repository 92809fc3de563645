package policy

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Provider is a row of providers.csv: whom somebody takes in who supports
// victims, and with what. It has two uses: it answers who supports a person
// ([Policy.FindSupport]), and no member that stands in it gets a referral of a
// person whom its rows do not say that it takes in.
type Provider struct {
	ID schemas.Code
	// Preference orders providers that fit alike: the lowest is asked first.
	Preference int
	// Members are the providers, where they are members; otherwise Body names
	// the provider in words, and it is reached by telephone.
	Members Selector
	Body    string
	// Exploitation are the crime types of what was done to the person, Sexes
	// who is taken in, and Needs what is offered.
	Exploitation, Sexes, Needs Limit
	// Ages are those taken in, from the least to the greatest; nil is not on
	// record.
	Ages *Ages
	// Areas are where the provider works; empty is a member's own areas, and of
	// who is no member not on record.
	Areas []Area
	table.Row
}

// Ages are ages in whole years, both counted in.
type Ages struct{ From, To int }

// oldest is the greatest age of a row that names none.
const oldest = 130

// Limit is a cell of words that limit: "any" limits nothing, and an empty cell
// says that it is not on record, which for a disclosure means no.
type Limit struct {
	Any   bool
	Words []schemas.Code
}

func (l Limit) known() bool { return l.Any || len(l.Words) > 0 }

// fit says whether the limit has one of the codes, or one above it in the list.
func (l Limit) fit(list *schemas.CodeList, codes []schemas.Code) schemas.Fit {
	switch {
	case l.Any:
		return schemas.Fits
	case !l.known() || len(codes) == 0:
		return schemas.FitUnknown
	case slices.ContainsFunc(codes, func(c schemas.Code) bool { return list.WithinAny(c, l.Words) }):
		return schemas.Fits
	}
	return schemas.FitsNot
}

func (l Limit) String() string {
	if l.Any {
		return "any"
	}
	return joinWords(l.Words)
}

// text says in words whom the row takes in.
func (r *Provider) text() string {
	return "supports: " + r.Exploitation.String() + "; sex: " + r.Sexes.String() + "; age: " + r.Ages.String()
}

var providerColumns = append([]string{"id", "preference", "members", "body", "exploitation", "sexes", "age_from", "age_to", "areas", "needs"},
	table.RowColumns...)

func readProvider(r table.Record, members []Member) Provider {
	p := Provider{ID: schemas.Code(r.ID("id")), Preference: r.Number("preference", 1, 9), Members: selector(r, "members", members), Body: r.Cell("body"),
		Exploitation: limitOf(r, "exploitation", schemas.CrimeTypes()), Needs: limitOf(r, "needs", schemas.SupportNeeds()),
		Areas: areasOf(r, "areas"), Row: r.Row()}
	switch sex := r.OneOf("sexes", "any", string(schemas.Female), string(schemas.Male), ""); sex {
	case "any":
		p.Sexes.Any = true
	case "":
	default:
		p.Sexes.Words = []schemas.Code{schemas.Code(sex)}
	}
	if r.Cell("age_from") != "" {
		p.Ages = &Ages{From: r.Number("age_from", 0, oldest), To: oldest}
	}
	if r.Cell("age_to") != "" {
		if p.Ages == nil {
			r.Fault("age_to is filled, and age_from is not")
			p.Ages = &Ages{}
		}
		if p.Ages.To = r.Number("age_to", 0, oldest); p.Ages.To < p.Ages.From {
			r.Fault("age_to %d is below age_from %d", p.Ages.To, p.Ages.From)
		}
	}
	switch {
	case p.Members.IsZero() == (p.Body == ""):
		r.Fault("one of members and body must be filled, and the other not")
	case p.Body == "" && !(p.Exploitation.known() && p.Sexes.known() && p.Needs.known() && p.Ages != nil):
		r.Fault("of a member exploitation, sexes, age_from and needs must be filled: unknown means no, so that it would get nothing")
	}
	return p
}

func limitOf(r table.Record, column string, known *schemas.CodeList) Limit {
	if r.Cell(column) == "any" {
		return Limit{Any: true}
	}
	return Limit{Words: codesOf(r, column, known)}
}

// readProviders reads providers.csv. Sets of the time before it have none, and
// then referrals go to whom they name.
func (p *Policy) readProviders(tables fs.FS, f *table.Faults) {
	if _, err := fs.Stat(tables, providersTable); err != nil {
		return
	}
	for _, r := range table.Read(tables, providersTable, providerColumns, f) {
		p.providers = append(p.providers, readProvider(r, p.members))
	}
	slices.SortStableFunc(p.providers, func(a, b Provider) int {
		return strings.Compare(strconv.Itoa(a.Preference)+string(a.ID), strconv.Itoa(b.Preference)+string(b.ID))
	})
}

// checkProviders reports members with two rows that hold on one day and would
// both take the same person in: the ledger names one.
func (p *Policy) checkProviders(f *table.Faults) {
	for i := range p.providers {
		for j := range p.providers[:i] {
			a, b := &p.providers[j], &p.providers[i]
			if n := slices.IndexFunc(a.Members.list, b.Members.has); n >= 0 && a.Overlaps(&b.Row) {
				f.Add(b.Place(), "%s has a second row for %s for the same days (%s)", b.ID, p.members[a.Members.list[n]].ID, a.Place())
			}
		}
	}
}

// providerOn returns the row that says whom a member takes in, and whether
// there is any for the member on any day: a member that supports victims, and
// has no row on the day, takes in nobody.
func (p *Policy) providerOn(member int, day time.Time) (row *Provider, supports bool) {
	for k := range p.providers {
		if r := &p.providers[k]; r.Members.has(member) {
			if supports = true; r.On(day) {
				return r, true
			}
		}
	}
	return nil, supports
}

// supportTest asks whether the recipient of a referral, if it supports victims,
// takes in such a person. What is not known fits nobody who makes a difference
// by it; who only might be a child is none of an adult provider's.
func (p *Policy) supportTest(q *question) verdict {
	if q.m.Referral == nil {
		return verdict{}
	}
	row, supports := p.providerOn(q.to, q.day)
	switch {
	case !supports:
		return verdict{}
	case row == nil:
		return verdict{reason: ReasonSupport}
	case !suits(row.tests(personIn(q.m, q.i), q.recipient.Areas)):
		return verdict{reason: ReasonSupport, rule: row.ID}
	}
	return verdict{}
}

func suits(tests []schemas.SupportTest) bool {
	return !slices.ContainsFunc(tests, func(t schemas.SupportTest) bool { return t.Fit != schemas.Fits })
}

// supporter returns the provider to which a referral goes whose sender names
// none that takes in such a person, though support is needed: the first member
// that does by some item of it. It is one and no more: who the person is goes to
// nobody who need not know.
func (p *Policy) supporter(m *schemas.Message, day time.Time) (first schemas.MemberID, found bool) {
	if m.Referral == nil || len(m.Referral.Support) == 0 {
		return "", false
	}
	for k := range p.providers {
		row := &p.providers[k]
		for _, n := range row.Members.list {
			member := &p.members[n]
			if !row.On(day) || !member.On(day) || member.ID == m.Originator || !row.takes(m, member) {
				continue
			}
			if slices.Contains(m.Referral.To, member.ID) {
				return "", false
			}
			if !found {
				first, found = member.ID, true
			}
		}
	}
	return first, found
}

// takes says whether the provider takes in the person by some item.
func (r *Provider) takes(m *schemas.Message, member *Member) bool {
	for i := range m.Items {
		if suits(r.tests(personIn(m, i), member.Areas)) {
			return true
		}
	}
	return false
}
