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

	"liaison/broker/accounts"
	"liaison/schemas"
)

// submit publishes a body as it is and returns the broker's answer.
func submit(t *testing.T, nc *nats.Conn, address string, body []byte, header nats.Header) schemas.Answer {
	t.Helper()
	for tries := 1; ; tries++ {
		msg := answered(t, nc, &nats.Msg{Subject: address, Data: body, Header: header})
		var a schemas.Answer
		if err := json.Unmarshal(msg.Data, &a); err != nil {
			t.Fatal(err)
		}
		if a.Error == nil || a.Error.Status != 503 || tries == 10 {
			return a // a sender tries again when it is told to
		}
	}
}

// changed is the JSON of a good tip with one text replaced, which must be there.
func changed(t *testing.T, old, new string) []byte {
	t.Helper()
	b, err := schemas.EncodeJSON(farm(1))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("%s is not in %s", old, b)
	}
	return bytes.Replace(b, []byte(old), []byte(new), 1)
}

func TestEveryBadSubmissionGetsItsRefusal(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	gla := s.connect("gla/main")
	if a := submit(t, gla, "submit", encodeMsgPack(t, farm(2)), nil); a.Error != nil {
		t.Fatal(a.Error)
	}
	other := farm(2)
	other.Items[0].Text = "Other words under an id that is taken."
	packed := encodeMsgPack(t, farm(1))
	expired, above := farm(1), farm(1)
	expired.Created = schemas.At(time.Date(2004, 1, 1, 0, 0, 0, 0, time.UTC)) // before there was a GLA
	expired.Tip.Received = schemas.Date{}
	above.Marking = schemas.Secret
	deep := "{" + strings.Repeat(`"tip":{`, 200) + strings.Repeat("}", 201)
	header := func(name string) nats.Header { return nats.Header{name: {"1"}} }

	for _, tt := range []struct {
		name    string
		body    []byte
		address string
		header  nats.Header
		refusal schemas.Code
		faults  string // path and code of every fault
	}{
		{name: "nothing at all", body: nil, refusal: "malformed", faults: " encoding"},
		{name: "text", body: []byte("a tip"), refusal: "malformed", faults: " encoding"},
		{name: "truncated MessagePack", body: packed[:len(packed)/2], refusal: "malformed", faults: " cut-short"},
		{name: "truncated JSON", body: changed(t, "}]", "")[:200], refusal: "malformed", faults: " cut-short"},
		{name: "trailing bytes", body: append(slices.Clone(packed), 0xc0), refusal: "malformed", faults: " trailing-bytes"},
		{name: "bomb of 5 bytes", body: []byte{0xdd, 0xff, 0xff, 0xff, 0xff}, refusal: "malformed", faults: " cut-short"},
		{name: "bomb in a map", body: []byte{0x81, 0xa5, 'i', 't', 'e', 'm', 's', 0xdd, 0x7f, 0xff, 0xff, 0xff}, refusal: "malformed", faults: " cut-short"},
		{name: "bodies within each other", body: []byte(deep), refusal: "malformed", faults: "tip unknown-field"},
		{name: "lists within each other", body: append([]byte{0x81, 0xa1, 'x'}, bytes.Repeat([]byte{0x91}, 1000)...), refusal: "malformed", faults: " too-deep"},
		{name: "oversize", body: changed(t, "Workers", strings.Repeat("W", schemas.MaxMessage)), refusal: "oversize", faults: " oversize"},
		{name: "unknown field", body: changed(t, `"kind":`, `"colour":1,"kind":`), refusal: "malformed", faults: " unknown-field"},
		{name: "duplicate key", body: changed(t, `"kind":`, `"schema":1,"kind":`), refusal: "malformed", faults: " duplicate-key"},
		{name: "key in capitals", body: changed(t, `"kind":`, `"KIND":`), refusal: "malformed", faults: " unknown-field"},
		{name: "null", body: changed(t, `"sectors":["agriculture"]`, `"sectors":null`), refusal: "malformed", faults: "sectors wrong-type"},
		{name: "text for a number", body: changed(t, `"information":2`, `"information":"2"`), refusal: "malformed", faults: "items[0].information wrong-type"},
		{name: "number for a text", body: changed(t, `"source":"B"`, `"source":2`), refusal: "malformed", faults: "items[0].source wrong-type"},
		{name: "fraction", body: changed(t, `"information":2`, `"information":2.5`), refusal: "malformed", faults: "items[0].information wrong-type"},
		{name: "invalid UTF-8", body: changed(t, "Workers", "Work\xffrs"), refusal: "malformed", faults: " not-utf8"},
		{name: "wrong source grade", body: changed(t, `"source":"B"`, `"source":"F"`), refusal: "invalid", faults: "items[0].source unknown-code"},
		{name: "wrong information grade", body: changed(t, `"information":2`, `"information":6`), refusal: "invalid", faults: "items[0].information unknown-code"},
		{name: "half a grade", body: changed(t, `"source":"B",`, ``), refusal: "invalid", faults: "items[0].source half-graded"},
		{name: "unknown handling code", body: changed(t, `"handling":[1]`, `"handling":[9]`), refusal: "invalid", faults: "items[0].handling[0] unknown-code"},
		{name: "contradicting handling codes", body: changed(t, `"handling":[1]`, `"handling":[1,4]`), refusal: "invalid", faults: "items[0].handling contradiction"},
		{name: "conditions missing", body: changed(t, `"handling":[1]`, `"handling":[5]`), refusal: "invalid", faults: "items[0].conditions missing"},
		{name: "unknown crime type", body: changed(t, `"forced-labour"`, `"forced-labor"`), refusal: "invalid", faults: "crime_types[1] unknown-code"},
		{name: "crime type of another day", body: changed(t, `"forced-labour"`, `"paying-for-exploited-sex"`), refusal: "invalid", faults: "crime_types[1] not-valid-then"},
		{name: "unknown area", body: changed(t, `"lincolnshire"`, `"narnia"`), refusal: "invalid", faults: "jurisdictions[0].code unknown-code"},
		{name: "unknown sector", body: changed(t, `"agriculture"`, `"piracy"`), refusal: "invalid", faults: "sectors[0] unknown-code"},
		{name: "unknown purpose", body: changed(t, `"prevent-detect-crime"`, `"curiosity"`), refusal: "invalid", faults: "purpose unknown-code"},
		{name: "unknown indicator", body: changed(t, `"GEN01"`, `"GEN99"`), refusal: "invalid", faults: "items[0].indicators[0] unknown-code"},
		{name: "unknown marking", body: changed(t, `"restricted"`, `"private"`), refusal: "invalid", faults: "marking unknown-code"},
		{name: "unknown way of obtaining", body: changed(t, `"volunteered"`, `"overheard"`), refusal: "invalid", faults: "items[0].obtained_by unknown-code"},
		{name: "unknown kind", body: changed(t, `"kind":"tip"`, `"kind":"top"`), refusal: "invalid", faults: "kind unknown-code; tip body"},
		{name: "body of another kind", body: changed(t, `"kind":"tip"`, `"kind":"case"`), refusal: "invalid", faults: "tip body; case body"},
		{name: "other schema", body: changed(t, `"schema":1`, `"schema":2`), refusal: "invalid", faults: "schema version"},
		{name: "no UUID", body: changed(t, string(farm(1).ID), "1234"), refusal: "invalid", faults: "id form"},
		{name: "future date", body: changed(t, "2009-08-14T09:30:00Z", "2109-08-14T09:30:00Z"), refusal: "invalid", faults: "created future"},
		{name: "date with an offset", body: changed(t, "2009-08-14T09:30:00Z", "2009-08-14T09:30:00+01:00"), refusal: "malformed", faults: "created wrong-type"},
		{name: "no text", body: changed(t, farm(1).Items[0].Text, " "), refusal: "invalid", faults: "items[0].text missing"},
		{name: "control character", body: changed(t, "Workers", `Work\u0000ers`), refusal: "invalid", faults: "items[0].text character"},
		{name: "subject out of range", body: changed(t, `"subjects":[0]`, `"subjects":[7]`), refusal: "invalid", faults: "items[0].subjects[0] not-in-message; subjects[0] unmentioned"},
		{name: "gateway set by the sender", body: changed(t, `"handling":[1]`, `"gateways":["gla-s19-1"],"handling":[1]`), refusal: "invalid", faults: "items[0].gateways broker-only"},
		{name: "wrong originator", body: changed(t, `"originator":"gla"`, `"originator":"hmrc-nmw"`), refusal: "originator", faults: "originator not-publisher"},
		{name: "member of another day", body: encodeMsgPack(t, expired), refusal: "member", faults: "originator not-a-member"},
		{name: "above the ceiling", body: encodeMsgPack(t, above), refusal: "marking", faults: "marking above-ceiling"},
		{name: "id taken by other content", body: encodeMsgPack(t, other), refusal: "conflict", faults: "id conflict"},
		{name: "address of another kind", address: "submit.case.labour-standards.unlicensed-gangmaster.england.acpo-east-midlands.lincolnshire", body: packed, refusal: "address", faults: "address mismatch"},
		{name: "address of another area", address: "submit.tip.any.any.any.any.kent", body: packed, refusal: "address", faults: "address mismatch"},
		{name: "address too short", address: "submit.tip", body: packed, refusal: "address", faults: "address mismatch"},
		{name: "rollup header", header: header("Nats-Rollup"), body: packed, refusal: "header", faults: "header reserved"},
		{name: "expectation header", header: header("Nats-Expected-Last-Sequence"), body: packed, refusal: "header", faults: "header reserved"},
		{name: "batch header", header: header("nats-batch-id"), body: packed, refusal: "header", faults: "header reserved"},
		{name: "empty bundle", body: []byte("[]"), refusal: "malformed", faults: " too-many"},
		{name: "oversize bundle", body: []byte("[" + strings.Repeat("{},", 500) + "{}]"), refusal: "oversize", faults: " oversize"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.address == "" {
				tt.address = "submit"
			}
			a := submit(t, gla, tt.address, tt.body, tt.header)
			if a.Error == nil || len(a.Receipts) != 1 || a.Receipts[0].Refusal == nil {
				t.Fatalf("answer %+v, want one refusal", a)
			}
			r := a.Receipts[0].Refusal
			if r.Code != tt.refusal {
				t.Errorf("refused as %s, want %s: %v", r.Code, tt.refusal, r)
			}
			if r.Number != a.Error.Number || a.Error.Number < 20001 || a.Stream != "" || a.Sequence != 0 {
				t.Errorf("answer %+v does not have the shape of a JetStream error", a)
			}
			if r.Advice == "" || slices.ContainsFunc(r.Faults, func(f schemas.Fault) bool { return f.Advice == "" || f.Problem == "" }) {
				t.Errorf("the refusal does not say what to do: %+v", r)
			}
			var faults []string
			for _, f := range r.Faults {
				faults = append(faults, f.Path+" "+string(f.Code))
			}
			if got := strings.Join(faults, "; "); got != tt.faults {
				t.Errorf("faults %q, want %q", got, tt.faults)
			}
			if strings.Contains(a.Error.Description, "Invented") || strings.Contains(a.Error.Description, "passports") {
				t.Errorf("the answer quotes content: %s", a.Error.Description)
			}
		})
	}
	balance, err := s.Balance(t.Context())
	if err != nil || balance.Accepted != 1 {
		t.Errorf("after all refusals the intake holds %d messages, %v; want the one good one", balance.Accepted, err)
	}
}

