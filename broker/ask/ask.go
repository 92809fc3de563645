// Package ask answers the questions of members: what became of my message,
// which of mine are held, give me my own copies again, prove what the ledger
// says of me, and who supports such a victim. The account that a
// question comes from says whose they are; the server itself verifies it, so
// that nobody can ask about another's.
//
// It only reads: it changes nothing and discloses nothing that was not
// disclosed before.
package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// Address is what the package serves in the hub's account; its second token is
// the key of the asking account.
const Address = "ask.>"

// infoAddress is where an account asks how its consumer stands; the second
// token is the key, as in Address.
const infoAddress = "info.*"

// Directory tells whose account it is.
type Directory interface {
	// DeskOf returns the member and the name of the desk.
	DeskOf(account string) (member schemas.MemberID, desk string, ok bool)
}

// Config is what the package needs. Every field is required.
type Config struct {
	// Conn is a connection as the hub; it is not closed here.
	Conn *nats.Conn
	// JetStream reaches the streams.
	JetStream jetstream.JetStream
	Directory Directory
	// Hub says whether a member is the hub, which may know that something is
	// held elsewhere, and why, and since when, and no more.
	Hub func(schemas.MemberID) bool
	// Proofs proves what the ledger says.
	Proofs  Prover
	Matters Matters
	// Support finds who supports a person, by the tables in force.
	Support func(schemas.SupportQuery) schemas.SupportAnswer
	Log     *slog.Logger
}

// Prover proves what the ledger says, in the form of package schemas/proof.
type Prover interface {
	// Head proves the signed head, and that it extends one of since entries.
	Head(ctx context.Context, since uint64) ([]byte, error)
	// Prove also proves what a member may see of an entry; ledger.ErrNotFound
	// says that there is nothing.
	Prove(ctx context.Context, entry uint64, to schemas.MemberID, since uint64) ([]byte, error)
}

// Desk answers questions. Run does the work.
type Desk struct {
	cfg    Config
	ledger *ledger.Ledger

	lines *lines
	// open says that the addresses are served; see Ready.
	open atomic.Bool
}

// New returns an information desk that does nothing until Run.
func New(cfg Config) *Desk {
	return &Desk{cfg: cfg, ledger: ledger.New(cfg.JetStream), lines: newLines()}
}

const (
	// workers bounds the questions that are answered at once.
	workers = 8
	// answerWait bounds one answer.
	answerWait = 10 * time.Second
)

// Run answers until the context ends. An error means that it could not start.
func (d *Desk) Run(ctx context.Context) error {
	for _, address := range []string{Address, infoAddress} {
		sub, err := d.cfg.Conn.Subscribe(address, d.arrive())
		if err != nil {
			return fmt.Errorf("serving %s: %w", address, err)
		}
		defer sub.Unsubscribe()
	}
	if err := d.cfg.Conn.Flush(); err != nil {
		return fmt.Errorf("serving questions: %w", err)
	}
	d.open.Store(true)
	defer d.open.Store(false)
	var busy sync.WaitGroup
	for range workers {
		busy.Go(func() {
			for {
				select {
				case msg := <-d.lines.asked:
					began := time.Now()
					d.answer(ctx, msg)
					d.lines.done(accountOf(msg), time.Since(began))
				case <-ctx.Done():
					return
				}
			}
		})
	}
	busy.Wait()
	return nil
}

// errShut says that whoever asks now finds nobody.
var errShut = errors.New("it takes no questions yet, or not any more")

// Ready returns nil when questions are taken.
func (d *Desk) Ready() error {
	if !d.open.Load() {
		return errShut
	}
	return nil
}

// refusalsTold is how many of one account's questions are told in a second that
// there is no room for them; whoever asks still more hears nothing, so that a
// refusal is always cheaper than a question.
const refusalsTold = 100

// arrive returns what puts a question into its account's line, or refuses it.
func (d *Desk) arrive() nats.MsgHandler {
	full := schemas.Refuse(schemas.RefusedStorage, "your desk has other questions waiting: ask again when they are answered")
	told, second := map[string]int{}, time.Time{}
	return func(msg *nats.Msg) {
		account := accountOf(msg)
		if msg.Reply == "" || d.lines.put(account, msg) {
			return
		}
		if now := time.Now(); now.Sub(second) > time.Second {
			second = now
			clear(told)
		}
		if told[account]++; told[account] > refusalsTold {
			return
		}
		if err := refuse(msg, full); err != nil {
			d.cfg.Log.Error("refusing a question", "err", err)
		}
	}
}

// accountOf is the key of the asking account: the second token of the address,
// which the server verifies.
func accountOf(msg *nats.Msg) string { return strings.SplitN(msg.Subject, ".", 3)[1] }

func (d *Desk) answer(ctx context.Context, msg *nats.Msg) {
	within, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	err := d.dispatch(within, msg)
	if err == nil || ctx.Err() != nil {
		return
	}
	var refusal *schemas.Refusal
	if !errors.As(err, &refusal) {
		d.cfg.Log.Error("answering a question", "err", err)
		refusal = schemas.Refuse(schemas.RefusedStorage, "the broker cannot look it up now: try again later")
	}
	if err := refuse(msg, refusal); err != nil {
		d.cfg.Log.Error("answering a question", "err", err)
	}
}

func (d *Desk) dispatch(ctx context.Context, msg *nats.Msg) error {
	account := accountOf(msg)
	member, desk, ok := d.cfg.Directory.DeskOf(account)
	if !ok {
		return schemas.Refuse(schemas.RefusedPermission, "these credentials belong to no desk that is enrolled; ask the operator to enrol it")
	}
	if strings.HasPrefix(msg.Subject, "info.") {
		return d.info(ctx, msg, account)
	}
	switch strings.Replace(msg.Subject, "."+account, "", 1) {
	case schemas.AskReceipt:
		return d.receipt(ctx, msg, member)
	case schemas.AskHeld:
		return d.held(ctx, msg, member)
	case schemas.AskSelf:
		return respond(msg, schemas.Self{Member: member, Desk: desk})
	case schemas.AskReplay:
		return d.replay(ctx, msg, member, desk)
	case schemas.AskHead:
		return d.head(ctx, msg)
	case schemas.AskThread:
		return d.thread(ctx, msg, member)
	case schemas.AskDocket:
		return d.docket(ctx, msg, member)
	case schemas.AskOperation:
		return d.operation(ctx, msg, member)
	case schemas.AskProof:
		return d.proof(ctx, msg, member)
	case schemas.AskSupport:
		return d.support(msg)
	}
	return schemas.Refuse(schemas.RefusedUnknown, "ask "+strings.Join([]string{schemas.AskReceipt, schemas.AskHeld, schemas.AskReplay, schemas.AskSelf,
		schemas.AskHead, schemas.AskProof, schemas.AskThread, schemas.AskDocket, schemas.AskOperation}, ", ")+" or "+schemas.AskSupport)
}

// refuse answers with a refusal, in the shape of a publish acknowledgement
// that failed.
func refuse(msg *nats.Msg, refusal *schemas.Refusal) error {
	b, err := json.Marshal(schemas.Answered([]schemas.Receipt{{Refusal: refusal}}))
	if err != nil {
		return err
	}
	out := nats.NewMsg(msg.Reply)
	out.Header.Set(schemas.HeaderError, string(refusal.Code))
	out.Data = b
	return msg.RespondMsg(out)
}

func respond(msg *nats.Msg, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return msg.Respond(b)
}
