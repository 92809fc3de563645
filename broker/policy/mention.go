package policy

import (
	"slices"

	"liaison/schemas"
)

// maxMentions bounds what is looked up for one message. Of what it mentions beyond
// that nobody learns but whose it is: unknown means no.
const maxMentions = 64

// Mentions are the other messages that a referral or the notice of a child
// names, and that must not be named to just anybody: that somebody was referred
// before, or that there is a tip, is itself what only those may learn who have
// something of it. They are the first of them, up to a bound, in the order of the
// message. Of other messages the table of recipients decides alone.
func Mentions(m *schemas.Message) (refs []schemas.MessageRef) {
	if !guardsMentions(m) {
		return nil
	}
	add := func(r schemas.MessageRef) {
		if r.ID != "" && len(refs) < maxMentions && !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	if m.Referral != nil {
		for _, r := range m.Referral.Earlier {
			add(r)
		}
	}
	if m.Notice != nil {
		add(m.Notice.Of)
	}
	for i := range m.Items {
		for _, l := range m.ItemLinks(i) {
			add(schemas.MessageRef{Originator: l.Originator, ID: l.ID})
		}
	}
	return refs
}

func guardsMentions(m *schemas.Message) bool {
	return m.Referral != nil || m.Notice != nil && !m.Bare()
}

// knows says whether the recipient may learn of another message: it sent it, or
// got something of it.
func (k *keeper) knows(r schemas.MessageRef) bool {
	return r.Originator == k.recipient || slices.Contains(k.rec.Known[r], k.recipient)
}

// mayLink keeps the links of which the recipient may learn.
func (k *keeper) mayLink(links []schemas.Link) []schemas.Link {
	if !guardsMentions(k.m) {
		return slices.Clone(links)
	}
	var kept []schemas.Link
	for _, l := range links {
		if k.knows(schemas.MessageRef{Originator: l.Originator, ID: l.ID}) {
			kept = append(kept, l)
		}
	}
	return kept
}

// earlier keeps the earlier referrals of the same person of which the recipient
// may learn. A competent authority learns of all: whether the person has come to
// notice before is what the mechanism is to show it (Government reply to HC 23).
func (k *keeper) earlier(refs []schemas.MessageRef) (kept []schemas.MessageRef) {
	for _, r := range refs {
		if k.Decides(k.recipient) || k.knows(r) {
			kept = append(kept, r)
		}
	}
	return kept
}
