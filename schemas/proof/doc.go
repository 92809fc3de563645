// Package proof is how a broker proves what its ledger says, and how anybody
// who has the broker's public key checks it, offline.
//
// # The tree
//
// Every entry of the ledger is a leaf of a Merkle tree (RFC 6962, section 2).
// The broker signs the tree's head: how many entries there are, and a hash that
// depends on every one of them. The head is a signed note
// (golang.org/x/mod/sumdb/note, Ed25519) of three lines:
//
//	liaison/<name>      the origin, which is the name of the key
//	<entries>           in decimal
//	<root>              base64
//
// # The leaf
//
// An entry names everybody whom a message concerned, so that nobody but the
// broker may see it whole. The leaf therefore holds commitments to views of it:
//
//	"entry"    the entry's bytes as stored, for whoever audits the ledger
//	"sender"   what the originator may know: every outcome (Sent)
//	"member"   for each member that something was disclosed to, what that member
//	           may know: that, and no more (Received)
//
// A commitment is SHA-256 of "liaison part v1\n", the view's name, a line feed,
// 32 bytes of salt and the view's text. To them come random hashes, until
// their number is 64 or the next power of two, and all are sorted: neither their
// number nor their order says how many members a message concerned. The leaf is
// "liaison leaf v1\n", the entry's number in decimal, a line feed, and the
// commitments.
//
// Salts and fillers are the stream of AES-256 in counter mode, from zero, under
// a key of the entry that the broker derives from a secret, the number and the
// bytes. So they need no storing, one of them says nothing about another, and
// whoever is given the key (an auditor) can rebuild the leaf from the entry and
// see that all views say the same. The views of version 1 never change: whatever
// else is to be shown one day is another view.
//
// # What a proof shows
//
// That the broker has committed itself, under its signature, to this view at
// this place of its ledger; and, with an older head of the same broker, that
// the ledger has only grown since. A head that was kept is what finds a ledger
// that was forked, cut short or put back from a backup: the broker cannot extend
// the old head to the new one.
//
// # What it does not show
//
// That what the ledger says is true or lawful; that everything the broker did is
// in it; that no other member was shown another ledger, unless they compare
// heads. A "member" view binds that a disclosure took place, under which gateway
// for how many items, and not the wording of the copy. The commitment in a
// "sender" view binds the message's whole content, for whoever has its salt:
// the salt is the originator's and no part of a proof. A proof gives away the
// entry's number, how many entries there are, and within powers of two that at
// most so many members received the message.
package proof
