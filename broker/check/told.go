package check

import (
	"fmt"
	"slices"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// parties are the members that have a part in each message that a later one is
// about: who sent or got something about it. A version of a case stands for the
// first one.
type parties struct {
	of    map[key][]schemas.MemberID
	first map[key]schemas.MessageRef
}

func newParties() parties {
	return parties{of: map[key][]schemas.MemberID{}, first: map[key]schemas.MessageRef{}}
}

// firstOf is the first version of a message; itself if it is no later one.
func (p *parties) firstOf(of schemas.MessageRef) schemas.MessageRef {
	if first, ok := p.first[keyOf(of.Originator, of.ID)]; ok {
		return first
	}
	return of
}

// add takes up who sent and who got a message that is about another one, or by
// its links a later version of one.
func (p *parties) add(e *ledger.Entry, links []schemas.Link) {
	var about []schemas.MessageRef
	if e.Of != nil {
		about = append(about, p.firstOf(*e.Of))
	}
	for _, l := range links {
		if l.Relation == schemas.Supersedes {
			first := p.firstOf(schemas.MessageRef{Originator: l.Originator, ID: l.ID})
			p.first[keyOf(e.Originator, e.Message)] = first
			about = append(about, first)
		}
	}
	for _, of := range about {
		k := keyOf(of.Originator, of.ID)
		for _, member := range append(reached(e), e.Originator) {
			if !slices.Contains(p.of[k], member) {
				p.of[k] = append(p.of[k], member)
			}
		}
	}
}

// reached are the members that got something by a decision.
func reached(e *ledger.Entry) (list []schemas.MemberID) {
	for _, o := range e.Outcomes {
		if o.Member != "" && o.Outcome == schemas.Disclosed {
			list = append(list, o.Member)
		}
	}
	return list
}

// tellsOnlyParties reports a notice of the broker's own that names a matter to
// somebody who has no part in it: who neither sent nor got it, nor anything about
// it. The hub alone hears of a matter that is not its own, for the protocol
// board, at the last step of the escalation, and not where the existence of the
// matter is protected (POCA 2002 s.333A).
func (c *checker) tellsOnlyParties(j *judged) error {
	m := j.message
	if m == nil || m.Notice == nil || j.tables == nil || m.Notice.Of.ID == "" {
		return nil
	}
	if from := j.tables.members[m.Originator]; from["kind"] != "broker" {
		return nil
	}
	of := c.parties.firstOf(m.Notice.Of)
	_, e, err := c.before(of)
	if err != nil {
		return err
	}
	if e == nil {
		j.found(Entry, "is a notice about what was never decided")
		return nil
	}
	may := append(reached(e), of.Originator)
	may = append(may, c.parties.of[keyOf(of.Originator, of.ID)]...)
	for _, to := range reached(j.entry) {
		hub := j.tables.members[to]["kind"] == "hub" && m.Notice.Step == "protocol-board" && !e.Protected
		if !hub && !slices.Contains(may, to) {
			j.found(Leak, fmt.Sprintf("tells %s of a matter in which it has no part", to))
		}
	}
	return nil
}
