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

// Steps tells which steps a matter allows as it stands.
type Steps interface {
	Allow(ctx context.Context, m *schemas.Message) (*schemas.Refusal, error)
	// Root returns the message that began the matter which a message belongs to;
	// itself if it is no later version of another one.
	Root(of schemas.MessageRef) (schemas.MessageRef, error)
}

// BrokerAccount stands in the address of a submission for the broker's own
// account: no key of an account is spelt so.
const BrokerAccount = "BROKER"

// Config is what an intake needs. Every field is required.
type Config struct {
	// Conn is a connection as the hub; the intake does not close it.
	Conn *nats.Conn
	// JetStream reaches the streams, on a connection of its own.
	JetStream jetstream.JetStream
	Directory Directory
	// MaxBytes is how many bytes the stream INTAKE may have.
	MaxBytes int64
	// Healthy says whether every stream still works.
	Healthy func() error
	Steps   Steps
	// Decided returns the sequence up to which everything that was accepted is
	// decided.
	Decided func() uint64
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
	// open says that the address is served; see Ready.
	open atomic.Bool
	// full says that the last commit met the bound of the store.
	full atomic.Bool
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
	return &Intake{cfg: cfg, store: &store{js: cfg.JetStream, healthy: cfg.Healthy, steps: cfg.Steps, room: room{most: cfg.MaxBytes},
		undecided: undecided{decided: cfg.Decided, root: cfg.Steps.Root, last: map[schemas.MessageRef]uint64{}}}, queue: newQueue()}
}

// Run takes submissions until the context ends, then answers what it has
// already begun and returns. An error means that it could not start.
func (in *Intake) Run(ctx context.Context) error {
	arrive, err := in.arrive()
	if err != nil {
		return fmt.Errorf("serving %s: %w", Address, err)
	}
	sub, err := in.cfg.Conn.Subscribe(Address, arrive)
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
	in.open.Store(true)
	defer in.open.Store(false)
	in.work(ctx)
	return nil
}

// work examines what waits while the last commit is made durable, until the
// context ends. What is examined is still counted in the queue.
func (in *Intake) work(ctx context.Context) {
	examined := newAhead(in.queue.tell)
	done := make(chan struct{})
	go func() {
		defer close(done)
		in.storeAll(examined)
	}()
	for msg := in.queue.take(ctx, examined.may); msg != nil; msg = in.queue.take(ctx, examined.may) {
		s := in.examine(msg)
		failpoint.Here("intake.examined")
		examined.put(s)
	}
	close(examined.submissions)
	<-done
}

// answersTurned is how many of one account's are told in a second that there is
// no room for them.
const answersTurned = 1000

// arrive returns what takes a submission in, or answers at once that there is
// no room. The latter must be cheaper than sending: were it not, whoever floods
// would fill what the connection keeps back, and everybody's submissions would
// wait behind it. So that answer is written once, only so many are given in a
// second, whoever sends still more hears nothing, and the log is told at every
// power of two.
func (in *Intake) arrive() (nats.MsgHandler, error) {
	full := schemas.Refuse(schemas.RefusedStorage, "too much of yours waits for its answer: wait for answers before you send more")
	answer, err := encodeAnswer([]schemas.Receipt{{Refusal: full}})
	turned, answered, second := uint64(0), map[string]int{}, time.Time{}
	return func(msg *nats.Msg) {
		for _, msg := range in.queue.put(msg) {
			account := accountOf(msg)
			if turned++; turned&(turned-1) == 0 {
				in.cfg.Log.Warn("submissions turned away because too much of the same desk waits", "account", account, "count", turned)
			}
			if now := time.Now(); now.Sub(second) > time.Second {
				second = now
				clear(answered)
			}
			if answered[account]++; answered[account] <= answersTurned && msg.Reply != "" {
				msg.Respond(answer) // fails only when the broker stops
			}
		}
	}, err
}

// Full says whether the store has reached its bound. That is no fault of the
// broker's, which stays ready: only a higher bound helps.
func (in *Intake) Full() bool { return in.full.Load() }

// errShut says that whoever sends now finds nobody.
var errShut = errors.New("it takes nothing in yet, or not any more")

// Ready returns nil when submissions are taken and the last commit worked, else
// what is wrong.
func (in *Intake) Ready() error {
	if !in.open.Load() {
		return errShut
	}
	if t := in.trouble.Load(); t != nil && in.cfg.Now().Sub(t.at) < troubleLasts {
		return t.err
	}
	return nil
}

// Accepted returns how many records were stored since the start.
func (in *Intake) Accepted() uint64 { return in.accepted.Load() }

// storeAll commits what has been examined, whatever waits together, until
// nothing more comes.
func (in *Intake) storeAll(examined *ahead) {
	var next *submission
	most := maxCommit
	for {
		group := group{most: most}
		if next != nil {
			group.add(next)
			next = nil
		}
		next = group.gather(examined)
		if len(group.submissions) == 0 && next == nil {
			return
		}
		began := time.Now()
		in.commit(&group)
		most = nextMost(most, group.count, time.Since(began))
		examined.bound(most)
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
	}
	switch {
	case len(g.records) == 0:
	case err == nil || full(err):
		in.full.Store(err != nil)
		in.trouble.Store(nil)
	default:
		in.trouble.Store(&trouble{err: err, at: in.cfg.Now()})
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

// Erasing must be called before anything is removed from the stream INTAKE. When
// it returns, an id that was accepted and erased is taken by no commit any more.
func (in *Intake) Erasing() { in.store.erasing() }
