package agents

import (
	"context"
	"time"

	"liaison/schemas"
)

// Take submits a message that a person makes, such as a request or an answer:
// it is given an id, the member as its originator and the time, where those
// are missing, and its id is returned. A refusal by the broker is an error of
// type *schemas.Refusal. While the broker says that what the step is about waits to
// be decided, it is submitted again, for a few seconds. A recall is of the member's
// own message.
func (c *Client) Take(ctx context.Context, m *schemas.Message) (schemas.ID, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return "", err
	}
	m.Schema, m.Originator = schemas.Schema, self.Member
	if m.ID == "" {
		m.ID = randomID()
	}
	if m.Recall != nil && m.Recall.Of.Originator == "" {
		m.Recall.Of.Originator = self.Member
	}
	if m.Created.IsZero() {
		m.Created = schemas.At(time.Now())
	}
	for tries := 0; ; tries++ {
		receipts, err := c.Submit(ctx, m)
		if err != nil {
			return "", err
		}
		switch r := receipts[0].Refusal; {
		case r == nil:
			return m.ID, nil
		case r.Code != schemas.RefusedWaiting || tries == decideWaits:
			return "", r
		}
		if err := sleep(ctx, decideWait); err != nil {
			return "", err
		}
	}
}

// What a step waits for is decided within a fraction of a second unless the router
// has a backlog.
const (
	decideWait  = 100 * time.Millisecond
	decideWaits = 50
)

// Thread asks for what this member may know of a matter: of the message that
// began it, and the steps since.
func (c *Client) Thread(ctx context.Context, of schemas.MessageRef) (schemas.Thread, error) {
	var t schemas.Thread
	err := c.question(ctx, schemas.AskThread, of, &t)
	return t, err
}

// Support asks who supports a person, by the protocol's tables. Nothing that
// names the person is asked.
func (c *Client) Support(ctx context.Context, q schemas.SupportQuery) (schemas.SupportAnswer, error) {
	var a schemas.SupportAnswer
	err := c.question(ctx, schemas.AskSupport, q, &a)
	return a, err
}

// Docket asks for the clocks that this member owes, or that are owed to it:
// those that run, or only those that have run out.
func (c *Client) Docket(ctx context.Context, overdue, all bool) ([]schemas.Clock, error) {
	var answer struct {
		Clocks []schemas.Clock `json:"clocks"`
	}
	err := c.question(ctx, schemas.AskDocket, map[string]bool{"overdue": overdue, "all": all}, &answer)
	return answer.Clocks, err
}

// Operation asks for what this member may know of a named operation.
func (c *Client) Operation(ctx context.Context, name string) (schemas.Operation, error) {
	var o schemas.Operation
	err := c.question(ctx, schemas.AskOperation, map[string]string{"name": name}, &o)
	return o, err
}
