// Package node runs the NATS server that is inside the broker. It is the only
// package that knows the server.
//
// The server runs in operator mode and takes every account from the registry
// (package accounts): nobody connects without credentials that the registry
// issued, and only the hub's account has JetStream. Every write is synced
// before it is acknowledged. Nothing listens but the one address for clients:
// no monitoring, cluster, gateway, leaf, MQTT, WebSocket or profiling port.
//
// [Start] refuses to run on any option that would undo this, checks the running
// server once more, and tries to get in without credentials before it lets
// anyone else try (selfcheck.go).
//
// # Names that a desk's client uses
//
// A desk's account has no JetStream of its own; the wall gives it one consumer,
// ready-made. With nats.go's jetstream package:
//
//	js, _ := jetstream.NewWithAPIPrefix(nc, "liaison")
//	c, _ := js.Consumer(ctx, "FEED", "main")
//
// c.Fetch, c.FetchNoWait, c.FetchBytes, c.Next, c.Messages, c.Consume and c.Info
// work, and so do a message's Ack, DoubleAck, Nak, InProgress and Term. Calls
// that ask for a stream (js.Stream, js.StreamNames, js.CreateConsumer, ordered
// consumers and the like) are outside the wall and fail. A pull may wait 90 s
// at most: the server forgets where to send a reply after two minutes.
//
// The older API binds with the filter: js.PullSubscribe("feed.<member>.<desk>.>",
// "", nats.Bind("FEED", "main")), js being nc.JetStream(nats.APIPrefix("liaison")).
//
// js.Publish, with either prefix, and a plain request to "submit" are answered
// by the broker with a publish acknowledgement.
package node
