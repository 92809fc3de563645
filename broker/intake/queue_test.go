package intake

import (
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
)

func sent(account, body string) *nats.Msg {
	return &nats.Msg{Subject: "submit." + account, Data: []byte(body)}
}

func anybody(string) bool { return true }

func TestOneAccountCannotFillTheQueue(t *testing.T) {
	q := newQueue()
	for range maxAccount {
		if turned := q.put(sent("flooder", "?")); len(turned) > 0 {
			t.Fatal("its share is smaller than it says")
		}
	}
	if turned := q.put(sent("flooder", "?")); len(turned) != 1 {
		t.Error("a submission beyond its share is taken")
	}
	if turned := q.put(sent("neighbour", "?")); len(turned) > 0 {
		t.Error("the neighbour finds no room")
	}
	for range maxAccount + 1 {
		if m := q.take(t.Context(), anybody); accountOf(m) == "flooder" {
			q.done(m)
		}
	}
	if len(q.lines) != 1 || q.lines["neighbour"].submissions != 1 || q.bytes != sizeOf(sent("neighbour", "?")) {
		t.Errorf("after the answers there waits %+v, %d bytes", q.lines, q.bytes)
	}
	if turned := q.put(sent("flooder", "?")); len(turned) > 0 {
		t.Error("after its answers it finds no room")
	}
}

func TestAccountsAreServedInTurnAndEachInOrder(t *testing.T) {
	q := newQueue()
	for i := range 100 {
		q.put(sent("flooder", strconv.Itoa(i)))
	}
	q.put(sent("a", "0"))
	q.put(sent("b", "0"))
	q.put(sent("a", "1"))
	var order []string
	next := map[string]int{}
	for range 103 {
		m := q.take(t.Context(), anybody)
		account := accountOf(m)
		if string(m.Data) != strconv.Itoa(next[account]) {
			t.Fatalf("%s is served %s instead of %d", account, m.Data, next[account])
		}
		next[account]++
		order = append(order, account)
	}
	if got, want := strings.Join(order[:6], " "), "flooder a b flooder a flooder"; got != want {
		t.Errorf("served are %s, want %s", got, want)
	}
}

// TestTheLongestLineGivesWay has many accounts fill the queue: who comes with
// little finds room all the same, and every submission is served or turned away.
func TestTheLongestLineGivesWay(t *testing.T) {
	q, put, turned := newQueue(), 0, 0
	half := strings.Repeat("x", maxAccountBytes/8-1024)
	for i := range 2 * maxWaitingBytes / maxAccountBytes {
		for range 8 {
			put++
			turned += len(q.put(sent("flooder"+strconv.Itoa(i), half)))
		}
	}
	if turned == 0 || q.bytes > maxWaitingBytes {
		t.Fatalf("%d are turned away, %d bytes wait", turned, q.bytes)
	}
	put++
	for _, m := range q.put(sent("neighbour", half)) {
		if turned++; accountOf(m) == "neighbour" {
			t.Error("the neighbour is turned away because of others")
		}
	}
	served := 0
	for len(q.lines) > 0 {
		q.done(q.take(t.Context(), anybody))
		served++
	}
	if served+turned != put || q.bytes != 0 {
		t.Errorf("of %d, %d are served and %d turned away; %d bytes are left", put, served, turned, q.bytes)
	}
}

// TestWhoeverComesGoesOutWithTheNextCommit floods from one account and from
// several: each time there is still room in the next commit for one that comes.
func TestWhoeverComesGoesOutWithTheNextCommit(t *testing.T) {
	for _, flooders := range []int{1, 2, 5, 40} {
		a := newAhead(func() {})
		for again := true; again; {
			again = false
			for i := range flooders {
				if account := "flooder" + strconv.Itoa(i); a.may(account) {
					a.put(&submission{msg: sent(account, "?"), records: []*record{{}}})
					again = true
				}
			}
		}
		if share := a.accounts["flooder0"]; share < maxCommit/(flooders+1)-1 {
			t.Errorf("of %d flooders one has %d", flooders, share)
		}
		if !a.may("neighbour") {
			t.Errorf("%d flooders leave no room", flooders)
		}
		a.put(&submission{msg: sent("neighbour", "?"), records: []*record{{}}})
		g := &group{most: a.most}
		if next := g.gather(a); next != nil || accountOf(g.submissions[len(g.submissions)-1].msg) != "neighbour" {
			t.Errorf("behind %d flooders the neighbour is not in the next commit", flooders)
		}
		if a.total != 0 || len(a.accounts) != 0 {
			t.Errorf("%d records are left in %v", a.total, a.accounts)
		}
	}
}
