// Package accounts turns members into NATS accounts: it issues and revokes
// the credentials of their desks, and says what each account may do.
//
// A [Desk] is where a member reads and from where it sends. Every desk has a
// NATS account of its own, and no desk's account has JetStream: the streams
// stand in the hub's account, which only the broker itself logs in to. Between
// the two is a wall of exports and imports (wall.go). Every export has a token
// that the server compares with the key of the importing account, so that a
// desk reaches what is under its own key and nothing else. What an account may
// do is worked out from the registry whenever it is asked for, and is nowhere
// stored: a change of the wall applies to all credentials ever issued.
//
// # What is on disk
//
//	DIR/lock             held for as long as the registry is open
//	DIR/accounts.json    the registry: public keys, desks, users
//	DIR/keys/*.nk        the operator's key and one signing key for each role
//
// Nothing else can make credentials. The private halves of the accounts' own
// keys (desks, hub, system) are thrown away as soon as they have been made,
// and the key that signs the hub's user is made anew whenever the registry is
// opened and never leaves the process. Whoever can read DIR/keys can issue
// credentials for any desk that the registry knows; the folder is 0700 and its
// files 0600, and [Open] refuses anything wider.
//
// # Guarantees
//
// A desk, a user or a revocation is on disk (written aside, synced, renamed,
// folder synced) before the call that made it returns. A registry may be used
// by any number of goroutines; readers never wait for a disk. Two processes
// cannot have the same folder open.
//
// A revocation depends on no clock: users are refused by key, and by "issued
// before the earliest user that is still good" (see revocations), so a desk
// can be revoked and enrolled again within one second.
//
// # Two users of one desk
//
// They share an account, hence one feed and one place in it, and each may
// subscribe to _INBOX.>: a user that may only send could see the replies, and
// so the copies, that a reading user of the same desk asks for. Every user
// therefore also has a private inbox that no other user can subscribe to,
// [Issued.Inbox]; clients that set it as their inbox prefix, as Liaison's own
// does, cannot be overheard. Where that matters and the client cannot, give
// the second application a desk of its own.
package accounts
