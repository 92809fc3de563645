//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// TestRevokedDuringDelivery is the small form of TestRevokedOften that runs
// each time.
func TestRevokedDuringDelivery(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	revokedUnderLoad(t, 3, 200*time.Millisecond)
}

// TestRevokedOften revokes a desk's credentials while it reads,
// LIAISON_LOAD_REVOCATIONS times (200 unless it says otherwise):
//
//	LIAISON_LOAD=1 go test -run TestRevokedOften -timeout 0 -v .
func TestRevokedOften(t *testing.T) {
	onDemand(t)
	times := numberOf(t, "LIAISON_LOAD_REVOCATIONS", 200)
	v, cut := revokedUnderLoad(t, times, 30*time.Millisecond)
	evidence.Record(t, evidence.Row{Name: "revoke", Part: "crash", Fault: "credentials revoked while copies are delivered with them",
		How:     "a desk that pulls, and listens live, is revoked under load and enrolled again; nothing accepted after the confirmation is ever released to the revoked desk, nothing arrives once its link is cut, and its credentials are refused",
		Command: onDemandCommand("TestRevokedOften", "LIAISON_LOAD_REVOCATIONS", times),
		Runs:    times, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked,
		Note: fmt.Sprintf("link cut %s after the revocation was asked for; %s", spread(cut), v.note())})
}

// shut is a time between a desk's revocation and its next enrolment: what the
// broker had decided when it confirmed the one and before it was asked for the
// other.
type shut struct{ from, to uint64 }

func revokedUnderLoad(t *testing.T, times int, pace time.Duration) (v judgement, cut []time.Duration) {
	const desk = "lincolnshire/second"
	tr := newTrial(t, "")
	tr.start()
	tr.load(pace)
	var closed []shut
	for range times {
		tr.enrol(desk, "")
		l := tr.listen(desk)
		tr.await("a copy at the desk that is to be revoked", func() bool { return l.got() > 0 })
		asked := time.Now()
		if _, err := tr.remote().Revoke(t.Context(), "lincolnshire", "second"); err != nil {
			tr.fatalf("revoking: %v", err)
		}
		confirmed := tr.place()
		cut = append(cut, l.cutAfter(asked))
		l.close()
		if nc, err := tr.dialOnce(desk); err == nil {
			nc.Close()
			t.Errorf("revoked credentials are taken")
		}
		tr.routes(confirmed)
		closed = append(closed, shut{from: confirmed, to: tr.place()})
	}
	tr.settle()
	v = tr.judge()
	v.Leaked += v.whileShut(t, desk, closed)
	return v, cut
}

// deskLink is a desk's connection that pulls and listens live until it is cut.
type deskLink struct {
	tr *trial
	nc *nats.Conn
	// cut is closed when the link has been cut.
	cut chan struct{}

	mu    sync.Mutex // guards what follows
	times int
	last  time.Time
}

// listen connects as a desk without connecting again.
func (tr *trial) listen(desk string) *deskLink {
	tr.t.Helper()
	l := &deskLink{tr: tr, cut: make(chan struct{})}
	var once sync.Once
	nc, err := nats.Connect("nats://"+tr.address, nats.UserCredentials(tr.credsFile(desk)), nats.NoReconnect(), nats.Timeout(10*time.Second),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
		nats.ClosedHandler(func(*nats.Conn) { once.Do(func() { close(l.cut) }) }))
	if err != nil {
		tr.fatalf("connecting as %s: %v", desk, err)
	}
	l.nc = nc
	if _, err := nc.Subscribe("feed.>", func(*nats.Msg) { l.take() }); err != nil {
		tr.fatalf("listening as %s: %v", desk, err)
	}
	js, err := jetstream.NewWithAPIPrefix(nc, schemas.APIPrefix)
	if err != nil {
		tr.fatalf("reading as %s: %v", desk, err)
	}
	cons, err := js.Consumer(tr.t.Context(), schemas.FeedName, schemas.ConsumerName)
	if err != nil {
		tr.fatalf("reading as %s: %v", desk, err)
	}
	if _, err := cons.Consume(func(m jetstream.Msg) { l.take(); m.Ack() }); err != nil {
		tr.fatalf("reading as %s: %v", desk, err)
	}
	return l
}

func (l *deskLink) take() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times, l.last = l.times+1, time.Now()
}

func (l *deskLink) got() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.times
}

// cutAfter waits until the link is cut, and returns how long that took.
func (l *deskLink) cutAfter(asked time.Time) time.Duration {
	l.tr.t.Helper()
	select {
	case <-l.cut:
		return time.Since(asked)
	case <-time.After(time.Second):
		l.tr.t.Errorf("a second after the revocation was confirmed the link is not cut")
		return time.Since(asked)
	}
}

func (l *deskLink) close() { l.nc.Close() }

// whileShut counts and reports the copies in a desk's feed of what was decided
// while it was shut.
func (v judgement) whileShut(t *testing.T, desk string, closed []shut) (leaked int) {
	t.Helper()
	for _, place := range v.released[desk] {
		for _, s := range closed {
			if place > s.from && place <= s.to {
				leaked++
				t.Errorf("message %d was released to %s, which was shut from %d to %d", place, desk, s.from, s.to)
			}
		}
	}
	if len(v.released[desk]) == 0 {
		t.Errorf("the run is void: nothing was ever released to %s", desk)
	}
	return leaked
}

