package node

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// redirections send what a desk may send, and have the answer go elsewhere.
func redirections(n names) []attack {
	const s = accounts.DisclosuresName
	targets := []struct {
		name, address string
		control       bool
	}{
		{"a stream's deletion", "$JS.API.STREAM.DELETE.INTAKE", true},
		{"a stream's purge", "$JS.API.STREAM.PURGE.DISCLOSURES", true},
		{"a consumer's deletion", "$JS.API.CONSUMER.DELETE." + s + "." + n.victim, true},
		{"the intake", "intake.gla.forged", true},
		{"a feed", "feed.gla.main.tip.any.any.any.any.any", true},
		{"a decision", "decision.gla.forged", true},
		{"another's live copies", "live." + n.victim + ".tip.any", true},
		{"another's submissions", "submit." + n.victim, true},
		{"another's acknowledgement", n.ack, false},
		{"another's pull", "$JS.API.CONSUMER.MSG.NEXT." + s + "." + n.victim, false},
		{"another's inbox", n.reply, false},
		{"one's own submissions", "submit", false},
		{"one's own live copies", "feed.tip.any", false},
		{"one's own pull", schemas.APIPrefix + ".CONSUMER.MSG.NEXT.FEED.main", false},
		{"the server's own replies", "_R_.abc.def", false},
		{"the system account", "$SYS.REQ.SERVER.PING", false},
		{"no valid address", "a..b", false},
	}
	var all []attack
	for _, to := range targets {
		all = append(all, redirectedPull(n, to.name, to.address, to.control))
		for _, way := range []string{"submit", "submit.tip.any.any.any.any.any", "ask.held", "ask.replay",
			schemas.APIPrefix + ".CONSUMER.INFO.FEED.main", "$JS.ACK." + s + "." + n.attacker + ".1.1.1.1.0"} {
			label := way
			if strings.HasPrefix(way, "$JS.ACK.") {
				label = "an acknowledgement"
			}
			all = append(all, send("reply of "+label+" to "+to.name, way, "", nats.Msg{Reply: to.address, Data: []byte("no message")}))
		}
	}
	return all
}

// redirectedPull pulls twice: once while there is a copy and once when there
// is none, since the two are answered differently.
func redirectedPull(n names, name, reply string, control bool) attack {
	twice := func(t *testing.T, nc *nats.Conn, address string) {
		for range 2 {
			if err := nc.PublishRequest(address, reply, []byte(`{"batch":1,"no_wait":true}`)); err != nil {
				t.Fatal(err)
			}
		}
		nc.Flush()
	}
	return attack{name: "reply of a pull to " + name, control: control, copies: true,
		do: func(t *testing.T, nc *nats.Conn, _ string) {
			twice(t, nc, schemas.APIPrefix+".CONSUMER.MSG.NEXT.FEED.main")
		},
		asHub: func(t *testing.T, nc *nats.Conn) {
			twice(t, nc, "$JS.API.CONSUMER.MSG.NEXT."+accounts.DisclosuresName+"."+n.attacker)
		}}
}

// headers submit with headers that mean something to the server or to a stream.
func headers() []attack {
	var all []attack
	for name, h := range map[string]nats.Header{
		"rollup":        {"Nats-Rollup": {"all"}},
		"time to live":  {"Nats-TTL": {"1s"}},
		"batch":         {"Nats-Batch-Id": {"b"}, "Nats-Batch-Sequence": {"1"}},
		"batch commit":  {"Nats-Batch-Id": {"b"}, "Nats-Batch-Sequence": {"1"}, "Nats-Batch-Commit": {"1"}},
		"schedule":      {"Nats-Schedule": {"@at 2030-01-01T00:00:00Z"}, "Nats-Schedule-Target": {"feed.gla.main.tip"}},
		"expectation":   {"Nats-Expected-Stream": {"INTAKE"}, "Nats-Expected-Last-Sequence": {"1"}},
		"counter":       {"Nats-Incr": {"1"}},
		"trace":         {"Nats-Trace-Dest": {"feed.gla.main.tip"}},
		"trace only":    {"Nats-Trace-Dest": {"intake.gla.forged"}, "Nats-Trace-Only": {"true"}},
		"origin":        {"Nats-Request-Info": {`{"acc":"gla"}`}, "Nats-Stream-Source": {"DISCLOSURES 1"}},
		"message id":    {"Nats-Msg-Id": {canary}},
		"marker":        {"Nats-Marker-Reason": {"Purge"}, "KV-Operation": {"PURGE"}},
		"two in one":    {"Liaison-Id": {"x\nNats-Rollup: all"}},
		"no responders": {"Status": {"503"}},
	} {
		all = append(all, send("header "+name, "submit", "", nats.Msg{Header: h, Data: []byte("no message")}))
		if name == "trace" {
			continue
		}
		m := nats.Msg{Header: h, Reply: "$JS.API.STREAM.PURGE.DISCLOSURES", Data: []byte("no message")}
		all = append(all, send("header "+name+" with a redirected reply", "submit", "", m))
	}
	commit := nats.Msg{Header: nats.Header{"Nats-Batch-Id": {"b"}, "Nats-Batch-Sequence": {"1"}},
		Reply: "$JS.API.STREAM.DELETE.DISCLOSURES", Data: []byte("x")}
	return append(all, send("batch into the intake with a redirected reply", "intake.eas.x", "intake.eas.x", commit))
}

// systemCalls speak to the server itself.
func systemCalls(n names) []attack {
	var all []attack
	for _, address := range []string{"$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.SERVER.PING.JSZ",
		"$SYS.REQ.SERVER.PING.SUBSZ", "$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.SUBSZ",
		"$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.USER.INFO", "$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.CLAIMS.LIST",
		"$SYS.REQ.CLAIMS.DELETE", "$SYS.REQ.CLAIMS.PACK", "$SYS.REQ.USER.AUTH", "$SYS.DEBUG.SUBSCRIBERS"} {
		all = append(all, send("request "+address, address, "", nats.Msg{Data: []byte(`{}`)}))
	}
	for _, what := range []string{"CONNZ", "INFO", "SUBSZ", "JSZ", "CLAIMS.LOOKUP", "CLAIMS.UPDATE"} {
		all = append(all, send("request "+what+" of another account", "$SYS.REQ.ACCOUNT."+n.victim+"."+what, "", nats.Msg{}),
			send("request "+what+" of one's own account", "$SYS.REQ.ACCOUNT."+n.attacker+"."+what, "", nats.Msg{}))
	}
	return all
}
