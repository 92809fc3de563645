package broker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// TestAttackIdentity has the attacker say in every field of a message that
// names somebody that it is somebody else.
func TestAttackIdentity(t *testing.T) {
	s := newStage(t)
	s.works(t, 1)
	nc := s.connect(attacker)
	before := s.everything(t)
	for _, name := range []string{"gla", "lincolnshire", "ukhtc", "hmrc-nmw", "soca", "nobody", "", "*", ">", "kent.gla", "gla ", " gla", "GLA", "gl\u0430", "gla\x00", "gla\nkent", "kent/../gla", "_", "policy", strings.Repeat("k", 5000)} {
		for encoding, encode := range map[string]func(*schemas.Message) ([]byte, error){"JSON": schemas.EncodeJSON, "MessagePack": schemas.EncodeMsgPack} {
			t.Run(fmt.Sprintf("originator %.20q in %s", name, encoding), func(t *testing.T) {
				b, err := encode(tipOf(schemas.MemberID(name), 2))
				if err != nil {
					t.Skipf("NOT RUN: it cannot be written: %v", err)
				}
				if a := submit(t, nc, "submit", b, nil); a.Error == nil {
					t.Errorf("accepted: %+v", a)
				}
			})
		}
	}
	own := string(must(schemas.EncodeJSON(tipOf("kent", 2))))
	for name, body := range map[string]string{
		"two originators, own first":      strings.Replace(own, `"originator":"kent"`, `"originator":"kent","originator":"gla"`, 1),
		"two originators, own last":       strings.Replace(own, `"originator":"kent"`, `"originator":"gla","originator":"kent"`, 1),
		"another in capitals":             strings.Replace(own, `"originator":"kent"`, `"originator":"kent","Originator":"gla"`, 1),
		"another in other letters":        strings.Replace(own, `"originator":"kent"`, `"originator":"kent","or\u0131ginator":"gla"`, 1),
		"an escaped key":                  strings.Replace(own, `"originator":"kent"`, `"originator":"kent","\u006friginator":"gla"`, 1),
		"a list of originators":           strings.Replace(own, `"originator":"kent"`, `"originator":["kent","gla"]`, 1),
		"an originator within":            strings.Replace(own, `"originator":"kent"`, `"originator":{"id":"kent"}`, 1),
		"an account":                      strings.Replace(own, `"originator":"kent"`, `"originator":"kent","account":"`+string(s.accountOf(t, "gla"))+`"`, 1),
		"a member":                        strings.Replace(own, `"originator":"kent"`, `"originator":"kent","member":"gla"`, 1),
		"a decision":                      strings.Replace(own, `"originator":"kent"`, `"originator":"kent","decision":1`, 1),
		"a gateway":                       strings.Replace(own, `"handling":[1]`, `"handling":[1],"gateways":["gla-s19-1"]`, 1),
		"a grading of the hub's":          strings.Replace(own, `"handling":[1]`, `"handling":[1],"graded_by_hub":"x"`, 1),
		"items that are withheld":         strings.Replace(own, `"originator":"kent"`, `"originator":"kent","withheld_items":1`, 1),
		"the victim's, inside a list":     "[" + own[:len(own)-1] + `},` + string(must(schemas.EncodeJSON(farm(3)))) + "]",
		"the victim's, behind one's own":  own + string(must(schemas.EncodeJSON(farm(3)))),
		"the victim's, with spaces ahead": strings.Repeat(" ", 100) + string(must(schemas.EncodeJSON(farm(3)))),
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range submit(t, nc, "submit", []byte(body), nil).Receipts {
				if r.Refusal == nil && r.ID != tipOf("kent", 2).ID {
					t.Errorf("accepted: %+v", r)
				}
			}
		})
	}
	s.routed(s.stored(t))
	after := s.everything(t)
	if strings.Count(after, "INTAKE intake.gla.") != strings.Count(before, "INTAKE intake.gla.") {
		t.Error("something was stored for the victim")
	}
	t.Run("control/from the victim's place in the hub", func(t *testing.T) {
		hub, err := s.node.Hub("control")
		if err != nil {
			t.Fatal(err)
		}
		if a := submit(t, hub, "submit."+s.accountOf(t, "gla"), must(schemas.EncodeJSON(farm(3))), nil); a.Error != nil {
			t.Errorf("where the account is not verified, it must work: %v", a.Error)
		}
	})
	s.works(t, 4)
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err) // a message of the tests themselves
	}
	return b
}

func (s *started) accountOf(t *testing.T, member schemas.MemberID) string {
	t.Helper()
	d, ok := s.registry.Desk(member, "main")
	if !ok {
		t.Fatalf("%s is not enrolled", member)
	}
	return d.Account
}

