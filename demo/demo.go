// Package demo runs a whole broker on invented records. It uses what everybody
// else uses: the broker over TCP, credentials, the agents and their folders.
// What happens is told to a [Show], which prints it.
package demo

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/deploy/samples"
	"liaison/schemas"
)

// Config says how a demonstration runs. Every field is required but Once.
type Config struct {
	// Dir is where everything is kept. A second run on it goes on from there.
	Dir string
	// Once makes Run return when everything is through.
	Once bool
	// Program is how the program was started, for lines to paste.
	Program string
	// Adapter returns the adapter of an agency for a member's records.
	Adapter func(agency string, member schemas.MemberID) (agents.Adapter, error)
	// Show is told what happens, by one goroutine at a time.
	Show Show
	Log  *slog.Logger
}

// Show tells a person or a program what happens.
type Show interface {
	Say(format string, args ...any)
	Decided(ledger.Entry) error
	Rejected(agents.Reject)
	Balance(broker.Balance) error
}

// demo is one run.
type demo struct {
	Config
	broker *broker.Broker
	shown  atomic.Uint64 // the number of the last ledger entry that is shown

	mu sync.Mutex // guards Show
}

// demoAgents are the agents of the demonstration: agency, member, and the
// folder of its samples, by whose last part its inbox is named.
var demoAgents = []struct {
	agency  string
	member  schemas.MemberID
	samples string
}{
	{"gla", "gla", "gla"},
	{"eas", "eas", "eas"},
	{"hmrc", "hmrc-nmw", "hmrc/hmrc-nmw"},
	{"hmrc", "hmrc-tax", "hmrc/hmrc-tax"},
	{"ukba", "ukba", "ukba"},
	{"soca", "soca", "soca"},
	{"police", "lincolnshire", "police/lincolnshire"},
	{"police", "cambridgeshire", "police/cambridgeshire"},
	{"helpline", "ukhtc", "helpline"},
	{"crimestoppers", "ukhtc", "crimestoppers"},
}

// Run starts a broker, enrols the members, runs the agents and tells each
// message's way. With Once it returns when everything is through; else when the
// context ends, with the context's error. If a part fails, that fault alone is
// returned.
func Run(ctx context.Context, cfg Config) error {
	began := time.Now()
	b, err := broker.Open(ctx, broker.Config{Dir: filepath.Join(cfg.Dir, "broker"), Listen: "127.0.0.1:0", Default: protocol.Tables, Log: cfg.Log})
	if err != nil {
		return err
	}
	defer b.Close()
	_, chain, err := b.Ledger().Last(ctx)
	if err != nil {
		return err
	}
	d := &demo{Config: cfg, broker: b}
	d.shown.Store(chain.Number)
	playing, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var parts sync.WaitGroup
	for _, part := range []func(context.Context) error{b.Run, d.follow} {
		parts.Go(func() {
			if err := part(running); err != nil && running.Err() == nil {
				fail(err) // what plays on a part that is gone only fails in its turn
			}
		})
	}
	err = d.play(playing, began)
	stop()
	parts.Wait()
	if cause := context.Cause(playing); cause != nil {
		return cause
	}
	return err
}

