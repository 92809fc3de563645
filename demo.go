package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/deploy/samples"
	"liaison/schemas"
)

// demo is one run of the demonstration. It uses what everybody else uses: the
// broker over TCP, credentials, the agents and their folders.
type demo struct {
	dir    string
	out    io.Writer
	log    *slog.Logger
	once   bool
	asJSON bool
	broker *broker.Broker

	mu sync.Mutex // one message's lines together
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

func newDemo() *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use: "demo", Short: "Run a whole broker on invented records and see every message's way",
		Long: `Start a broker in a temporary folder, enrol the members, start agents of all six
agencies and of the hub's sources on invented export files, and print each
message's way: from whom, what, to whom under which gateway, withheld from whom
and why.`,
		Example: `  liaison demo
  liaison demo --once --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.out, d.log = cmd.OutOrStdout(), newLog(cmd.ErrOrStderr(), slog.LevelError)
			if d.dir == "" {
				dir, err := os.MkdirTemp("", "liaison-demo-")
				if err != nil {
					return err
				}
				defer os.RemoveAll(dir)
				d.dir = dir
			}
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&d.once, "once", false, "end when everything is through, with the balance")
	cmd.Flags().StringVar(&d.dir, "dir", "", "work in this `DIR` and leave it there (default: a temporary one)")
	cmd.Flags().BoolVar(&d.asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func (d *demo) run(ctx context.Context) error {
	began := time.Now()
	b, err := broker.Open(ctx, broker.Config{Dir: filepath.Join(d.dir, "broker"), Listen: "127.0.0.1:0", Default: protocol.Tables, Log: d.log})
	if err != nil {
		return err
	}
	defer b.Close()
	d.broker = b
	_, chain, err := b.Ledger().Last(ctx)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 2)
	go func() { ended <- b.Run(running) }()
	go func() { ended <- d.follow(running, chain.Number) }()
	err = d.play(ctx, began)
	stop()
	return errors.Join(err, notCanceled(<-ended), notCanceled(<-ended))
}

// play enrols, runs the agents and waits until everything is through.
func (d *demo) play(ctx context.Context, began time.Time) error {
	n, err := d.enrolAll(ctx)
	if err != nil {
		return err
	}
	d.say("The broker listens at %s with %d members enrolled (%.1f s).\n\n", d.broker.URL(), n, time.Since(began).Seconds())
	if err := d.runAgents(ctx); err != nil {
		return err
	}
	balance, err := d.settle(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	if d.asJSON {
		err = printJSON(d.out, map[string]broker.Balance{"balance": balance})
	} else {
		printBalance(d.out, balance)
	}
	d.mu.Unlock()
	if err == nil && !balance.Balanced() {
		err = errors.New("the balance does not hold: something was lost or doubled")
	}
	if err != nil || d.once {
		return err
	}
	d.say("\nThe broker goes on. Read a member's feed in another terminal:\n\n    %s watch --server %s --creds %s --since 1h\n\n", program(), d.broker.URL(), d.credsFile("ukhtc"))
	d.say("Put an export into %s and see it routed. Stop with Ctrl-C.\n\n", d.inbox(0))
	return d.goOn(ctx)
}

// enrolAll gives every member of the protocol its main desk.
func (d *demo) enrolAll(ctx context.Context) (int, error) {
	if err := os.MkdirAll(filepath.Join(d.dir, "creds"), 0o700); err != nil {
		return 0, err
	}
	now := time.Now()
	n := 0
	for _, m := range d.broker.Policy().Members() {
		file := d.credsFile(m.ID)
		n++
		if _, err := os.Stat(file); err == nil {
			continue // of an earlier run on the same folder
		}
		issued, err := d.broker.Enrol(ctx, accounts.Enrolment{Member: m.ID, Role: accounts.Both, At: now, By: broker.UserName(os.Getuid())})
		if err != nil {
			return n, err
		}
		if err := writeNew(file, issued.Creds); err != nil {
			return n, err
		}
	}
	return n, nil
}

// runAgents puts the samples into the agents' folders and runs the agents
// until they have dealt with them.
func (d *demo) runAgents(ctx context.Context) error {
	for i, a := range demoAgents {
		if err := copySamples(a.samples, d.inbox(i)); err != nil {
			return fmt.Errorf("laying out samples: %w", err)
		}
		d.say("%s's system has written its exports to %s.\n", strings.ToUpper(string(a.member)), d.inbox(i))
	}
	d.say("\n")
	return d.eachAgent(ctx, true)
}

// goOn runs the agents until the context ends.
func (d *demo) goOn(ctx context.Context) error { return notCanceled(d.eachAgent(ctx, false)) }

func (d *demo) eachAgent(ctx context.Context, once bool) error {
	ended := make(chan error, len(demoAgents))
	for i := range demoAgents {
		go func() { ended <- d.runAgent(ctx, i, once) }()
	}
	var faults []error
	for range demoAgents {
		faults = append(faults, <-ended)
	}
	return errors.Join(faults...)
}

func (d *demo) runAgent(ctx context.Context, i int, once bool) error {
	a := demoAgents[i]
	client, err := agents.Connect(ctx, agents.Config{Server: d.broker.URL(), Creds: d.credsFile(a.member), Name: "demo agent", Log: d.log})
	if err != nil {
		return err
	}
	defer client.Close()
	found, _, err := findAgency(a.agency, string(a.member))
	if err != nil {
		return err
	}
	adapter, err := found.adapter(a.member)
	if err != nil {
		return err
	}
	agent, err := agents.NewAgent(agents.AgentConfig{
		Client: client, Adapter: adapter, Member: a.member, Inbox: d.inbox(i),
		Once: once, Settle: 100 * time.Millisecond, Reject: d.showReject, Log: d.log,
	})
	if err != nil {
		return err
	}
	return agent.Run(ctx)
}

// follow prints every decision as it is recorded.
func (d *demo) follow(ctx context.Context, after uint64) error {
	return d.broker.Ledger().Follow(ctx, after, func(e ledger.Stored) error {
		if e.Kind != ledger.DecisionEntry {
			return nil
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if !d.asJSON {
			printDecision(d.out, e.Entry)
			fmt.Fprintln(d.out)
			return nil
		}
		for _, o := range e.Outcomes {
			if err := printJSON(d.out, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *demo) showReject(r agents.Reject) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asJSON {
		r.Record = "" // what the agency wrote stays with the agency
		printJSON(d.out, map[string]agents.Reject{"reject": r})
		return
	}
	fmt.Fprintf(d.out, "REJECTED  %s\n\n", r)
}

// settle waits until everything accepted is decided, and returns the balance.
func (d *demo) settle(ctx context.Context) (broker.Balance, error) {
	for {
		b, err := d.broker.Balance(ctx)
		if err != nil || b.Decided+b.Recorded == b.Accepted {
			time.Sleep(200 * time.Millisecond) // the last decisions are being printed
			return b, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return b, ctx.Err()
		}
	}
}

// say tells a person what goes on; a program that reads JSON is not told.
func (d *demo) say(format string, args ...any) {
	if d.asJSON {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.out, format, args...)
}

func (d *demo) credsFile(m schemas.MemberID) string {
	return filepath.Join(d.dir, "creds", string(m)+".creds")
}

func (d *demo) inbox(i int) string {
	return filepath.Join(d.dir, "agents", path.Base(demoAgents[i].samples), "inbox")
}

// copySamples writes the embedded samples of a folder into an inbox, each file
// under its final name only when it is whole.
func copySamples(from, inbox string) error {
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		return err
	}
	files, err := fs.ReadDir(samples.Files, from)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		content, err := fs.ReadFile(samples.Files, path.Join(from, f.Name()))
		if err != nil {
			return err
		}
		part := filepath.Join(inbox, "."+f.Name()+".part")
		if err := os.WriteFile(part, content, 0o600); err != nil {
			return err
		}
		if err := os.Rename(part, filepath.Join(inbox, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// program is how this program was started, for lines to paste.
func program() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ."
	}
	return os.Args[0]
}

func notCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
