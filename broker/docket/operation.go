package docket

import (
	"bytes"
	"context"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"liaison/schemas"
)

// maxOperation is how many cases of an operation are shown.
const maxOperation = 200

// Operation returns what a member may know of an operation: the cases of which
// it was told that they belong to it. With no member it is everything, for the
// operator. Without cases there is nothing.
func (d *Docket) Operation(ctx context.Context, name string, m schemas.MemberID) (schemas.Operation, error) {
	v := schemas.Operation{Cases: []schemas.OperationCase{}, States: map[schemas.CaseStatus]int{}, Results: map[schemas.Code]int{}}
	if err := d.Advance(ctx); err != nil {
		return v, err
	}
	var threads []*Thread
	err := d.db.View(func(tx *bolt.Tx) error {
		prefix := append([]byte(strings.ToLower(name)), 0)
		cursor := tx.Bucket(namesBucket).Cursor()
		for k, _ := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = cursor.Next() {
			ref, err := parseRef(string(k[len(prefix):]))
			if err != nil {
				return err
			}
			t, err := readThread(tx, ref)
			if err != nil {
				return err
			}
			if m != "" && t.Of.Originator != m && !slices.Contains(t.Named, m) {
				continue
			}
			if len(threads) == maxOperation {
				v.More = true
				return nil
			}
			c := schemas.OperationCase{Of: t.Of, Status: t.Status, Lead: t.lead("")}
			if c.Results, err = resultsFor(tx, t, m); err != nil {
				return err
			}
			threads, v.Cases = append(threads, t), append(v.Cases, c)
		}
		return nil
	})
	for i := 0; err == nil && i < len(threads); i++ {
		v.Name = threads[i].Operation
		v.States[v.Cases[i].Status]++
		for _, r := range v.Cases[i].Results {
			v.Results[r]++
		}
		v.Cases[i].Promoted, err = d.heldBy(ctx, threads[i].Promoted, m)
		v.Members = append(v.Members, threads[i].takesPart(m)...)
	}
	slices.Sort(v.Members)
	v.Members = slices.Compact(v.Members)
	return v, err
}

// takesPart are those that a member may know to take part in a case.
func (t *Thread) takesPart(m schemas.MemberID) (members []schemas.MemberID) {
	var v schemas.Thread
	t.showTo(m, &v)
	for _, lead := range v.Leads {
		members = append(members, lead)
	}
	if m == "" {
		members = append(append(members, t.Of.Originator), t.Parties...)
	}
	return members
}

// resultsFor are what came of a case, by the outcomes that a member sent or got.
func resultsFor(tx *bolt.Tx, t *Thread, m schemas.MemberID) (results []schemas.Code, err error) {
	steps, err := stepsFor(tx, t.Of, m)
	for _, s := range steps {
		for _, w := range s.Words {
			_, known := schemas.Results().Lookup(w)
			if s.Kind == schemas.KindOutcome && known && !slices.Contains(results, w) {
				results = append(results, w)
			}
		}
	}
	return results, err
}
