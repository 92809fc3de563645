package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// maxHeld bounds the held messages that one answer lists, the newest ones.
const maxHeld = 500

// receipt answers what became of one of the member's own messages.
func (d *Desk) receipt(ctx context.Context, msg *nats.Msg, member schemas.MemberID) error {
	var q struct {
		ID schemas.ID `json:"id"`
	}
	if err := json.Unmarshal(msg.Data, &q); err != nil || !q.ID.Valid() {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {"id":"<the message's id>"}`)
	}
	status, err := d.status(ctx, member, q.ID)
	if err != nil {
		return err
	}
	return respond(msg, status)
}

func (d *Desk) status(ctx context.Context, member schemas.MemberID, id schemas.ID) (schemas.Status, error) {
	status := schemas.Status{ID: id}
	intake, err := d.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return status, fmt.Errorf("opening the intake: %w", err)
	}
	status.Originator = member
	accepted, err := intake.GetLastMsgForSubject(ctx, schemas.IntakeAddress(member, id))
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return status, fmt.Errorf("looking up a message: %w", err)
	}
	if err == nil {
		status.Sequence, status.Accepted = accepted.Sequence, accepted.Time.UTC()
	}
	decided, decisionErr := d.ledger.Decision(ctx, member, id)
	switch {
	case errors.Is(decisionErr, ledger.ErrNotFound) && err != nil:
		return status, schemas.Refuse(schemas.RefusedUnknown, fmt.Sprintf("%s has no accepted message with this id; send it, or check the id", member))
	case errors.Is(decisionErr, ledger.ErrNotFound):
		return status, nil
	case decisionErr != nil:
		return status, decisionErr
	}
	status = decidedStatus(status, decided)
	status.Erased, err = d.cfg.Matters.Erased(ctx, schemas.MessageRef{Originator: member, ID: id})
	return status, err
}

// NotCounted is all that the sender of a consent hears of why it is void.
const NotCounted schemas.Code = "not-counted"

func decidedStatus(status schemas.Status, decided ledger.Stored) schemas.Status {
	status.Originator, status.Routed, status.Decision = decided.Originator, true, decided.Number
	status.Held, status.Waiting, status.Due, status.Closed = decided.Held, decided.Waiting, decided.Due, decided.Closed
	if decided.Void != "" {
		// Why is in the ledger alone: told apart, "there is no such message",
		// "no such item" and "not yours" would say what there is.
		status.Void = NotCounted
	}
	status.Outcomes = decided.Outcomes
	if status.Sequence == 0 {
		status.Sequence = decided.Intake
	}
	return status
}

// held lists the member's own messages of which nobody got all or some items. The hub is also told
// which other members' messages are held: id, originator, reason and clock,
// and of protected ones not even that.
func (d *Desk) held(ctx context.Context, msg *nats.Msg, member schemas.MemberID) error {
	answer := struct {
		Held []schemas.Status `json:"held"`
		// More says that there are older ones.
		More bool `json:"more,omitempty"`
	}{Held: []schemas.Status{}}
	address := "decision." + string(member) + ".>"
	if d.cfg.Hub(member) {
		address = ledger.Address
	}
	for e, err := range d.ledger.Entries(ctx, address) {
		if err != nil {
			return err
		}
		if e.Replaces != 0 {
			answer.Held = slices.DeleteFunc(answer.Held, func(s schemas.Status) bool { return s.ID == e.Message && s.Originator == e.Originator })
		}
		if (!e.Held && len(e.Waiting) == 0) || (e.Protected && e.Originator != member) {
			continue
		}
		if len(answer.Held) == maxHeld {
			answer.Held, answer.More = answer.Held[1:], true
		}
		answer.Held = append(answer.Held, heldStatus(e, member))
	}
	var err error
	answer.Held = slices.DeleteFunc(answer.Held, func(s schemas.Status) bool {
		gone, fault := d.cfg.Matters.Erased(ctx, schemas.MessageRef{Originator: s.Originator, ID: s.ID})
		err = errors.Join(err, fault)
		return gone != nil && gone.Message // nothing of it waits for anybody
	})
	if err != nil {
		return err
	}
	return respond(msg, answer)
}

// heldStatus is what a list says of a message that is held: why, and its
// clock. What was decided for whom its originator asks for one by one.
func heldStatus(e ledger.Stored, asking schemas.MemberID) schemas.Status {
	s := schemas.Status{ID: e.Message, Originator: e.Originator, Routed: true, Held: e.Held, Due: e.Due, Closed: e.Closed}
	if e.Originator == asking {
		s.Decision, s.Waiting = e.Number, e.Waiting
	}
	for _, o := range e.Outcomes {
		if o.Member == "" {
			s.Outcomes = append(s.Outcomes, o)
		}
	}
	return s
}

// info answers how the consumer of an account stands, as the server says it.
func (d *Desk) info(ctx context.Context, msg *nats.Msg, account string) error {
	m, err := d.cfg.JetStream.Conn().RequestWithContext(ctx, "$JS.API.CONSUMER.INFO."+ledger.Stream+"."+account, nil)
	if err != nil {
		return fmt.Errorf("asking how a consumer stands: %w", err)
	}
	return msg.Respond(m.Data)
}
