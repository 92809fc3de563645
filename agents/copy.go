package agents

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"liaison/schemas"
)

// Copy is what a desk gets of a message: only the items that were disclosed
// to it, and why.
type Copy struct {
	// ID is the message's, also where the body could not be read.
	ID schemas.ID
	// Message is the body; nil when it could not be read, and then Fault says
	// why and Raw is all there is.
	Message *schemas.Message
	Fault   error
	// Decision is the number of the ledger entry behind the disclosure, Policy
	// the hash of the tables that decided.
	Decision uint64
	Policy   string
	// Gateways are the distinct legal gateways of the disclosed items.
	Gateways []string
	// Sequence is the copy's place in the feed: the cursor to go on from.
	Sequence uint64
	// Address is where it was published, as "feed.tip.labour-standards....".
	Address string
	// Raw is the body as it came.
	Raw []byte
}

// copyOf reads a copy from its headers and its body.
func copyOf(header nats.Header, body []byte) Copy {
	c := Copy{
		ID:       schemas.ID(header.Get(schemas.HeaderID)),
		Policy:   header.Get(schemas.HeaderPolicy),
		Address:  header.Get(schemas.HeaderAddress),
		Decision: number(header.Get(schemas.HeaderDecision)),
		Sequence: number(header.Get(schemas.HeaderSequence)),
		Raw:      body,
	}
	for _, v := range header.Values(schemas.HeaderGateway) {
		c.Gateways = append(c.Gateways, strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	m, err := schemas.DecodeCopy(body)
	if err != nil {
		c.Fault = fmt.Errorf("reading the copy of message %s: %w", c.ID, err)
		return c
	}
	c.Message = m
	if c.ID == "" {
		c.ID = m.ID
	}
	if c.Address == "" {
		c.Address = schemas.LiveAddress + "." + schemas.Route(m)
	}
	return c
}

func number(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64) // an absent header counts as zero
	return n
}

// Live hands on each copy as it is published, at most once: what comes while
// the link is down, or faster than fn takes it, is not seen. Watch misses
// nothing. Live returns when the context ends or fn reports an error.
func (c *Client) Live(ctx context.Context, fn func(Copy) error) error {
	sub, err := c.link.now().SubscribeSync(schemas.LiveAddress + ".>")
	if err != nil {
		return fmt.Errorf("subscribing to live copies: %w", err)
	}
	defer sub.Unsubscribe()
	for {
		m, err := sub.NextMsgWithContext(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case slow(err):
			continue // the log says how often
		case err != nil:
			return subscribeFault(err)
		}
		if m.Header == nil {
			m.Header = nats.Header{}
		}
		if m.Header.Get(schemas.HeaderAddress) == "" {
			m.Header.Set(schemas.HeaderAddress, m.Subject)
		}
		if err := fn(copyOf(m.Header, m.Data)); err != nil {
			return err
		}
	}
}
