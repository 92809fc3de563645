package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/schemas"
)

// From says where a replay begins. The zero From is the beginning of what the
// desk still has.
type From struct {
	// After is a copy's Sequence: the replay begins behind it.
	After uint64
	// Since is a time: the replay begins with what was disclosed from then
	// on. It counts only when After is zero.
	Since time.Time
}

// Replay hands on the desk's own copies again, in their order, up to the end
// of what is there, and returns the sequence to go on from. It changes nothing
// at the broker and does not touch the desk's durable consumer.
func (c *Client) Replay(ctx context.Context, from From, fn func(Copy) error) (uint64, error) {
	for {
		p, err := c.page(ctx, from)
		if err != nil {
			return from.After, err
		}
		for _, one := range p.copies {
			if err := fn(one); err != nil {
				return from.After, err
			}
			from = From{After: one.Sequence}
		}
		if p.end > from.After {
			from = From{After: p.end}
		}
		if !p.more {
			return from.After, nil
		}
	}
}

// page is one complete answer to a replay.
type page struct {
	copies []Copy
	end    uint64
	more   bool
}

const pageSize = 256

type replayQuestion struct {
	After uint64 `json:"after"`
	Since string `json:"since"`
	Max   int    `json:"max"`
}

// page asks for one page. It is all or nothing: a page during which the link
// was renewed may have a hole, and is dropped.
func (c *Client) page(ctx context.Context, from From) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ctx, done := c.denied.watch(ctx, schemas.AskReplay)
	defer done()
	nc := c.link.now()
	links := nc.Stats().Reconnects
	inbox := nc.NewRespInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return page{}, askFault(ctx, schemas.AskReplay, err)
	}
	defer sub.Unsubscribe()
	q := replayQuestion{After: from.After, Max: pageSize}
	if from.After == 0 && !from.Since.IsZero() {
		q.Since = from.Since.UTC().Format(time.RFC3339)
	}
	body, err := json.Marshal(q)
	if err != nil {
		return page{}, fmt.Errorf("asking for a replay: %w", err)
	}
	if err := nc.PublishRequest(schemas.AskReplay, inbox, body); err != nil {
		return page{}, askFault(ctx, schemas.AskReplay, err)
	}
	p, err := readPage(ctx, sub, from.After)
	if err == nil && nc.Stats().Reconnects != links {
		err = fmt.Errorf("%w: the link was cut during a replay", ErrUnreachable)
	}
	return p, err
}

// readPage reads copies until the message that ends the page.
func readPage(ctx context.Context, sub *nats.Subscription, after uint64) (page, error) {
	p := page{end: after}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return page{}, askFault(ctx, schemas.AskReplay, err)
		}
		switch {
		case m.Header.Get("Status") == "503":
			return page{}, askFault(ctx, schemas.AskReplay, nats.ErrNoResponders)
		case m.Header.Get(schemas.HeaderError) != "":
			return page{}, replayRefusal(m)
		case m.Header.Get(schemas.HeaderEnd) != "":
			p.end = max(p.end, number(m.Header.Get(schemas.HeaderEnd)))
			p.more = m.Header.Get(schemas.HeaderMore) == "true" && p.end > after
			return p, nil
		}
		one := copyOf(m.Header, m.Data)
		if one.Sequence <= p.end || len(p.copies) >= pageSize {
			return page{}, fmt.Errorf("replay: copy %d came after %d, %d in the page", one.Sequence, p.end, len(p.copies))
		}
		p.copies, p.end = append(p.copies, one), one.Sequence
	}
}

func replayRefusal(m *nats.Msg) error {
	var a schemas.Answer
	if err := json.Unmarshal(m.Data, &a); err != nil || a.Error == nil {
		return fmt.Errorf("replay refused with code %s", m.Header.Get(schemas.HeaderError))
	}
	return refusalOf(a)
}
