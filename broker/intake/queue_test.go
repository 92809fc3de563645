package intake

import (
	"testing"

	"github.com/nats-io/nats.go"
)

func TestOneAccountCannotFillTheQueue(t *testing.T) {
	q := newQueue()
	from := func(account string) *nats.Msg { return &nats.Msg{Subject: "submit." + account, Data: []byte("?")} }
	for range maxAccount {
		if !q.put(from("flooder")) {
			t.Fatal("its share is smaller than it says")
		}
	}
	if q.put(from("flooder")) {
		t.Error("a submission beyond its share is taken")
	}
	if !q.put(from("neighbour")) {
		t.Error("the neighbour finds no room")
	}
	for range maxAccount {
		q.done(<-q.arrived)
	}
	if len(q.byAccount) != 1 || q.byAccount["neighbour"].submissions != 1 || q.bytes != sizeOf(from("neighbour")) {
		t.Errorf("after the answers there waits %+v, %d bytes", q.byAccount, q.bytes)
	}
	if !q.put(from("flooder")) {
		t.Error("after its answers it finds no room")
	}
}
