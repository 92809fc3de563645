package policy_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

func TestRetained(t *testing.T) {
	for _, test := range []struct {
		why, review, day string
		feeds, intake    string
	}{
		{"the table's days, counted behind the day of the decision", policy.ReviewSooner, "", "2009-08-25", "2009-09-14"},
		{"a day of review that is sooner than both", policy.ReviewSooner, "2009-08-20", "2009-08-21", "2009-08-21"},
		{"one that is sooner than one of them", policy.ReviewSooner, "2009-09-01", "2009-08-25", "2009-09-02"},
		{"one that is later", policy.ReviewSooner, "2010-09-01", "2009-08-25", "2009-09-14"},
		{"one that governs, though it is later", policy.ReviewGoverns, "2010-09-01", "2010-09-02", "2010-09-02"},
		{"one that means nothing", policy.ReviewNothing, "2009-08-20", "2009-08-25", "2009-09-14"},
		{"one that had passed when it came in", policy.ReviewGoverns, "2009-07-01", "2009-08-25", "2009-09-14"},
		{"the day of the decision itself", policy.ReviewSooner, "2009-08-14", "2009-08-15", "2009-08-15"},
	} {
		var review schemas.Date
		if err := review.UnmarshalText([]byte(test.day)); err != nil {
			t.Fatal(err)
		}
		row := policy.Retention{FeedDays: 10, IntakeDays: 30, Review: test.review}
		feeds, intake := row.Retained(time.Date(2009, 8, 14, 23, 59, 0, 0, time.UTC), review)
		if got := feeds.Format(time.DateOnly) + " " + intake.Format(time.DateOnly); got != test.feeds+" "+test.intake {
			t.Errorf("%s: kept until %s, want %s %s", test.why, got, test.feeds, test.intake)
		}
	}
}

func TestRetentionIsReadStrictly(t *testing.T) {
	const name = "retention.csv"
	for why, c := range map[string]struct {
		set  fstest.MapFS
		want string
	}{
		"an unknown kind":                    {add(t, name, "letter,1,1,no,,,s,low,"), `kind is "letter"`},
		"a second row for a kind":            {add(t, name, "tip,1,1,no,,,s,low,"), "the kind tip has a second row at retention.csv:2"},
		"no days at all":                     {edit(t, name, "tip,180,", "tip,0,"), `feed_days is "0"`},
		"copies that outlive the message":    {edit(t, name, "tip,180,2190", "tip,180,90"), "a copy would outlive what it is made of"},
		"a review that means something else": {edit(t, name, "2190,sooner", "2190,later"), `review is "later"`},
		"no source":                          {edit(t, name, "sooner,,,design", "sooner,,,"), "source is empty"},
	} {
		if _, err := policy.Load(c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", why, err, c.want)
		}
	}
	// Rows may follow each other, and a set without the table keeps for ever.
	split := edit(t, name, "tip,180,2190,sooner,,,", "tip,180,2190,sooner,,2010-01-01,")
	split[name].Data = append(split[name].Data, "tip,10,20,no,2010-01-01,,s,low,\n"...)
	p, err := policy.Load(split)
	if err != nil {
		t.Fatal(err)
	}
	if row, ok := p.Retention(schemas.KindTip, time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)); !ok || row.FeedDays != 10 {
		t.Errorf("on the first day of the second row: %+v, %v", row, ok)
	}
	old := tables(t)
	delete(old, name)
	if p, err = policy.Load(old); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.Retention(schemas.KindTip, time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)); ok {
		t.Error("a set without the table erases")
	}
}
