//go:build unix

package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/agents"
	"liaison/schemas"
)

// attempt is a line of the log of what was sent and answered.
type attempt struct {
	At time.Time `json:"at"`
	// N numbers the publisher's messages from 1, in the order of sending.
	N      int        `json:"n"`
	ID     schemas.ID `json:"id"`
	Digest string     `json:"digest"`
	Try    int        `json:"try"`
	// Result is "sent", written before anything leaves, and then one of
	// "acked", "refused", "later" (refused, and to be sent again) and "unknown".
	Result    string       `json:"result"`
	Sequence  uint64       `json:"sequence,omitempty"`
	Duplicate bool         `json:"duplicate,omitempty"`
	Code      schemas.Code `json:"code,omitempty"`
}

// publisher sends a member's messages in order, one submission at a time, and
// each again until it has a final answer.
type publisher struct {
	tr     *trial
	member schemas.MemberID
	seed   uint64
	id     agents.Identity
	log    *journal
	random *rand.Rand
	// cut gives up the request that waits when the link is cut: there will be
	// no answer to it any more.
	cut atomic.Pointer[context.CancelFunc]
	// last is the highest sequence of a receipt; run writes it.
	last uint64
	// answered is the number up to which every message has its final answer.
	answered atomic.Int64
	// consents has the numbers of HMRC's messages that are consents, with the
	// number of the GLA's message that each is about; opened is the last of these.
	consents map[int]int
	opened   int
}

func newPublisher(tr *trial, m schemas.MemberID, seed uint64) (*publisher, error) {
	key := make([]byte, 32)
	binary.BigEndian.PutUint64(key, seed)
	id, err := agents.NewIdentity(key)
	if err != nil {
		return nil, err
	}
	log, err := newJournal(filepath.Join(tr.root, "attempts-"+string(m)+".jsonl"))
	if err != nil {
		return nil, err
	}
	tr.t.Cleanup(func() { log.file.Close() })
	return &publisher{tr: tr, member: m, seed: seed, id: id, log: log, random: rand.New(rand.NewPCG(seed, 1)), consents: map[int]int{}}, nil
}

// dial connects as a desk. The connection outlives every fault of the broker.
func (tr *trial) dial(desk string, opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect("nats://"+tr.address, append([]nats.Option{nats.UserCredentials(tr.credsFile(desk)),
		nats.MaxReconnects(-1), nats.ReconnectWait(20 * time.Millisecond), nats.ReconnectJitter(20*time.Millisecond, 20*time.Millisecond),
		nats.ReconnectBufSize(-1), nats.RetryOnFailedConnect(true), nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})}, opts...)...)
}

// dialOnce connects as a desk, or reports why it may not.
func (tr *trial) dialOnce(desk string) (*nats.Conn, error) {
	return nats.Connect("nats://"+tr.address, nats.UserCredentials(tr.credsFile(desk)), nats.MaxReconnects(0), nats.Timeout(10*time.Second))
}

// run sends until the publishers are to stop, and ends when everything it has
// sent is answered.
func (p *publisher) run(ctx context.Context, pause time.Duration) {
	nc, err := p.tr.dial(string(p.member)+"/main", nats.DisconnectErrHandler(func(*nats.Conn, error) {
		if giveUp := p.cut.Load(); giveUp != nil {
			(*giveUp)()
		}
	}))
	if err != nil {
		p.tr.t.Errorf("%s: %v", p.member, err)
		return
	}
	defer nc.Close()
	for n := 1; ; {
		select {
		case <-p.tr.stopping:
			return
		case <-time.After(pause):
		}
		size := p.size()
		batch := make([]*schemas.Message, size)
		for i := range batch {
			p.choose(n + i)
			batch[i] = p.message(n + i)
		}
		if err := p.submit(ctx, nc, n, batch); err != nil {
			p.tr.t.Errorf("%s: messages %d to %d: %v", p.member, n, n+size-1, err)
			return
		}
		n += size
		p.answered.Store(int64(n - 1))
	}
}

