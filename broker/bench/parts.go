package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"liaison/broker/policy"
)

// depths are how many publishes are in flight at a time.
var depths = []int{1, 16, 64, 512}

// deepest is the depth at which both sides are fastest.
const deepest = 512

// bundlesInFlight is how many bundles are.
const bundlesInFlight = 16

// measureIntake measures how fast messages are accepted: acknowledged when they
// are on the disk.
func (b *bench) measureIntake(ctx context.Context, st *stage) error {
	plain, err := b.plain(b.synced, 1, overTCP)
	if err != nil {
		return err
	}
	ours, err := st.site.target(st.doors, 1, st.site.areas)
	if err != nil {
		return err
	}
	asked := map[int]float64{1: 0.6, deepest: 7}
	var beside *gauge // the plain engine at the greatest depth
	for _, depth := range depths {
		beside = &gauge{target: plain, inFlight: depth, each: b.Plan.Each}
		f, err := b.compare(ctx, fmt.Sprintf("the intake, %d in flight", depth), &gauge{target: ours, inFlight: depth, each: b.Plan.Each}, beside)
		if err != nil {
			return err
		}
		f.Part, f.Name, f.AtLeast = Intake, strconv.Itoa(depth)+" in flight", asked[depth]
		f.Says = fmt.Sprintf("messages a second that members submit and get receipts for, each on the disk, %d in flight, to those published to the plain engine that syncs always, the same way", depth)
		b.add(f)
	}
	ours.bundled = true
	f, err := b.compare(ctx, "the intake, in bundles", &gauge{target: ours, inFlight: bundlesInFlight, each: b.Plan.Each}, beside)
	if err != nil {
		return err
	}
	f.Part, f.Name, f.AtLeast = Intake, "bundles of 100", 20
	f.Says = fmt.Sprintf("messages a second that members submit in bundles of %d, %d bundles in flight, to single ones published to the plain engine that syncs always, %d in flight", perBundle, bundlesInFlight, deepest)
	b.add(f)
	return nil
}

// compare measures two targets in turns.
func (b *bench) compare(ctx context.Context, what string, ours, plain *gauge) (Figure, error) {
	var p pairs
	err := b.repeat(what, func(oursFirst bool) error {
		var o, e float64
		err := both(oursFirst,
			func() (err error) { o, err = ours.measure(ctx); return err },
			func() (err error) { e, err = plain.measure(ctx); return err })
		p.add(o, e)
		return err
	})
	return p.figure(Figure{Of: "messages/s"}), err
}

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

// size is a set of tables.
type size struct {
	name   string
	policy *policy.Policy
}

// sizes loads the embedded tables and the larger ones.
func (b *bench) sizes() ([]size, error) {
	p, err := policy.Load(b.Tables)
	if err != nil {
		return nil, fmt.Errorf("loading the tables: %w", err)
	}
	all := []size{{"embedded", p}}
	for _, n := range b.Plan.Rules {
		p, err := larger(filepath.Join(b.Dir, fmt.Sprintf("tables-%d", n)), b.Tables, n, b.site.areas)
		if err != nil {
			return nil, err
		}
		all = append(all, size{strconv.Itoa(n), p})
	}
	return all, nil
}

// measureTables measures what larger tables cost.
func (b *bench) measureTables(ctx context.Context, st *stage) error {
	const fanOut = 5
	sizes, err := b.sizes()
	if err != nil {
		return err
	}
	wall, cpu := make([]pairs, len(sizes)), make([]pairs, len(sizes))
	err = b.repeat("the size of the tables", func(bool) error {
		var embedded work
		for i, s := range sizes {
			st.policy.Store(s.policy)
			w, err := b.fillAndRoute(ctx, st, fanOut, b.Plan.Backlog)
			if err != nil {
				return err
			}
			if i == 0 {
				embedded = w
			}
			perMessage := func(w work) (wall, cpu float64) {
				return w.routing.Seconds() * 1e6 / float64(w.messages), w.cpu.Seconds() * 1e6 / float64(w.messages)
			}
			ours, oursCPU := perMessage(w)
			base, baseCPU := perMessage(embedded)
			wall[i].add(ours, base)
			cpu[i].add(oursCPU, baseCPU)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, s := range sizes[1:] {
		says := fmt.Sprintf("with %s more rules, and as many more members, to with the embedded tables (fan-out %d)", s.name, fanOut)
		b.add(wall[i+1].figure(Figure{Part: Tables, Name: s.name + " rules, time", Of: "µs/message", AtMost: 1.2,
			Says: "time to route a message of a backlog " + says}))
		if cpuTime() > 0 {
			b.add(cpu[i+1].figure(Figure{Part: Tables, Name: s.name + " rules, processor", Of: "µs/message", AtMost: 1.2,
				Says: "processor time of sending, accepting and routing a message " + says}))
		}
	}
	return nil
}