// entries reads the ledger of a broker that has been stopped.
func (tr *trial) entries(fn func(ledger.Entry)) {
	tr.t.Helper()
	err := broker.Operate(tr.t.Context(), broker.Config{Dir: tr.dir, Listen: "127.0.0.1:0", Default: protocol.Tables, Log: newLog(tr.logs, 0)}, func(op broker.Operator) error {
		return op.ShowLedger(tr.t.Context(), "", func(e ledger.Entry) error { fn(e); return nil })
	})
	if err != nil {
		tr.t.Fatal(err)
	}
}

// TestTablesReloadedOften loads widening and narrowing tables in turn under
// load, LIAISON_LOAD_RELOADS times (300 unless it says otherwise), every fifth
// time a set that is broken:
//
//	LIAISON_LOAD=1 go test -run TestTablesReloadedOften -timeout 0 -v .
func TestTablesReloadedOften(t *testing.T) {
	onDemand(t)
	reloads := numberOf(t, "LIAISON_LOAD_RELOADS", 300)
	v, took := reloadedUnderLoad(t, reloads, 30*time.Millisecond)
	evidence.Record(t, evidence.Row{Name: "reload", Part: "crash", Fault: "protocol tables reloaded under load, wider and narrower in turn",
		How:     "three sets of tables in turn, every fifth time a broken one, which is refused whole; each message is decided under the one set that its entry names, and nothing accepted after a confirmation under an older one",
		Command: onDemandCommand("TestTablesReloadedOften", "LIAISON_LOAD_RELOADS", reloads),
		Runs:    reloads, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked,
		Note: fmt.Sprintf("load confirmed after %s; %s", spread(took), v.note())})
}

// confirmation is what the broker said when a load was confirmed.
type confirmation struct {
	policy string
	place  uint64
}

func reloadedUnderLoad(t *testing.T, reloads int, pace time.Duration) (v judgement, took []time.Duration) {
	tr := newTrial(t, "")
	tr.start()
	tr.load(pace)
	sets := []string{tr.tables("", ""), tr.tables("rules.csv", "police-labour-exploitation"), tr.tables("rules.csv", "hub-trafficking")}
	var confirmed []confirmation
	for k := range reloads {
		tr.routes(tr.place())
		if k%5 == 4 {
			tr.broken(k / 5 % 3)
			continue
		}
		set := sets[k%len(sets)]
		began := time.Now()
		s, err := tr.remote().Load(t.Context(), set)
		if err != nil {
			tr.fatalf("loading tables: %v", err)
		}
		took = append(took, time.Since(began))
		if want := policyOf(t, set); s.Policy != want {
			t.Errorf("%s are in force after %s were loaded", s.Policy, want)
		}
		confirmed = append(confirmed, confirmation{policy: s.Policy, place: s.Place})
	}
	tr.routes(tr.place())
	tr.settle()
	v = tr.judge()
	v.Leaked += tr.underOlder(confirmed)
	return v, took
}

// broken loads a set that must be refused whole: a table is missing (0), cut
// short (1), or names what is not there (2).
func (tr *trial) broken(how int) {
	tr.t.Helper()
	before, err := tr.remote().Status(tr.t.Context())
	if err != nil {
		tr.fatalf("asking which tables are in force: %v", err)
	}
	dir := tr.tables("", "")
	path := filepath.Join(dir, "rules.csv")
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.Remove(path)
	}
	switch how {
	case 1:
		text = text[:len(text)*2/3]
	case 2:
		text = []byte(strings.Replace(string(text), "police-labour-exploitation,kind:police", "police-labour-exploitation,kind:nobody", 1))
	}
	if how != 0 && err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		tr.t.Fatal(err)
	}
	if _, err := tr.remote().Load(tr.t.Context(), dir); err == nil {
		tr.t.Errorf("a broken set of tables (%d) was loaded", how)
	}
	after, err := tr.remote().Status(tr.t.Context())
	if err != nil || after.Policy != before.Policy {
		tr.t.Errorf("a broken set of tables was refused, and %s are in force in the place of %s (%v)", after.Policy, before.Policy, err)
	}
}

// underOlder counts and reports the decisions about messages that the broker
// had not decided when a load was confirmed, and that it then decided under
// tables of before. Each load is of other tables than the one before it, and so
// has its own entry.
func (tr *trial) underOlder(confirmed []confirmation) (leaked int) {
	tr.t.Helper()
	next, loads := 0, map[string]bool{}
	tr.entries(func(e ledger.Entry) {
		loads[e.Policy] = true
		switch {
		case next == len(confirmed):
		case e.Kind == ledger.PolicyEntry && e.Policy == confirmed[next].policy:
			next++
		case e.Kind != ledger.PolicyEntry && e.Intake > confirmed[next].place:
			leaked++
			tr.t.Errorf("entry %d about message %d is under %s, and %s were confirmed at %d", e.Number, e.Intake, e.Policy, confirmed[next].policy, confirmed[next].place)
		}
	})
	if next != len(confirmed) || len(loads) != 3 {
		tr.t.Errorf("the ledger has the entries of %d loads of %d, of %d sets", next, len(confirmed), len(loads))
	}
	return leaked
}
