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

	"liaison/broker/failpoint"
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
	queue   *queue
	trouble atomic.Pointer[trouble]
	// accepted counts the records stored since the start.
	accepted atomic.Uint64
}

// trouble is why the last commit failed.
type trouble struct {
	err error
	at  time.Time
}

// troubleLasts is how long a failed commit counts against readiness when no
// later one has shown whether the store works again.
const troubleLasts = 15 * time.Second

// New returns an intake that does nothing until Run.
func New(cfg Config) *Intake {
	return &Intake{cfg: cfg, store: &store{js: cfg.JetStream}, queue: newQueue()}
}

// Run takes submissions until the context ends, then answers what it has
// already begun and returns. An error means that it could not start.
func (in *Intake) Run(ctx context.Context) error {
	sub, err := in.cfg.Conn.Subscribe(Address, in.arrive)
	if err != nil {
		return fmt.Errorf("serving %s: %w", Address, err)
	}
	defer sub.Unsubscribe()
	if err := sub.SetPendingLimits(maxWaiting, maxWaitingBytes); err != nil {
		return fmt.Errorf("serving %s: %w", Address, err)
	}
	if err := in.cfg.Conn.Flush(); err != nil {
		return fmt.Errorf("serving %s: %w", Address, err)
	}
	examined := make(chan *submission, 4) // small: what waits is counted in the queue
	done := make(chan struct{})
	go func() {
		defer close(done)
		in.storeAll(examined)
	}()
	for ctx.Err() == nil {
		select {
		case msg := <-in.queue.arrived:
			s := in.examine(msg)
			failpoint.Here("intake.examined")
			examined <- s
		case <-ctx.Done():
		}
	}
	close(examined)
	<-done
	return nil
}

// arrive takes a submission in, or answers at once that there is no room.
func (in *Intake) arrive(msg *nats.Msg) {
	if in.queue.put(msg) {
		return
	}
	s := &submission{msg: msg}
	in.answer(s.refuse(schemas.Refuse(schemas.RefusedStorage, "too much of yours waits for its answer: wait for answers before you send more")))
}

// Ready returns nil when the last commit worked, else what went wrong.
func (in *Intake) Ready() error {
	if t := in.trouble.Load(); t != nil && in.cfg.Now().Sub(t.at) < troubleLasts {
		return t.err
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
	err := in.store.accept(ctx, g.records)
	failpoint.Here("intake.stored")
	if err != nil {
		in.cfg.Log.Error("intake cannot store", "err", err)
		in.trouble.Store(&trouble{err: err, at: in.cfg.Now()})
	} else if len(g.records) > 0 {
		in.trouble.Store(nil)
	}
	for _, r := range g.records {
		if r.receipt.Refusal == nil && !r.receipt.Duplicate {
			in.accepted.Add(1)
		}
	}
	for _, s := range g.submissions {
		in.answer(s)
		in.queue.done(s.msg)
		failpoint.Here("intake.answered")
	}
}

// answer replies to a submission with its receipts.
func (in *Intake) answer(s *submission) {
	receipts := make([]schemas.Receipt, len(s.records))
	refused := 0
	for i, r := range s.records {
		receipts[i] = r.receipt
		if r.receipt.Refusal != nil {
			if refused++; refused == 1 {
				in.cfg.Log.Info("refused", "id", r.receipt.ID, "member", s.member, "rule", r.receipt.Refusal.Code)
			}
		}
	}
	if s.msg.Reply == "" {
		return // a plain publish: accepted all the same, nobody to tell
	}
	b, err := encodeAnswer(receipts)
	if err == nil {
		err = s.msg.Respond(b)
	}
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		in.cfg.Log.Error("answering a submission", "member", s.member, "err", err)
	}
}

// maxAnswer is the most bytes of an answer: below what the server carries.
const maxAnswer = 1 << 20

// encodeAnswer writes the answer. If the faults of many records make it too
// large, each keeps its first one, and at worst its code alone.
func encodeAnswer(receipts []schemas.Receipt) ([]byte, error) {
	b, err := json.Marshal(schemas.Answered(receipts))
	for keep := 1; err == nil && len(b) > maxAnswer && keep >= 0; keep-- {
		for i := range receipts {
			if r := receipts[i].Refusal; r != nil && len(r.Faults) > keep {
				short := *r
				short.Faults = short.Faults[:keep]
				receipts[i].Refusal = &short
			}
		}
		b, err = json.Marshal(schemas.Answered(receipts))
	}
	return b, err
}
