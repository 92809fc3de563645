package node

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// attack is something that a desk with good credentials tries.
type attack struct {
	name string
	do   func(t *testing.T, nc *nats.Conn, inbox string)
	// copies says that a copy must be waiting for the attacker.
	copies bool
	// control says that asHub, the same in the hub's own account, must have
	// an effect.
	control bool
	asHub   func(t *testing.T, nc *nats.Conn)
}

// names are the addresses that attacks are made of. Without a scene they stand
// for nothing; the names of the attacks do not depend on them.
type names struct {
	victim, attacker, reply, ack string
	exports                      []string
}

func namesOf(w *scene) names {
	if w == nil {
		return names{victim: "-", attacker: "-", reply: "-", ack: "-"}
	}
	n := names{victim: w.victim.Desk.Account, attacker: w.attacker.Desk.Account, reply: w.reply, ack: w.pending.Reply()}
	hub, err := w.reg.AccountClaims(w.reg.HubAccount())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range hub.Exports {
		n.exports = append(n.exports, string(e.Subject))
	}
	return n
}

// attacks lists them all.
func attacks(w *scene) []attack {
	n := namesOf(w)
	var all []attack
	all = append(all, impersonations(n)...)
	all = append(all, apiCalls(n)...)
	all = append(all, otherConsumers(n)...)
	all = append(all, redirections(n)...)
	all = append(all, headers()...)
	return append(all, systemCalls(n)...)
}

// send publishes one message; where the wall is not, it goes to hubAddress.
func send(name, address, hubAddress string, m nats.Msg) attack {
	publish := func(t *testing.T, nc *nats.Conn, to, inbox string) {
		msg := nats.NewMsg(to)
		msg.Reply, msg.Data = cmp.Or(m.Reply, inbox), m.Data
		for k, v := range m.Header {
			msg.Header[k] = v
		}
		if err := nc.PublishMsg(msg); err != nil {
			t.Fatal(err)
		}
		nc.Flush()
	}
	return attack{name: name, control: hubAddress != "",
		do: func(t *testing.T, nc *nats.Conn, inbox string) { publish(t, nc, address, inbox) },
		asHub: func(t *testing.T, nc *nats.Conn) {
			inbox := nc.NewInbox()
			new(record).listen(t, nc, inbox) // a pull that nobody waits for is dropped
			publish(t, nc, hubAddress, inbox)
		}}
}

// impersonations publish where only the hub or another desk may.
func impersonations(n names) []attack {
	body := nats.Msg{Data: []byte("forged")}
	var all []attack
	for _, export := range n.exports {
		address := strings.Replace(strings.Replace(export, "*", n.victim, 1), ">", "1.1.1.1.0", 1)
		all = append(all, send("another's place in the export "+export, address, "", body))
	}
	direct := func(name, address string) attack { return send(name, address, address, body) }
	return append(all, []attack{
		direct("submit as another account", "submit."+n.victim),
		direct("submit as another account, long form", "submit."+n.victim+".tip.any.any.any.any.any"),
		direct("submit as another member", "submit.gla"),
		direct("store in the intake", "intake.gla.forged"),
		direct("store in a feed", "feed.gla.main.tip.any.any.any.any.any"),
		direct("store a decision", "decision.gla.forged"),
		direct("publish live to another", "live."+n.victim+".tip.any"),
		direct("ask as another", "ask."+n.victim+".held"),
		send("publish to a wildcard of the intake", "intake.*", "", body),
		send("publish to a tail of the intake", "intake.>", "", body),
		send("publish to a wildcard of live", "live.*.tip", "", body),
		send("publish to everything", ">", "", body),
		send("publish live to oneself", "feed.tip.any", "", body),
		send("submit to a wildcard", "submit.*", "", nats.Msg{Data: []byte("no message")}),
		send("submit to empty tokens", "submit..tip", "", nats.Msg{Data: []byte("no message")}),
		send("answer in another's inbox", n.reply, "", body),
		send("answer in a reply of the server's", "_R_.abc.def", "", body),
	}...)
}

