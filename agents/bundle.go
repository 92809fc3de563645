package agents

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"liaison/schemas"
)

// Submit sends messages in bundles and returns one receipt for each, in their
// order. A refusal is a receipt, not an error: an error means that it is not
// known what the broker has, and that the same messages are to be sent again,
// which is harmless. The receipts that came before an error are returned too.
// Whether to try again after a refusal that says "later" is the caller's.
func (c *Client) Submit(ctx context.Context, msgs ...*schemas.Message) ([]schemas.Receipt, error) {
	receipts := make([]schemas.Receipt, 0, len(msgs))
	var b bundle
	for i, m := range msgs {
		body, err := schemas.EncodeMsgPack(m)
		if err != nil {
			return receipts, fmt.Errorf("encoding message %d: %w", i, err)
		}
		if receipts, err = c.add(ctx, &b, body, receipts); err != nil {
			return receipts, err
		}
	}
	return c.flush(ctx, &b, receipts)
}

// SubmitEncoded sends messages that are encoded already, in JSON or
// MessagePack, and leaves it to the broker to judge them. What can be read
// travels in bundles; what cannot travels alone, so that it spoils nothing
// else.
func (c *Client) SubmitEncoded(ctx context.Context, encoded [][]byte) ([]schemas.Receipt, error) {
	receipts := make([]schemas.Receipt, 0, len(encoded))
	var b bundle
	for _, body := range encoded {
		body = trimJSON(body)
		var err error
		if _, bad := schemas.Decode(body); bad == nil {
			receipts, err = c.add(ctx, &b, body, receipts)
		} else {
			receipts, err = c.alone(ctx, &b, body, receipts)
		}
		if err != nil {
			return receipts, err
		}
	}
	return c.flush(ctx, &b, receipts)
}

// bundle gathers encoded messages of one encoding, within the contract's bounds.
type bundle struct {
	bodies [][]byte
	bytes  int
}

// spare is what the array around the messages and the separators may take.
const spare = 16

func (b *bundle) fits(body []byte) bool {
	if len(b.bodies) == 0 {
		return true
	}
	return len(b.bodies) < schemas.MaxBundle &&
		b.bytes+len(body)+1 <= schemas.MaxBundleBytes-spare &&
		isJSON(body) == isJSON(b.bodies[0])
}

// encoded returns the one message, or an array of them.
func (b *bundle) encoded() []byte {
	if len(b.bodies) == 1 {
		return b.bodies[0]
	}
	if isJSON(b.bodies[0]) {
		return append(append([]byte{'['}, bytes.Join(b.bodies, []byte{','})...), ']')
	}
	n := len(b.bodies)
	return append([]byte{0xdc, byte(n >> 8), byte(n)}, bytes.Join(b.bodies, nil)...)
}

func (c *Client) add(ctx context.Context, b *bundle, body []byte, receipts []schemas.Receipt) ([]schemas.Receipt, error) {
	if !b.fits(body) {
		var err error
		if receipts, err = c.flush(ctx, b, receipts); err != nil {
			return receipts, err
		}
	}
	b.bodies = append(b.bodies, body)
	b.bytes += len(body) + 1
	return receipts, nil
}

// alone sends what is gathered, then this one body by itself.
func (c *Client) alone(ctx context.Context, b *bundle, body []byte, receipts []schemas.Receipt) ([]schemas.Receipt, error) {
	receipts, err := c.flush(ctx, b, receipts)
	if err != nil {
		return receipts, err
	}
	b.bodies = append(b.bodies, body)
	return c.flush(ctx, b, receipts)
}

func (c *Client) flush(ctx context.Context, b *bundle, receipts []schemas.Receipt) ([]schemas.Receipt, error) {
	n := len(b.bodies)
	if n == 0 {
		return receipts, nil
	}
	body := b.encoded()
	*b = bundle{}
	if len(body) == 0 || int64(len(body)) > min(c.link.now().MaxPayload(), schemas.MaxBundleBytes) {
		return append(receipts, unsendable(body)), nil
	}
	m, err := c.ask(ctx, schemas.SubmitAddress, body)
	if err != nil {
		return receipts, err
	}
	var a schemas.Answer
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return receipts, fmt.Errorf("reading the answer to a submission: %w", err)
	}
	got, err := a.Receipts, error(nil)
	if len(got) != n {
		got, err = spread(a, n)
	}
	return append(receipts, got...), err
}

// unsendable refuses here what the broker's server would not even carry. A
// bundle is never too large, so this is about one message.
func unsendable(body []byte) schemas.Receipt {
	if len(body) == 0 {
		return schemas.Receipt{Refusal: schemas.Refuse(schemas.RefusedMalformed, "send a message: there is nothing here")}
	}
	return schemas.Receipt{Refusal: schemas.Refuse(schemas.RefusedOversize,
		fmt.Sprintf("send less: this has more than %d bytes, and a message may have %d", len(body)-1, schemas.MaxMessage))}
}

// spread makes receipts of an answer that has none: the submission was judged
// as a whole. Anything else is not understood, and nothing is known then.
func spread(a schemas.Answer, n int) ([]schemas.Receipt, error) {
	if a.Error == nil {
		return nil, fmt.Errorf("the broker answered %d receipts to %d messages", len(a.Receipts), n)
	}
	receipts := make([]schemas.Receipt, n)
	for i := range receipts {
		receipts[i].Refusal = refusalOf(a)
	}
	return receipts, nil
}

// refusalOf returns the refusal that an answer carries.
func refusalOf(a schemas.Answer) *schemas.Refusal {
	if len(a.Receipts) == 1 && a.Receipts[0].Refusal != nil {
		return a.Receipts[0].Refusal
	}
	for _, code := range refusals {
		if r := schemas.Refuse(code, a.Error.Description); r.Number == a.Error.Number {
			return r
		}
	}
	code := schemas.RefusedMalformed
	if a.Error.Status == 503 {
		code = schemas.RefusedStorage
	}
	return &schemas.Refusal{Code: code, Number: a.Error.Number, Advice: a.Error.Description}
}

var refusals = []schemas.Code{
	schemas.RefusedMalformed, schemas.RefusedOversize, schemas.RefusedInvalid, schemas.RefusedOriginator,
	schemas.RefusedMember, schemas.RefusedMarking, schemas.RefusedConflict, schemas.RefusedErased,
	schemas.RefusedAddress, schemas.RefusedHeader, schemas.RefusedFull, schemas.RefusedStorage, schemas.RefusedWaiting,
	schemas.RefusedPartly, schemas.RefusedPermission, schemas.RefusedUnknown, schemas.RefusedRecipient, schemas.RefusedStep,
}

func isJSON(body []byte) bool { return len(body) > 0 && body[0] == '{' }

// trimJSON drops the blanks around a JSON text, as from a file of lines. Other
// bytes are left as they are: a blank is a number in MessagePack.
func trimJSON(body []byte) []byte {
	if t := bytes.TrimSpace(body); isJSON(t) {
		return t
	}
	return body
}
