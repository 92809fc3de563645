package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/ask"
	"liaison/broker/intake"
	"liaison/broker/ledger"
	"liaison/broker/node"
	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

// Broker is an open broker. Its methods may be called by any number of
// goroutines until Close.
type Broker struct {
	cfg       Config
	registry  *accounts.Registry
	node      *node.Node
	policy    atomic.Pointer[inForce]
	directory directory
	ledger    *ledger.Ledger
	intake    *intake.Intake
	router    *router.Router
	ask       *ask.Desk
	conns     []*nats.Conn
	js        jetstream.JetStream // for the operator's work
	scrub     *scrubber
	note      note // of the goroutine that runs Open, then Run, then Close

	changing sync.Mutex // one change of the registry or the tables at a time
}

// openWait bounds how long the streams may take to open.
const openWait = time.Minute

// Open takes a folder under lock, reads the tables and the registry, starts
// the embedded server and opens the streams. Nothing is accepted or routed
// until Run. Close must be called.
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Broker{cfg: cfg}
	if b.registry, err = accounts.Open(cfg.Dir); err != nil {
		return nil, fmt.Errorf("opening the registry: %w", err)
	}
	if err := b.start(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	tables, err := chooseTables(b.cfg)
	if err != nil {
		return err
	}
	p, err := readTables(b.cfg.Dir, tables)
	if err != nil {
		return fmt.Errorf("reading the protocol tables: %w", err)
	}
	b.policy.Store(&inForce{policy: p, by: "start of the broker"})
	if err := checkLastFrames(b.cfg.Dir); err != nil {
		return err
	}
	moved, err := b.openNote()
	if err != nil {
		return err
	}
	b.node, err = node.Start(node.Config{Dir: b.cfg.Dir, Listen: b.cfg.Listen, TLS: b.cfg.TLS, Plain: b.cfg.Plain, MaxStore: b.cfg.MaxStore, Log: b.cfg.Log}, b.registry)
	if err != nil {
		return fmt.Errorf("starting the message server: %w", err)
	}
	// Intake, router and readers have a connection each, so that none waits
	// behind another's replies.
	conns := map[string]*nats.Conn{}
	streams := map[string]jetstream.JetStream{}
	for _, name := range []string{"front", "intake", "router", "reader"} {
		if conns[name], err = b.node.Hub(name); err != nil {
			return fmt.Errorf("connecting the %s: %w", name, err)
		}
		b.conns = append(b.conns, conns[name])
		if streams[name], err = jetstream.New(conns[name]); err != nil {
			return fmt.Errorf("connecting the %s: %w", name, err)
		}
	}
	if err := openStreams(ctx, streams["reader"], b.cfg); err != nil {
		return err
	}
	desks := b.registry.Desks()
	if err := b.openConsumers(ctx, streams["reader"], desks, moved); err != nil {
		return err
	}
	b.directory.set(desks)
	b.js = streams["reader"]
	b.ledger = ledger.New(b.js)
	b.intake = intake.New(intake.Config{Conn: conns["front"], JetStream: streams["intake"], Directory: &b.directory,
		Policy: b.Policy, Now: b.cfg.Now, Log: b.cfg.Log})
	b.router = router.New(router.Config{Conn: conns["router"], JetStream: streams["router"], Desks: &b.directory,
		Policy: func() (*policy.Policy, string) { t := b.policy.Load(); return t.policy, t.by }, Now: b.cfg.Now, Log: b.cfg.Log})
	b.scrub = newScrubber(b.cfg, b.js)
	b.ask = ask.New(ask.Config{Conn: conns["front"], JetStream: streams["reader"], Directory: &b.directory, Hub: b.isHub, Log: b.cfg.Log})
	return nil
}

// Run serves members and the operator until the context ends, then stops the
// front door first and the router after it. It returns an error if a part of
// it failed for good, and at once if the streams have lost an end: what came in
// then would take the place of what is lost.
func (b *Broker) Run(ctx context.Context) error {
	if err := b.checkEnds(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return fmt.Errorf("looking at the streams before anything is accepted: %w", err)
	}
	admin, err := listen(b)
	if err != nil {
		return err
	}
	routing, stopRouting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRouting()
	front, stopFront := context.WithCancel(ctx)
	defer stopFront()
	routed := make(chan error, 1)
	go func() { routed <- b.scrub.guard(routing, b.router.Run) }()

	served := make(chan error, 5)
	go func() { served <- b.intake.Run(front) }()
	go func() { served <- b.ask.Run(front) }()
	go func() { served <- admin.run(front) }()
	go func() { served <- b.scrub.run(front) }()
	go func() { served <- b.keepNote(front) }()
	var faults []error
	for range cap(served) {
		if err := <-served; err != nil {
			faults = append(faults, err)
			stopFront()
		}
	}
	stopRouting()
	return errors.Join(append(faults, <-routed)...)
}

// Close stops the server and gives the folder free. It may be called once Run
// has returned, or when Run was never called.
func (b *Broker) Close() {
	finishNote := b.lastNote()
	for _, nc := range b.conns {
		nc.Close()
	}
	if b.node != nil {
		b.node.Stop()
	}
	if err := finishNote(); err != nil {
		b.cfg.Log.Error("closing the streams", "err", err)
	}
	if err := b.registry.Close(); err != nil {
		b.cfg.Log.Error("closing the registry", "err", err)
	}
}

// URL is where members connect.
func (b *Broker) URL() string { return b.node.URL() }

// Policy returns the tables in force.
func (b *Broker) Policy() *policy.Policy { return b.policy.Load().policy }

// isHub says whether the tables in force call a member the hub.
func (b *Broker) isHub(id schemas.MemberID) bool {
	m, ok := b.Policy().Member(id)
	return ok && m.Kind == "hub"
}

// Ledger returns the reader of decisions.
func (b *Broker) Ledger() *ledger.Ledger { return b.ledger }

// Enrol issues credentials for a member's desk and returns when the desk's
// account is live. The desk is made if it is new.
func (b *Broker) Enrol(ctx context.Context, e accounts.Enrolment) (accounts.Issued, error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	if err := CheckMember(b.Policy(), e.Member); err != nil {
		return accounts.Issued{}, err
	}
	issued, err := b.registry.Enrol(e)
	if err != nil {
		return accounts.Issued{}, err
	}
	// A crash from here on leaves an enrolled desk whose account and consumer
	// come with the next start.
	if err := b.node.Refresh(issued.Desk); err != nil {
		return accounts.Issued{}, fmt.Errorf("making the account of %s/%s live: %w", e.Member, issued.Desk.Name, err)
	}
	if err := openConsumer(ctx, b.js, issued.Desk); err != nil {
		return accounts.Issued{}, err
	}
	b.directory.set(b.registry.Desks())
	return issued, nil
}

// Revoke withdraws all credentials of a desk and cuts its live connections.
func (b *Broker) Revoke(_ context.Context, member schemas.MemberID, desk string) (accounts.Desk, error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	d, err := b.registry.Revoke(member, desk, b.cfg.Now())
	if err != nil {
		return accounts.Desk{}, err
	}
	if err := b.node.Refresh(d); err != nil {
		return accounts.Desk{}, fmt.Errorf("cutting the connections of %s/%s: %w", member, desk, err)
	}
	b.directory.set(b.registry.Desks())
	return d, nil
}
