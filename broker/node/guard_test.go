package node

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
)

// TestTheGuardShutsOutWhoFloodsAlone has one desk pull more than the guard
// allows, as it really happens but with smaller numbers, and another one pull
// as an old client does.
func TestTheGuardShutsOutWhoFloodsAlone(t *testing.T) {
	for _, way := range []struct{ name, body string }{
		{"answered at once", `{"batch":1,"no_wait":true}`},
		{"never answered", `{"batch":1,"expires":60000000000,"idle_heartbeat":20000000000}`},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := newSite(t)
			flooder, other := s.enrol("eas", "main", accounts.Both), s.enrol("gla", "main", accounts.Both)
			g := &guard{max: 2000, fair: 1000}
			fc, oc := s.connect(flooder), s.connect(other)
			s.pulls(oc, 500, way.body)
			s.pulls(fc, 1400, way.body)
			if err := s.node.watch(g, time.Now()); err != nil || fc.IsClosed() {
				t.Fatalf("below the bound the flooder is out: %v, %v", fc.IsClosed(), err)
			}
			s.pulls(fc, 1000, way.body) // without the guard this works as well: the control
			if _, err := fc.Request("submit", []byte("id before"), 5*time.Second); err != nil {
				t.Fatalf("without the guard: %v", err)
			}
			if err := s.node.watch(g, time.Now()); err != nil {
				t.Fatal(err)
			}
			s.mustBeOut(fc, flooder)
			if _, err := oc.Request("submit", []byte("id other"), 5*time.Second); err != nil {
				t.Errorf("the other desk: %v", err)
			}
			if err := s.node.Refresh(flooder.Desk); err != nil { // as an enrolment does
				t.Fatal(err)
			}
			s.mustBeOut(fc, flooder)
			if err := s.node.readmit(time.Now().Add(suspension / 2)); err != nil {
				t.Fatal(err)
			}
			s.mustBeOut(fc, flooder)
			if err := s.node.readmit(time.Now().Add(suspension + time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.connect(flooder).Request("submit", []byte("id after"), 5*time.Second); err != nil {
				t.Errorf("after the suspension: %v", err)
			}
		})
	}
}

// pulls asks for copies without ever taking its inbox back.
func (s *site) pulls(nc *nats.Conn, many int, body string) {
	s.t.Helper()
	inbox := nc.NewInbox()
	if _, err := nc.Subscribe(inbox+".*", func(*nats.Msg) {}); err != nil {
		s.t.Fatal(err)
	}
	for i := range many {
		if err := nc.PublishRequest("liaison.CONSUMER.MSG.NEXT.FEED.main", fmt.Sprint(inbox, ".", i), []byte(body)); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) mustBeOut(nc *nats.Conn, desk accounts.Issued) {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); !nc.IsClosed() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if !nc.IsClosed() {
		s.t.Error("the flooder is still connected")
	}
	if _, err := s.dial(desk); !errors.Is(err, nats.ErrMaxAccountConnectionsExceeded) {
		s.t.Errorf("the flooder connects again: %v", err)
	}
}
