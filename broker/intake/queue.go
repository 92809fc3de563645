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
	// maxAccountBytes bounds one account's share, so that nobody has to wait
	// for long behind somebody else's flood.
	maxAccountBytes = 4 << 20
)

// queue is what has arrived and is not yet answered.
type queue struct {
	arrived chan *nats.Msg

	mu        sync.Mutex // guards what follows
	bytes     int
	byAccount map[string]int
}

func newQueue() *queue {
	return &queue{arrived: make(chan *nats.Msg, maxWaiting), byAccount: map[string]int{}}
}

// put takes a submission in and says whether there was room.
func (q *queue) put(msg *nats.Msg) bool {
	account, size := accountOf(msg), sizeOf(msg)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes+size > maxWaitingBytes || q.byAccount[account]+size > maxAccountBytes {
		return false
	}
	select {
	case q.arrived <- msg:
	default:
		return false
	}
	q.bytes += size
	q.byAccount[account] += size
	return true
}

// done gives back the room of a submission that has been answered.
func (q *queue) done(msg *nats.Msg) {
	account, size := accountOf(msg), sizeOf(msg)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= size
	if q.byAccount[account] -= size; q.byAccount[account] == 0 {
		delete(q.byAccount, account)
	}
}

// sizeOf counts a message with what it takes to keep it.
func sizeOf(msg *nats.Msg) int { return len(msg.Data) + len(msg.Subject) + 256 }
