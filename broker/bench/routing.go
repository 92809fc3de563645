package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// raw measures what the plain engine takes when nobody decides anything.
type raw struct{ synced, lazy *gauge }

// rawDepth is how many publishes to the engine without sync are in flight.
const rawDepth = 1024

func (b *bench) raw() (raw, error) {
	synced, err := b.plain(b.synced, 1, b.synced.inProcess)
	if err != nil {
		return raw{}, err
	}
	lazy, err := b.plain(b.lazy, 1, b.lazy.inProcess)
	return raw{&gauge{target: synced, inFlight: deepest, each: b.Plan.Each}, &gauge{target: lazy, inFlight: rawDepth, each: b.Plan.Each}}, err
}

// beside adds a rate of ours to the pairs with what the plain engines do now.
func (b *bench) beside(ctx context.Context, r raw, ours float64, synced, lazy *pairs) error {
	if err := errors.Join(b.synced.empty(ctx), b.lazy.empty(ctx)); err != nil {
		return err
	}
	s, err := r.synced.measure(ctx)
	if err != nil {
		return err
	}
	l, err := r.lazy.measure(ctx)
	synced.add(ours, s)
	lazy.add(ours, l)
	return err
}

const (
	toLazy   = "messages of the same size published to the plain engine without sync, within the process, asynchronously"
	toSynced = "messages of the same size published to the plain engine that syncs always, within the process, asynchronously"
)

// measureRouting measures how fast a backlog is decided and copied.
func (b *bench) measureRouting(ctx context.Context, st *stage) error {
	engines, err := b.raw()
	if err != nil {
		return err
	}
	for _, fanOut := range []int{1, 5} {
		var synced, lazy pairs
		if _, err := b.fillAndRoute(ctx, st, fanOut, b.Plan.Backlog/4); err != nil { // the warm-up
			return err
		}
		err := b.repeat(fmt.Sprintf("the router, fan-out %d", fanOut), func(bool) error {
			r, err := b.fillAndRoute(ctx, st, fanOut, b.Plan.Backlog)
			if err != nil {
				return err
			}
			return b.beside(ctx, engines, rate(r.messages*fanOut, r.routing), &synced, &lazy)
		})
		if err != nil {
			return err
		}
		b.addRouting(Routing, fanOut, "copies a second of a backlog that the router decides and stores, everything synced, decisions included", synced, lazy, 0.25, 12)
	}
	return nil
}

// addRouting adds the ratios of a routing rate to both plain engines. What is
// asked is asked of fan-out 5.
func (b *bench) addRouting(part Part, fanOut int, says string, synced, lazy pairs, ofLazy, ofSynced float64) {
	name := fmt.Sprintf("fan-out %d", fanOut)
	if fanOut != 5 {
		ofLazy, ofSynced = 0, 0
	}
	says = fmt.Sprintf("%s (fan-out %d, %d members), to ", says, fanOut, members)
	b.add(lazy.figure(Figure{Part: part, Name: name + ", to no sync", Says: says + toLazy, Of: "copies/s", AtLeast: ofLazy}))
	b.add(synced.figure(Figure{Part: part, Name: name + ", to sync always", Says: says + toSynced, Of: "copies/s", AtLeast: ofSynced}))
}

// work is what one filling and routing took.
type work struct {
	messages int
	routing  time.Duration
	cpu      time.Duration // of both
}

// fillAndRoute lets the intake take messages, and then the router decide them.
func (b *bench) fillAndRoute(ctx context.Context, st *stage, fanOut, messages int) (work, error) {
	t, err := st.site.target(st.doors, fanOut, st.site.areas)
	if err != nil {
		return work{}, err
	}
	t.bundled = true
	began := cpuTime()
	if _, err := t.publish(ctx, messages, bundlesInFlight); err != nil {
		return work{}, err
	}
	n, took, err := st.route(ctx, fanOut)
	return work{n, took, cpuTime() - began}, err
}
