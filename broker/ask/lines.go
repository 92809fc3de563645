package ask

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// perAccount bounds the questions of one account that are with the workers:
	// one account's long answers must not keep all others waiting.
	perAccount = 2
	// perLine bounds those that wait behind them.
	perLine = 16
	// longestPause bounds how long an account's next question waits.
	longestPause = time.Second
	// maxAsked has room for perAccount questions of every desk that there may be.
	maxAsked = 2048
)

// lines are the questions that wait, a line for each account. Only the first of
// each are among those that the workers answer in the order of arrival, so
// that a question waits for few of each other account, however many that asks.
type lines struct {
	asked chan *nats.Msg

	mu      sync.Mutex // guards what follows
	begun   map[string]int
	waiting map[string][]*nats.Msg
}

func newLines() *lines {
	return &lines{asked: make(chan *nats.Msg, maxAsked), begun: map[string]int{}, waiting: map[string][]*nats.Msg{}}
}

// put takes a question in and says whether there was room.
func (l *lines) put(account string, msg *nats.Msg) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun[account] < perAccount {
		return l.begin(account, msg)
	}
	if len(l.waiting[account]) == perLine {
		return false
	}
	l.waiting[account] = append(l.waiting[account], msg)
	return true
}

// done makes way for the next of an account, one of whose questions took a while
// to answer. If others of its wait already, they wait for longer than that: an
// account that asks without waiting for answers has a worker for a quarter of
// the time, and one that asks again when it has its answer does not notice.
func (l *lines) done(account string, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting[account]) == 0 || took == 0 {
		l.next(account)
		return
	}
	time.AfterFunc(min(3*took, longestPause), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.next(account)
	})
}

// next begins the next question of an account in the place of one that is
// answered; the caller holds mu.
func (l *lines) next(account string) {
	if l.begun[account]--; l.begun[account] == 0 {
		delete(l.begun, account)
	}
	line := l.waiting[account]
	if len(line) == 0 {
		return
	}
	// There is room: this account's other questions have left as much.
	l.begin(account, line[0])
	if line[0] = nil; len(line) == 1 {
		delete(l.waiting, account)
		return
	}
	l.waiting[account] = line[1:]
}

// begin gives a question to the workers; the caller holds mu.
func (l *lines) begin(account string, msg *nats.Msg) bool {
	select {
	case l.asked <- msg:
		l.begun[account]++
		return true
	default:
		return false
	}
}