// TestAttackAnothersMessages uses ids, links and consents to change what
// becomes of the victim's message.
func TestAttackAnothersMessages(t *testing.T) {
	s := newStage(t)
	s.enrol("hmrc-nmw", accounts.Enrolment{})
	nc, gla := s.connect(attacker), s.connect(victim)
	s.routed(accept(t, gla, withHMRC(1)))
	outcome := func() string {
		var status json.RawMessage
		question(t, gla, "ask.receipt", `{"id":"`+string(farm(1).ID)+`"}`, &status)
		return string(status)
	}
	before := outcome()
	n := 100
	for _, relation := range []schemas.Relation{schemas.Supersedes, schemas.PartOf, schemas.SeeAlso, schemas.Promotes} {
		t.Run("a link: "+string(relation), func(t *testing.T) {
			m := tipOf("kent", n)
			n++
			m.Links = []schemas.Link{{Originator: "gla", ID: farm(1).ID, Relation: relation}}
			s.routed(accept(t, nc, m))
			if after := outcome(); after != before {
				t.Errorf("what the victim is told changed to %s", after)
			}
		})
	}
	for _, authority := range []schemas.Code{"commissioners", schemas.AuthorityOriginator, schemas.AuthorityRecipient, "person", "hmrc-nmw"} {
		for _, answer := range []schemas.ConsentAnswer{schemas.Given, schemas.Refused} {
			t.Run(fmt.Sprintf("a consent: %s %s", authority, answer), func(t *testing.T) {
				c := consentOf("kent", n, 1, authority, answer)
				n++
				if authority == schemas.AuthorityOriginator {
					c.Consent.Items = nil
				}
				if a := submit(t, nc, "submit", encodeMsgPack(t, c), nil); a.Error == nil {
					s.routed(a.Sequence)
				}
				if after := outcome(); after != before {
					t.Errorf("what the victim is told changed to %s", after)
				}
			})
		}
	}
	for name, id := range map[string]schemas.ID{"the id of the victim's message": farm(1).ID, "the id of the victim's next message": farm(2).ID} {
		t.Run(name, func(t *testing.T) {
			m := tipOf("kent", 1)
			m.ID = id
			a := submit(t, nc, "submit", encodeMsgPack(t, m), nats.Header{"Nats-Msg-Id": {string(id)}})
			if a.Error != nil || a.Duplicate {
				t.Errorf("one's own message under that id is answered %+v", a)
			}
		})
	}
	t.Run("the id in a header", func(t *testing.T) {
		accept(t, nc, tipOf("kent", n))
		submit(t, nc, "submit", encodeMsgPack(t, tipOf("kent", n+1)), nats.Header{"Nats-Msg-Id": {string(farm(3).ID)}})
	})
	for name, ask := range map[string]string{
		"what became of it": `{"id":"` + string(withHMRC(1).ID) + `x"}`, "with an originator": `{"id":"` + string(farm(77).ID) + `","originator":"gla"}`,
		"with a member": `{"id":"` + string(farm(77).ID) + `","member":"gla"}`, "with a wildcard": `{"id":"*"}`, "with a path": `{"id":"../gla/` + string(farm(1).ID) + `"}`,
		"with both keys": `{"id":"` + string(farm(77).ID) + `","ID":"` + string(farm(78).ID) + `"}`,
	} {
		t.Run("asking "+name, func(t *testing.T) {
			var a schemas.Answer
			question(t, nc, "ask.receipt", ask, &a)
			if a.Error == nil {
				t.Errorf("the answer is %+v", a)
			}
		})
	}
	for _, address := range []string{"ask.held.gla", "ask.replay.gla", "ask.receipt.gla", "ask.", "ask.*", "ask.gla.held", "ask.head", "ask." + s.accountOf(t, "gla") + ".held"} {
		t.Run("asking at "+strings.Replace(address, s.accountOf(t, "gla"), "GLA", 1), func(t *testing.T) {
			m, err := nc.Request(address, []byte(`{"id":"`+string(farm(1).ID)+`"}`), time.Second)
			if err == nil && bytes.Contains(m.Data, []byte("gla")) {
				t.Errorf("the answer is %s", m.Data)
			}
		})
	}
	s.routed(s.stored(t))
	if after := outcome(); after != before {
		t.Errorf("what the victim is told changed to %s", after)
	}
	t.Run("control/the one whose consent counts", func(t *testing.T) {
		s.routed(accept(t, s.connect("hmrc-nmw/main"), consentOf("hmrc-nmw", 999, 1, "commissioners", schemas.Given)))
		if outcome() == before {
			t.Error("a consent that counts changes nothing: the test proves nothing")
		}
	})
	t.Run("control/the id is poisoned where the engine alone tells duplicates", func(t *testing.T) {
		js := s.hubJS(t)
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "PLAIN", Subjects: []string{"plain.*"}, Storage: jetstream.MemoryStorage}); err != nil {
			t.Fatal(err)
		}
		for who, want := range []bool{false, true} {
			ack, err := js.Publish(t.Context(), fmt.Sprint("plain.", who), nil, jetstream.WithMsgID(string(farm(2).ID)))
			if err != nil || ack.Duplicate != want {
				t.Errorf("publication %d: %+v, %v", who, ack, err)
			}
		}
	})
	s.works(t, 2)
	s.works(t, 3)
}

