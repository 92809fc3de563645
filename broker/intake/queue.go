package intake

import (
	"context"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
)

// Bounds of what waits for its answer. Beyond them a submission is answered at
// once: try again later.
const (
	// maxWaiting bounds what the client library keeps until the queue takes it,
	// which it does at once.
	maxWaiting      = 8192
	maxWaitingBytes = 64 << 20
	// maxAccount and maxAccountBytes bound one account's share.
	maxAccount      = 1024
	maxAccountBytes = 4 << 20
)

// queue is what has arrived and is not yet answered. Each account has a line of
// its own, in the order of arrival, and the lines are served in turn: whoever
// sends little waits for one submission of each other account, however much
// those have sent. When there is no room for all, the longest line gives way.
type queue struct {
	arrived chan struct{} // holds something when there may be more to take

	mu    sync.Mutex // guards what follows
	bytes int
	lines map[string]*line // those of accounts that have anything unanswered
	turns []*line          // those that are served, the next one first
}

// line is what one account has waiting, and how much of its is not answered.
type line struct {
	account            string
	waiting            []*nats.Msg
	inTurn             bool // it is among the queue's turns
	submissions, bytes int
}

func newQueue() *queue {
	return &queue{arrived: make(chan struct{}, 1), lines: map[string]*line{}}
}

// put takes a submission in and returns those that there is no room for: the
// submission itself if its account has its share, or the latest of whoever has
// most.
func (q *queue) put(msg *nats.Msg) (turned []*nats.Msg) {
	account, size := accountOf(msg), sizeOf(msg)
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[account]
	if l == nil {
		l = &line{account: account}
	}
	if l.bytes+size > maxAccountBytes || l.submissions == maxAccount {
		return []*nats.Msg{msg}
	}
	for q.bytes+size > maxWaitingBytes {
		longest := q.longest()
		if longest == nil || longest.bytes <= l.bytes+size {
			return append(turned, msg)
		}
		turned = append(turned, longest.waiting[len(longest.waiting)-1])
		longest.waiting = longest.waiting[:len(longest.waiting)-1]
		q.forget(turned[len(turned)-1])
	}
	q.lines[account] = l
	l.waiting = append(l.waiting, msg)
	l.submissions, l.bytes, q.bytes = l.submissions+1, l.bytes+size, q.bytes+size
	if !l.inTurn {
		l.inTurn, q.turns = true, append(q.turns, l)
	}
	q.tell()
	return turned
}

// take returns the next submission of an account that may have one, or nil when
// the context ends. It is still counted until done.
func (q *queue) take(ctx context.Context, may func(account string) bool) *nats.Msg {
	for ctx.Err() == nil {
		if msg := q.next(may); msg != nil {
			return msg
		}
		select {
		case <-q.arrived:
		case <-ctx.Done():
		}
	}
	return nil
}

// next takes from the first line that may be served, and puts it last.
func (q *queue) next(may func(account string) bool) *nats.Msg {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.turns = slices.DeleteFunc(q.turns, func(l *line) bool {
		l.inTurn = len(l.waiting) > 0 // not if it gave way
		return !l.inTurn
	})
	i := slices.IndexFunc(q.turns, func(l *line) bool { return may(l.account) })
	if i < 0 {
		return nil
	}
	l := q.turns[i]
	msg := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	q.turns = append(slices.Delete(q.turns, i, i+1), l)
	return msg
}

// done gives back the room of a submission that has been answered.
func (q *queue) done(msg *nats.Msg) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(msg)
}

// forget gives back the room of a submission; the caller holds mu.
func (q *queue) forget(msg *nats.Msg) {
	account, size := accountOf(msg), sizeOf(msg)
	l := q.lines[account]
	l.submissions, l.bytes, q.bytes = l.submissions-1, l.bytes-size, q.bytes-size
	if l.submissions == 0 {
		delete(q.lines, account)
	}
}

// longest is the line with the most bytes of those that can give way; the
// caller holds mu.
func (q *queue) longest() (longest *line) {
	for _, l := range q.turns {
		if len(l.waiting) > 0 && (longest == nil || l.bytes > longest.bytes) {
			longest = l
		}
	}
	return longest
}

// tell wakes whoever takes.
func (q *queue) tell() {
	select {
	case q.arrived <- struct{}{}:
	default:
	}
}

// sizeOf counts a message with what it takes to keep it.
func sizeOf(msg *nats.Msg) int { return len(msg.Data) + len(msg.Subject) + 256 }
