//go:build unix

package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"liaison/deploy/evidence"
	"liaison/schemas"
)

// TestResendEverything sends each accepted message again: at once, after a crash,
// in another order and other bundles, after the engine's own window, and after
// an orderly restart. The load lasts LIAISON_LOAD_SECONDS (15 unless it says
// otherwise):
//
//	LIAISON_LOAD=1 go test -run TestResendEverything -timeout 0 -v .
func TestResendEverything(t *testing.T) {
	onDemand(t)
	seconds := numberOf(t, "LIAISON_LOAD_SECONDS", 15)
	v, resent := resendAll(t, time.Duration(seconds)*time.Second, 10*time.Millisecond)
	evidence.Record(t, evidence.Row{Name: "resend", Part: "crash", Fault: "every accepted message sent again, and again with other content",
		How:     "at once; after kill -9; in another order and in other bundles; after the engine's window of duplicates; after an orderly restart. Each gets the receipt of a duplicate with the first sequence; other content under the same id is refused",
		Command: onDemandCommand("TestResendEverything", "LIAISON_LOAD_SECONDS", seconds),
		Runs:    resent, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked, Note: v.note()})
}

func resendAll(t *testing.T, load, pace time.Duration) (v judgement, resent int) {
	tr := newTrial(t, "")
	tr.start()
	tr.load(pace)
	tr.routes(tr.place())
	time.Sleep(load)
	tr.stopPublishers()
	tr.running.Wait()

	resent += tr.resend(50, false)
	tr.kill()
	tr.start()
	resent += tr.resend(50, true)
	time.Sleep(1100 * time.Millisecond) // the engine's window is a second
	resent += tr.resend(500, true)
	tr.stop()
	tr.start()
	resent += tr.resend(1, true)
	tr.conflict()
	tr.settle()
	return tr.judge(), resent
}

// resend submits every message that has a receipt once more, and requires the
// same receipt, marked as a duplicate. It returns how many it sent.
func (tr *trial) resend(bundle int, shuffled bool) (sent int) {
	tr.t.Helper()
	for _, p := range tr.publishers {
		sequences := map[schemas.ID]uint64{}
		eachLine(tr.t, p.log.file.Name(), func(a attempt) {
			if a.Result == "acked" {
				sequences[a.ID] = a.Sequence
			}
		})
		order := rand.Perm(int(p.answered.Load()))
		if !shuffled {
			for i := range order {
				order[i] = i
			}
		}
		for len(order) > 0 {
			n := min(bundle, len(order))
			tr.again(p, order[:n], sequences)
			order, sent = order[n:], sent+n
		}
	}
	return sent
}

// again submits one bundle of messages that were accepted before.
func (tr *trial) again(p *publisher, numbers []int, sequences map[schemas.ID]uint64) {
	tr.t.Helper()
	parts := make([][]byte, len(numbers))
	for i, n := range numbers {
		body, err := schemas.EncodeMsgPack(p.message(n + 1))
		if err != nil {
			tr.t.Fatal(err)
		}
		parts[i] = body
	}
	a := tr.ask(p, bundled(parts))
	if len(a.Receipts) != len(parts) {
		tr.fatalf("%d messages sent again have %d receipts: %+v", len(parts), len(a.Receipts), a.Error)
	}
	for _, r := range a.Receipts {
		if r.Refusal != nil || !r.Duplicate || r.Sequence != sequences[r.ID] {
			tr.t.Errorf("%s was accepted at %d, and sent again it is answered %+v", r.ID, sequences[r.ID], r)
		}
	}
}

// conflict submits other content under ids that were accepted.
func (tr *trial) conflict() {
	tr.t.Helper()
	for _, p := range tr.publishers {
		m := p.message(1)
		m.Items[0].Text += " And more."
		body, err := schemas.EncodeMsgPack(m)
		if err != nil {
			tr.t.Fatal(err)
		}
		a := tr.ask(p, body)
		if len(a.Receipts) != 1 || a.Receipts[0].Refusal == nil || a.Receipts[0].Refusal.Code != schemas.RefusedConflict {
			tr.t.Errorf("%s: other content under an id that was accepted is answered %+v", p.member, a)
		}
	}
}

// ask submits on a connection of its own until there is an answer other than
// "try later".
func (tr *trial) ask(p *publisher, body []byte) schemas.Answer {
	tr.t.Helper()
	nc, err := tr.dial(string(p.member) + "/main")
	if err != nil {
		tr.t.Fatal(err)
	}
	defer nc.Close()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		tr.alive()
		if time.Now().After(end) {
			tr.fatalf("%s: no answer", p.member)
		}
		ctx, cancel := context.WithTimeout(tr.t.Context(), 5*time.Second)
		msg, err := nc.RequestWithContext(ctx, schemas.SubmitAddress, body)
		cancel()
		if err != nil {
			continue
		}
		var a schemas.Answer
		if err := json.Unmarshal(msg.Data, &a); err != nil {
			tr.fatalf("the answer %.200q: %v", msg.Data, err)
		}
		if a.Error == nil || a.Error.Status != 503 {
			return a
		}
	}
}
