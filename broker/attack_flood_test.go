package broker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/deploy/evidence"
	"liaison/schemas"
)

// flood is one desk, or somebody without credentials, asking for more than its
// share until stop is closed; it counts what it sent.
type flood struct {
	name string
	// brief says that a moment of it shows its limit.
	brief bool
	// told is what the flooder must hear at least once, if anything.
	told string
	run  func(t *testing.T, s *stage, f *flood, stop <-chan struct{}) (sent int)
	// heard counts the answers that said what is in told.
	heard atomic.Int64
}

// What whoever floods is told.
const (
	tooMuch = "too much of yours waits"
	asksOn  = "your desk has other questions waiting"
)

func floods() []*flood {
	return []*flood{
		{name: "small submissions, never waiting", told: tooMuch, run: floodOf("submit", []byte("?"))},
		{name: "submissions of 1 MiB that are none", told: tooMuch, run: floodOf("submit", slices.Concat([]byte("["), make([]byte, 1<<20)))},
		{name: "good tips, never waiting", told: tooMuch, run: floodOfTips},
		{name: "the same tip again and again", told: tooMuch, run: floodOf("submit", must(schemas.EncodeMsgPack(tipOf("kent", 1))))},
		{name: "bundles of five hundred faults", told: tooMuch, run: floodOf("submit", []byte("["+strings.Repeat(`{"schema":1,"items":[{}]},`, 499)+"{}]"))},
		{name: "questions for what is held", told: asksOn, run: floodOf("ask.held", []byte("{}"))},
		{name: "questions for all copies again", told: asksOn, run: floodOf("ask.replay", []byte("{}"))},
		{name: "pulls that are answered at once", run: floodOf("liaison.CONSUMER.MSG.NEXT.FEED.main", []byte(`{"batch":1,"no_wait":true}`))},
		{name: "pulls that wait", run: floodOf("liaison.CONSUMER.MSG.NEXT.FEED.main", []byte(`{"batch":1,"expires":60000000000,"idle_heartbeat":20000000000}`))},
		{name: "looks at the consumer", told: asksOn, run: floodOf("liaison.CONSUMER.INFO.FEED.main", nil)},
		{name: "acknowledgements of nothing", run: func(t *testing.T, s *stage, f *flood, stop <-chan struct{}) int {
			return floodOf("$JS.ACK.DISCLOSURES."+s.accountOf(t, "kent")+".1.9.9.9.0", []byte("+ACK"))(t, s, f, stop)
		}},
		{name: "addresses that are refused", run: floodOf("intake.gla.x", []byte("x"))},
		{name: "connections", brief: true, run: floodOfConnections},
		{name: "connections that never say who they are", brief: true, run: floodOfStrangers},
		{name: "subscriptions", brief: true, run: floodOfSubscriptions},
	}
}

// floodOf publishes the same again and again from one connection.
func floodOf(address string, body []byte) func(*testing.T, *stage, *flood, <-chan struct{}) int {
	return func(t *testing.T, s *stage, f *flood, stop <-chan struct{}) int {
		return pour(s, f, stop, func(nc *nats.Conn, inbox string, n int) error {
			return nc.PublishRequest(address, fmt.Sprint(inbox, ".", n), body)
		})
	}
}

func floodOfTips(t *testing.T, s *stage, f *flood, stop <-chan struct{}) int {
	first := encodeMsgPack(t, tipOf("kent", 0))
	return pour(s, f, stop, func(nc *nats.Conn, inbox string, n int) error {
		b := slices.Clone(first)
		id := string(farm(0).ID)
		at := strings.Index(string(b), id)
		copy(b[at:], fmt.Sprintf("6f1d0c9e-3f0e-8b0b-9d7e-%012x", time.Now().UnixNano()&(1<<47-1)))
		return nc.PublishRequest("submit", fmt.Sprint(inbox, ".", n), b)
	})
}

