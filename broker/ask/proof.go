package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// head answers with the ledger's signed head, and on request the proof that it
// extends an older one. Every desk gets the same.
func (d *Desk) head(ctx context.Context, msg *nats.Msg) error {
	var q struct {
		Since uint64 `json:"since"`
	}
	if err := readQuestion(msg.Data, &q); err != nil {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {} or {"since":<entries of the head that you have>}`)
	}
	b, err := d.cfg.Proofs.Head(ctx, q.Since)
	if err != nil {
		return err
	}
	return msg.Respond(b)
}

// proof answers with the proof of what the member may see of an entry: of its
// own message all that was decided, of another's what was disclosed to it. The
// sender of a message also gets, as a header, the salt of its commitment.
func (d *Desk) proof(ctx context.Context, msg *nats.Msg, member schemas.MemberID) error {
	var q struct {
		ID    schemas.ID `json:"id"`
		Entry uint64     `json:"entry"`
		Since uint64     `json:"since"`
	}
	if err := readQuestion(msg.Data, &q); err != nil || q.ID.Valid() == (q.Entry != 0) {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {"id":"<the message's id>"} or {"entry":<number>}, and "since"`)
	}
	number := q.Entry
	if number == 0 {
		var err error
		if number, err = d.entryAbout(ctx, member, q.ID); err != nil {
			return err
		}
	}
	b, err := d.cfg.Proofs.Prove(ctx, number, member, q.Since)
	if errors.Is(err, ledger.ErrNotFound) {
		// The same answer where there is no such message and where there is
		// one that the member does not have.
		return schemas.Refuse(schemas.RefusedUnknown, "the ledger has nothing about it that is yours to see")
	}
	if err != nil {
		return err
	}
	out := nats.NewMsg("")
	out.Data = b
	if q.ID != "" {
		if err := d.addSalt(ctx, out, member, q.ID); err != nil {
			return err
		}
	}
	return msg.RespondMsg(out)
}

func readQuestion(body []byte, q any) error {
	if len(body) == 0 {
		return nil
	}
	return json.Unmarshal(body, q)
}

// entryAbout returns the number of the latest decision about a message that
// the member sent, or else that it received; 0 if there is none.
func (d *Desk) entryAbout(ctx context.Context, member schemas.MemberID, id schemas.ID) (uint64, error) {
	own, err := d.ledger.Decision(ctx, member, id)
	if err == nil || !errors.Is(err, ledger.ErrNotFound) {
		return own.Number, err
	}
	var number uint64
	for e, err := range d.ledger.Entries(ctx, "decision.*."+string(id)) {
		if err != nil {
			return 0, err
		}
		for _, o := range e.Outcomes {
			if o.Member == member && o.Outcome == schemas.Disclosed {
				number = e.Number
			}
		}
	}
	return number, nil
}

// addSalt adds the salt of the commitment to a message of the member's own, as
// long as the message is there.
func (d *Desk) addSalt(ctx context.Context, out *nats.Msg, member schemas.MemberID, id schemas.ID) error {
	intake, err := d.cfg.JetStream.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("opening the intake: %w", err)
	}
	accepted, err := intake.GetLastMsgForSubject(ctx, schemas.IntakeAddress(member, id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking up a message: %w", err)
	}
	if salt := accepted.Header.Get(ledger.HeaderSalt); salt != "" {
		out.Header.Set(schemas.HeaderSalt, salt)
	}
	return nil
}
