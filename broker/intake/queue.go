package intake

import (
	"sync"

	"github.com/nats-io/nats.go"
)

// Bounds of what waits for its answer. Beyond them a submission is answered at
// once: try again later.
const (
	maxWaiting      = 8192
	maxWaitingBytes = 64 << 20
	// maxAccount and maxAccountBytes bound one account's share, so that nobody
	// has to wait for long behind somebody else's flood.
	maxAccount      = 1024
	maxAccountBytes = 4 << 20
)

// queue is what has arrived and is not yet answered.
type queue struct {
	arrived chan *nats.Msg

	mu        sync.Mutex // guards what follows
	bytes     int
	byAccount map[string]share
}

// share is what one account has waiting.
type share struct{ submissions, bytes int }

func newQueue() *queue {
	return &queue{arrived: make(chan *nats.Msg, maxWaiting), byAccount: map[string]share{}}
}

// put takes a submission in and says whether there was room.
func (q *queue) put(msg *nats.Msg) bool {
	account, size := accountOf(msg), sizeOf(msg)
	q.mu.Lock()
	defer q.mu.Unlock()
	has := q.byAccount[account]
	if q.bytes+size > maxWaitingBytes || has.bytes+size > maxAccountBytes || has.submissions == maxAccount {
		return false
	}
	select {
	case q.arrived <- msg:
	default:
		return false
	}
	q.bytes += size
	q.byAccount[account] = share{has.submissions + 1, has.bytes + size}
	return true
}

// done gives back the room of a submission that has been answered.
func (q *queue) done(msg *nats.Msg) {
	account, size := accountOf(msg), sizeOf(msg)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= size
	left := q.byAccount[account]
	left.submissions, left.bytes = left.submissions-1, left.bytes-size
	if left.submissions == 0 {
		delete(q.byAccount, account)
		return
	}
	q.byAccount[account] = left
}

// sizeOf counts a message with what it takes to keep it.
func sizeOf(msg *nats.Msg) int { return len(msg.Data) + len(msg.Subject) + 256 }
