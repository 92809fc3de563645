// Package check is the independent checker of the balance: it reads what was
// accepted and what was decided and delivered, derives for itself what every
// desk must hold, and reports every difference.
//
// It shares no code with the router and the policy, so that a fault of theirs
// is not repeated here. It reads the protocol tables as data, with a reader and
// an evaluation of its own that are written for clarity and not for speed. What
// it does share is the contract (package schemas: how a message is written, and
// which code lies below which) and the form of an entry (package ledger).
//
// # What is checked
//
// The intake: sequences without a gap, each message's digest, its address, no
// id twice. The ledger: numbers, the chain of hashes, addresses, commitments,
// which tables were in force, each accepted message decided exactly once and in
// order, consents and the decisions that they reopen. The feeds: each copy
// behind its decision, none missing, none twice, none without a decision, in
// the order of each sender; each byte of it against the accepted message. The
// protocol: each disclosure against the tables under which it was decided, and the
// time by which somebody must answer for what nobody gets.
//
// # What is not
//
// A ledger that was cut short at its end, together with its copies, looks like
// one that has not got so far: the report says how many accepted messages wait,
// and its head is to be compared with one noted earlier. Whether a member had a
// desk when it was refused for want of one is not known any more.
//
// # Cost
//
// One pass over both streams side by side. For each accepted message some sixty
// bytes are kept; whatever else is needed is read again.
package check
