package check

import (
	"fmt"
	"slices"
	"strings"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// parties are the members that have a part in each message that a later one is
// about: who sent or got something about it. A version of a case stands for the
// first one.
type parties struct {
	of map[key][]schemas.MemberID
	// earlier has, for each later version of a case, the version before it.
	earlier map[key]schemas.MessageRef
	// protected are the cases of which a later version's existence is protected.
	protected map[key]bool
}

func newParties() parties {
	return parties{of: map[key][]schemas.MemberID{}, earlier: map[key]schemas.MessageRef{}, protected: map[key]bool{}}
}

// firstOf is the first version of a message; itself if it is no later one.
func (p *parties) firstOf(of schemas.MessageRef) schemas.MessageRef {
	for {
		before, ok := p.earlier[keyOf(of.Originator, of.ID)]
		if !ok {
			return of
		}
		of = before
	}
}

// add adds who sent and who got an entry's message to those who have a part in
// another one.
func (p *parties) add(of schemas.MessageRef, e *ledger.Entry) {
	k := keyOf(of.Originator, of.ID)
	for _, member := range append(reached(e), e.Originator) {
		if !slices.Contains(p.of[k], member) {
			p.of[k] = append(p.of[k], member)
		}
	}
}

// version makes one case the version behind another. What was known of it as a
// case of its own is known of the first version then.
func (p *parties) version(of, before schemas.MessageRef) {
	first := p.firstOf(before)
	k, f := keyOf(of.Originator, of.ID), keyOf(first.Originator, first.ID)
	if _, ok := p.earlier[k]; ok || first == of {
		return
	}
	p.earlier[k] = before
	for _, member := range p.of[k] {
		if !slices.Contains(p.of[f], member) {
			p.of[f] = append(p.of[f], member)
		}
	}
	if p.protected[k] {
		p.protected[f] = true
	}
	delete(p.of, k)
	delete(p.protected, k)
}

// takesPart takes up who sent and who got a message that is about another one, or
// that is a later version of a case.
func (c *checker) takesPart(e *ledger.Entry, links []schemas.Link) error {
	if e.Of != nil {
		c.parties.add(c.parties.firstOf(*e.Of), e)
	}
	self := schemas.MessageRef{Originator: e.Originator, ID: e.Message}
	before, err := c.versionBefore(e, links)
	if err != nil {
		return err
	}
	if before != nil {
		c.parties.version(self, *before)
	}
	if first := c.parties.firstOf(self); first != self {
		c.parties.add(first, e)
		if e.Protected {
			c.parties.protected[keyOf(first.Originator, first.ID)] = true
		}
	}
	return nil
}

// linksOf are a message's links; of one that is erased, what is left of them.
func (c *checker) linksOf(k key, m *schemas.Message) []schemas.Link {
	if m != nil {
		return m.Links
	}
	return c.gone.links[k]
}

// versionBefore is the case that a case takes the place of: by the first link of
// that sense to a message of the same originator's, if that was decided as a case.
func (c *checker) versionBefore(e *ledger.Entry, links []schemas.Link) (*schemas.MessageRef, error) {
	i := slices.IndexFunc(links, func(l schemas.Link) bool {
		return l.Relation == schemas.Supersedes && l.Originator == e.Originator
	})
	if i < 0 || !isCase(e) {
		return nil, nil
	}
	of := schemas.MessageRef{Originator: e.Originator, ID: links[i].ID}
	_, before, err := c.before(of)
	if err != nil || before == nil || !isCase(before) {
		return nil, err
	}
	return &of, nil
}

// isCase says whether a decision is about a case that could be read.
func isCase(e *ledger.Entry) bool {
	return e.Kind == ledger.DecisionEntry && strings.HasPrefix(e.Route, string(schemas.KindCase)+".")
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
	_, e, err := c.before(m.Notice.Of)
	if err != nil {
		return err
	}
	if e == nil {
		j.found(Entry, "is a notice about what was never decided")
		return nil
	}
	first := c.parties.firstOf(m.Notice.Of)
	_, begun, err := c.before(first)
	if err != nil {
		return err
	}
	k := keyOf(first.Originator, first.ID)
	may := append(reached(e), first.Originator)
	may = append(may, c.parties.of[k]...)
	protected := e.Protected || c.parties.protected[k]
	if begun != nil { // it was decided, and reported if it is lost
		may = append(may, reached(begun)...)
		protected = protected || begun.Protected
	}
	for _, to := range reached(j.entry) {
		hub := j.tables.members[to]["kind"] == "hub" && m.Notice.Step == "protocol-board" && !protected
		if !hub && !slices.Contains(may, to) {
			j.found(Leak, fmt.Sprintf("tells %s of a matter in which it has no part", to))
		}
	}
	return nil
}
