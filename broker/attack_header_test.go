package broker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// headerBlocks are what a member may write where headers stand. All are sent
// with a good tip: whether it is taken or refused, no byte of them may get
// further than the intake.
func headerBlocks() map[string]string {
	const start, end = "NATS/1.0\r\n", "\r\n"
	all := map[string]string{
		"no line at all":                      "NATS/1.0\r\n\r\n",
		"another first line":                  "HTTP/1.1 200 OK\r\nX: " + smuggled + "\r\n\r\n",
		"a status":                            "NATS/1.0 503 " + smuggled + "\r\n\r\n",
		"a status of the stream's":            "NATS/1.0 100 Idle " + smuggled + "\r\nNats-Last-Consumer: 1\r\n\r\n",
		"a status and a header":               "NATS/1.0 404 No Messages\r\nX-" + smuggled + ": 1\r\n\r\n",
		"no end":                              start + "X: " + smuggled,
		"no end of the line":                  start + "X: " + smuggled + "\r\n",
		"an end of line feeds":                start + "X: " + smuggled + "\n\n",
		"a header behind the end":             start + "X: 1\r\n\r\nNats-Rollup: " + smuggled + "\r\n\r\n",
		"two first lines":                     start + start + "X: " + smuggled + "\r\n" + end,
		"bare line feed":                      start + "X: 1\nNats-Rollup: " + smuggled + "\r\n" + end,
		"bare line feed, ours":                start + "X: 1\nLiaison-Gateway: " + smuggled + "\r\n" + end,
		"bare line feed in the first line":    "NATS/1.0\nX: " + smuggled + "\r\n\r\n",
		"bare carriage return":                start + "X: 1\rNats-Rollup: " + smuggled + "\r\n" + end,
		"carriage return before its feed":     start + "X: 1\r\r\nLiaison-Id: " + smuggled + "\r\n" + end,
		"a line feed in a name":               start + "X\nLiaison-Id: " + smuggled + "\r\n" + end,
		"a NUL in a name":                     start + "Liaison-Id\x00: " + smuggled + "\r\n" + end,
		"a NUL in a value":                    start + "Liaison-Id: \x00" + smuggled + "\r\n" + end,
		"an escape in a value":                start + "X: \x1b[2J" + smuggled + "\r\n" + end,
		"a vertical tab":                      start + "X: 1\x0bLiaison-Id: " + smuggled + "\r\n" + end,
		"a line separator":                    start + "X: 1\u2028Liaison-Id: " + smuggled + "\r\n" + end,
		"a continued line":                    start + "X: 1\r\n " + smuggled + "\r\n" + end,
		"a continued first line":              start + " Liaison-Id: " + smuggled + "\r\n" + end,
		"a tab for a start":                   start + "\tLiaison-Id: " + smuggled + "\r\n" + end,
		"space before the colon":              start + "Liaison-Id : " + smuggled + "\r\n" + end,
		"no colon":                            start + "Liaison-Id " + smuggled + "\r\n" + end,
		"two colons":                          start + "Liaison-Id:: " + smuggled + "\r\n" + end,
		"no name":                             start + ": " + smuggled + "\r\n" + end,
		"no value":                            start + "Liaison-" + smuggled + ":\r\n" + end,
		"invalid UTF-8":                       start + "Liaison-Id: \xff\xfe" + smuggled + "\r\n" + end,
		"text that runs backwards":            start + "X: \u202e" + smuggled + "\r\n" + end,
		"a value of 4 KiB":                    start + "X: " + strings.Repeat(smuggled, 450) + "\r\n" + end,
		"a name of 4 KiB":                     start + "X" + strings.Repeat(smuggled, 450) + ": 1\r\n" + end,
		"a name of ours of 4 KiB":             start + "Liaison-" + strings.Repeat(smuggled, 450) + ": 1\r\n" + end,
		"four hundred headers":                start + strings.Repeat("X: "+smuggled+"\r\n", 400) + end,
		"64 KiB of headers":                   start + strings.Repeat("Liaison-Gateway: "+smuggled+"\r\n", 2200) + end,
		"the same id, guessed ahead":          start + "Nats-Msg-Id: " + string(farm(1).ID) + "\r\n" + end,
		"who asks, forged":                    start + `Nats-Request-Info: {"acc":"` + smuggled + `","rtt":1}` + "\r\n" + end,
		"who asks, forged twice":              start + strings.Repeat(`Nats-Request-Info: {"acc":"`+smuggled+`"}`+"\r\n", 2) + end,
		"who asks, forged in other cases":     start + `nats-request-info: {"acc":"` + smuggled + `"}` + "\r\n" + end,
		"a trace to another":                  start + "Nats-Trace-Dest: feed.lincolnshire.main.tip\r\nX: " + smuggled + "\r\n" + end,
		"a trace to one's own inbox":          start + "Nats-Trace-Dest: _INBOX.wire.t\r\n" + end,
		"a trace only":                        start + "Nats-Trace-Dest: _INBOX.wire.t\r\nNats-Trace-Only: true\r\n" + end,
		"a trace by the standard's name":      start + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n" + end,
		"a stream's own, all of them at once": start + "Nats-Stream: INTAKE\r\nNats-Subject: " + smuggled + "\r\nNats-Sequence: 1\r\nNats-Time-Stamp: 2009-08-14T09:30:00Z\r\n" + end,
	}
	names := []string{"Nats-Rollup", "Nats-TTL", "Nats-Schedule", "Nats-Schedule-Target", "Nats-Batch-Id", "Nats-Batch-Sequence", "Nats-Batch-Commit",
		"Nats-Expected-Stream", "Nats-Expected-Last-Sequence", "Nats-Expected-Last-Subject-Sequence", "Nats-Expected-Last-Msg-Id", "Nats-Incr",
		"Nats-Marker-Reason", "Nats-Stream-Source", "Nats-Required-Api-Level", "Nats-Msg-Id", "Liaison-Id", "Liaison-Decision", "Liaison-Policy", "Liaison-Gateway",
		"Liaison-Sequence", "Liaison-Address", "Liaison-End", "Liaison-More", "Liaison-Error", "Liaison-Account", "Liaison-Digest", "Liaison-Salt",
		"content-type", "Content-Encoding", "ce-id", "ce-source", "ce-type", "ce-subject", "KV-Operation", "Status", "Description", "Accept"}
	for _, name := range names {
		all[name] = start + name + ": " + smuggled + "\r\n" + end
		all[name+" twice"] = start + name + ": 1\r\n" + name + ": " + smuggled + "\r\n" + end
		all[name+" in capitals"] = start + strings.ToUpper(name) + ": " + smuggled + "\r\n" + end
		all[name+" in both cases"] = start + strings.ToLower(name) + ": 1\r\n" + strings.ToUpper(name) + ": " + smuggled + "\r\n" + end
	}
	return all
}