// pour sends as fast as the server reads, and comes back when it is cut off.
func pour(s *stage, f *flood, stop <-chan struct{}, send func(nc *nats.Conn, inbox string, n int) error) (sent int) {
	var nc *nats.Conn
	defer func() {
		if nc != nil {
			nc.Close()
		}
	}()
	for {
		select {
		case <-stop:
			return sent
		default:
		}
		if nc == nil || nc.IsClosed() {
			var err error
			nc, err = nats.Connect(s.URL(), nats.UserCredentials(s.creds[attacker]), nats.NoReconnect(), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
			if err != nil {
				nc = nil
				time.Sleep(10 * time.Millisecond) // it is shut out, and tries on
				continue
			}
		}
		inbox := nc.NewInbox()
		nc.Subscribe(inbox+".*", func(m *nats.Msg) {
			if f.told != "" && bytes.Contains(m.Data, []byte(f.told)) {
				f.heard.Add(1)
			}
		})
		for n := range 1000 {
			if send(nc, inbox, n) != nil {
				break
			}
			sent++
			if n%100 == 99 && nc.FlushTimeout(5*time.Second) != nil {
				nc.Close()
				break
			}
		}
	}
}

func floodOfConnections(t *testing.T, s *stage, _ *flood, stop <-chan struct{}) (sent int) {
	var open []*nats.Conn
	defer func() {
		for _, nc := range open {
			nc.Close()
		}
	}()
	refused := false
	for {
		enough := stop
		if sent <= accounts.MaxDeskConnections {
			enough = nil // however slow the machine is, the limit is reached
		}
		select {
		case <-enough:
			if !refused || len(open) > accounts.MaxDeskConnections {
				t.Errorf("%d connections are open, and one was refused: %v", len(open), refused)
			}
			return sent
		default:
		}
		nc, err := nats.Connect(s.URL(), nats.UserCredentials(s.creds[attacker]), nats.NoReconnect())
		if sent++; err == nil {
			open = append(open, nc)
		}
		refused = refused || errors.Is(err, nats.ErrMaxAccountConnectionsExceeded)
	}
}

// floodOfStrangers keeps many connections open that say nothing.
func floodOfStrangers(t *testing.T, s *stage, _ *flood, stop <-chan struct{}) (sent int) {
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Error(err)
		return 0
	}
	const many = 1000
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	for {
		select {
		case <-stop:
			return sent
		default:
		}
		if len(open) == many {
			open[0].Close()
			open = open[1:]
		}
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		open = append(open, c)
		sent++
	}
}

func floodOfSubscriptions(t *testing.T, s *stage, _ *flood, stop <-chan struct{}) (sent int) {
	for {
		select {
		case <-stop:
			return sent
		default:
		}
		nc, err := nats.Connect(s.URL(), nats.UserCredentials(s.creds[attacker]), nats.NoReconnect(), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		if err != nil {
			continue
		}
		for n := range accounts.MaxSubscriptions + 50 {
			if _, err := nc.SubscribeSync(fmt.Sprintf("feed.tip.x%d.>", n)); err != nil {
				break
			}
			sent++
		}
		nc.FlushTimeout(5 * time.Second)
		if !errors.Is(nc.LastError(), nats.ErrMaxSubscriptionsExceeded) {
			t.Errorf("more than %d subscriptions give %v", accounts.MaxSubscriptions, nc.LastError())
		}
		nc.Close()
	}
}

// neighbour submits tips one after the other, and says how long each took and
// how many it had to send again, because it was told to or heard nothing.
func neighbour(t *testing.T, s *stage, nc *nats.Conn, first int, d time.Duration) (took []time.Duration, again int) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		first++
		body, began := encodeMsgPack(t, farm(first)), time.Now()
		for !taken(t, nc, body) {
			if again++; time.Since(began) > patience {
				t.Fatalf("the neighbour's tip is not taken within %s", patience)
			}
		}
		took = append(took, time.Since(began))
		time.Sleep(2 * time.Millisecond)
	}
	slices.Sort(took)
	return took, again
}

