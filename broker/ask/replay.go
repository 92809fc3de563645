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

// maxPage and maxPageBytes bound one page; of the latter the server itself
// stops at the first copy beyond, so that a full page says that there is more.
const (
	maxPage      = 256
	maxPageBytes = 8 << 20
)

// replay pages a desk's own copies: those behind a sequence, or from a time
// on. The page ends with a message without body that names the last sequence.
func (d *Desk) replay(ctx context.Context, msg *nats.Msg, member schemas.MemberID, desk string) error {
	from, max, err := startOf(msg.Data)
	if err != nil {
		return err
	}
	root := "feed." + string(member) + "." + desk
	opts := []jetstreamext.GetBatchOpt{jetstreamext.GetBatchSubject(root + ".>"), jetstreamext.GetBatchMaxBytes(maxPageBytes), from.option()}
	// One more than is sent tells whether there are more.
	found, err := jetstreamext.GetBatch(ctx, d.cfg.JetStream, ledger.Stream, max+1, opts...)
	if err != nil {
		return fmt.Errorf("reading copies: %w", err)
	}
	sent, bytes, last := 0, 0, from.after
	for m, err := range found {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading copies: %w", err)
		}
		if sent == max {
			return endPage(msg, last, true)
		}
		if err := msg.RespondMsg(replayed(m, root)); err != nil {
			return fmt.Errorf("sending a copy: %w", err)
		}
		sent, bytes, last = sent+1, bytes+len(m.Data), m.Sequence
	}
	if err := ledger.Whole(ctx, d.cfg.JetStream); err != nil {
		return fmt.Errorf("reading copies: %w", err) // no end: the reader asks again
	}
	return endPage(msg, last, bytes > maxPageBytes/2)
}

// start is where a page begins: behind a sequence, or at a time.
type start struct {
	after uint64
	since time.Time
}

func (s start) option() jetstreamext.GetBatchOpt {
	if s.after == 0 && !s.since.IsZero() {
		return jetstreamext.GetBatchStartTime(s.since)
	}
	return jetstreamext.GetBatchSeq(s.after + 1)
}

// startOf reads a question: where to begin, and how many copies at most.
func startOf(body []byte) (start, int, error) {
	var q struct {
		After uint64 `json:"after"`
		Since string `json:"since"`
		Max   int    `json:"max"`
	}
	bad := schemas.Refuse(schemas.RefusedMalformed, `ask with {"after":<sequence>} or {"since":"2009-08-14T09:30:00Z"}, and "max"`)
	if len(body) > 0 {
		if err := json.Unmarshal(body, &q); err != nil {
			return start{}, 0, bad
		}
	}
	s := start{after: q.After}
	if q.Since != "" {
		var err error
		if s.since, err = time.Parse(time.RFC3339, q.Since); err != nil {
			return start{}, 0, bad
		}
	}
	if q.Max <= 0 || q.Max > maxPage {
		q.Max = maxPage
	}
	return s, q.Max, nil
}

// replayed is a stored copy with its place, under the address at which the
// member sees it live.
func replayed(m *jetstream.RawStreamMsg, root string) *nats.Msg {
	out := &nats.Msg{Header: schemas.CopyHeader(m.Header)}
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
