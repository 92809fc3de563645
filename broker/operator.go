package broker

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/broker/retention"
	"liaison/schemas"
)

// Operator is what an operator's command asks of a broker, whether it runs in
// this process or in another.
type Operator interface {
	// ShowLedger calls fn with the ledger's entries in order, or with those
	// about one message.
	ShowLedger(ctx context.Context, id schemas.ID, fn func(ledger.Entry) error) error
	// Prove proves the ledger's signed head, and what a query asks for besides.
	Prove(ctx context.Context, q ProofQuery) ([]byte, error)
	// VerifyLedger checks the chain of entries and their tree.
	VerifyLedger(ctx context.Context) (ledger.Report, error)
	// Verify checks the whole balance: what every desk must hold.
	Verify(ctx context.Context) (check.Report, error)
	// ShowDocket calls fn with the clocks that are wanted, by thread.
	ShowDocket(ctx context.Context, want ClocksOf, fn func(schemas.Clock) error) error
	// AskSupport says who supports a person.
	AskSupport(ctx context.Context, q schemas.SupportQuery) (schemas.SupportAnswer, error)
	// ShowThread returns how a matter stands: ids, codes and times, no content.
	ShowThread(ctx context.Context, of schemas.MessageRef) (schemas.Thread, error)
	// ShowOperation returns the cases under the name of an operation, as far as
	// a member may know of them; of no member, all.
	ShowOperation(ctx context.Context, q OperationOf) (schemas.Operation, error)
	// Erase has all that is left of a message erased, and returns the entry.
	Erase(ctx context.Context, q Erasing) (ledger.Entry, error)
	// ShowRetention calls fn with every message of which something is due to be
	// erased by a time.
	ShowRetention(ctx context.Context, q RetentionQuery, fn func(retention.Due) error) error
	// AcceptGap records that a gap which nothing explains is accepted, and returns
	// the entry.
	AcceptGap(ctx context.Context, q GapQuery) (ledger.Entry, error)
	// DiffTables decides what the intake took since then under two sets of
	// tables, and calls fn with every difference. A set is TablesInForce,
	// EmbeddedTables or a folder. It returns how many it decided. Nothing is recorded and no content leaves the broker.
	DiffTables(ctx context.Context, old, new string, since time.Duration, fn func(policy.Difference) error) (messages int, err error)
}

// Status says how a running broker is.
type Status struct {
	Ready bool `json:"ready"`
	// Fault says why it is not ready.
	Fault string `json:"fault,omitempty"`
	URL   string `json:"url"`
	// Accepted counts the records since the start; Place is the intake
	// sequence up to which everything is decided.
	Accepted uint64 `json:"accepted"`
	Place    uint64 `json:"place"`
	Desks    int    `json:"desks"`
	Policy   string `json:"policy"`
	// Reopened counts how often the store was opened again since the start,
	// because the disk had failed.
	Reopened uint64 `json:"reopened,omitempty"`
	// Full says that the intake has reached its bound and refuses new messages.
	Full bool `json:"full,omitempty"`
	// Scrub is what reading all that is stored has shown.
	Scrub Scrub `json:"scrub"`
}

// Status returns how the broker is.
func (b *Broker) Status() Status {
	s := Status{Ready: true, URL: b.URL(), Accepted: b.intake.Accepted(), Place: b.router.Place(),
		Desks: len(b.registry.Desks()), Policy: b.Policy().Hash(), Reopened: b.keeper.reopened.Load(), Full: b.intake.Full(), Scrub: b.scrub.State()}
	if err := b.Ready(); err != nil {
		s.Ready, s.Fault = false, err.Error()
	}
	return s
}

// ShowLedger calls fn with the ledger's entries in order, or with those about
// one message.
func (b *Broker) ShowLedger(ctx context.Context, id schemas.ID, fn func(ledger.Entry) error) error {
	address := ledger.Address
	if id != "" {
		if !id.Valid() {
			return errors.New("the id must be a UUID in its lower-case form")
		}
		address = "decision.*." + string(id)
	}
	for e, err := range b.ledger.Entries(ctx, address) {
		if err != nil {
			return err
		}
		if err := fn(e.Entry); err != nil {
			return err
		}
	}
	if id == "" {
		return nil
	}
	return b.showErasures(ctx, id, fn)
}

