package check

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"testing"
	"testing/fstest"
	"time"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// Both readings of retention.csv come to the same, for any kind, time of a
// decision and day of review.
func TestBothReadingsOfRetentionAgree(t *testing.T) {
	files := fstest.MapFS{}
	names, err := fs.Glob(protocol.Tables, "*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(protocol.Tables, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: content}
	}
	table := "kind,feed_days,intake_days,review,valid_from,valid_to,source,confidence,notes\n"
	for i, kind := range policy.Kinds()[1:] { // the first has no row
		table += fmt.Sprintf("%s,%d,%d,%s,,2012-01-01,s,low,\n", kind, 1+7*i, 2+40*i, []string{"no", "sooner", "governs"}[i%3])
	}
	files["retention.csv"] = &fstest.MapFile{Data: []byte(table)}
	p, err := policy.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{src: keptSet{files: files}}
	own, err := c.readTables(p.Hash())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 5000 {
		kind := policy.Kinds()[r.IntN(len(policy.Kinds()))]
		e := &ledger.Entry{Kind: ledger.DecisionEntry, Route: string(kind) + ".any.any.any.any.any", At: start.Add(time.Duration(r.Int64N(int64(900 * 24 * time.Hour))))}
		if kind == schemas.KindConsent {
			e.Kind, e.Route = ledger.ConsentEntry, ""
		}
		if r.IntN(2) == 0 {
			if err := e.Review.UnmarshalText([]byte(e.At.AddDate(0, 0, r.IntN(400)-50).Format(time.DateOnly))); err != nil {
				t.Fatal(err)
			}
		}
		at := start.Add(time.Duration(r.Int64N(int64(1500 * 24 * time.Hour))))
		feeds, intake, ok := own.retained(e, at)
		row, has := p.Retention(kind, at)
		if ok != has {
			t.Fatalf("%s on %v: one has a row and the other has not", kind, at)
		}
		if !ok {
			continue
		}
		if f, i := row.Retained(e.At, e.Review); !f.Equal(feeds) || !i.Equal(intake) {
			t.Fatalf("%s of %v, to be reviewed on %v: %v and %v by one, %v and %v by the other", kind, e.At, e.Review, feeds, intake, f, i)
		}
	}
}
