package agents

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"liaison/schemas"
)

// WatchOptions say what to watch and from where.
type WatchOptions struct {
	// Filter picks what fn gets; the zero Filter wants everything.
	Filter schemas.Filter
	// Cursor is the path of a file that keeps the place between runs; empty
	// means that nothing is kept. A new file is begun where After or Since say.
	Cursor string
	// After is a copy's Sequence to begin behind; it goes before the cursor.
	After uint64
	// Since is how far back to begin; After and an existing cursor go before
	// it. Zero means the beginning of what the desk still has with Once or
	// with a new cursor, and otherwise only what is new.
	Since time.Duration
	// Once stops at the end of what is there.
	Once bool
	// Poll is how often to look even if nothing rings; zero means 5 seconds.
	Poll time.Duration
}

// Watch hands on every copy of the desk that the filter wants, in order,
// without gaps and, within one run, without duplicates; after a crash it
// repeats what it had handed on since it last wrote the cursor, a page at
// most. The desk's durable consumer is not touched, so any number of watchers
// may run beside the application that owns it.
//
// Every copy comes by replay. The live copies, which the broker sends at most
// once, only ring the bell: losing one costs a few seconds and never a copy.
// Watch returns when the context ends, fn reports an error, the broker
// refuses, or, with Once, at the end of what is there.
func (c *Client) Watch(ctx context.Context, o WatchOptions, fn func(Copy) error) error {
	from, err := o.start(time.Now())
	if err != nil {
		return err
	}
	bell, takeDown, err := c.bell(o.Once)
	if err != nil {
		return err
	}
	defer takeDown()
	if o.Poll <= 0 {
		o.Poll = 5 * time.Second
	}
	poll := time.NewTicker(o.Poll)
	defer poll.Stop()
	for pause := (backoff{}); ; {
		switch err := c.catchUp(ctx, o, &from, fn); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case passing(err) && !o.Once:
			c.log.Warn("watch: waiting for the broker", "err", err)
			if err := pause.wait(ctx); err != nil {
				return err
			}
			continue
		case err != nil || o.Once:
			return err
		}
		pause.reset()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-bell:
		case <-poll.C:
		}
	}
}

// passing says whether the same question may be answered later.
func passing(err error) bool {
	var refusal *schemas.Refusal
	return errors.Is(err, ErrUnreachable) || errors.As(err, &refusal) && refusal.Later()
}

// bell rings at each live copy and at each new connection.
func (c *Client) bell(once bool) (<-chan struct{}, func(), error) {
	bell, takeDown := c.wakes.hang()
	if once {
		return bell, takeDown, nil
	}
	sub, err := c.link.now().Subscribe(schemas.LiveAddress+".>", ringer(bell))
	if err != nil {
		takeDown()
		return nil, nil, subscribeFault(err)
	}
	return bell, func() { sub.Unsubscribe(); takeDown() }, nil
}

// catchUp hands on what came since the place in from, and moves the place.
func (c *Client) catchUp(ctx context.Context, o WatchOptions, from *From, fn func(Copy) error) error {
	for {
		p, err := c.page(ctx, *from)
		if err != nil {
			return err
		}
		for _, one := range p.copies {
			// What cannot be read cannot be judged by the filter: show it.
			if one.Message == nil || o.Filter.Matches(one.Message) {
				if err := fn(one); err != nil {
					return errors.Join(err, o.keep(from.After))
				}
			}
			*from = From{After: one.Sequence}
		}
		if p.end > from.After {
			*from = From{After: p.end}
		}
		if len(p.copies) > 0 {
			if err := o.keep(from.After); err != nil {
				return err
			}
		}
		if !p.more {
			return nil
		}
	}
}

// start finds the place to begin at.
func (o WatchOptions) start(now time.Time) (From, error) {
	if o.After > 0 {
		return From{After: o.After}, nil
	}
	after, err := o.kept()
	if err != nil || after > 0 {
		return From{After: after}, err
	}
	if o.Since == 0 && (o.Once || o.Cursor != "") {
		return From{}, nil
	}
	return From{Since: now.Add(-o.Since)}, nil
}

func (o WatchOptions) kept() (uint64, error) {
	if o.Cursor == "" {
		return 0, nil
	}
	b, err := os.ReadFile(o.Cursor)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the cursor: %w", err)
	}
	after, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the cursor file %s holds no sequence; correct it, or delete it to begin anew", o.Cursor)
	}
	return after, nil
}

func (o WatchOptions) keep(after uint64) error {
	if o.Cursor == "" || after == 0 {
		return nil
	}
	root, err := os.OpenRoot(filepath.Dir(o.Cursor))
	if err != nil {
		return fmt.Errorf("writing the cursor: %w", err)
	}
	defer root.Close()
	return writeFile(root, filepath.Base(o.Cursor), strconv.AppendUint(nil, after, 10))
}
