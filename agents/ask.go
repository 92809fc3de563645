package agents

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"liaison/schemas"
)

// Status asks what became of a message that this member sent. An unknown
// message, and any other refusal, is an error of type *schemas.Refusal.
func (c *Client) Status(ctx context.Context, id schemas.ID) (schemas.Status, error) {
	var st schemas.Status
	err := c.question(ctx, schemas.AskReceipt, map[string]schemas.ID{"id": id}, &st)
	return st, err
}

// HeldList asks for this member's messages that nobody received, oldest first.
func (c *Client) HeldList(ctx context.Context) ([]schemas.Status, error) {
	var answer struct {
		Held []schemas.Status `json:"held"`
	}
	err := c.question(ctx, schemas.AskHeld, struct{}{}, &answer)
	return answer.Held, err
}

// Answer submits this member's consent, or its refusal, made at a time (zero is
// now), and returns the id under which it is on record. A refusal by the broker is an error of type
// *schemas.Refusal.
func (c *Client) Answer(ctx context.Context, body schemas.Consent, at schemas.Time) (schemas.ID, error) {
	if body.Of.Originator == "" {
		self, err := c.Self(ctx)
		if err != nil {
			return "", err
		}
		body.Of.Originator = self.Member
	}
	return c.Take(ctx, &schemas.Message{Kind: schemas.KindConsent, Created: at, Marking: schemas.Protect, Urgency: schemas.Routine,
		Purpose: "prevent-detect-crime", Consent: &body})
}

// randomID is a UUID of version 4: a person's answer has no native record.
func randomID() schemas.ID {
	var b [16]byte
	rand.Read(b[:]) // never fails, by its contract
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return schemas.ID(fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

// question asks in JSON and reads either the answer or a refusal.
func (c *Client) question(ctx context.Context, address string, q, answer any) error {
	body, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("asking %q: %w", address, err)
	}
	m, err := c.ask(ctx, address, body)
	if err != nil {
		return err
	}
	if err := refusalIn(m); err != nil {
		return err
	}
	if err := json.Unmarshal(m.Data, answer); err != nil {
		return fmt.Errorf("reading the answer to %q: %w", address, err)
	}
	return nil
}

// refusalIn returns the refusal that an answer is, or nil.
func refusalIn(m *nats.Msg) error {
	var refused schemas.Answer
	if err := json.Unmarshal(m.Data, &refused); err == nil && refused.Error != nil {
		return refusalOf(refused)
	}
	return nil
}

func slow(err error) bool { return errors.Is(err, nats.ErrSlowConsumer) }

// subscribeFault says in words why a subscription ended.
func subscribeFault(err error) error {
	switch {
	case errors.Is(err, nats.ErrPermissionViolation):
		return fmt.Errorf("%w: reading needs a user with the role read or both", ErrPermission)
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrBadSubscription):
		return fmt.Errorf("%w: the link has been closed", ErrUnreachable)
	}
	return fmt.Errorf("reading copies: %w", err)
}

// Self asks the broker whose desk the credentials are for.
func (c *Client) Self(ctx context.Context) (schemas.Self, error) {
	var s schemas.Self
	err := c.question(ctx, schemas.AskSelf, struct{}{}, &s)
	return s, err
}

// ProofQuery asks for a proof of the ledger's signed head. ID or Entry asks also
// for what this member may see of an entry: the latest about a message that it
// sent or received, or the one with that number, as a copy names it. Since asks
// also that the head extends one of so many entries, which the member keeps.
type ProofQuery struct {
	ID    schemas.ID `json:"id,omitempty"`
	Entry uint64     `json:"entry,omitempty"`
	Since uint64     `json:"since,omitempty"`
}

// Proof asks for a proof, to be checked with the broker's public key by
// proof.Verify of package schemas/proof, now or by anybody later. About a message
// of this member's own, asked for by ID, it also returns the salt of the
// commitment to its content, which is not part of the proof.
func (c *Client) Proof(ctx context.Context, q ProofQuery) (proof []byte, salt string, err error) {
	address := schemas.AskProof
	if q.ID == "" && q.Entry == 0 {
		address = schemas.AskHead
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, "", fmt.Errorf("asking %q: %w", address, err)
	}
	m, err := c.ask(ctx, address, body)
	if err != nil {
		return nil, "", err
	}
	return m.Data, m.Header.Get(schemas.HeaderSalt), refusalIn(m)
}
