package broker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/docket"
	"liaison/broker/intake"
	"liaison/broker/policy"
	"liaison/schemas"
)

// docketFile is the docket's, below the broker's folder. It can be deleted.
const docketFile = "docket"

// ClocksOf says which clocks an operator wants to see.
type ClocksOf = docket.Selection

// openDocket opens the docket, which speaks through the front door.
func (b *Broker) openDocket(front *nats.Conn) (err error) {
	b.docket, err = docket.Open(docket.Config{Path: filepath.Join(b.cfg.Dir, docketFile), JetStream: b.js, Policy: b.Policy, Tables: b.tablesOf(),
		Submit: func(ctx context.Context, m *schemas.Message) error { return submitNotice(ctx, front, m) }, Now: b.cfg.Now, Log: b.cfg.Log})
	return err
}

// noticeWait bounds the submission of one notice.
const noticeWait = 10 * time.Second

// submitNotice submits a message as the broker's own member. Nobody else can
// publish to that address: every desk's submissions carry its account's key.
func submitNotice(ctx context.Context, front *nats.Conn, m *schemas.Message) error {
	ctx, cancel := context.WithTimeout(ctx, noticeWait)
	defer cancel()
	raw, err := schemas.EncodeMsgPack(m)
	if err != nil {
		return err
	}
	reply, err := front.RequestWithContext(ctx, "submit."+intake.BrokerAccount, raw)
	if err != nil {
		return err
	}
	var answer schemas.Answer
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return fmt.Errorf("reading the answer to a notice: %w", err)
	}
	if len(answer.Receipts) == 1 && answer.Receipts[0].Refusal != nil {
		return answer.Receipts[0].Refusal
	}
	if answer.Error != nil {
		return fmt.Errorf("a notice was refused: %s", answer.Error.Description)
	}
	return nil
}

// ShowDocket calls fn with the clocks that are wanted. A member that the tables have
// not is shown only if it was one, and owed or was owed something.
func (b *Broker) ShowDocket(ctx context.Context, want ClocksOf, fn func(schemas.Clock) error) error {
	if want.Member != "" {
		if err := b.checkParty(ctx, want.Member); err != nil {
			return err
		}
	}
	return b.docket.List(ctx, want, fn)
}

// checkParty returns an error that says what to do unless the tables have the member
// or there is a clock of it, running or ended: whoever stands in the tables no more
// may owe something still.
func (b *Broker) checkParty(ctx context.Context, id schemas.MemberID) error {
	unknown := CheckMember(b.Policy(), id)
	if unknown == nil {
		return nil
	}
	err := b.docket.List(ctx, ClocksOf{Member: id, All: true}, func(schemas.Clock) error { return errOwes })
	switch {
	case errors.Is(err, errOwes):
		return nil
	case err != nil:
		return err
	}
	return unknown
}

// errOwes says that there is a clock of a member.
var errOwes = errors.New("it owes or is owed something")

// ShowDocket asks the running broker.
func (r *Remote) ShowDocket(ctx context.Context, want ClocksOf, fn func(schemas.Clock) error) error {
	return r.ask(ctx, request{Docket: &want}, func(raw json.RawMessage) error {
		var c schemas.Clock
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		return fn(c)
	})
}

// OperationOf asks for an operation, as a member may know it; of no member, as
// the operator may.
type OperationOf struct {
	Name   string           `json:"name"`
	Member schemas.MemberID `json:"member,omitempty"`
}

// ShowThread returns how a matter stands.
func (b *Broker) ShowThread(ctx context.Context, of schemas.MessageRef) (schemas.Thread, error) {
	return b.docket.Show(ctx, of, "")
}

// ShowOperation returns the cases under the name of an operation.
func (b *Broker) ShowOperation(ctx context.Context, q OperationOf) (schemas.Operation, error) {
	if q.Member != "" {
		if err := b.checkParty(ctx, q.Member); err != nil {
			return schemas.Operation{}, err
		}
	}
	return b.docket.Operation(ctx, q.Name, q.Member)
}

// ShowThread asks the running broker.
func (r *Remote) ShowThread(ctx context.Context, of schemas.MessageRef) (schemas.Thread, error) {
	return one[schemas.Thread](ctx, r, request{Thread: &of})
}

// ShowOperation asks the running broker.
func (r *Remote) ShowOperation(ctx context.Context, q OperationOf) (schemas.Operation, error) {
	return one[schemas.Operation](ctx, r, request{Named: &q})
}

// tablesOf returns a reader of the sets of tables that were ever in force. It
// keeps the last one that it read, and is for one caller at a time. A set that
// was not kept must not stop everybody's clocks: those of its time then run by
// the tables in force now, and the log says so.
func (b *Broker) tablesOf() func(hash string) *policy.Policy {
	asked, last := "", (*policy.Policy)(nil)
	return func(hash string) *policy.Policy {
		current := b.Policy()
		if hash == current.Hash() {
			return current
		}
		if hash == asked {
			return cmp.Or(last, current)
		}
		var err error
		asked = hash
		if last, err = policy.Load(os.DirFS(filepath.Join(b.cfg.Dir, tablesFolder, filepath.Base(hash)))); err != nil {
			b.cfg.Log.Error("tables that were in force cannot be read; clocks of their time run by those in force now", "policy", hash)
			last = nil
		}
		return cmp.Or(last, current)
	}
}