// storedHeaders are all that may stand on what is stored.
var storedHeaders = []string{ledger.HeaderAccount, ledger.HeaderDigest, ledger.HeaderSalt, schemas.HeaderID, schemas.HeaderDecision,
	schemas.HeaderPolicy, schemas.HeaderGateway, schemas.HeaderType, jetstream.ExpectedLastSubjSeqHeader, jetstream.ExpectedLastSeqHeader,
	"Nats-Batch-Id", "Nats-Batch-Sequence", "Nats-Batch-Commit",
	// What the engine adds to what it is asked for.
	"Nats-Stream", "Nats-Subject", "Nats-Sequence", "Nats-Time-Stamp", "Nats-Num-Pending", "Nats-Last-Sequence"}

func TestAttackHeaders(t *testing.T) {
	s := newStage(t)
	blocks := headerBlocks()
	var w *wire
	answered := map[string]int{}
	for n, name := range slices.Sorted(maps.Keys(blocks)) {
		t.Run(name, func(t *testing.T) {
			if w == nil {
				w = s.wire(t, attacker)
			}
			w.t = t
			m := tipOf("kent", 100+n)
			got := w.publish("submit", blocks[name], encodeMsgPack(t, m))
			if strings.Contains(got, smuggled) {
				t.Errorf("the answer has it: %s", got)
			}
			switch {
			case strings.Contains(got, `"seq"`):
				answered["taken"]++
			case strings.Contains(got, `"err_code":20010`):
				answered["refused"]++
			case strings.HasPrefix(got, "-ERR"), got == "":
				answered["cut off"]++
				w = nil
			default:
				t.Errorf("the answer is %q", got)
			}
		})
		w = nil // the connection belonged to the subtest
	}
	s.works(t, 1)
	nothingCame(t, s)
	t.Logf("%v of %d", answered, len(blocks))
	t.Run("control/the hub stores the same headers", func(t *testing.T) {
		js := s.hubJS(t)
		msg := nats.NewMsg("feed.lincolnshire.main.tip.any.any.any.any.any")
		msg.Header.Set("Liaison-Gateway", smuggled)
		if _, err := js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(s.everything(t), smuggled) {
			t.Error("what the hub smuggles is not seen either: the test proves nothing")
		}
	})
	t.Run("control/a live copy with a header", func(t *testing.T) {
		nc, err := s.node.Hub("control")
		if err != nil {
			t.Fatal(err)
		}
		desk, _ := s.registry.Desk("lincolnshire", "main")
		msg := nats.NewMsg("live." + desk.Account + ".tip.any")
		msg.Header.Set("ce-id", smuggled+" live")
		if err := nc.PublishMsg(msg); err != nil {
			t.Fatal(err)
		}
		nc.Flush()
		for _, nc := range s.copies {
			nc.Flush()
		}
		if !strings.Contains(s.live.String(), smuggled+" live") {
			t.Error("what the hub smuggles is not seen either: the test proves nothing")
		}
	})
}

