package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/policy"
	"liaison/schemas"
)

// Address is what the intake serves in the hub's account: the second token is
// the key of the submitting account, which the server itself verifies.
const Address = "submit.>"

// Directory tells which member is behind an account.
type Directory interface {
	MemberOf(account string) (schemas.MemberID, bool)
}

// Config is what an intake needs. Every field is required.
type Config struct {
	// Conn is a connection as the hub; the intake does not close it.
	Conn *nats.Conn
	// JetStream reaches the streams, on a connection of its own.
	JetStream jetstream.JetStream
	Directory Directory
	// Policy returns the tables in force.
	Policy func() *policy.Policy
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
}

// Intake accepts messages. Run does the work; Ready may be called at any time.
type Intake struct {
	cfg     Config
	store   *store
	arrived chan *nats.Msg
	trouble atomic.Pointer[error]
	// accepted counts the records stored since the start.
	accepted atomic.Uint64
}

// New returns an intake that does nothing until Run.
func New(cfg Config) *Intake {
	return &Intake{cfg: cfg, store: &store{js: cfg.JetStream}, arrived: make(chan *nats.Msg, maxWaiting)}
}

// maxWaiting bounds the submissions that wait to be examined. Beyond it the
// server drops them, which their senders see as no answer.
const maxWaiting = 8192

// Run takes submissions until the context ends, then answers what it has
// already begun and returns. An error means that it could not start.
func (in *Intake) Run(ctx context.Context) error {
	sub, err := in.cfg.Conn.ChanSubscribe(Address, in.arrived)
	if err != nil {
		return fmt.Errorf("serving %s: %w", Address, err)
	}
	defer sub.Unsubscribe()
	if err := in.cfg.Conn.Flush(); err != nil {
		return fmt.Errorf("serving %s: %w", Address, err)
	}
	examined := make(chan *submission, maxCommit)
	done := make(chan struct{})
	go func() {
		defer close(done)
		in.storeAll(examined)
	}()
	for ctx.Err() == nil {
		select {
		case msg := <-in.arrived:
			examined <- in.examine(msg)
		case <-ctx.Done():
		}
	}
	close(examined)
	<-done
	return nil
}

// Ready returns nil when the last commit worked, else what went wrong.
func (in *Intake) Ready() error {
	if err := in.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// Accepted returns how many records were stored since the start.
func (in *Intake) Accepted() uint64 { return in.accepted.Load() }

// storeAll commits what has been examined, whatever waits together, until the
// channel is closed.
func (in *Intake) storeAll(examined <-chan *submission) {
	var next *submission
	for {
		group := group{}
		if next != nil {
			group.add(next)
			next = nil
		}
		next = group.gather(examined)
		if len(group.submissions) == 0 && next == nil {
			return
		}
		in.commit(&group)
	}
}

// commit makes a group's fresh records durable and answers its submissions.
func (in *Intake) commit(g *group) {
	// A crash anywhere in here leaves records that are stored and not
	// acknowledged: sent again, they are found as duplicates.
	ctx, cancel := context.WithTimeout(context.Background(), commitWait)
	defer cancel()
	err := in.store.accept(ctx, g.fresh())
	if err != nil {
		in.cfg.Log.Error("intake cannot store", "err", err)
		in.trouble.Store(&err)
	} else if len(g.fresh()) > 0 {
		in.trouble.Store(nil)
	}
	for _, r := range g.fresh() {
		if r.receipt.Refusal == nil && !r.receipt.Duplicate {
			in.accepted.Add(1)
		}
	}
	for _, s := range g.submissions {
		in.answer(s)
	}
}

// answer replies to a submission with its receipts.
func (in *Intake) answer(s *submission) {
	receipts := make([]schemas.Receipt, len(s.records))
	for i, r := range s.records {
		receipts[i] = r.receipt
		if r.receipt.Refusal != nil {
			in.cfg.Log.Info("refused", "id", r.receipt.ID, "member", s.member, "rule", r.receipt.Refusal.Code)
		}
	}
	if s.msg.Reply == "" {
		return // a plain publish: accepted all the same, nobody to tell
	}
	b, err := json.Marshal(schemas.Answered(receipts))
	if err == nil {
		err = s.msg.Respond(b)
	}
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		in.cfg.Log.Error("answering a submission", "member", s.member, "err", err)
	}
}
