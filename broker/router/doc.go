// Package router is the only way out. It follows the intake, has the policy
// decide each accepted message for every member concerned, and commits the
// decision together with the copies in one atomic batch: recording and
// delivering happen both or not at all.
//
// There is one writer. Its place is the last entry of the ledger, and its
// fence is the last sequence of the stream, read before the place: a router
// that is stale, or a second one, is refused by the engine and reads both
// again. So is one whose commit was stored and whose acknowledgement was lost;
// it finds its own entries and goes on behind them. Nothing is routed twice
// and nothing is left out.
//
// A record that cannot be decoded or decided is recorded as held, with the
// reason; it never stops those behind it. A gap in the intake does stop the
// router: somebody must say why it is there.
package router
