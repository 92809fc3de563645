// Package retention erases: what was recalled, what the protocol's time for has
// ended, and what an operator has reason to.
//
// The ledger comes first. An entry names what is erased, and only when it is
// durable are the messages removed, one by one, each overwritten by the engine.
// What a crash leaves undone is done at the next start: the docket keeps which
// entries are not known to be carried out, and a rebuilt one takes all of them
// for that, which costs a look at each message and no more. Entries about
// decisions are never erased; they hold no content.
//
// # What the engine does
//
// It writes a mark that the message is gone into the last block of the stream,
// synced, and then the message's block anew into a file beside it, with random
// bytes in place of the message: synced, and renamed over the old one. So each
// removal costs the writing of a whole block, of up to 8 MB (a quarter of a second
// for 5 MB on two shared cores), and the stream waits for it; and what was there
// before stays on the disk's free blocks until the disk writes there again. A
// crash between mark and new block leaves the bytes in the block's file, where
// the engine never serves them, until it is written anew for the next message of
// it that is erased. Backups keep what they have: let them expire, and erase
// again after one was put back.
package retention
