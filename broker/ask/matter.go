package ask

import (
	"context"

	"github.com/nats-io/nats.go"

	"liaison/schemas"
)

// Matters tells how matters stand, and what is owed.
type Matters interface {
	// Show returns what a member may know of a matter; without steps there is
	// nothing.
	Show(ctx context.Context, of schemas.MessageRef, member schemas.MemberID) (schemas.Thread, error)
	// Operation returns what a member may know of a named operation; without
	// cases there is nothing.
	Operation(ctx context.Context, name string, member schemas.MemberID) (schemas.Operation, error)
	// Owed calls fn with the clocks that a member owes or is owed.
	Owed(ctx context.Context, member schemas.MemberID, overdue, all bool, fn func(schemas.Clock) error) error
	// Erased tells of the erasure of a message; nil if there was none.
	Erased(ctx context.Context, of schemas.MessageRef) (*schemas.Erased, error)
}

// thread answers with what the member may know of a matter.
func (d *Desk) thread(ctx context.Context, msg *nats.Msg, member schemas.MemberID) error {
	var of schemas.MessageRef
	if err := readQuestion(msg.Data, &of); err != nil || !of.ID.Valid() || of.Originator == "" {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {"originator":"<member>","id":"<the message's id>"}`)
	}
	t, err := d.cfg.Matters.Show(ctx, of, member)
	if err != nil {
		return err
	}
	if len(t.Steps) == 0 {
		return schemas.Refuse(schemas.RefusedUnknown, "there is nothing about it that is yours to see")
	}
	return respond(msg, t)
}

// operation answers with what the member may know of a named operation. A name
// that it was not told is as one that there is not.
func (d *Desk) operation(ctx context.Context, msg *nats.Msg, member schemas.MemberID) error {
	var q struct {
		Name string `json:"name"`
	}
	if err := readQuestion(msg.Data, &q); err != nil || q.Name == "" || len(q.Name) > 4*schemas.MaxReference {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {"name":"<the name of the operation>"}`)
	}
	o, err := d.cfg.Matters.Operation(ctx, q.Name, member)
	if err != nil {
		return err
	}
	if len(o.Cases) == 0 {
		return schemas.Refuse(schemas.RefusedUnknown, "there is nothing about it that is yours to see")
	}
	return respond(msg, o)
}

// maxClocks bounds one answer.
const maxClocks = 1000

// docket answers with the clocks that the member owes or is owed.
func (d *Desk) docket(ctx context.Context, msg *nats.Msg, member schemas.MemberID) error {
	var q struct {
		Overdue bool `json:"overdue"`
		All     bool `json:"all"`
	}
	if err := readQuestion(msg.Data, &q); err != nil {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {}, {"overdue":true} or {"all":true}`)
	}
	answer := struct {
		Clocks []schemas.Clock `json:"clocks"`
		// More says that there are more than one answer holds.
		More bool `json:"more,omitempty"`
	}{Clocks: []schemas.Clock{}}
	err := d.cfg.Matters.Owed(ctx, member, q.Overdue, q.All, func(c schemas.Clock) error {
		if len(answer.Clocks) == maxClocks {
			answer.More = true
			return nil
		}
		answer.Clocks = append(answer.Clocks, c)
		return nil
	})
	if err != nil {
		return err
	}
	return respond(msg, answer)
}
