package node

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
)

// record notes down messages, from any number of subscriptions. A message is
// in it as soon as a flush of the connection that it came by has returned.
type record struct {
	once sync.Once
	came chan *nats.Msg
	text []string // what was taken out of came
}

// inlet is where subscriptions put what comes.
func (r *record) inlet() chan *nats.Msg {
	r.once.Do(func() { r.came = make(chan *nats.Msg, 10_000) })
	return r.came
}

// listen notes down what comes to the addresses, until stop.
func (r *record) listen(t *testing.T, nc *nats.Conn, addresses ...string) (stop func()) {
	t.Helper()
	var subs []*nats.Subscription
	for _, address := range addresses {
		s, err := nc.ChanSubscribe(address, r.inlet())
		if err != nil {
			t.Fatal(err)
		}
		subs = append(subs, s)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return func() {
		for _, s := range subs {
			s.Unsubscribe() // the connection may be gone
		}
	}
}

// String joins all that was noted.
func (r *record) String() string {
	for {
		select {
		case m := <-r.inlet():
			if m.Header.Get("Status") != "503" { // nobody answers: it repeats the address that was asked
				r.text = append(r.text, fmt.Sprintf("%s %v %s", m.Subject, m.Header, m.Data))
			}
		default:
			return strings.Join(r.text, "\n")
		}
	}
}

func (r *record) mustNotHold(t *testing.T, secrets ...string) {
	t.Helper()
	text := r.String()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%q came to light:\n%s", s, text)
		}
	}
}
