package ask

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
)

func TestQuestionsOfOneAccountKeepNobodyWaiting(t *testing.T) {
	l := newLines()
	put := func(account string, n int) bool {
		return l.put(account, &nats.Msg{Subject: "ask." + account + ".held", Data: []byte(strconv.Itoa(n))})
	}
	taken := 0
	for i := range 1000 {
		if put("flooder", i) {
			taken++
		}
	}
	if taken != perAccount+perLine {
		t.Errorf("%d questions of one account are taken, want %d", taken, perAccount+perLine)
	}
	if !put("neighbour", 0) {
		t.Fatal("the neighbour finds no room")
	}
	flooder, place := 0, 0
	for i := range taken + 1 {
		msg := <-l.asked
		if account := accountOf(msg); account == "neighbour" {
			place = i
		} else if string(msg.Data) != strconv.Itoa(flooder) {
			t.Fatalf("the flooder's question %s is answered where %d is next", msg.Data, flooder)
		} else {
			flooder++
		}
		l.done(accountOf(msg), 0)
	}
	if place > perAccount {
		t.Errorf("the neighbour's question is answered behind %d others", place)
	}
	if len(l.begun) != 0 || len(l.waiting) != 0 {
		t.Errorf("left are %v, %v", l.begun, l.waiting)
	}
}

func TestEveryDeskHasRoomForItsQuestions(t *testing.T) {
	l := newLines()
	const desks = 1000 // as accounts.MaxDesks
	for range perAccount + perLine {
		for desk := range desks {
			account := strconv.Itoa(desk)
			if !l.put(account, &nats.Msg{Subject: "ask." + account + ".held"}) {
				t.Fatalf("desk %d finds no room", desk)
			}
		}
	}
}

func TestWhoAsksWithoutWaitingHasAQuarterOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		const took = 10 * time.Millisecond
		answer := func(account string) {
			<-l.asked
			time.Sleep(took)
			l.done(account, took)
		}
		for range perAccount + 2 {
			l.put("flooder", &nats.Msg{})
		}
		for range perAccount {
			answer("flooder")
		}
		if time.Sleep(took); len(l.asked) != 0 {
			t.Error("the flooder's next question does not wait")
		}
		if time.Sleep(3 * took); len(l.asked) != 2 {
			t.Errorf("%d of the flooder's questions are with the workers, want 2", len(l.asked))
		}
		for range 2 {
			answer("flooder")
		}
		for range 3 { // one that waits for its answers
			l.put("neighbour", &nats.Msg{})
			if len(l.asked) != 1 {
				t.Fatal("the neighbour's question waits")
			}
			answer("neighbour")
		}
	})
}
