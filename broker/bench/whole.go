package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"liaison/broker"
	"liaison/schemas"
)

// running is a broker that runs, with its senders' connections.
type running struct {
	*broker.Broker
	doors  doors
	cancel context.CancelFunc
	ended  chan error
}

// runBroker starts the broker on the site's folder and returns when it has
// taken up its place and answered the senders' first message.
func (s *site) runBroker(ctx context.Context) (*running, error) {
	open, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	serving, cancel := context.WithCancel(ctx)
	r := &running{Broker: open, cancel: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- open.Run(serving) }()
	if err := r.ready(ctx, s); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	return r, nil
}

func (r *running) ready(ctx context.Context, s *site) (err error) {
	if err := s.awaitDecided(ctx, r); err != nil {
		return err
	}
	if r.doors, err = s.doors(r.URL()); err != nil {
		return err
	}
	t, err := s.target(r.doors, 1, s.areas)
	if err != nil {
		return err
	}
	_, err = t.publish(ctx, 1, 1)
	return err
}

// awaitDecided waits until everything that was ever sent is decided.
func (s *site) awaitDecided(ctx context.Context, r *running) error {
	return await(ctx, 5*time.Millisecond, func() bool {
		now := r.Status()
		return now.Ready && now.Place == s.counter.Load()
	})
}

func (r *running) stop() error {
	r.doors.close()
	r.cancel()
	err := <-r.ended
	r.Close()
	return err
}

// onBroker measures the broker as a whole.
func (b *bench) onBroker(ctx context.Context) (err error) {
	r, err := b.site.runBroker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if b.wants(Whole, Cost) {
		if err := b.measureWhole(ctx, r); err != nil {
			return err
		}
	}
	if b.wants(Latency) {
		if err := b.measureLatency(ctx, r); err != nil {
			return err
		}
	}
	if more := b.Plan.Stored - int(b.site.counter.Load()); more > 0 {
		b.Say("storing %d more messages", more)
		if _, err := b.through(ctx, r, 1, more); err != nil {
			return err
		}
	}
	b.Say("checking the balance of %d messages", b.site.counter.Load())
	balance, err := r.Balance(ctx)
	if err == nil && (!balance.Balanced() || balance.Accepted != b.site.counter.Load()) {
		err = fmt.Errorf("the balance does not hold: %d sent, %+v", b.site.counter.Load(), balance)
	}
	return err
}

// measureWhole measures messages all the way: sent, accepted, decided, copied.
func (b *bench) measureWhole(ctx context.Context, r *running) error {
	engines, err := b.raw()
	if err != nil {
		return err
	}
	for _, fanOut := range []int{1, 5} {
		if _, err := b.through(ctx, r, fanOut, b.Plan.Backlog/4); err != nil { // the warm-up
			return err
		}
		var synced, lazy pairs
		var used usage
		err := b.repeat(fmt.Sprintf("the whole way, fan-out %d", fanOut), func(bool) error {
			before := b.site.meter()
			took, err := b.through(ctx, r, fanOut, b.Plan.Backlog)
			if err != nil {
				return err
			}
			used.add(before.since(b.site), b.Plan.Backlog)
			return b.beside(ctx, engines, rate(b.Plan.Backlog*fanOut, took), &synced, &lazy)
		})
		if err != nil {
			return err
		}
		b.addRouting(Whole, fanOut, "copies a second, from members' submissions in bundles to the feeds, everything synced", synced, lazy, 0.2, 0)
		b.addCost(fanOut, used)
	}
	return nil
}

// through sends messages in bundles and waits until all of them are decided.
func (b *bench) through(ctx context.Context, r *running, fanOut, messages int) (time.Duration, error) {
	t, err := b.site.target(r.doors, fanOut, b.site.areas)
	if err != nil {
		return 0, err
	}
	t.bundled = true
	began := time.Now()
	if _, err := t.publish(ctx, messages, bundlesInFlight); err != nil {
		return 0, err
	}
	err = b.site.awaitDecided(ctx, r)
	return time.Since(began), err
}

// target is a broker as its senders see it.
func (s *site) target(d doors, fanOut int, areas []schemas.Code) (target, error) {
	supplies, err := s.supplies(&s.counter, fanOut, areas)
	return target{address: schemas.SubmitAddress, conns: d, supplies: supplies}, err
}