const (
	// patience is how long a neighbour tries at the very most, on a machine
	// however busy, and usual what half of its tips may take.
	patience = 30 * time.Second
	usual    = 3 * time.Second
)

func taken(t *testing.T, nc *nats.Conn, body []byte) bool {
	t.Helper()
	m, err := nc.Request("submit", body, 10*time.Second)
	if errors.Is(err, nats.ErrTimeout) {
		return false
	}
	var a schemas.Answer
	if err == nil {
		err = json.Unmarshal(m.Data, &a)
	}
	// A disk that is busy is no fault of anybody's; the others' flood must not be
	// taken for the neighbour's own.
	if err != nil || a.Error != nil && (a.Error.Status != 503 || bytes.Contains(m.Data, []byte(tooMuch))) {
		t.Fatalf("the neighbour's tip: %+v, %v", a.Error, err)
	}
	return a.Error == nil
}

func quantile(d []time.Duration, of float64) time.Duration {
	return d[min(len(d)-1, int(of*float64(len(d))))].Round(100 * time.Microsecond)
}

// TestAttackFloods has one desk flood in each way while its neighbour works.
// The short form has a moment of each flood whose limit is a plain number.
func TestAttackFloods(t *testing.T) {
	d, kinds := 100*time.Millisecond, floods()
	if os.Getenv("LIAISON_LOAD") == "1" {
		d = 5 * time.Second
	} else {
		kinds = slices.DeleteFunc(kinds, func(f *flood) bool { return !f.brief })
	}
	s := newStage(t)
	nc := s.connect(victim)
	sum, notes, sender := 0, []string{}, 0
	for i, f := range kinds {
		t.Run(f.name, func(t *testing.T) {
			// Just before, because other work on the machine makes the times.
			quiet, _ := neighbour(t, s, nc, 1_000_000+i*100_000, d)
			stop, ended := make(chan struct{}), make(chan int, 1)
			halt := sync.OnceFunc(func() { close(stop) })
			defer halt() // also when the neighbour gives up
			go func() { ended <- f.run(t, s, f, stop) }()
			time.Sleep(d / 10)
			took, again := neighbour(t, s, nc, 3_000_000+i*100_000, d)
			halt()
			sent := <-ended
			sum, sender = sum+sent, sender+len(quiet)+len(took)
			if sent == 0 {
				t.Error("nothing was sent")
			}
			if f.told != "" && f.heard.Load() == 0 {
				t.Errorf("of %d the flooder never hears %q", sent, f.told)
			}
			if half := quantile(took, 0.5); half > usual {
				t.Errorf("half of the neighbour's tips take more than %s", half)
			}
			note := fmt.Sprintf("%s: %d sent, neighbour p50 %s, p99 %s (before %s, %s), %d of %d told to try again", f.name, sent,
				quantile(took, 0.5), quantile(took, 0.99), quantile(quiet, 0.5), quantile(quiet, 0.99), again, len(took))
			t.Log(note)
			notes = append(notes, note)
		})
	}
	time.Sleep(d)
	load, _ := os.ReadFile("/proc/loadavg") // other work on the machine makes the times what they are
	s.works(t, 1)
	evidence.Record(t, evidence.Row{Name: "floods", Part: "attack", Fault: "one desk, or a stranger, asks for more than its share",
		How:     fmt.Sprintf("%d kinds of flood, each from one connection as fast as the server reads, for %s, while a neighbour submits tips one by one", len(notes), d),
		Command: "LIAISON_LOAD=1 LIAISON_EVIDENCE=1 go test -run TestAttackFloods -timeout 0 ./broker", Runs: sum, Messages: sender, Acknowledged: sender,
		Note: fmt.Sprintf("load average of the machine %.14s; %s", load, strings.Join(notes, "; "))})
}
