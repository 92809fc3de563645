package bench

import (
	"context"
	"fmt"
	"strconv"
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
	if err := b.besideBatches(ctx, fmt.Sprintf("%d in flight", deepest), &gauge{target: ours, inFlight: deepest, each: b.Plan.Each}, halfBatch); err != nil {
		return err
	}
	ours.bundled = true
	bundles := &gauge{target: ours, inFlight: bundlesInFlight, each: b.Plan.Each}
	f, err := b.compare(ctx, "the intake, in bundles", bundles, beside)
	if err != nil {
		return err
	}
	f.Part, f.Name, f.AtLeast = Intake, "bundles of 100", 20
	f.Says = fmt.Sprintf("messages a second that members submit in bundles of %d, %d bundles in flight, to single ones published to the plain engine that syncs always, %d in flight", perBundle, bundlesInFlight, deepest)
	b.add(f)
	return b.besideBatches(ctx, fmt.Sprintf("bundles of %d", perBundle), bundles, largestBatch)
}

// rater measures a rate in messages a second.
type rater interface {
	measure(ctx context.Context) (float64, error)
}

// compare measures two sides in turns.
func (b *bench) compare(ctx context.Context, what string, ours, plain rater) (Figure, error) {
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