// nothingCame looks at every desk's copies as a member's client gets them, at
// what was shown live, at the streams, at every answer to a question, and at
// the log.
func nothingCame(t *testing.T, s *stage) {
	t.Helper()
	all := s.everything(t)
	for _, desk := range []string{victim, attacker, "lincolnshire/main", "ukhtc/main"} {
		var list strings.Builder
		for _, question := range []string{"ask.self", "ask.held", "ask.replay"} {
			m, err := s.connect(desk).Request(question, []byte("{}"), 5e9)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&list, "%q %s\n", m.Header, m.Data)
		}
		all += list.String()
	}
	if at := strings.Index(all, smuggled); at >= 0 {
		t.Errorf("it came through: %q", all[max(0, at-200):min(len(all), at+200)])
	}
	if at := strings.Index(s.log.String(), smuggled); at >= 0 {
		t.Error("it is in the log")
	}
	logIsWhole(t, s)
	for _, stream := range []string{schemas.IntakeName, ledger.Stream} {
		for m, err := range ledger.Walk(t.Context(), s.js, stream, ">", 0, noTime) {
			if err != nil {
				t.Fatal(err)
			}
			for name := range m.Header {
				if !slices.Contains(storedHeaders, name) {
					t.Errorf("%s %d has the header %q", stream, m.Sequence, name)
				}
			}
		}
	}
}

// logIsWhole checks that every line of the log is one event, and that nothing in
// it could steer a terminal.
func logIsWhole(t *testing.T, s *stage) {
	t.Helper()
	for line := range strings.Lines(s.log.String()) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "time=") || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' || r == '\ufffd' }) {
			t.Errorf("the log has the line %q", line)
		}
	}
}

