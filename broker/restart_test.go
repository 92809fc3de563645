package broker

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/schemas"
)

func TestARestartLosesNothingAndRepeatsNothing(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	creds := s.creds
	const half, all = 40, 80

	publish(t, s, 0, half)
	first := fetchSome(t, s.desk("lincolnshire/main"), 10)
	publish(t, s, half, all)
	s.stop() // with most of the second half not yet routed
	s = start(t, dir)
	s.creds = creds
	s.routed(all)
	second := fetch(t, s.desk("lincolnshire/main"))

	seen := map[schemas.ID]int{}
	for _, m := range append(first, second...) {
		seen[m.ID]++
	}
	for n := range all {
		if id := farm(n).ID; seen[id] != 1 {
			t.Errorf("%s was delivered %d times, want once", id, seen[id])
		}
	}
	for i, m := range append(first, second...) {
		if want := farm(i).ID; m.ID != want {
			t.Fatalf("copy %d is %s, want %s: out of order", i, m.ID, want)
		}
	}
	publishAgain(t, s, all)
	if left := fetch(t, s.desk("lincolnshire/main")); len(left) != 0 {
		t.Errorf("sending everything again delivered %d more copies", len(left))
	}
	checkLedger(t, s, all)

	// And once more, without anything waiting.
	s.stop()
	s = start(t, dir)
	checkLedger(t, s, all)
}

func publish(t *testing.T, s *started, from, to int) {
	t.Helper()
	js, err := jetstream.New(s.connect("gla/main"))
	if err != nil {
		t.Fatal(err)
	}
	for n := from; n < to; n++ {
		ack, tries := publishOne(t, js, n)
		if ack.Sequence != uint64(n+1) || ack.Duplicate && tries == 1 {
			t.Fatalf("message %d: %+v", n, ack)
		}
	}
}

// publishOne publishes until the broker has time for it, as senders do.
func publishOne(t *testing.T, js jetstream.JetStream, n int) (ack *jetstream.PubAck, tries int) {
	t.Helper()
	for tries = 1; ; tries++ {
		ack, err := js.Publish(t.Context(), schemas.SubmitAddress, encodeMsgPack(t, farm(n)))
		var api *jetstream.APIError
		if errors.As(err, &api) && api.Code == 503 && tries < 10 {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return ack, tries
	}
}

func publishAgain(t *testing.T, s *started, all int) {
	t.Helper()
	js, err := jetstream.New(s.connect("gla/main"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range all {
		if ack, _ := publishOne(t, js, n); ack.Sequence != uint64(n+1) || !ack.Duplicate {
			t.Fatalf("message %d again: %+v", n, ack)
		}
	}
}

func fetchSome(t *testing.T, c jetstream.Consumer, n int) []*schemas.Message {
	t.Helper()
	batch, err := c.Fetch(n)
	if err != nil {
		t.Fatal(err)
	}
	var copies []*schemas.Message
	for msg := range batch.Messages() {
		m, err := schemas.DecodeCopy(msg.Data())
		if err != nil {
			t.Fatal(err)
		}
		if err := msg.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, m)
	}
	if len(copies) != n {
		t.Fatalf("got %d copies, want %d", len(copies), n)
	}
	return copies
}

// checkLedger checks the balance, the chain, and that every accepted message
// has exactly one decision.
func checkLedger(t *testing.T, s *started, accepted uint64) {
	t.Helper()
	s.routed(accepted)
	balance, err := s.Balance(t.Context())
	if err != nil || !balance.Balanced() || balance.Accepted != accepted || balance.Decided+balance.Recorded != accepted {
		t.Errorf("balance %+v, %v; want %d accepted and decided", balance, err, accepted)
	}
	r, err := s.VerifyLedger(t.Context())
	if err != nil || len(r.Faults) > 0 {
		t.Errorf("the ledger does not verify: %+v, %v", r, err)
	}
	decided := map[schemas.ID]bool{}
	err = s.ShowLedger(t.Context(), "", func(e ledger.Entry) error {
		if e.Kind == ledger.DecisionEntry && decided[e.Message] {
			t.Errorf("%s was decided twice", e.Message)
		}
		decided[e.Message] = true
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