// play enrols, runs the agents and waits until everything is through.
func (d *demo) play(ctx context.Context, began time.Time) error {
	n, err := d.enrolAll(ctx)
	if err != nil {
		return err
	}
	d.say("The broker listens at %s with %d members enrolled (%.1f s).\n\n", d.broker.URL(), n, time.Since(began).Seconds())
	for i, a := range demoAgents {
		if err := samples.Lay(d.inbox(i), a.samples); err != nil {
			return err
		}
		d.say("%s's system has written its exports to %s.\n", strings.ToUpper(string(a.member)), d.inbox(i))
	}
	d.say("\n")
	if err := d.runAgents(ctx, true); err != nil {
		return err
	}
	balance, err := d.settle(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	err = d.Show.Balance(balance)
	d.mu.Unlock()
	if err == nil && !balance.Balanced() {
		err = errors.New("the balance does not hold: something was lost or doubled")
	}
	if err != nil || d.Once {
		return err
	}
	d.say("\nThe broker goes on. Read a member's feed in another terminal:\n\n    %s watch --server %s --creds %s --since 1h\n\n", d.Program, d.broker.URL(), d.credsFile("ukhtc"))
	d.say("Put an export into %s and see it routed. Stop with Ctrl-C.\n\n", d.inbox(0))
	return d.runAgents(ctx, false)
}

// enrolAll gives every member of the protocol its main desk.
func (d *demo) enrolAll(ctx context.Context) (int, error) {
	if err := os.MkdirAll(filepath.Join(d.Dir, "creds"), 0o700); err != nil {
		return 0, err
	}
	members := d.broker.Members()
	for _, m := range members {
		if _, err := os.Stat(d.credsFile(m.ID)); !errors.Is(err, fs.ErrNotExist) {
			continue // of an earlier run on the same folder
		}
		issued, err := d.broker.Enrol(ctx, accounts.Enrolment{Member: m.ID, Role: accounts.Both, At: time.Now(), By: broker.ThisUser()})
		if err != nil {
			return 0, err
		}
		file, err := accounts.CreateCreds(d.credsFile(m.ID))
		if err != nil {
			return 0, err
		}
		if err := file.Write(issued.Creds); err != nil {
			return 0, err
		}
	}
	return len(members), nil
}

// runAgents runs all agents: with once until they have dealt with their
// samples, else until the context ends.
func (d *demo) runAgents(ctx context.Context, once bool) error {
	faults := make([]error, len(demoAgents))
	var running sync.WaitGroup
	for i := range demoAgents {
		running.Go(func() { faults[i] = d.runAgent(ctx, i, once) })
	}
	running.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(faults...)
}

func (d *demo) runAgent(ctx context.Context, i int, once bool) error {
	a := demoAgents[i]
	client, err := agents.Connect(ctx, agents.Config{Server: d.broker.URL(), Creds: d.credsFile(a.member), Name: "demo agent", Log: d.Log})
	if err != nil {
		return err
	}
	defer client.Close()
	adapter, err := d.Adapter(a.agency, a.member)
	if err != nil {
		return err
	}
	agent, err := agents.NewAgent(agents.AgentConfig{
		Client: client, Adapter: adapter, Member: a.member, Inbox: d.inbox(i),
		Once: once, Settle: 100 * time.Millisecond, Reject: d.reject, Log: d.Log,
	})
	if err != nil {
		return err
	}
	return agent.Run(ctx)
}

// follow shows every decision as it is recorded.
func (d *demo) follow(ctx context.Context) error {
	return d.broker.Ledger().Follow(ctx, d.shown.Load(), func(e ledger.Stored) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if e.Kind == ledger.DecisionEntry {
			if err := d.Show.Decided(e.Entry); err != nil {
				return err
			}
		}
		d.shown.Store(e.Number)
		return nil
	})
}

// settle waits until everything accepted is decided and shown, and returns the
// balance.
func (d *demo) settle(ctx context.Context) (broker.Balance, error) {
	for {
		b, err := d.broker.Balance(ctx)
		if err != nil {
			return b, err
		}
		_, last, err := d.broker.Ledger().Last(ctx)
		if err != nil || b.Decided+b.Recorded == b.Accepted && d.shown.Load() >= last.Number {
			return b, err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return b, context.Cause(ctx)
		}
	}
}

func (d *demo) reject(r agents.Reject) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Show.Rejected(r)
}

func (d *demo) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Show.Say(format, args...)
}

func (d *demo) credsFile(m schemas.MemberID) string {
	return filepath.Join(d.Dir, "creds", string(m)+".creds")
}

func (d *demo) inbox(i int) string {
	return filepath.Join(d.Dir, "agents", path.Base(demoAgents[i].samples), "inbox")
}