// oddAddresses are addresses that mean something to somebody, or nothing to anybody.
func oddAddresses(s *stage) map[string]string {
	mine, _ := s.registry.Desk("kent", "main")
	theirs, _ := s.registry.Desk("gla", "main")
	long := strings.Repeat("a.", 1800) + "a"
	return map[string]string{
		"a wildcard": "submit.*", "a tail": "submit.>", "only a tail": ">", "only a wildcard": "*", "a wildcard in the middle": "submit.*.any",
		"empty tokens": "submit..tip", "an empty end": "submit.", "an empty start": ".submit", "only dots": "...",
		"capitals": "SUBMIT", "a NUL": "submit\x00", "an escape": "submit.\x1b[2J", "text that runs backwards": "submit.\u202etip", "invalid UTF-8": "submit.\xff",
		"a quotation mark": `submit."tip"`, "a script": "submit.<script>", "a path": "submit./../../etc/passwd", "1,800 tokens": "submit." + long, "4 KiB": "submit." + strings.Repeat("a", 4000),
		"17 tokens": "submit" + strings.Repeat(".any", 17), "two tokens too many": "submit.tip.any.any.any.any.any.any.any",
		"another kind": "submit.case.any.any.any.any.any", "a kind that is none": "submit.decision.any.any.any.any.any",
		"another's key": "submit." + theirs.Account, "one's own key": "submit." + mine.Account, "another's member": "submit.gla", "another's key, long": "submit." + theirs.Account + ".tip.any.any.any.any.any",
		"the intake": "intake.gla." + string(farm(1).ID), "one's own intake": "intake.kent." + string(farm(1).ID), "a feed": "feed.lincolnshire.main.tip.any.any.any.any.any", "one's own feed": "feed.kent.main.tip.any.any.any.any.any",
		"a decision": "decision.gla." + string(farm(1).ID), "the tables": "decision._.policy-9", "live copies": "live." + theirs.Account + ".tip.any", "one's own live copies": "feed.tip.any.any.any.any.any",
		"another's question": "ask." + theirs.Account + ".held", "a reply": "_R_.abc.def", "another's inbox": "_INBOX.abc", "the system": "$SYS.REQ.SERVER.PING", "the system's users": "$SYS.REQ.USER.INFO",
		"the API": "$JS.API.STREAM.LIST", "a stream": "$JS.API.STREAM.DELETE.INTAKE", "a consumer": "$JS.API.CONSUMER.DELETE.DISCLOSURES." + theirs.Account, "another's copies": "$JS.API.CONSUMER.MSG.NEXT.DISCLOSURES." + theirs.Account,
		"another's copies by the desk's name": "liaison.CONSUMER.MSG.NEXT.FEED." + theirs.Account, "another's acknowledgement": "$JS.ACK.DISCLOSURES." + theirs.Account + ".1.1.1.1.0", "direct": "$JS.API.DIRECT.GET.INTAKE.intake.gla." + string(farm(1).ID),
		"direct, by the desk's name": "liaison.DIRECT.GET.FEED.1", "a key-value store": "$KV.x.y", "a service": "$SRV.PING", "a gateway": "_GR_.x.y", "an internal one": "$NRG.V.x", "leaf nodes": "$LDS.x",
	}
}

// TestAttackAddresses publishes a tip that would be taken anywhere else.
func TestAttackAddresses(t *testing.T) {
	s := newStage(t)
	s.works(t, 1)
	before := s.everything(t)
	odd := oddAddresses(s)
	for _, name := range slices.Sorted(maps.Keys(odd)) {
		t.Run(name, func(t *testing.T) {
			m := tipOf("kent", 7)
			m.Items[0].Text = "Words that are " + smuggled + "."
			got := s.wire(t, attacker).publish(odd[name], "", encodeMsgPack(t, m))
			if strings.Contains(got, `"seq"`) || strings.Contains(got, smuggled) || strings.Contains(got, "GLA/INT") {
				t.Errorf("the answer is %s", got)
			}
		})
	}
	logIsWhole(t, s)
	if after := s.everything(t); after != before {
		t.Errorf("something came of it: %d bytes became %d", len(before), len(after))
	}
	t.Run("control/the right address", func(t *testing.T) {
		if got := s.wire(t, attacker).publish("submit.tip.any.any.any.any.any", "", encodeMsgPack(t, tipOf("kent", 7))); !strings.Contains(got, `"seq":2`) {
			t.Errorf("the answer is %s", got)
		}
	})
	t.Run("control/the same in the hub", func(t *testing.T) {
		if _, err := s.hubJS(t).Publish(t.Context(), odd["one's own intake"], nil); err != nil || s.stored(t) != 3 {
			t.Errorf("the hub itself cannot store: %v", err)
		}
	})
}

