// Package ledger is the record of what was decided: one numbered entry for
// every decision and every change of policy, each naming the hash of the entry
// before it, kept for ever in the stream DISCLOSURES beside the copies that
// the decisions released.
//
// An entry holds codes, ids and a salted commitment, and never content: the
// salt lies with the accepted message, so that erasing the message leaves a
// commitment that nobody can connect to it.
//
// Package tree, below this one, keeps a Merkle tree over the entries, with which
// members verify what the ledger says of them.
//
// Only the router writes entries, in the same atomic batch as the copies. This
// package seals entries for it, and reads, finds, follows and verifies them
// for everybody else.
package ledger
