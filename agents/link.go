package agents

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// link is the connection that is in use.
type link struct {
	mu     sync.Mutex // guards what follows
	nc     *nats.Conn
	closed bool
}

func (l *link) now() *nats.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nc
}

// replace takes a connection into use and closes the one before.
func (l *link) replace(nc *nats.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.nc
	if l.closed {
		old = nc
	} else {
		l.nc = nc
	}
	if old != nil {
		old.Close()
	}
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.nc.Close()
}

// denials tells whoever waits for an answer that none will come: the server has
// refused the question, which it says on the side, or the link was cut.
type denials struct {
	mu      sync.Mutex
	next    int
	waiting map[int]waiter // guarded by mu
}

type waiter struct {
	address string
	cancel  context.CancelCauseFunc
}

func newDenials() *denials { return &denials{waiting: map[int]waiter{}} }

// watch returns a context that ends when the address is denied.
func (d *denials) watch(ctx context.Context, address string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	key := d.next
	d.waiting[key] = waiter{address, cancel}
	return ctx, func() {
		d.mu.Lock()
		delete(d.waiting, key)
		d.mu.Unlock()
		cancel(nil)
	}
}

// note looks for a denial in what the server reported.
func (d *denials) note(err error) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	_, rest, _ := strings.Cut(err.Error(), `"`)
	address, _, _ := strings.Cut(rest, `"`)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.waiting {
		if w.address == address {
			w.cancel(fmt.Errorf("%w: the address %q is closed to them; a desk's users have the role send, read or both", ErrPermission, address))
		}
	}
}

// errCut means that the link failed between a question and its answer.
var errCut = fmt.Errorf("%w: the link was cut before the answer came", ErrUnreachable)

// cut tells everybody that the link is down. The answer to what was asked over
// it may never come, and asking again is harmless.
func (d *denials) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.waiting {
		w.cancel(errCut)
	}
}

// bells wakes everybody who waits for something to happen.
type bells struct {
	mu  sync.Mutex
	all map[chan struct{}]bool // guarded by mu
}

func newBells() *bells { return &bells{all: map[chan struct{}]bool{}} }

// hang adds a bell; the function takes it down. A bell remembers one ring.
func (b *bells) hang() (chan struct{}, func()) {
	bell := make(chan struct{}, 1)
	b.mu.Lock()
	b.all[bell] = true
	b.mu.Unlock()
	return bell, func() {
		b.mu.Lock()
		delete(b.all, bell)
		b.mu.Unlock()
	}
}

func (b *bells) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for bell := range b.all {
		strike(bell)
	}
}

func strike(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// backoff waits longer each time, up to a bound, and never in step with
// others. The zero backoff starts at a quarter of a second and ends at 30.
type backoff struct{ last time.Duration }

const (
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// wait pauses, or reports the context's end.
func (b *backoff) wait(ctx context.Context) error {
	b.last = min(max(2*b.last, firstPause), longestPause)
	return sleep(ctx, b.last/2+rand.N(b.last/2))
}

func (b *backoff) reset() { b.last = 0 }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
