// Package docket keeps what is owed, by whom, by when.
//
// It follows the ledger and keeps, in one file outside the message server, the
// threads of steps (a request and its answers, a case and its taskings, a
// referral and its decisions, a recall and its confirmations) and the clocks
// that they start. The file is a projection: deleted, it is rebuilt from the
// streams. Each update of it is one transaction with the place in the ledger up
// to which it was made, so that a crash leaves it as of some earlier entry.
//
// A clock starts with what the ledger records and not with what the docket
// sees: its beginning and its due time are computed from the entry's time and
// the tables, so that a rebuilt docket has the same clocks. Nothing is polled:
// the docket sleeps until the next clock is due, however many there are.
//
// A notice of those concerned may give a duty more time, stop its clock or let it
// go on, as far as the table of deadlines lets them; what lapsed stays on record.
// What a member owes and is owed is indexed by when it is due.
//
// When a clock runs out the docket tells those concerned, step by step, in
// notices that it submits through the intake like anybody, as the member
// "liaison" that the tables give the broker; it has no other voice. Their ids
// are made of the clock and the step: sent again after a crash, they are
// duplicates.
//
// All methods may be used by several goroutines.
package docket
