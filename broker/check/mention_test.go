package check

import (
	"fmt"
	"slices"
	"testing"

	"liaison/broker/policy"
	"liaison/schemas"
)

// TestBothReadingsMentionTheSame: a message that names more others than are looked
// up costs no more, whoever reads it.
func TestBothReadingsMentionTheSame(t *testing.T) {
	ref := func(n int) schemas.MessageRef {
		return schemas.MessageRef{Originator: "gla", ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012x", n))}
	}
	for _, links := range []int{0, 1, 40, 200} {
		m := &schemas.Message{Kind: schemas.KindReferral, Referral: &schemas.Referral{Form: schemas.ChildForm, Earlier: []schemas.MessageRef{ref(1), ref(2)}}, Items: make([]schemas.Item, 4)}
		for n := range links {
			it := &m.Items[n%4]
			it.Links = append(it.Links, schemas.Link{Originator: "gla", ID: ref(n / 2).ID, Relation: schemas.SeeAlso})
		}
		got, want := policy.Mentions(m), mentions(m)
		if !slices.Equal(got, want) || len(got) > 64 || len(got) < min(links/2, 64) {
			t.Errorf("%d links: the policy reads %d, the checker %d", links, len(got), len(want))
		}
	}
}
