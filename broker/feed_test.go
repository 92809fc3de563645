package broker

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// twoItems is a tip with an item for law enforcement in Lincolnshire and one
// that must not leave its originator, with a subject each.
func twoItems(n int) *schemas.Message {
	m := farm(n)
	m.CrimeTypes = append(m.CrimeTypes, "debt-bondage")
	m.Items[0].CrimeTypes = []schemas.Code{"unlicensed-gangmaster", "forced-labour"}
	m.Items = append(m.Items, schemas.Item{Text: "CANARY what the source alone could know.", Source: "A", Information: 1,
		Handling: schemas.Handling{4}, Conditions: "CANARY not beyond the unit", ObtainedBy: schemas.ByVolunteered,
		CrimeTypes: []schemas.Code{"debt-bondage"}, Indicators: []schemas.Code{"GEN12"}, Subjects: []int{1}})
	m.Subjects = append(m.Subjects, schemas.Subject{Kind: schemas.PersonSubject, Name: "CANARY Person", Position: "victim"})
	return m
}

func TestACopyIsBuiltFromItsItemsAlone(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	live, err := s.connect("lincolnshire/main").SubscribeSync("feed.>")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // the subscription must be there before the tip is
	m := twoItems(1)
	header := nats.Header{"Liaison-Gateway": {"forged"}, "ce-source": {"CANARY"}, "X-Mine": {"CANARY"}, "Nats-Msg-Id": {"CANARY"}}
	if a := submit(t, s.connect("gla/main"), schemas.SubmitAddressFor(m), encodeMsgPack(t, m), header); a.Error != nil {
		t.Fatal(a.Error)
	}
	s.routed(1)

	// The legacy client binds with the filter that the operator gives.
	js, err := s.connect("lincolnshire/main").JetStream(nats.APIPrefix(schemas.APIPrefix))
	if err != nil {
		t.Fatal(err)
	}
	sub, err := js.PullSubscribe("feed.lincolnshire.main.>", "", nats.Bind(schemas.FeedName, schemas.ConsumerName))
	if err != nil {
		t.Fatal(err)
	}
	msgs, err := sub.Fetch(5, nats.MaxWait(time.Second))
	if err != nil || len(msgs) != 1 {
		t.Fatalf("got %d copies, %v; want one", len(msgs), err)
	}
	msg := msgs[0]
	if err := msg.AckSync(); err != nil {
		t.Error(err)
	}

	for what, text := range map[string]string{"body": string(msg.Data), "address": msg.Subject, "headers": dump(t, msg.Header)} {
		for _, secret := range []string{"CANARY", "debt-bondage", "GEN12", "GLA/INT", "forged"} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s of the copy has %q: %q", what, secret, text)
			}
		}
	}
	want := nats.Header{
		"Liaison-Id": {string(m.ID)}, "Liaison-Decision": {"2"}, "Liaison-Policy": {s.Policy().Hash()[:12]},
		"Liaison-Gateway": {"gla-s19-1"}, "content-type": {schemas.TypeMsgPack},
	}
	// The engine leaves the marks of the batch on what it stores. They tell no
	// more than the sequence in every acknowledgement address does.
	for name := range msg.Header {
		if strings.HasPrefix(name, "Nats-Batch-") {
			msg.Header.Del(name)
		}
	}
	if diff := cmp.Diff(want, msg.Header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	copied, err := schemas.DecodeCopy(msg.Data)
	if err != nil {
		t.Fatal(err)
	}
	if len(copied.Items) != 1 || len(copied.Subjects) != 1 || copied.Subjects[0].Name != "Invented Farm" || copied.Reference != "" {
		t.Errorf("copy %+v", copied)
	}
	if got := copied.Items[0].Gateways; !slices.Equal(got, []schemas.Code{"gla-s19-1"}) {
		t.Errorf("the item names the gateways %v", got)
	}

	shown, err := live.NextMsg(2 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if string(shown.Data) != string(msg.Data) || shown.Reply != "" {
		t.Errorf("the live copy differs from the stored one, or can be answered: reply %q", shown.Reply)
	}
	if extra, err := live.NextMsg(100 * time.Millisecond); err == nil {
		t.Errorf("and something else came: %s", extra.Subject)
	}
}

func TestTheSenderIsToldWhatBecameOfItsMessage(t *testing.T) {
	s := start(t, t.TempDir())
	for _, name := range []string{"gla", "lincolnshire", "kent"} {
		s.enrol(name, accounts.Enrolment{})
	}
	gla := s.connect("gla/main")
	for _, m := range []*schemas.Message{twoItems(1), held(2)} {
		if a := submit(t, gla, "submit", encodeMsgPack(t, m), nil); a.Error != nil {
			t.Fatal(a.Error)
		}
	}
	s.routed(2)

	var status schemas.Status
	question(t, gla, "ask.receipt", `{"id":"`+string(farm(1).ID)+`"}`, &status)
	if !status.Routed || status.Held || status.Sequence != 1 || status.Decision != 2 || status.Accepted.IsZero() {
		t.Errorf("status %+v", status)
	}
	got := map[schemas.MemberID]schemas.Outcome{}
	for _, o := range status.Outcomes {
		got[o.Member] = o
	}
	if o := got["lincolnshire"]; o.Outcome != schemas.Disclosed || o.Items[0].Gateway != "gla-s19-1" || o.Items[1].Outcome != schemas.Withheld || !slices.Equal(o.Desks, []string{"main"}) {
		t.Errorf("outcome for Lincolnshire %+v", o)
	}
	if o := got["ukhtc"]; o.Outcome != schemas.Withheld || o.Items[0].Reason != "no-desk" {
		t.Errorf("outcome for the UKHTC, which is not enrolled: %+v", o)
	}

	var list struct{ Held []schemas.Status }
	question(t, gla, "ask.held", `{}`, &list)
	if len(list.Held) != 2 || list.Held[1].ID != farm(2).ID || !list.Held[1].Held || list.Held[0].Held {
		t.Errorf("held %+v", list)
	}
	for desk, want := range map[string]schemas.Code{"kent/main": schemas.RefusedUnknown, "lincolnshire/main": schemas.RefusedUnknown} {
		var a schemas.Answer
		question(t, s.connect(desk), "ask.receipt", `{"id":"`+string(farm(1).ID)+`"}`, &a)
		if a.Error == nil || a.Receipts[0].Refusal.Code != want {
			t.Errorf("%s asks about another's message and hears %+v", desk, a)
		}
	}
	for _, bad := range []string{``, `{}`, `{"id":"*"}`, `{"id":">"}`, `nonsense`} {
		var a schemas.Answer
		question(t, gla, "ask.receipt", bad, &a)
		if a.Error == nil {
			t.Errorf("the question %q is answered %+v", bad, a)
		}
	}
}

// held is a tip that its originator lets nobody have.
func held(n int) *schemas.Message {
	m := farm(n)
	m.Items[0].Handling = schemas.Handling{4}
	return m
}

func question(t *testing.T, nc *nats.Conn, address, body string, answer any) {
	t.Helper()
	msg := answered(t, nc, &nats.Msg{Subject: address, Data: []byte(body)})
	if err := json.Unmarshal(msg.Data, answer); err != nil {
		t.Fatalf("asking %s: %v in %s", address, err, msg.Data)
	}
}

// answered sends what must be answered, to a broker that may have only just started.
func answered(t *testing.T, nc *nats.Conn, msg *nats.Msg) *nats.Msg {
	t.Helper()
	answer, err := nc.RequestMsg(msg, 5*time.Second)
	for tries := 0; errors.Is(err, nats.ErrNoResponders) && tries < 500; tries++ {
		time.Sleep(10 * time.Millisecond)
		answer, err = nc.RequestMsg(msg, 5*time.Second)
	}
	if err != nil {
		t.Fatalf("nobody answers at %s: %v", msg.Subject, err)
	}
	return answer
}

func dump(t *testing.T, h nats.Header) string {
	t.Helper()
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestLiveCopiesAreForWhoListens: the router asks the node whether anybody does,
// so it must know of those who listen through an import, and of nobody else.
func TestLiveCopiesAreForWhoListens(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("kent", accounts.Enrolment{})
	s.enrol("lincolnshire", accounts.Enrolment{})
	heard := func(member schemas.MemberID) bool {
		t.Helper()
		for _, d := range s.registry.Desks() {
			if d.Member == member {
				return s.node.Heard(schemas.LiveCopyAddress(d.Account, farm(0)))
			}
		}
		t.Fatalf("no desk of %s", member)
		return false
	}
	nc := s.connect("kent/main")
	if heard("kent") || heard("lincolnshire") {
		t.Error("somebody is heard before anybody listens")
	}
	sub, err := nc.SubscribeSync("feed.tip.>")
	if err != nil || nc.Flush() != nil {
		t.Fatal(err)
	}
	if !heard("kent") || heard("lincolnshire") {
		t.Errorf("Kent alone listens: it is heard: %v, Lincolnshire is: %v", heard("kent"), heard("lincolnshire"))
	}
	if err := sub.Unsubscribe(); err != nil || nc.Flush() != nil {
		t.Fatal(err)
	}
	if heard("kent") {
		t.Error("Kent is heard when it listens no more")
	}
}
