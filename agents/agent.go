package agents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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
	// Report, if not nil, is told after each batch and each file, Reject of
	// each rejected record, and Waiting what lies in the inbox. All are called
	// by one goroutine, and the files wait for them.
	Report  func(FileReport)
	Reject  func(Reject)
	Waiting func(Backlog)
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
