package ledger_test

import (
	"bytes"
	"testing"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// FuzzParse: whatever parses can be sealed as the next entry, and what is
// sealed parses into the same entry, byte for byte.
func FuzzParse(f *testing.F) {
	for _, e := range []ledger.Entry{
		{Kind: ledger.PolicyEntry, At: time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC), Policy: "abc", By: "test"},
		{Kind: ledger.DecisionEntry, Originator: "gla", Message: "6f1d0c9e-3f0e-8b0a-9d7e-000000000001", Intake: 1, Copies: 2, Held: true, Waiting: []int{1},
			Outcomes: []schemas.Outcome{{Member: "lincolnshire", Outcome: schemas.Disclosed, Desks: []string{"main"}}}},
		{Kind: ledger.ConsentEntry, Originator: "hmrc-nmw", Message: "6f1d0c9e-3f0e-8b0a-9d7e-000000000002", Void: "not-yours",
			About: &ledger.Record{By: "hmrc-nmw", Items: []int{0}, Authority: "commissioners", Answer: schemas.Given}},
	} {
		b, _, err := ledger.Chain{}.Seal(&e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"entry":18446744073709551615,"previous":null,"at":"0001-01-01T00:00:00Z","outcomes":[{}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ledger.Parse(b)
		if err != nil {
			return
		}
		sealed, chain, err := ledger.Chain{Number: 6, Hash: "x"}.Seal(&e)
		if err != nil {
			return // such as a year that JSON cannot write: it is never stored
		}
		again, err := ledger.Parse(sealed)
		if err != nil {
			t.Fatalf("what was sealed does not parse: %v", err)
		}
		if again.Number != 7 || chain.Number != 7 || again.Previous != "x" || chain.Hash != ledger.HashOf(sealed) {
			t.Fatalf("sealed as %d behind %q, chain %+v", again.Number, again.Previous, chain)
		}
		twice, _, err := ledger.Chain{Number: 6, Hash: "x"}.Seal(&again)
		if err != nil || !bytes.Equal(twice, sealed) {
			t.Fatalf("an entry changes on its way: %v\n%s\n%s", err, sealed, twice)
		}
	})
}
