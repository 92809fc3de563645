package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/policy"
)

// Config says what is measured and where. Every field is required, but Only.
type Config struct {
	// Dir is an empty folder on the disk that is measured. What is left in it
	// afterwards is of no use.
	Dir string
	// Tables are the protocol tables: the embedded ones.
	Tables fs.FS
	Plan   Plan
	// Only names the parts to measure; none means all.
	Only []Part
	// Say is told what goes on, a line at a time.
	Say func(format string, args ...any)
	Log *slog.Logger
}

// bench is one run.
type bench struct {
	Config
	report *Report
	// synced and lazy are the plain engine with the broker's sync policy and
	// with the engine's own.
	synced, lazy *engine
	site         *site
	// batched counts the messages that went into the engine's own batches.
	batched atomic.Uint64
}

// Run measures everything and returns the report.
func Run(ctx context.Context, cfg Config) (Report, error) {
	began := time.Now()
	b := &bench{Config: cfg, report: &Report{When: began.UTC().Format("2006-01-02"), Machine: machine(), Engine: version, Repetitions: cfg.Plan.Repetitions}}
	err := b.run(ctx)
	b.report.Seconds = time.Since(began).Seconds()
	return *b.report, err
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.report.Sync, err = timeSync(b.Dir); err != nil {
		return err
	}
	b.Say("writing and syncing 1 KiB takes %.2f ms", b.report.Sync)
	for name, e := range map[string]**engine{"synced": &b.synced, "lazy": &b.lazy} {
		if *e, err = startEngine(ctx, filepath.Join(b.Dir, name), name == "synced"); err != nil {
			return err
		}
		defer (*e).stop()
	}
	// What the intake took is never routed: its folder is thrown away.
	if b.wants(Intake) {
		if err := b.move(ctx, "intake"); err != nil {
			return err
		}
		if err := b.onStage(ctx, b.measureIntake); err != nil {
			return err
		}
		if err := os.RemoveAll(b.site.dir); err != nil {
			return err
		}
	}
	if err := b.move(ctx, "broker"); err != nil {
		return err
	}
	if b.wants(Routing, Tables) {
		if err := b.onStage(ctx, b.routing); err != nil {
			return err
		}
	}
	if b.wants(Whole, Cost, Latency, Start) {
		if err := b.onBroker(ctx); err != nil {
			return err
		}
	}
	if b.wants(Start) {
		return b.startUp(ctx)
	}
	return nil
}

// wants says whether any of the parts is to be measured.
func (b *bench) wants(parts ...Part) bool {
	return len(b.Only) == 0 || slices.ContainsFunc(parts, func(p Part) bool { return slices.Contains(b.Only, p) })
}

// move makes a new folder for the broker.
func (b *bench) move(ctx context.Context, name string) (err error) {
	b.Say("enrolling %d members", members)
	b.site, err = newSite(ctx, filepath.Join(b.Dir, name), b.Tables, b.Log)
	return err
}

// onStage gives the parts of the broker to one measurement.
func (b *bench) onStage(ctx context.Context, measure func(context.Context, *stage) error) (err error) {
	p, err := policy.Load(b.Tables)
	if err != nil {
		return err
	}
	st, err := openStage(b.site, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	return measure(ctx, st)
}

func (b *bench) routing(ctx context.Context, st *stage) error {
	if b.wants(Routing) {
		if err := b.measureRouting(ctx, st); err != nil {
			return err
		}
	}
	if !b.wants(Tables) {
		return nil
	}
	return b.measureTables(ctx, st)
}

// plain is a plain engine as clients see it, with as many connections as the
// broker has doors, that publish the same messages.
func (b *bench) plain(e *engine, fanOut int, opts func() []nats.Option) (target, error) {
	supplies, err := b.site.supplies(new(atomic.Uint64), fanOut, b.site.areas)
	t := target{address: plainAddress, supplies: supplies}
	for range supplies {
		nc, err := e.connect(opts()...)
		if err != nil {
			return t, err
		}
		t.conns = append(t.conns, nc)
	}
	return t, err
}

// overTCP and inProcess say how a plain engine is reached.
func overTCP() []nats.Option { return nil }

func (e *engine) inProcess() []nats.Option {
	return []nats.Option{nats.InProcessServer(e.server)}
}

// add adds a figure to the report and tells it.
func (b *bench) add(f Figure) {
	b.report.Figures = append(b.report.Figures, f)
	b.Say("  %s/%s: %s", f.Part, f.Name, f)
}

// repeat calls fn for each repetition, and says whether ours comes first in it.
func (b *bench) repeat(what string, fn func(oursFirst bool) error) error {
	for i := range b.Plan.Repetitions {
		b.Say("%s, repetition %d of %d", what, i+1, b.Plan.Repetitions)
		if err := fn(i%2 == 0); err != nil {
			return fmt.Errorf("measuring %s: %w", what, err)
		}
	}
	return nil
}

// both calls two functions, in the order given or the other way round, and then
// any others.
func both(inOrder bool, first, second func() error, then ...func() error) error {
	if !inOrder {
		first, second = second, first
	}
	for _, fn := range append([]func() error{first, second}, then...) {
		if err := fn(); err != nil {
			return err
		}
	}
	return nil
}

// timeSync returns the median time of writing and syncing 1 KiB, in milliseconds.
func timeSync(dir string) (float64, error) {
	f, err := os.CreateTemp(dir, "sync")
	if err != nil {
		return 0, fmt.Errorf("timing the disk: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var times []time.Duration
	for range 200 {
		began := time.Now()
		if _, err := f.Write(make([]byte, 1024)); err != nil {
			return 0, fmt.Errorf("timing the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("timing the disk: %w", err)
		}
		times = append(times, time.Since(began))
	}
	return percentile(times, 0.5), nil
}
