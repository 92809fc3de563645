// Package intake is the only way in. It takes what members submit, finds out
// who they are by the account that it came from, checks it completely, accepts
// each record once and for ever, makes it durable, and only then says so.
//
// One goroutine examines submissions in the order of their arrival, one stores
// them, so that the order of each connection is kept. While one commit is
// being made durable the next one gathers: a few waiting records are published
// singly, many go as one atomic batch.
//
// A crash before the reply leaves a record either stored or not; whoever sends
// it again gets the same receipt, marked as a duplicate.
package intake