func TestABundleAnswersForEveryMessage(t *testing.T) {
	s := start(t, t.TempDir())
	s.enrol("gla", accounts.Enrolment{})
	gla := s.connect("gla/main")
	bad := farm(3)
	bad.Originator = "kent"
	var parts [][]byte
	for _, m := range []*schemas.Message{farm(1), farm(2), bad, farm(1), farm(4)} {
		b, err := schemas.EncodeJSON(m)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b)
	}
	a := submit(t, gla, "submit", []byte("["+string(bytes.Join(parts, []byte(",")))+"]"), nil)
	if a.Error == nil || a.Error.Number != 20013 || !strings.Contains(a.Error.Description, "1 of 5") {
		t.Fatalf("answer %+v, want an error that counts one refusal", a.Error)
	}
	var got []string
	for _, r := range a.Receipts {
		switch {
		case r.Refusal != nil:
			got = append(got, string(r.Refusal.Code))
		default:
			got = append(got, fmt.Sprintf("%d %v", r.Sequence, r.Duplicate))
		}
	}
	if want := []string{"1 false", "2 false", "originator", "1 true", "3 false"}; !slices.Equal(got, want) {
		t.Errorf("receipts %v, want %v", got, want)
	}
	s.routed(3)

	// A bundle in MessagePack that is all new, larger than what is published singly.
	packed := []byte{0xdc, 0, 100}
	for n := range 100 {
		packed = append(packed, encodeMsgPack(t, farm(1000+n))...)
	}
	a = submit(t, gla, "submit", packed, nil)
	if a.Error != nil || len(a.Receipts) != 100 || a.Sequence != 103 {
		t.Fatalf("answer %+v with %d receipts, want sequence 103", a, len(a.Receipts))
	}
	for i, r := range a.Receipts {
		if r.Sequence != uint64(4+i) || r.ID != farm(1000+i).ID {
			t.Fatalf("receipt %d is %+v", i, r)
		}
	}
	s.routed(103)
}

// TestACaseIsLedByMembers: nobody else could ever take, hand over or close it.
func TestACaseIsLedByMembers(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla")
	c := full(m.message(schemas.KindCase, "gla"), "An invented matter.")
	c.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "nobody", Strands: []schemas.Strand{{CrimeType: c.CrimeTypes[0], Lead: "nobody-either"}}}
	a := submit(t, m.links["gla"], "submit", encodeMsgPack(t, c), nil)
	if a.Error == nil {
		t.Fatal("a case is taken that nobody leads")
	}
	for _, f := range a.Receipts[0].Refusal.Faults {
		if f.Path != "case.lead" && f.Path != "case.strands[0].lead" || f.Code != "not-a-member" {
			t.Errorf("refused for %+v", f)
		}
	}
	if n := len(a.Receipts[0].Refusal.Faults); n != 2 {
		t.Errorf("%d faults are named, want both", n)
	}
}
