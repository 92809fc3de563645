package policy

import (
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Grading is a row of gradings.csv: the grade that the hub gives to
// information which came ungraded, by the sort of its source, before anybody
// else may have it. Some members, HSE above all, hold nothing else.
type Grading struct {
	ID schemas.Code
	// Preference orders rows that fit the same item; the lowest counts.
	Preference int
	// ObtainedBy and Channels say which information: every cell that is filled
	// must agree.
	ObtainedBy []schemas.ObtainedBy
	Channels   []schemas.Code
	// Source, Information and Handling are the hub's grade.
	Source      schemas.SourceGrade
	Information schemas.InfoGrade
	Handling    schemas.Handling
	// Text is the sort of source, in words.
	Text string
	table.Row
}

var gradingColumns = append([]string{"id", "preference", "obtained_by", "channels", "source_grade", "information_grade", "handling", "text"}, table.RowColumns...)

func readGrading(r table.Record) Grading {
	g := Grading{
		ID: schemas.Code(r.ID("id")), Preference: r.Number("preference", 1, 5),
		ObtainedBy: table.WordsOf(r, "obtained_by", allObtainedBy...), Channels: codesOf(r, "channels", schemas.Channels()),
		Source:      schemas.SourceGrade(r.OneOf("source_grade", "A", "B", "C", "D", "E")),
		Information: schemas.InfoGrade(r.Number("information_grade", 1, 5)), Handling: schemas.Handling{r.Number("handling", 1, 5)},
		Text: r.Need("text"), Row: r.Row(),
	}
	if len(g.ObtainedBy)+len(g.Channels) == 0 {
		r.Fault("obtained_by and channels are both empty")
	}
	return g
}

// Grade returns the grade that the hub gives to an item that nobody graded,
// or nil: it is graded, or the table has no grade for information of its sort.
func (p *Policy) Grade(m *schemas.Message, i int, day time.Time) *Grading {
	it := &m.Items[i]
	if it.Source != "" || it.Information != 0 {
		return nil
	}
	for n := range p.gradings {
		g := &p.gradings[n]
		channel := len(g.Channels) == 0 || m.Tip != nil && slices.Contains(g.Channels, m.Tip.Channel)
		if channel && among(g.ObtainedBy, it.ObtainedBy) && g.On(day) {
			return g
		}
	}
	return nil
}

// grade puts the hub's grade into a copy of the item, the letters only if the
// recipient may see them. A handling code that the origin gave stays: what it
// permitted is its own to say.
func (g *Grading) grade(it schemas.Item, letters bool) schemas.Item {
	it.GradedByHub = g.ID
	if letters {
		it.Source, it.Information = g.Source, g.Information
	}
	if len(it.Handling) == 0 {
		it.Handling = slices.Clone(g.Handling)
	}
	return it
}