// TestAttackReplay sends again what was sent, as whoever captured it would.
func TestAttackReplay(t *testing.T) {
	s := newStage(t)
	s.works(t, 1)
	packed, text := encodeMsgPack(t, farm(1)), must(schemas.EncodeJSON(farm(1)))
	var received [][]byte
	lincolnshire := s.connect("lincolnshire/main")
	m, err := lincolnshire.Request("ask.replay", []byte("{}"), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	received = append(received, m.Data)
	before := s.stored(t)
	duplicate := func(s *started, body []byte) func(*testing.T) {
		return func(t *testing.T) {
			a := submit(t, s.connect(victim), "submit", body, nil)
			if a.Error != nil || a.Sequence != 1 || len(a.Receipts) > 0 && !a.Receipts[0].Duplicate {
				t.Errorf("answered %+v", a)
			}
		}
	}
	refused := func(desk string, body []byte) func(*testing.T) {
		return func(t *testing.T) {
			if a := submit(t, s.connect(desk), "submit", body, nil); a.Error == nil {
				t.Errorf("answered %+v", a)
			}
		}
	}
	time.Sleep(1100 * time.Millisecond) // the engine's own window has passed
	bundle := slices.Concat([]byte{0x92}, packed, packed)
	t.Run("by the same member", duplicate(s.started, packed))
	t.Run("by the same member in JSON", duplicate(s.started, text))
	t.Run("by the same member twice in a bundle", duplicate(s.started, bundle))
	t.Run("by the same member at the long address", func(t *testing.T) {
		if a := submit(t, s.connect(victim), schemas.SubmitAddressFor(farm(1)), packed, nil); a.Error != nil || !a.Duplicate {
			t.Errorf("answered %+v", a)
		}
	})
	for _, desk := range []string{attacker, "lincolnshire/main", "ukhtc/main"} {
		t.Run("by "+desk, refused(desk, packed))
		t.Run("by "+desk+" in JSON", refused(desk, text))
		t.Run("by "+desk+" in a bundle", refused(desk, bundle))
		t.Run("a copy by "+desk, refused(desk, received[0]))
	}
	t.Run("an acknowledgement by another", func(t *testing.T) { // of Lincolnshire's copy
		s.wire(t, attacker).publish("$JS.ACK.DISCLOSURES."+s.accountOf(t, "lincolnshire")+".1.3.1.1.0", "", []byte("+TERM"))
	})
	t.Run("an acknowledgement by the same member", func(t *testing.T) {
		for _, word := range []string{"+ACK", "-NAK", "+TERM", "+NXT"} {
			s.wire(t, "lincolnshire/main").publish("$JS.ACK.DISCLOSURES."+s.accountOf(t, "lincolnshire")+".1.3.1.1.0", "", []byte(word))
		}
		if got := fetch(t, s.desk("lincolnshire/main")); len(got) != 0 {
			t.Errorf("an old acknowledgement brings back %d copies", len(got))
		}
	})
	creds := s.creds
	s.stop()
	again := start(t, s.dir)
	again.creds = creds
	t.Run("by the same member after a restart", duplicate(again, packed))
	stream, err := again.js.Stream(t.Context(), schemas.IntakeName)
	if err != nil || stream.CachedInfo().State.Msgs != before {
		t.Errorf("the intake has %d messages, want %d (%v)", stream.CachedInfo().State.Msgs, before, err)
	}
	if got := fetch(t, again.desk("lincolnshire/main")); len(got) != 0 {
		t.Errorf("the replays brought %d copies", len(got))
	}
	t.Run("control/where the intake is passed by", func(t *testing.T) {
		js := again.hubJS(t)
		if _, err := js.Publish(t.Context(), schemas.IntakeAddress("gla", farm(1).ID), packed); err != nil {
			t.Fatal(err)
		}
		if stream, err := again.js.Stream(t.Context(), schemas.IntakeName); err != nil || stream.CachedInfo().State.Msgs != before+1 {
			t.Errorf("it is not stored twice: %v", err)
		}
	})
}
