package broker

import (
	"context"
	"encoding/json"
	"errors"

	"liaison/schemas"
)

// FindSupport says who supports a person, by the tables in force: what
// ask.support answers.
func (b *Broker) FindSupport(q schemas.SupportQuery) schemas.SupportAnswer {
	if q.On.IsZero() {
		y, m, d := b.cfg.Now().UTC().Date()
		q.On, _ = schemas.NewDate(y, int(m), d) // a day of the calendar
	}
	a := b.Policy().FindSupport(q)
	for _, list := range [][]schemas.SupportOffer{a.Offers, a.Nearest} {
		for i := range list {
			list[i].Connected = list[i].Member != "" && len(b.directory.DesksOf(list[i].Member)) > 0
		}
	}
	return a
}

// AskSupport answers an operator's question.
func (b *Broker) AskSupport(_ context.Context, q schemas.SupportQuery) (schemas.SupportAnswer, error) {
	if faults := schemas.CheckSupport(&q); len(faults) > 0 {
		return schemas.SupportAnswer{}, errors.New(faults[0].Path + ": " + faults[0].Problem)
	}
	return b.FindSupport(q), nil
}

// AskSupport asks the running broker.
func (r *Remote) AskSupport(ctx context.Context, q schemas.SupportQuery) (a schemas.SupportAnswer, err error) {
	err = r.ask(ctx, request{Support: &q}, func(raw json.RawMessage) error { return json.Unmarshal(raw, &a) })
	return a, err
}