// size is how many messages go into the next submission: mostly one, often a
// few, sometimes so many that they are stored as a batch.
func (p *publisher) size() int {
	switch p.random.IntN(8) {
	case 0:
		return 17 + p.random.IntN(80)
	case 1, 2, 3:
		return 2 + p.random.IntN(10)
	}
	return 1
}

// submit sends messages again and again until each has a final answer.
func (p *publisher) submit(ctx context.Context, nc *nats.Conn, n int, batch []*schemas.Message) error {
	pending := make([]attempt, len(batch))
	bodies := map[int][]byte{}
	for i, m := range batch {
		body, err := schemas.EncodeMsgPack(m)
		if err != nil {
			return err
		}
		digest := schemas.DigestOfCanonical(body)
		pending[i] = attempt{N: n + i, ID: m.ID, Digest: base64.RawURLEncoding.EncodeToString(digest[:])}
		bodies[n+i] = body
	}
	for end := time.Now().Add(2 * time.Minute); len(pending) > 0; {
		for !nc.IsConnected() && time.Now().Before(end) && pausing(ctx, 5*time.Millisecond) {
		}
		if time.Now().After(end) {
			return errors.New("no final answer in two minutes")
		}
		answered, err := p.send(ctx, nc, pending, bodies)
		if err != nil {
			return err
		}
		pending = pending[:0]
		for _, a := range answered {
			p.last = max(p.last, a.Sequence)
			if a.Result == "later" || a.Result == "unknown" {
				pending = append(pending, a)
			}
		}
		if len(pending) > 0 && !pausing(ctx, 25*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// send makes one attempt and logs it, before and after. An error means that the
// answer was not understood.
func (p *publisher) send(ctx context.Context, nc *nats.Conn, pending []attempt, bodies map[int][]byte) ([]attempt, error) {
	parts := make([][]byte, len(pending))
	tried := make([]attempt, len(pending))
	for i, a := range pending {
		a.At, a.Try, a.Result, a.Code = time.Now(), a.Try+1, "sent", ""
		tried[i], parts[i] = a, bodies[a.N]
	}
	if err := p.log.write(lines(tried)...); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	p.cut.Store(&cancel)
	var answer schemas.Answer
	msg, err := nc.RequestWithContext(ctx, schemas.SubmitAddress, bundled(parts))
	if err == nil {
		if err := json.Unmarshal(msg.Data, &answer); err != nil {
			return nil, fmt.Errorf("the answer %.200q: %w", msg.Data, err)
		}
	}
	for i := range tried {
		tried[i].At = time.Now()
		if err := tried[i].hear(answer, i, len(tried), err); err != nil {
			return nil, err
		}
	}
	return tried, p.log.write(lines(tried)...)
}

// hear fills in what the answer says about the message at index i of n.
func (a *attempt) hear(answer schemas.Answer, i, n int, fault error) error {
	switch {
	case fault != nil:
		a.Result = "unknown" // timeout, cut link, nobody there
	case len(answer.Receipts) != n && answer.Error != nil && answer.Error.Status == 503:
		a.Result = "later"
	case len(answer.Receipts) != n:
		return fmt.Errorf("%d receipts for %d messages: %+v", len(answer.Receipts), n, answer.Error)
	case answer.Receipts[i].Refusal == nil:
		r := answer.Receipts[i]
		if r.ID != a.ID {
			return errors.New("the receipt is another message's")
		}
		a.Result, a.Sequence, a.Duplicate = "acked", r.Sequence, r.Duplicate
	default:
		a.Result, a.Code = "refused", answer.Receipts[i].Refusal.Code
		if answer.Receipts[i].Refusal.Later() {
			a.Result = "later"
		}
	}
	return nil
}

func lines[T any](all []T) []any {
	out := make([]any, len(all))
	for i, a := range all {
		out[i] = a
	}
	return out
}

// bundled is one encoded message, or a MessagePack array of them.
func bundled(parts [][]byte) []byte {
	if len(parts) == 1 {
		return parts[0]
	}
	b := []byte{0xdc, byte(len(parts) >> 8), byte(len(parts))}
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}

// pausing waits, and says whether the context still lasts.
func pausing(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
