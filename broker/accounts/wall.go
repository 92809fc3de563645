package accounts

import (
	"crypto/sha256"
	"strings"

	"github.com/nats-io/jwt/v2"

	"liaison/schemas"
)

// DisclosuresName is the hub's stream of decisions and copies, whose consumers
// the wall lets desks reach: each the one that is named for its account.
const DisclosuresName = "DISCLOSURES"

// gate is one opening in the wall between the hub and the desks: what the hub
// exports, and under which address a desk finds it.
type gate struct {
	kind jwt.ExportType
	// hub is the hub's address, with the account's key in place of *. The
	// server lets an account import it only with its own key there.
	hub string
	// desk is the desk's address. The key, if it is in it, is in place of *.
	desk string
	// many says that the hub may answer with more than one message.
	many bool
}

// gates are all the openings. There is deliberately none that reaches the
// JetStream API beyond the one request that a reader of a ready-made consumer
// needs: a stream's own operations are not exported at all. How its consumer
// stands a desk asks the broker, which asks the server: the server has one line
// for all such questions, also the broker's own, and drops it when it is long.
//
// A desk's name for the API must not begin with $JS.API: the server answers
// requests there itself, before any import is looked at.
func gates() []gate {
	return []gate{
		{jwt.Service, "submit.*", "submit", false},
		{jwt.Service, "submit.*.>", "submit.>", false},
		{jwt.Service, "ask.*.>", "ask.>", true},
		{jwt.Service, "$JS.API.CONSUMER.MSG.NEXT." + DisclosuresName + ".*", feedAPI("MSG.NEXT"), true},
		{jwt.Service, "info.*", feedAPI("INFO"), false},
		{jwt.Service, ackAddress(), ackAddress(), false},
		{jwt.Stream, "live.*.>", schemas.LiveAddress + ".>", false},
	}
}

// feedAPI is a desk's address of a request to its consumer.
func feedAPI(verb string) string {
	return strings.Join([]string{schemas.APIPrefix, "CONSUMER", verb, schemas.FeedName, schemas.ConsumerName}, ".")
}

// ackAddress is where a consumer's acknowledgements go.
func ackAddress() string { return "$JS.ACK." + DisclosuresName + ".*.>" }

// longAckAddress is the same in the form that the server will use once its
// feature flag js_ack_fc_v2 is on: after a domain (this server has none, "_")
// and a hash of the account that has the stream.
func longAckAddress(hub string) string {
	return "$JS.ACK._." + accountHash(hub) + "." + DisclosuresName + ".*.>"
}

// accountHash is the server's short hash of an account's name.
func accountHash(name string) string {
	const digits, length = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 8
	sum := sha256.Sum256([]byte(name))
	short := sum[:length]
	for i, b := range short {
		short[i] = digits[int(b)%len(digits)]
	}
	return string(short)
}

// gatesOf are the gates of a hub.
func gatesOf(hub string) []gate {
	long := longAckAddress(hub)
	return append(gates(), gate{jwt.Service, long, long, false})
}

// export is the gate as the hub's account declares it.
func (g gate) export() *jwt.Export {
	e := &jwt.Export{Name: g.hub, Subject: jwt.Subject(g.hub), Type: g.kind, AccountTokenPosition: g.position()}
	switch {
	case g.kind == jwt.Service && g.many:
		e.ResponseType = jwt.ResponseTypeStream
	case g.kind == jwt.Service:
		e.ResponseType = jwt.ResponseTypeSingleton
	}
	return e
}

// importFor is the gate as the account of a desk declares it.
func (g gate) importFor(hub, desk string) *jwt.Import {
	return &jwt.Import{Name: g.hub, Account: hub, Type: g.kind,
		Subject: jwt.Subject(strings.Replace(g.hub, "*", desk, 1)), LocalSubject: jwt.RenamingSubject(g.local(desk))}
}

// local is the gate's address in the account of a desk.
func (g gate) local(desk string) string { return strings.Replace(g.desk, "*", desk, 1) }

// position is where in the hub's address the account's key is, counted from 1.
func (g gate) position() uint {
	for i, token := range strings.Split(g.hub, ".") {
		if token == "*" {
			return uint(i + 1)
		}
	}
	panic("accounts: a gate without a place for the account's key") // would be open to every account
}

// inbox is the prefix of the private inbox of a user.
func inbox(key string) string { return "_INBOX_" + key }

// permissions are what a role may publish and subscribe to in its desk's own
// account. They are lists of what is allowed, and those are the boundary; the
// one denial repeats that nobody may pass something off as a live copy.
func permissions(role Role, hub string) jwt.Permissions {
	// The server fills these in for each user.
	const account, user = "{{account-subject()}}", "{{subject()}}"
	p := jwt.Permissions{}
	// The shared inbox stays: an unmodified NATS client expects every answer at
	// _INBOX.>, so that without it no answer would reach one. What that costs,
	// and what a client does about it, is in the package's comment.
	p.Sub.Allow.Add("_INBOX.>", inbox(user)+".>")
	p.Pub.Deny.Add(schemas.LiveAddress + ".>")
	if role == Send || role == Both {
		p.Pub.Allow.Add(schemas.SubmitAddress, schemas.SubmitAddress+".>", schemas.AskReceipt, schemas.AskHeld, schemas.AskSelf,
			schemas.AskHead, schemas.AskProof, schemas.AskThread, schemas.AskDocket, schemas.AskOperation, schemas.AskSupport)
	}
	if role == Read || role == Both {
		p.Sub.Allow.Add(schemas.LiveAddress + ".>")
		p.Pub.Allow.Add("ask.>", schemas.APIPrefix+".CONSUMER.>",
			strings.Replace(ackAddress(), "*", account, 1), strings.Replace(longAckAddress(hub), "*", account, 1))
	}
	return p
}
