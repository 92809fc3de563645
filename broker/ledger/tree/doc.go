// Package tree keeps the ledger's Merkle tree: it follows the ledger, signs the
// tree's head, and proves that an entry is in it and that one head extends
// another. What the leaves and proofs are is in package schemas/proof.
//
// # What is kept
//
// In the broker's folder, outside the engine's store:
//
//	keys/ledger.key   the key that signs heads, and the secret of the salts
//	ledger/hashes     the tree's hashes, 32 bytes each, in the order of
//	                  golang.org/x/mod/sumdb/tlog; only ever appended to
//	ledger/head       the last head that was signed
//
// The hashes are made durable first, then the head, and only then is the head
// shown to anybody. Whatever lies behind the head's hashes is cut off when the
// folder is opened. So a crash at any moment leaves the head before, and what
// was appended since is read from the ledger again.
//
// # Behind, and never ahead
//
// The tree takes up only entries whose commit was acknowledged to the router:
// it may be behind the durable ledger, and not ahead of it. (One case is left:
// entries that a killed process had written and not synced are read back from
// the operating system's memory; if the power fails before the router has
// committed again, the tree is ahead, and the broker says so and stops routing.)
// It follows at leisure, a quarter of the time at most while there is much to
// do, and at once when somebody asks for a proof.
//
// # The high-water mark
//
// Since it lies outside the store, the tree remembers what the store should
// have. At start the last entries that it has are held against the ledger: an
// entry that is missing or differs stops the router (ErrDamaged names the first).
// Older entries are not read then, so that a start with a million entries is
// quick; Verify reads and hashes all.
//
// A folder whose "ledger" is missing gets a new tree from the stream, with a
// warning: the mark is lost, and only the heads that members keep can tell
// whether the ledger is still the same. Whoever can write to the folder can put
// back both stream and tree; that too is what members' heads are for. Without
// keys/ledger.key no commitment can be opened: back it up with the other keys.
//
// # Concurrency
//
// Appending is one goroutine's turn at a time. Proofs are read from hashes that
// the published head covers, which never change, and wait for nobody.
package tree
