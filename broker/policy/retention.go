package policy

import (
	"cmp"
	"io/fs"
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// What the day by which a message must be reviewed does to its retention.
const (
	// ReviewNothing: the days of the table count.
	ReviewNothing = "no"
	// ReviewSooner: the end of that day counts if it is sooner.
	ReviewSooner = "sooner"
	// ReviewGoverns: the end of that day counts wherever there is one.
	ReviewGoverns = "governs"
)

// Retention is a row of retention.csv: how long a message of a kind stays in the
// broker after it was last decided about. The agencies' own systems have
// schedules of their own; a broker keeps nothing longer than it needs (Data
// Protection Act 1998, fifth principle). All rows of the default set are
// proposals.
type Retention struct {
	Kind schemas.Kind
	// FeedDays is how long its copies stay in the feeds, and IntakeDays how long
	// the accepted message does.
	FeedDays, IntakeDays int
	// Review says what the message's own day of review does to both.
	Review string
	table.Row
}

var retentionColumns = append([]string{"kind", "feed_days", "intake_days", "review"}, table.RowColumns...)

// kinds are those of the contract.
var kinds = []schemas.Kind{schemas.KindTip, schemas.KindCase, schemas.KindConsent, schemas.KindRequest, schemas.KindAnswer, schemas.KindTasking,
	schemas.KindOutcome, schemas.KindReferral, schemas.KindDecision, schemas.KindNotice, schemas.KindRecall, schemas.KindRecallConfirmation, schemas.KindCorrection}

// Kinds returns the kinds of message that tables can speak of.
func Kinds() []schemas.Kind { return slices.Clone(kinds) }

// maxDays is the most days that anything is kept: a hundred years.
const maxDays = 36525

// readRetention reads retention.csv. Sets of the time before there was one have
// none, and then nothing is erased for its age.
func readRetention(tables fs.FS, f *table.Faults) (list []Retention) {
	if _, err := fs.Stat(tables, retentionTable); err != nil {
		return nil
	}
	for _, r := range table.Read(tables, retentionTable, retentionColumns, f) {
		t := Retention{Kind: schemas.Kind(r.OneOf("kind", words(kinds)...)), FeedDays: r.Number("feed_days", 1, maxDays),
			IntakeDays: r.Number("intake_days", 1, maxDays), Review: r.OneOf("review", ReviewNothing, ReviewSooner, ReviewGoverns), Row: r.Row()}
		if t.FeedDays > t.IntakeDays {
			r.Fault("feed_days is more than intake_days: a copy would outlive what it is made of")
		}
		list = append(list, t)
	}
	for i := range list {
		for j := range list[:i] {
			a, b := &list[j], &list[i]
			if a.Kind == b.Kind && a.Overlaps(&b.Row) {
				f.Add(b.Place(), "the kind %s has a second row at %s for the same days", b.Kind, a.Place())
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Retention) int { return cmp.Compare(a.Kind, b.Kind) })
	return list
}

// Retention returns the row for a kind on a day; false where the tables have
// none, and then nothing of that kind is erased for its age.
func (p *Policy) Retention(kind schemas.Kind, day time.Time) (Retention, bool) {
	return find(p.retention, func(r Retention) bool { return r.Kind == kind && r.On(day) })
}

// Retained returns until when the copies of a message and the message itself
// stay, from the time of the last decision about it and its day of review. Both
// are midnights of UTC: what is due is due with the day.
func (r *Retention) Retained(decided time.Time, review schemas.Date) (feeds, intake time.Time) {
	day := decided.UTC().Truncate(24 * time.Hour)
	feeds, intake = day.AddDate(0, 0, r.FeedDays+1), day.AddDate(0, 0, r.IntakeDays+1)
	if review.IsZero() || r.Review == ReviewNothing {
		return feeds, intake
	}
	weeded := review.Start().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	if !weeded.After(day) {
		return feeds, intake // it had passed when the message came in: nobody meant that
	}
	if r.Review == ReviewGoverns {
		return weeded, weeded
	}
	return earlier(feeds, weeded), earlier(intake, weeded)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// kept reports kinds that are kept for ever, and how many rows are proposals.
func (c *checker) kept() {
	for _, kind := range kinds {
		if _, ok := c.Retention(kind, c.day); !ok {
			c.add(Notice, &table.Row{File: retentionTable}, "the kind %s has no row: nothing of it is erased for its age", kind)
		}
	}
	proposals := slices.DeleteFunc(slices.Clone(c.retention), func(r Retention) bool { return r.Confidence != "low" })
	if len(proposals) > 0 {
		c.add(Notice, &table.Row{File: retentionTable}, "%d of %d times of retention are proposals, to be agreed by the members", len(proposals), len(c.retention))
	}
}
