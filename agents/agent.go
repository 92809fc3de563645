package agents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"liaison/schemas"
)

// AgentConfig says what an agent works on.
type AgentConfig struct {
	// Client is the link to the broker. Whoever opened it closes it, after Run.
	Client *Client
	// Adapter reads the agency's files. Needed with an inbox.
	Adapter Adapter
	// Member is whose records they are.
	Member schemas.MemberID
	// Inbox is the folder into which the agency's system writes its exports.
	// Empty means that this agent only receives.
	Inbox string
	// Outbox is the folder into which the desk's copies are written. Empty
	// means that this agent only sends.
	Outbox string
	// Ceiling is the highest marking that may leave; empty means restricted.
	Ceiling schemas.Marking
	// Settle is how long a file must not change before it is read; zero means
	// 2 seconds.
	Settle time.Duration
	// Poll is how often to look into the inbox where the operating system
	// does not tell of new files; zero means 10 seconds.
	Poll time.Duration
	// Once makes Run end when all that is there has been dealt with.
	Once bool
	// Report, if not nil, is told after each batch and each file, and Reject
	// of each rejected record. Both are called by one goroutine.
	Report func(FileReport)
	Reject func(Reject)
	// Log takes what happens; nil means nowhere. It never gets content.
	Log *slog.Logger
}

// Validate reports all faults of the configuration.
func (c AgentConfig) Validate() error {
	var errs []error
	if c.Client == nil {
		errs = append(errs, errors.New("an agent needs a client"))
	}
	if c.Inbox == "" && c.Outbox == "" {
		errs = append(errs, errors.New("an agent needs an inbox, an outbox or both"))
	}
	if c.Inbox != "" && c.Adapter == nil {
		errs = append(errs, errors.New("an inbox needs an adapter"))
	}
	if c.Inbox != "" && c.Member == "" {
		errs = append(errs, errors.New("an inbox needs the member whose records it takes"))
	}
	if c.Ceiling != "" && c.Ceiling.Rank() == 0 {
		errs = append(errs, fmt.Errorf("the ceiling %q is no marking", c.Ceiling))
	}
	return errors.Join(errs...)
}

// Agent carries an agency's files to the broker and the desk's copies back. It
// keeps no state but the files themselves and the key of its ids, and may be
// killed at any moment.
type Agent struct {
	cfg AgentConfig
	log *slog.Logger
}

// NewAgent checks the configuration. It touches and starts nothing.
func NewAgent(cfg AgentConfig) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Ceiling = cmp.Or(cfg.Ceiling, schemas.Restricted)
	cfg.Settle = cmp.Or(cfg.Settle, 2*time.Second)
	cfg.Poll = cmp.Or(cfg.Poll, 10*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Agent{cfg: cfg, log: cfg.Log}, nil
}

// Run works until the context ends, or with Once until all is done, and
// returns when everything that it started has stopped. Faults of the link and
// of single files are logged and tried again; a fault of the set-up ends it.
func (a *Agent) Run(ctx context.Context) error {
	if a.cfg.Once {
		return errors.Join(a.runInbox(ctx), a.runOutbox(ctx))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, part := range []func(context.Context) error{a.runInbox, a.runOutbox} {
		wg.Go(func() {
			if err := part(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (a *Agent) runInbox(ctx context.Context) error {
	if a.cfg.Inbox == "" {
		return nil
	}
	f, err := openFolder(a.cfg.Inbox, a.cfg.Settle, a.log)
	if err != nil {
		return err
	}
	defer f.close()
	bell := make(chan struct{}, 1)
	if stop, err := a.listen(bell); err != nil {
		a.log.Warn("the system does not tell of new files; looking at intervals", "err", err)
	} else {
		defer stop()
	}
	for {
		waiting, err := a.sweep(ctx, f)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil && a.cfg.Once {
			return err
		}
		if waiting == 0 && a.cfg.Once {
			return nil
		}
		pause := a.cfg.Poll
		if waiting > 0 {
			pause = min(pause, a.cfg.Settle)
		}
		if err := await(ctx, bell, pause); err != nil {
			return err
		}
	}
}

// sweep reads every file that is ready. It says for how many it waits.
func (a *Agent) sweep(ctx context.Context, f *folder) (int, error) {
	names, waiting, err := f.ready(time.Now())
	if err != nil {
		a.log.Error("the inbox cannot be read", "err", err)
		return 0, err
	}
	var errs []error
	for _, name := range names {
		err := a.read(ctx, f, name)
		if ctx.Err() != nil {
			return waiting, context.Cause(ctx)
		}
		if err != nil {
			f.later(name, time.Now())
			a.log.Error("a file could not be dealt with; it will be tried again", "file", name, "err", err)
			errs = append(errs, err)
		}
		if there, _ := exists(f.root, name); there {
			waiting++ // it had changed, or failed
		}
	}
	return waiting, errors.Join(errs...)
}

// listen strikes the bell when the operating system tells of a change.
func (a *Agent) listen(bell chan struct{}) (stop func(), err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := w.Add(a.cfg.Inbox); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case _, open := <-w.Events:
				if !open {
					return
				}
				strike(bell)
			case _, open := <-w.Errors:
				if !open {
					return
				}
				strike(bell) // an overflow: look for oneself
			}
		}
	})
	return func() { w.Close(); wg.Wait() }, nil
}

// await returns at the bell, or after the pause, or with the context's end.
func await(ctx context.Context, bell <-chan struct{}, pause time.Duration) error {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-bell:
	case <-t.C:
	}
	return nil
}
