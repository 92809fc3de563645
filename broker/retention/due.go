package retention

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"liaison/broker/docket"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// What is due for its age is found by walking the ledger, which is in the order
// of time: for each number of days that the tables name, from where the last walk
// ended up to the first entry that is younger. So each entry is read once for
// each such number, a page at a time, and nothing is kept for a message but what
// is out of that order: a day of review, or a matter that is still open. An index
// of all messages would cost each commit, and a hundred megabytes for a million.
// A clock that was ahead when an entry was written holds up those behind it:
// nothing is erased too early for that.

const (
	// batchSize is the most messages of one entry. They are judged while the
	// router waits.
	batchSize = 100
	// day is when what belongs to an open matter is looked at again.
	day = 24 * time.Hour
)

// due erases what is due and returns when more will be; zero if nothing is known
// to be.
func (k *Keeper) due(ctx context.Context) (next time.Time, err error) {
	now := k.cfg.Now()
	for {
		put, later, err := k.cfg.Docket.Later(ctx, now, batchSize)
		if err != nil {
			return next, err
		}
		if len(put) == 0 {
			next = later
			break
		}
		refs := make([]schemas.MessageRef, len(put))
		for i := range put {
			refs[i] = put[i].Of
		}
		if err := k.erase(ctx, refs, put); err != nil {
			return next, err
		}
	}
	for _, days := range k.ages(now) {
		at, err := k.walk(ctx, days, now)
		if err != nil {
			return next, err
		}
		next = sooner(next, at)
	}
	return next, nil
}

// sooner is the sooner of two times; zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// ages are the numbers of days that the tables in force name.
func (k *Keeper) ages(now time.Time) []int {
	ages := map[int]bool{}
	for _, kind := range policy.Kinds() {
		if row, ok := k.cfg.Policy().Retention(kind, now); ok {
			ages[row.FeedDays], ages[row.IntakeDays] = true, true
		}
	}
	return slices.Sorted(maps.Keys(ages))
}

