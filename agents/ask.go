package agents

import (
	"context"
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
	var refused schemas.Answer
	if err := json.Unmarshal(m.Data, &refused); err == nil && refused.Error != nil {
		return refusalOf(refused)
	}
	if err := json.Unmarshal(m.Data, answer); err != nil {
		return fmt.Errorf("reading the answer to %q: %w", address, err)
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
