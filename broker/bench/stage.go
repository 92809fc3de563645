package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/intake"
	"liaison/broker/ledger"
	"liaison/broker/node"
	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

// stage is the broker's parts on a site's folder, wired as the broker wires
// them, with the intake running and the router only when it is told to.
type stage struct {
	site     *site
	registry *accounts.Registry
	node     *node.Node
	doors    doors
	streams  map[string]jetstream.JetStream
	conns    map[string]*nats.Conn
	policy   atomic.Pointer[policy.Policy]
	desks    desks
	// decided is the intake sequence up to which the router has decided.
	decided uint64

	stopIntake context.CancelFunc
	intake     chan error
}

// desks knows who is enrolled.
type desks struct {
	byAccount map[string]schemas.MemberID
	byMember  map[schemas.MemberID][]router.Desk
}

// MemberOf returns the member behind an account.
func (d desks) MemberOf(account string) (schemas.MemberID, bool) {
	m, ok := d.byAccount[account]
	return m, ok
}

// DesksOf returns the desks of a member.
func (d desks) DesksOf(m schemas.MemberID) []router.Desk { return d.byMember[m] }

// openStage opens the parts on a folder on which a broker has made the streams.
func openStage(s *site, p *policy.Policy) (*stage, error) {
	st := &stage{site: s, streams: map[string]jetstream.JetStream{}, conns: map[string]*nats.Conn{}, intake: make(chan error, 1)}
	st.policy.Store(p)
	if err := st.open(); err != nil {
		st.close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	st.stopIntake = stop
	in := intake.New(intake.Config{Conn: st.conns["front"], JetStream: st.streams["intake"], Directory: st.desks, Steps: noMatters{}, Decided: func() uint64 { return 0 }, MaxBytes: maxStore / 4,
		Healthy: st.node.Healthy, Policy: st.policy.Load, Now: time.Now, Log: s.log})
	go func() { st.intake <- in.Run(ctx) }()
	return st, nil
}

func (st *stage) open() (err error) {
	if st.registry, err = accounts.Open(st.site.dir); err != nil {
		return err
	}
	st.desks = desks{byAccount: map[string]schemas.MemberID{}, byMember: map[schemas.MemberID][]router.Desk{}}
	for _, d := range st.registry.Desks() {
		st.desks.byAccount[d.Account] = d.Member
		st.desks.byMember[d.Member] = append(st.desks.byMember[d.Member],
			router.Desk{Member: d.Member, Name: d.Name, Account: d.Account, Filter: d.Filter, Encoding: d.Encoding})
	}
	st.node, err = node.Start(node.Config{Dir: st.site.dir, Listen: listen, MaxStore: maxStore, Log: st.site.log}, st.registry)
	if err != nil {
		return err
	}
	for _, name := range []string{"front", "intake", "router", "reader"} {
		if st.conns[name], err = st.node.Hub(name); err != nil {
			return err
		}
		if st.streams[name], err = jetstream.New(st.conns[name]); err != nil {
			return fmt.Errorf("connecting the %s: %w", name, err)
		}
	}
	st.doors, err = st.site.doors(st.node.URL())
	return err
}

// close stops what runs.
func (st *stage) close() error {
	st.doors.close()
	var fault error
	if st.stopIntake != nil {
		st.stopIntake()
		fault = <-st.intake
	}
	if st.node != nil {
		st.node.Stop()
	}
	if st.registry != nil {
		fault = errors.Join(fault, st.registry.Close())
	}
	return fault
}

// route runs the router until everything that the intake has taken is decided,
// and returns how many messages that were and how long it took. It fails unless
// each of them has so many copies.
func (st *stage) route(ctx context.Context, fanOut int) (messages int, took time.Duration, err error) {
	end, from, err := st.ends(ctx)
	if err != nil {
		return 0, 0, err
	}
	r := router.New(router.Config{Conn: st.conns["router"], JetStream: st.streams["router"], Desks: st.desks, Heard: st.node.Heard, Holders: noMatters{}, Grown: func(ledger.Growth) {}, Now: time.Now, Log: st.site.log,
		Policy: func() (*policy.Policy, string) { return st.policy.Load(), "bench" }})
	routing, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- r.Run(routing) }()
	err = await(ctx, time.Millisecond, func() bool { return r.Place() == end })
	took = time.Since(began)
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return 0, 0, fmt.Errorf("routing: %w", err)
	}
	_, to, err := st.ends(ctx)
	if err != nil {
		return 0, 0, err
	}
	messages = int(end - st.decided)
	st.decided = end
	return messages, took, checkCopies(messages, int(to-from), fanOut)
}

// checkCopies holds what was stored about messages against what should be: a
// decision and the copies of each and, at most, that other tables came into force.
func checkCopies(messages, stored, fanOut int) error {
	if extra := stored - messages*(1+fanOut); extra != 0 && extra != 1 {
		return fmt.Errorf("%d messages for %d members each have %d decisions and copies", messages, fanOut, stored)
	}
	return nil
}

// ends returns the end of the intake, and that of the disclosures.
func (st *stage) ends(ctx context.Context) (intake, disclosures uint64, err error) {
	for name, end := range map[string]*uint64{schemas.IntakeName: &intake, ledger.Stream: &disclosures} {
		stream, err := st.streams["reader"].Stream(ctx, name)
		if err != nil {
			return 0, 0, fmt.Errorf("reading the end of %s: %w", name, err)
		}
		*end = stream.CachedInfo().State.LastSeq
	}
	return intake, disclosures, nil
}

// await looks again and again until it is so.
func await(ctx context.Context, every time.Duration, so func() bool) error {
	look := time.NewTicker(every)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// noMatters stands for the docket: tips have no matters.
type noMatters struct{}

// Root is the message itself.
func (noMatters) Root(of schemas.MessageRef) (schemas.MessageRef, error) { return of, nil }

// Allow allows everything.
func (noMatters) Allow(context.Context, *schemas.Message) (*schemas.Refusal, error) { return nil, nil }

// Recalled knows of no recall.
func (noMatters) Recalled(context.Context, schemas.MessageRef) (bool, error) { return false, nil }

// Holders knows of nobody.
func (noMatters) Holders(context.Context, schemas.MessageRef) ([]schemas.MemberID, error) {
	return nil, nil
}
