package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// maxPage is the most copies of one page.
const maxPage = 256

// replay pages a desk's own copies: those behind a sequence, or from a time
// on. The page ends with a message without body that names the last sequence.
func (d *Desk) replay(ctx context.Context, msg *nats.Msg, member schemas.MemberID, desk string) error {
	var q struct {
		After uint64    `json:"after"`
		Since time.Time `json:"since,omitzero"`
		Max   int       `json:"max"`
	}
	if len(msg.Data) > 0 {
		if err := json.Unmarshal(msg.Data, &q); err != nil {
			return schemas.Refuse(schemas.RefusedMalformed, `ask with {"after":<sequence>}, or {"since":"2009-08-14T09:30:00Z"}, and "max"`)
		}
	}
	if q.Max <= 0 || q.Max > maxPage {
		q.Max = maxPage
	}
	root := "feed." + string(member) + "." + desk
	opts := []jetstreamext.GetBatchOpt{jetstreamext.GetBatchSubject(root + ".>")}
	if q.After == 0 && !q.Since.IsZero() {
		opts = append(opts, jetstreamext.GetBatchStartTime(q.Since))
	} else {
		opts = append(opts, jetstreamext.GetBatchSeq(q.After+1))
	}
	// One more than is sent tells whether there are more.
	found, err := jetstreamext.GetBatch(ctx, d.cfg.JetStream, ledger.Stream, q.Max+1, opts...)
	if err != nil {
		return fmt.Errorf("reading copies: %w", err)
	}
	sent, last := 0, q.After
	for m, err := range found {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading copies: %w", err)
		}
		if sent == q.Max {
			return endPage(msg, last, true)
		}
		if err := msg.RespondMsg(replayed(m, root)); err != nil {
			return fmt.Errorf("sending a copy: %w", err)
		}
		sent, last = sent+1, m.Sequence
	}
	return endPage(msg, last, false)
}

// replayed is a stored copy with its place, under the address at which the
// member sees it live.
func replayed(m *jetstream.RawStreamMsg, root string) *nats.Msg {
	out := nats.NewMsg("")
	for _, name := range []string{schemas.HeaderID, schemas.HeaderDecision, schemas.HeaderPolicy, schemas.HeaderGateway, schemas.HeaderType} {
		out.Header.Set(name, m.Header.Get(name))
	}
	out.Header.Set(schemas.HeaderSequence, strconv.FormatUint(m.Sequence, 10))
	out.Header.Set(schemas.HeaderAddress, schemas.LiveAddress+m.Subject[len(root):])
	out.Data = m.Data
	return out
}

func endPage(msg *nats.Msg, last uint64, more bool) error {
	out := nats.NewMsg("")
	out.Header.Set(schemas.HeaderEnd, strconv.FormatUint(last, 10))
	if more {
		out.Header.Set(schemas.HeaderMore, "true")
	}
	return msg.RespondMsg(out)
}
