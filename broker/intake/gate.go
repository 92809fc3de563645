package intake

import (
	"context"
	"sync"

	"liaison/schemas"
)

// gate stands before the store. While it is shut, nothing is stored and every
// record gets the same refusal at once.
type gate struct {
	mu      sync.Mutex // guards what follows
	refusal *schemas.Refusal
	giveUp  context.CancelFunc // ends the commit that is on its way, if any
}

// Shut makes the intake refuse every record until Open, with a code that means
// later and the advice. A commit that is on its way is given up: its senders
// hear at once what they would have heard after a second.
func (in *Intake) Shut(code schemas.Code, advice string) {
	g := &in.store.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusal = schemas.Refuse(code, advice)
	if g.giveUp != nil {
		g.giveUp()
	}
}

// Open ends what Shut began. What went wrong before counts no more.
func (in *Intake) Open() {
	g := &in.store.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	in.store.opened.Add(1)
	g.refusal = nil
	in.trouble.Store(nil)
}

// Last returns the highest sequence that a receipt has named since the start.
func (in *Intake) Last() uint64 { return in.store.last.Load() }

// enter lets a commit in, or returns what its records are refused with.
func (g *gate) enter(giveUp context.CancelFunc) *schemas.Refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refusal == nil {
		g.giveUp = giveUp
	}
	return g.refusal
}

// leave ends a commit and returns what is to be said instead of its own
// refusals, if the gate was shut meanwhile.
func (g *gate) leave() *schemas.Refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.giveUp = nil
	return g.refusal
}