// ProofQuery asks for a proof of the ledger's head. Entry asks that an entry is
// in it, showing what Member may see, or all of it if that is empty; Since, that
// it extends a head of so many entries.
type ProofQuery struct {
	Entry  uint64           `json:"entry,omitempty"`
	Member schemas.MemberID `json:"member,omitempty"`
	Since  uint64           `json:"since,omitempty"`
}

// Prove proves the ledger's signed head, and what a query asks for besides.
func (b *Broker) Prove(ctx context.Context, q ProofQuery) ([]byte, error) {
	if q.Entry == 0 {
		return b.tree.Head(ctx, q.Since)
	}
	return b.tree.Prove(ctx, q.Entry, q.Member, q.Since)
}

// VerifyLedger checks the chain of entries and their tree.
func (b *Broker) VerifyLedger(ctx context.Context) (ledger.Report, error) {
	return b.tree.Verify(ctx, b.cfg.Now().UTC())
}

// Enrol issues credentials at the running broker.
func (r *Remote) Enrol(ctx context.Context, e accounts.Enrolment) (accounts.Issued, error) {
	return one[accounts.Issued](ctx, r, request{Enrol: &e})
}

// Revoke withdraws a desk's credentials at the running broker.
func (r *Remote) Revoke(ctx context.Context, member schemas.MemberID, desk string) (accounts.Desk, error) {
	return one[accounts.Desk](ctx, r, request{Revoke: &revocation{Member: member, Desk: desk}})
}

// ShowLedger calls fn with the ledger's entries in order, or with those about
// one message.
func (r *Remote) ShowLedger(ctx context.Context, id schemas.ID, fn func(ledger.Entry) error) error {
	return r.ask(ctx, request{Ledger: &ledgerQuery{ID: id}}, func(raw json.RawMessage) error {
		e, err := ledger.Parse(raw)
		if err != nil {
			return err
		}
		return fn(e)
	})
}

// Prove proves the ledger's signed head at the running broker.
func (r *Remote) Prove(ctx context.Context, q ProofQuery) ([]byte, error) {
	return one[[]byte](ctx, r, request{Prove: &q})
}

// VerifyLedger checks the chain of entries and their tree.
func (r *Remote) VerifyLedger(ctx context.Context) (ledger.Report, error) {
	return one[ledger.Report](ctx, r, request{Verify: &struct{}{}})
}

// Status returns how the running broker is.
func (r *Remote) Status(ctx context.Context) (Status, error) {
	return one[Status](ctx, r, request{Status: &struct{}{}})
}

// Load brings the tables of a folder into force at the running broker.
func (r *Remote) Load(ctx context.Context, dir string) (Status, error) {
	return one[Status](ctx, r, request{Load: &tablesQuery{Dir: dir}})
}

// DiffTables decides what the intake took since then under two sets of tables.
func (r *Remote) DiffTables(ctx context.Context, old, new string, since time.Duration, fn func(policy.Difference) error) (messages int, err error) {
	err = r.ask(ctx, request{Diff: &diffQuery{Old: old, New: new, Since: since}}, func(raw json.RawMessage) error {
		var a diffAnswer
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		if a.Difference == nil {
			messages = a.Messages
			return nil
		}
		return fn(*a.Difference)
	})
	return messages, err
}

// one asks for exactly one value.
func one[T any](ctx context.Context, r *Remote, q request) (T, error) {
	var v T
	got := 0
	err := r.ask(ctx, q, func(raw json.RawMessage) error {
		got++
		return json.Unmarshal(raw, &v)
	})
	if err == nil && got != 1 {
		err = errors.New("the running broker answered nothing")
	}
	return v, err
}
