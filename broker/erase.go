package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"liaison/broker/ledger"
	"liaison/broker/retention"
	"liaison/schemas"
)

// openRetention opens the part that erases.
func (b *Broker) openRetention(ctx context.Context) (err error) {
	b.retention, err = retention.Open(ctx, retention.Config{JetStream: b.js, Docket: b.docket, Policy: b.Policy,
		Act: func(ctx context.Context, plan func(context.Context) (*ledger.Entry, error)) (*ledger.Entry, error) {
			return b.router.Act(ctx, plan)
		},
		Erasing: func() { b.intake.Erasing() }, Now: b.cfg.Now, Log: b.cfg.Log})
	return err
}

// grown tells those who follow the ledger that it has grown.
func (b *Broker) grown(g ledger.Growth) {
	b.docket.Committed(g)
	b.retention.Committed(g)
}

// Erasing is what an operator wants erased, and why. By is filled in.
type Erasing struct {
	Of     schemas.MessageRef `json:"of"`
	Reason string             `json:"reason"`
	By     string             `json:"by,omitempty"`
}

// Erase records that all that is left of a message is erased, and removes it. It
// refuses while a matter that it belongs to is open.
func (b *Broker) Erase(ctx context.Context, q Erasing) (ledger.Entry, error) {
	if err := CheckReason(q.Reason); err != nil {
		return ledger.Entry{}, err
	}
	if q.By == "" {
		q.By = ThisUser()
	}
	e, err := b.retention.Erase(ctx, q.Of, q.Reason, q.By)
	if err != nil {
		return ledger.Entry{}, err
	}
	return *e, nil
}

// showErasures calls fn with the entries that say what was erased of a message.
func (b *Broker) showErasures(ctx context.Context, id schemas.ID, fn func(ledger.Entry) error) error {
	for e, err := range b.ledger.Entries(ctx, ledger.ActsAddress) {
		if err != nil {
			return err
		}
		if e.Erased == nil || !slices.ContainsFunc(e.Erased.Messages, func(g ledger.Gone) bool { return g.Of.ID == id }) {
			continue
		}
		if err := fn(e.Entry); err != nil {
			return err
		}
	}
	return nil
}

// maxReason bounds the bytes of an operator's reason.
const maxReason = 200

// CheckReason returns what is wrong with an operator's reason, which must be able
// to stand in the ledger for ever.
func CheckReason(reason string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return errors.New("give a reason: it stands in the ledger for ever, so write nothing of what the message says")
	case len(reason) > maxReason || !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("a reason is one line of at most %d bytes", maxReason)
	}
	return nil
}

// Erase has a message erased at the running broker.
func (r *Remote) Erase(ctx context.Context, q Erasing) (ledger.Entry, error) {
	return one[ledger.Entry](ctx, r, request{Erase: &q})
}

// RetentionQuery says by when something must be due to be listed.
type RetentionQuery struct {
	By time.Time `json:"by"`
}

// ShowRetention calls fn with every message of which something is due to be
// erased by a time, by the tables in force.
func (b *Broker) ShowRetention(ctx context.Context, q RetentionQuery, fn func(retention.Due) error) error {
	return b.retention.List(ctx, q.By, fn)
}

// ShowRetention asks the running broker.
func (r *Remote) ShowRetention(ctx context.Context, q RetentionQuery, fn func(retention.Due) error) error {
	return r.ask(ctx, request{Retention: &q}, func(raw json.RawMessage) error {
		var d retention.Due
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		return fn(d)
	})
}