// TestAttackReplies submits good tips, and asks and pulls, with the answer to go
// elsewhere. The tips are taken; nothing else may come of it.
func TestAttackReplies(t *testing.T) {
	s := newStage(t)
	theirs, _ := s.registry.Desk("gla", "main")
	targets := []string{"intake.kent.x", "intake.gla.x", "feed.lincolnshire.main.tip.any.any.any.any.any", "decision.gla.x", "live." + theirs.Account + ".tip.any", "feed.tip.any",
		"submit", "submit." + theirs.Account, "$JS.API.STREAM.DELETE.INTAKE", "$JS.API.STREAM.PURGE.DISCLOSURES", "$JS.API.CONSUMER.DELETE.DISCLOSURES." + theirs.Account,
		"$JS.ACK.DISCLOSURES." + theirs.Account + ".1.1.1.1.0", "_R_.abc.def", "$SYS.REQ.SERVER.PING", "ask.replay", "liaison.CONSUMER.MSG.NEXT.FEED.main"}
	nc, err := nats.Connect(s.URL(), nats.UserCredentials(s.creds[attacker]), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	taken := uint64(0)
	for _, to := range targets {
		for _, way := range []string{"submit", "submit.tip.any.any.any.any.any", "ask.receipt", "ask.held", "ask.self", "ask.replay", "liaison.CONSUMER.MSG.NEXT.FEED.main", "liaison.CONSUMER.INFO.FEED.main"} {
			t.Run(way+" to "+strings.ReplaceAll(to, theirs.Account, "GLA"), func(t *testing.T) {
				body := []byte(`{"batch":1,"no_wait":true}`)
				if strings.HasPrefix(way, "submit") {
					taken++
					body = encodeMsgPack(t, tipOf("kent", int(taken)))
				}
				before := s.stored(t)
				nc.PublishRequest(way, to, body)
				// What is sent behind it is answered behind it, where it is a submission.
				submit(t, nc, "submit", []byte("?"), nil)
				most := before
				if strings.HasPrefix(way, "submit") {
					most++ // unless the server already objects to the reply
				}
				if after := s.stored(t); after < before || after > most {
					t.Errorf("the intake has %d messages where it had %d", after, before)
				}
			})
		}
	}
	s.routed(s.stored(t))
	for _, stream := range []string{schemas.IntakeName, ledger.Stream} {
		for m, err := range ledger.Walk(t.Context(), s.js, stream, ">", 0, noTime) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(m.Data), `{"stream"`) || strings.HasPrefix(string(m.Data), `{"error"`) || strings.HasPrefix(string(m.Data), `{"type"`) {
				t.Errorf("%s %d at %s holds an answer", stream, m.Sequence, m.Subject)
			}
		}
	}
	t.Run("control/in the hub an answer goes where it is sent", func(t *testing.T) {
		hub, err := s.node.Hub("control")
		if err != nil {
			t.Fatal(err)
		}
		before := s.stored(t)
		if err := hub.PublishRequest("submit."+theirs.Account, "intake.gla.x", encodeMsgPack(t, farm(900))); err != nil {
			t.Fatal(err)
		}
		hub.Flush()
		after := s.stored(t)
		for end := time.Now().Add(10 * time.Second); after != before+2 && time.Now().Before(end); after = s.stored(t) {
			time.Sleep(10 * time.Millisecond)
		}
		if after != before+2 {
			t.Errorf("the intake has %d messages, want the tip and the answer: %d", after, before+2)
		}
	})
}