// rows names the rows that are in force: by other ones the ledger is walked anew,
// because what is behind may be due by them.
func (k *Keeper) rows(now time.Time) string {
	h := fnv.New64a()
	for _, kind := range policy.Kinds() {
		if row, ok := k.cfg.Policy().Retention(kind, now); ok {
			fmt.Fprintf(h, "%s,%d,%d,%s\n", kind, row.FeedDays, row.IntakeDays, row.Review)
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// walk goes on through the ledger up to the first entry that is younger than so
// many days, erases what is due, and returns when that entry will be old enough.
func (k *Keeper) walk(ctx context.Context, days int, now time.Time) (next time.Time, err error) {
	name := fmt.Sprintf("%d days by %s", days, k.rows(now))
	after, err := k.cfg.Docket.Walked(name)
	if err != nil {
		return next, err
	}
	var refs []schemas.MessageRef
	flush := func(upTo uint64) error {
		if len(refs) > 0 {
			if err := k.erase(ctx, refs, nil); err != nil {
				return err
			}
			refs = refs[:0]
		}
		return k.cfg.Docket.SetWalked(name, upTo)
	}
	last := after
	for msg, err := range ledger.Walk(ctx, k.cfg.JetStream, ledger.Stream, ledger.Address, after, time.Time{}) {
		if err != nil {
			return next, err
		}
		e, err := ledger.Parse(msg.Data)
		if err != nil {
			return next, fmt.Errorf("looking for what is due at sequence %d: %w", msg.Sequence, err)
		}
		if at := e.At.UTC().Truncate(day).AddDate(0, 0, days+1); at.After(now) {
			next = at
			break
		}
		last = msg.Sequence
		if row, ok := k.cfg.Policy().Retention(kindOf(&e), now); ok && (row.FeedDays == days || row.IntakeDays == days) {
			refs = append(refs, schemas.MessageRef{Originator: e.Originator, ID: e.Message})
		}
		if len(refs) == batchSize {
			if err := flush(last); err != nil {
				return next, err
			}
		}
	}
	if last == after {
		return next, nil
	}
	return next, flush(last)
}

// kindOf is the kind of message that an entry decides about, or "".
func kindOf(e *ledger.Entry) schemas.Kind {
	if e.Kind == ledger.ConsentEntry {
		return schemas.KindConsent
	}
	if e.Kind != ledger.DecisionEntry {
		return ""
	}
	kind, _, _ := strings.Cut(e.Route, ".")
	return schemas.Kind(kind)
}

// erase has what is due of messages erased by one entry, and carries it out. What
// belongs to an open matter is looked at again the next day; looked are the
// messages that were put off before.
func (k *Keeper) erase(ctx context.Context, refs []schemas.MessageRef, looked []docket.Put) error {
	var due []schemas.MessageRef
	var again []docket.Put
	now := k.cfg.Now()
	for _, of := range refs {
		if slices.Contains(due, of) {
			continue
		}
		d, err := k.judge(ctx, of, now)
		if err != nil {
			return err
		}
		switch {
		case d.Open != "":
			again = append(again, docket.Put{Of: of, At: now.UTC().Truncate(day).AddDate(0, 0, 1)})
		case d.some():
			due = append(due, of)
		}
	}
	for len(due) > 0 {
		said := 0
		_, err := k.cfg.Act(ctx, func(ctx context.Context) (e *ledger.Entry, err error) {
			e, said, err = k.entry(ctx, due, now)
			return e, err
		})
		if err != nil {
			return fmt.Errorf("recording what is due to be erased: %w", err)
		}
		if err := k.Finish(ctx); err != nil {
			return err
		}
		due = due[said:]
	}
	return k.cfg.Docket.PutOff(looked, again)
}

// entry says what of messages is due to be erased, as things stand when nothing
// else is on its way to the ledger, and of how many messages it says so: what is
// too much for one entry is left for the next. It is nil if nothing is due.
func (k *Keeper) entry(ctx context.Context, refs []schemas.MessageRef, now time.Time) (e *ledger.Entry, said int, err error) {
	e = &ledger.Entry{Kind: ledger.ErasedEntry, Erased: &ledger.Erasure{Why: ledger.ErasedRetention}}
	bytes := 0
	for _, of := range refs {
		d, err := k.judge(ctx, of, now)
		if err != nil {
			return nil, 0, err
		}
		if d.some() && d.Open == "" {
			if bytes += d.gone.Size(); bytes > ledger.MaxErasure && len(e.Erased.Messages) > 0 {
				break
			}
			e.Erased.Messages = append(e.Erased.Messages, d.gone)
		}
		said++
	}
	if len(e.Erased.Messages) == 0 {
		return nil, said, nil
	}
	return e, said, nil
}

// Due is what is left of a message, until when the protocol keeps it, and what
// keeps it longer.
type Due struct {
	Of   schemas.MessageRef `json:"of"`
	Kind schemas.Kind       `json:"kind"`
	// Feeds is until when the copies stay, and Intake until when the accepted
	// message does; zero for what is gone.
	Feeds  time.Time `json:"feeds,omitzero"`
	Intake time.Time `json:"intake,omitzero"`
	// Open is the open matter for which it stays longer.
	Open string `json:"open,omitempty"`
	gone ledger.Gone
}

// some says whether anything is due.
func (d *Due) some() bool { return d.gone.Intake != 0 || len(d.gone.Copies) > 0 }

// judge says what is left of a message and, if something of it is due by a time,
// whether an open matter keeps it.
func (k *Keeper) judge(ctx context.Context, of schemas.MessageRef, by time.Time) (d Due, err error) {
	d.Of = of
	e, err := k.ledger.Decision(ctx, of.Originator, of.ID)
	if errors.Is(err, ledger.ErrNotFound) {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	d.Kind = kindOf(&e.Entry)
	row, ok := k.cfg.Policy().Retention(d.Kind, k.cfg.Now())
	if !ok {
		return d, nil
	}
	left, some, err := k.Left(ctx, of)
	if err != nil || !some {
		return d, err
	}
	feeds, intake := row.Retained(e.At, e.Review)
	if len(left.Copies) > 0 {
		d.Feeds = feeds
	}
	if left.Intake != 0 {
		d.Intake = intake
	}
	if feeds.After(by) {
		left.Copies = nil
	}
	if intake.After(by) {
		left.Intake, left.Step = 0, nil
	}
	if d.gone = left; d.some() {
		d.Open, err = k.cfg.Docket.Open(ctx, of)
	}
	return d, err
}

// List calls fn with every message of which something is due by a time.
func (k *Keeper) List(ctx context.Context, by time.Time, fn func(Due) error) error {
	for e, err := range k.ledger.Entries(ctx, ledger.Address) {
		if err != nil {
			return err
		}
		row, ok := k.cfg.Policy().Retention(kindOf(&e.Entry), k.cfg.Now())
		if !ok {
			continue
		}
		if feeds, intake := row.Retained(e.At, e.Review); feeds.After(by) && intake.After(by) {
			continue
		}
		last, err := k.ledger.Decision(ctx, e.Originator, e.Message)
		if err != nil {
			return err
		}
		if last.Number != e.Number {
			continue // it comes again
		}
		d, err := k.judge(ctx, schemas.MessageRef{Originator: e.Originator, ID: e.Message}, by)
		if err != nil {
			return err
		}
		if !d.some() {
			continue
		}
		if err := fn(d); err != nil {
			return err
		}
	}
	return nil
}
