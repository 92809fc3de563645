package node

import (
	"context"
	"errors"
	"time"

	server "github.com/nats-io/nats-server/v2/server"
)

// For every question of a desk that may have several answers, above all a
// pull, the server keeps the way back for two to four minutes, about 350 bytes,
// and knows no limit: one desk can ask 45,000 times a second. The guard is that
// limit. Clients that take their inbox back when they have their answer, as
// nats.go does, leave nothing.
const (
	// maxWaysBack is how many there may be in all before a desk is shut out.
	maxWaysBack = 500_000
	// fairWaysBack is how many a desk may always have: a client that pulls
	// copies one by one leaves some thousands.
	fairWaysBack = 50_000
	// suspension is how long a desk stays out: until its ways back are gone.
	suspension = 5 * time.Minute
	// guardStep is how often the guard looks.
	guardStep = 250 * time.Millisecond
)

// guard remembers between two looks.
type guard struct {
	max, fair int
	counted   int // how many ways back there were when they were last counted
}

// Guard shuts out desks that ask more than the server can remember, each for
// some minutes, until the context ends. Everybody else's questions go on.
func (n *Node) Guard(ctx context.Context) error {
	tick := time.NewTicker(guardStep)
	defer tick.Stop()
	g := &guard{max: maxWaysBack, fair: fairWaysBack}
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if err := errors.Join(n.watch(g, now), n.readmit(now)); err != nil {
				n.log.Error("guarding the ways back between accounts", "err", err)
			}
		}
	}
}

// watch suspends the desk that has the most ways back if there are too many.
// Counting takes a while, so it is done again only when more have come.
func (n *Node) watch(g *guard, now time.Time) error {
	running := n.current.Load()
	if running == nil {
		return nil // the store is being opened again
	}
	hub, err := running.LookupAccount(n.registry.HubAccount())
	if err != nil {
		return err
	}
	total := hub.NumPendingAllResponses()
	g.counted = min(g.counted, total)
	if total <= g.max || total-g.counted < g.fair/2 {
		return nil
	}
	g.counted = total
	info, err := running.Accountz(&server.AccountzOptions{Account: n.registry.HubAccount()})
	if err != nil {
		return err
	}
	byDesk := map[string]int{}
	for _, r := range info.Account.Responses {
		byDesk[r.Account]++
	}
	return n.suspendWorst(byDesk, g.fair, now)
}

// suspendWorst suspends whoever has the most ways back, more than is fair and
// is not out already.
func (n *Node) suspendWorst(byDesk map[string]int, fair int, now time.Time) error {
	n.changing.Lock()
	defer n.changing.Unlock()
	worst := ""
	for key, have := range byDesk {
		_, isDesk := n.registry.DeskByAccount(key)
		if _, out := n.suspended[key]; isDesk && !out && have > fair && have > byDesk[worst] {
			worst = key
		}
	}
	if worst == "" {
		return nil
	}
	desk, _ := n.registry.DeskByAccount(worst)
	n.log.Error("a desk asks more than the server can remember, and is shut out for a while",
		"desk", desk.String(), "pending", byDesk[worst], "for", suspension)
	n.suspended[worst] = now.Add(suspension)
	return n.refresh(worst)
}

// readmit lets those in again whose time is over.
func (n *Node) readmit(now time.Time) error {
	n.changing.Lock()
	defer n.changing.Unlock()
	var faults []error
	for key, until := range n.suspended {
		if now.After(until) {
			delete(n.suspended, key)
			faults = append(faults, n.refresh(key))
		}
	}
	return errors.Join(faults...)
}
