package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/ask"
	"liaison/broker/docket"
	"liaison/broker/intake"
	"liaison/broker/ledger"
	"liaison/broker/ledger/tree"
	"liaison/broker/node"
	"liaison/broker/policy"
	"liaison/broker/retention"
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
	tree      *tree.Tree
	intake    *intake.Intake
	router    *router.Router
	ask       *ask.Desk
	docket    *docket.Docket
	retention *retention.Keeper
	conns     []*nats.Conn
	js        jetstream.JetStream // for the operator's work
	// intakeStream is the intake as the router's guard reads it; see settled.
	intakeStream jetstream.Stream
	keeper       keeper
	scrub        *scrubber
	note         note // of the goroutine that runs Open, then Run, then Close

	changing sync.Mutex // one change of the registry or the tables at a time
}

// openWait bounds how long the streams may take to open.
const openWait = time.Minute

// publishWait is how long the client library waits for the answer to a
// publication: a little longer than whoever published.
const publishWait = 2 * time.Second

// Open takes a folder under lock, reads the tables and the registry, starts
// the embedded server and opens the streams. Nothing is accepted or routed
// until Run. Close must be called.
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	cfg.Log = slog.New(newQuiet(cfg.Log.Handler()))
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
	// Submissions, questions, intake, router and readers have a connection each,
	// so that none waits behind another's arrivals or replies.
	conns := map[string]*nats.Conn{}
	streams := map[string]jetstream.JetStream{}
	for _, name := range []string{"front", "ask", "intake", "router", "reader"} {
		if conns[name], err = b.node.Hub(name); err != nil {
			return fmt.Errorf("connecting the %s: %w", name, err)
		}
		b.conns = append(b.conns, conns[name])
		// What a stopped stream never answers must not pile up: behind 4,000 of
		// them each further publication would stall.
		if streams[name], err = jetstream.New(conns[name], jetstream.WithPublishAsyncTimeout(publishWait)); err != nil {
			return fmt.Errorf("connecting the %s: %w", name, err)
		}
	}
	b.js = streams["reader"]
	if err := b.openStore(ctx, moved); err != nil {
		return err
	}
	if b.intakeStream, err = streams["router"].Stream(ctx, schemas.IntakeName); err != nil {
		return fmt.Errorf("opening the intake: %w", err)
	}
	b.ledger = ledger.New(b.js)
	if err := b.openDocket(conns["front"]); err != nil {
		return err
	}
	if err := b.openRetention(ctx); err != nil {
		return err
	}
	b.directory.own = func() (schemas.MemberID, bool) { return b.Policy().Broker() }
	b.intake = intake.New(intake.Config{Conn: conns["front"], JetStream: streams["intake"], Directory: &b.directory, Steps: b.docket, Decided: func() uint64 { return b.router.Place() }, MaxBytes: b.cfg.MaxStore / intakeShare,
		Healthy: b.node.Healthy, Policy: b.Policy, Now: b.cfg.Now, Log: b.cfg.Log})
	b.router = router.New(router.Config{Conn: conns["router"], JetStream: streams["router"], Desks: &b.directory,
		Holders: b.docket, Erasures: b.retention, Grown: b.grown, Settled: b.settled, Heard: b.node.Heard,
		Policy: func() (*policy.Policy, string) { t := b.policy.Load(); return t.policy, t.by }, Now: b.cfg.Now, Log: b.cfg.Log})
	if b.tree, err = tree.Open(tree.Config{Dir: b.cfg.Dir, Ledger: b.ledger, Committed: b.router.Committed, Log: b.cfg.Log}); err != nil {
		return err
	}
	b.scrub = newScrubber(b.cfg, b.js)
	b.ask = ask.New(ask.Config{Conn: conns["ask"], JetStream: streams["reader"], Directory: &b.directory, Hub: b.isHub, Proofs: b.tree, Matters: b.docket, Support: b.FindSupport, Log: b.cfg.Log})
	return nil
}

// Run serves members and the operator until the context ends, then stops the
// front door first and the router after it. While the disk does not work it
// refuses what members send, and goes on by itself when it does: see heal. It
// returns an error if a part of it failed for good, and at once if the streams
// have lost an end: what came in then would take the place of what is lost.
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
	kept := make(chan error, 1)
	go func() {
		err := b.keep(routing)
		if err != nil {
			stopFront() // it cannot heal itself
		}
		kept <- err
	}()
	served := make(chan error, 8)
	go func() { served <- b.docket.Run(front) }()
	go func() { served <- b.node.Guard(front) }()
	go func() { served <- b.intake.Run(front) }()
	go func() { served <- b.ask.Run(front) }()
	go func() { served <- admin.run(front) }()
	go func() { served <- b.scrub.run(front) }()
	go func() { served <- b.keepNote(front) }()
	go func() { served <- b.scrub.guard(front, b.retention.Run, idle) }()
	var faults []error
	for range cap(served) {
		if err := <-served; err != nil {
			faults = append(faults, err)
			stopFront()
		}
	}
	stopRouting()
	return errors.Join(append(faults, <-kept)...)
}

// route routes, and record only records what operators do where nothing may be
// decided.
func (b *Broker) route(ctx context.Context) error  { return b.write(ctx, b.router.Run) }
func (b *Broker) record(ctx context.Context) error { return b.write(ctx, b.router.Record) }

// write runs what writes to the ledger, once that is the one that its tree has,
// and for as long as the tree can follow it.
func (b *Broker) write(ctx context.Context, run func(context.Context) error) error {
	if err := b.tree.Check(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		b.cfg.Log.Error("nothing is routed until an operator looks into the ledger", "err", err)
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	followed := make(chan error, 1)
	go func() {
		defer stop() // what cannot be followed must not go on
		followed <- b.tree.Run(ctx)
	}()
	err := run(ctx)
	stop()
	return errors.Join(err, <-followed)
}

// Close stops the server and gives the folder free. It may be called once Run
// has returned, or when Run was never called.
func (b *Broker) Close() {
	finishNote := b.lastNote()
	if b.docket != nil {
		if err := b.docket.Close(); err != nil {
			b.cfg.Log.Error("closing the docket", "err", err)
		}
	}
	if b.tree != nil {
		if err := b.tree.Close(); err != nil {
			b.cfg.Log.Error("closing the ledger's tree", "err", err)
		}
	}
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
// Nothing is released to it any more when Revoke returns.
func (b *Broker) Revoke(ctx context.Context, member schemas.MemberID, desk string) (accounts.Desk, error) {
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
	if err := b.Ready(); errors.Is(err, router.ErrGap) || errors.Is(err, router.ErrDamaged) {
		return d, nil // nothing at all is released
	}
	// A batch that was filled for the desk may be on its way. It is in the feed
	// with the next turn, and what comes behind it is not for this desk.
	before := b.router.Turns()
	b.router.Changed()
	if err := b.awaitTurn(ctx, func() bool { return b.router.Turns() != before }); err != nil {
		return accounts.Desk{}, fmt.Errorf("%s/%s is revoked and cut off, and it is not certain yet that the router knows: %w", member, desk, err)
	}
	return d, nil
}