// apiCalls try every request of the JetStream API, under the name that the
// server knows and under the one that desks use.
func apiCalls(n names) []attack {
	consumer := `{"stream_name":"%s","config":{"durable_name":"spy","deliver_subject":"spy","ack_policy":"none"}}`
	sneak := `{"name":"SNEAK","subjects":["sneak"],"storage":"file","num_replicas":1}`
	sourcing := `{"name":"SNEAK","storage":"file","num_replicas":1,"sources":[{"name":"DISCLOSURES"}]}`
	calls := []struct {
		verb, body string
		control    bool
	}{
		{"INFO", "", false}, {"ACCOUNT.PURGE." + n.victim, "", false},
		{"STREAM.NAMES", "", false}, {"STREAM.LIST", "", false}, {"STREAM.INFO.%s", "", false},
		{"STREAM.CREATE.SNEAK", sneak, true}, {"STREAM.CREATE.SNEAK sourcing", sourcing, true},
		{"STREAM.UPDATE.%s", `{"name":"%s","subjects":["elsewhere.%[1]s"],"storage":"file","num_replicas":1}`, true},
		{"STREAM.PURGE.%s", "", true}, {"STREAM.DELETE.%s", "", true},
		{"STREAM.MSG.GET.%s", `{"seq":1}`, false}, {"STREAM.MSG.DELETE.%s", `{"seq":1}`, true},
		{"STREAM.SNAPSHOT.%s", `{"deliver_subject":"snap"}`, false},
		{"STREAM.RESTORE.SNEAK", `{"config":` + sneak + `,"state":{}}`, false},
		{"STREAM.PEER.REMOVE.%s", `{"peer":"x"}`, false}, {"STREAM.LEADER.STEPDOWN.%s", "", false},
		{"DIRECT.GET.%s", `{"seq":1}`, false}, {"DIRECT.GET.%s.feed.gla.main.tip.any.any.any.any.any", "", false},
		{"CONSUMER.NAMES.%s", "", false}, {"CONSUMER.LIST.%s", "", false},
		{"CONSUMER.CREATE.%s", consumer, false}, {"CONSUMER.CREATE.%s.spy", consumer, false},
		{"CONSUMER.CREATE.%s." + n.victim + ".feed.eas.main.>", consumer, false},
		{"CONSUMER.DURABLE.CREATE.%s.spy", consumer, true},
		{"CONSUMER.DELETE.%s." + n.victim, "", false},
		{"CONSUMER.PAUSE.%s." + n.victim, `{"pause_until":"2099-01-01T00:00:00Z"}`, false},
		{"CONSUMER.UNPIN.%s." + n.victim, `{"group":"g"}`, false}, {"CONSUMER.RESET.%s." + n.victim, `{"seq":1}`, false},
		{"CONSUMER.LEADER.STEPDOWN.%s." + n.victim, "", false},
		{"META.LEADER.STEPDOWN", "", false}, {"SERVER.REMOVE", `{"peer":"x"}`, false},
	}
	var all []attack
	for i, c := range calls {
		streams := []string{schemas.IntakeName, accounts.DisclosuresName, schemas.FeedName}
		if !strings.Contains(c.verb, "%s") {
			streams = streams[:1]
		}
		for _, stream := range streams {
			verb, _, _ := strings.Cut(c.verb, " ")
			verb, m := fill(verb, stream), nats.Msg{Data: []byte(fill(c.body, stream))}
			label := fmt.Sprintf("call %d %s on %s", i, strings.ReplaceAll(fill(c.verb, "x"), n.victim, ""), stream)
			hub := ""
			if c.control && stream != schemas.FeedName {
				hub = "$JS.API." + verb
			}
			all = append(all, send(label, "$JS.API."+verb, hub, m),
				send(label+" by the desk's name", schemas.APIPrefix+"."+verb, "", m))
		}
	}
	return append(all, deskCalls(n)...)
}

// deskCalls touch the victim's consumer where only the hub may; as the names
// of the calls hold no key, they can be told apart in any scene.
func deskCalls(n names) []attack {
	const s = accounts.DisclosuresName
	direct := func(name, verb, body string) attack {
		return send(name, "$JS.API."+verb, "$JS.API."+verb, nats.Msg{Data: []byte(body)})
	}
	return []attack{
		direct("delete another's consumer", "CONSUMER.DELETE."+s+"."+n.victim, ""),
		direct("pause another's consumer", "CONSUMER.PAUSE."+s+"."+n.victim, `{"pause_until":"2099-01-01T00:00:00Z"}`),
		direct("point another's consumer at one's own copies", "CONSUMER.CREATE."+s+"."+n.victim+".feed.eas.main.>",
			`{"stream_name":"`+s+`","config":{"durable_name":"`+n.victim+`","name":"`+n.victim+`","filter_subject":"feed.eas.main.>",`+
				`"ack_policy":"explicit","ack_wait":30000000000,"max_ack_pending":1000,"max_deliver":-1,"max_expires":90000000000,`+
				`"max_waiting":512,"deliver_policy":"all","replay_policy":"instant"}}`),
	}
}

func fill(s, stream string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "%[1]s", stream), "%s", stream)
}

// otherConsumers read, look at or acknowledge on behalf of another.
func otherConsumers(n names) []attack {
	const s = accounts.DisclosuresName
	pull := nats.Msg{Data: []byte(`{"batch":10,"no_wait":true}`)}
	var all []attack
	for _, verb := range []string{"MSG.NEXT", "INFO"} {
		hub := ""
		if verb == "MSG.NEXT" {
			hub = "$JS.API.CONSUMER.MSG.NEXT." + s + "." + n.victim
		}
		all = append(all,
			send(verb+" of another", "$JS.API.CONSUMER."+verb+"."+s+"."+n.victim, hub, pull),
			send(verb+" of one's own by the hub's name", "$JS.API.CONSUMER."+verb+"."+s+"."+n.attacker, "", pull),
			send(verb+" of another by the desk's name", schemas.APIPrefix+".CONSUMER."+verb+".FEED."+n.victim, "", pull),
			send(verb+" of another in the hub's stream", schemas.APIPrefix+".CONSUMER."+verb+"."+s+"."+n.victim, "", pull))
	}
	// The place of the acknowledgement that the victim owes, in both forms.
	_, place, _ := strings.Cut(n.ack, n.victim+".")
	long := "$JS.ACK._." + "*" + "." + s + "." + n.victim + "." + place
	for _, word := range []string{"+ACK", "+TERM", "-NAK", "+WPI", "+NXT"} {
		hub := n.ack
		if word == "+WPI" || word == "-NAK" {
			hub = "" // moves a clock that no state shows
		}
		all = append(all, send("acknowledge for another "+word, n.ack, hub, nats.Msg{Data: []byte(word)}),
			send("acknowledge for another in the long form "+word, long, "", nats.Msg{Data: []byte(word)}))
	}
	return append(all, send("flow control for another", "$JS.FC."+s+"."+n.victim+".1", "", nats.Msg{}))
}
