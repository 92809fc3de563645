package docket

import (
	"slices"

	bolt "go.etcd.io/bbolt"

	"liaison/broker/policy"
	"liaison/schemas"
)

// The source of a case, whose message the case is made of, may not have got the
// case, and must then not hear that there is one.

// protect has a case that a later version says is protected be told to nobody
// more: its sources are no longer owed its outcome, and the hub does not hear of
// its clocks.
func (c *change) protect(t *Thread) error {
	if !c.entry.Protected || t.Protected {
		return nil
	}
	t.Protected = true
	if err := c.endThose(t.Of, policy.ClockOutcome, schemas.EndFellAway, func(*Clock) bool { return true }); err != nil {
		return err
	}
	var clocks []*Clock
	err := eachClock(c.tx, t.Of, "", func(k *Clock) error {
		k.Protected = true
		clocks = append(clocks, k)
		return nil
	})
	for i := 0; err == nil && i < len(clocks); i++ {
		err = putClock(c.tx, clocks[i])
	}
	return err
}

// knownAs is the message by which a member knows the matter of a clock. Whoever is
// owed the outcome of a case that it has not got knows it by the first of its own
// messages that the case is made of.
func (c *Clock) knownAs(tx *bolt.Tx, m schemas.MemberID) (schemas.MessageRef, error) {
	if c.Name != policy.ClockOutcome || m == "" || m != c.To || m == c.Of.Originator {
		return c.Of, nil
	}
	t, err := readThread(tx, c.Of)
	if err != nil || slices.Contains(t.Parties, m) {
		return c.Of, err
	}
	own := slices.IndexFunc(t.Promoted, func(of schemas.MessageRef) bool { return of.Originator == m })
	return t.Promoted[own], nil // an outcome is owed to nobody else
}

// shownTo is the clock as a member may see it at a time; as it is to the
// operator, who is no member.
func (d *Docket) shownTo(tx *bolt.Tx, c *Clock, m schemas.MemberID) (v schemas.Clock, err error) {
	v = c.asOf(d.cfg.Now())
	v.Of, err = c.knownAs(tx, m)
	return v, err
}

// clocksFor are the clocks of a thread that a member owes or is owed, with those
// that it knows by the thread's message alone; all of the thread's to the operator.
func (d *Docket) clocksFor(tx *bolt.Tx, of schemas.MessageRef, m schemas.MemberID) (clocks []schemas.Clock, err error) {
	cases, err := casesOf(tx, of)
	if err != nil {
		return nil, err
	}
	err = eachClock(tx, of, "", func(c *Clock) error {
		if m != "" && c.Owes != m && c.To != m {
			return nil
		}
		v, err := d.shownTo(tx, c, m)
		clocks = append(clocks, v)
		return err
	})
	for i := 0; err == nil && m != "" && i < len(cases); i++ {
		err = eachClock(tx, cases[i], policy.ClockOutcome, func(c *Clock) error {
			v, err := d.shownTo(tx, c, m)
			if c.To == m && v.Of == of {
				clocks = append(clocks, v)
			}
			return err
		})
	}
	return clocks, err
}

// casesOf are the threads of those messages that are made of a message directly.
func casesOf(tx *bolt.Tx, of schemas.MessageRef) (cases []schemas.MessageRef, err error) {
	err = eachUnder(tx.Bucket(madeBucket), of, func(rest, _ []byte) error {
		made, err := parseRef(string(rest))
		if err != nil {
			return err
		}
		root, err := rootOf(tx, made)
		if err == nil && root != of && !slices.Contains(cases, root) {
			cases = append(cases, root)
		}
		return err
	})
	return cases, err
}
