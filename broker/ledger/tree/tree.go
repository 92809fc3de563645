package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"liaison/broker/ledger"
	"liaison/schemas/proof"
)

const (
	folder     = "ledger"
	hashesFile = folder + "/hashes"
	headFile   = folder + "/head"
	maxHead    = 4 << 10
)

// ErrDamaged says that the ledger is not the one that the tree has, or that
// the tree itself is damaged. A person must look into it.
var ErrDamaged = errors.New("the ledger or its tree is damaged")

// Ledger is what the tree follows.
type Ledger interface {
	// Last returns the last entry; of an empty ledger it is zero.
	Last(ctx context.Context) (ledger.Stored, ledger.Chain, error)
	// Numbered returns the entry with a number, or ledger.ErrNotFound.
	Numbered(ctx context.Context, number uint64) (ledger.Stored, error)
	// Raw reads the entries behind a sequence as they are stored, in order.
	Raw(ctx context.Context, after uint64) iter.Seq2[*jetstream.RawStreamMsg, error]
}

// Config is what a tree needs. Every field is required.
type Config struct {
	// Dir is the broker's folder, which the caller has locked.
	Dir    string
	Ledger Ledger
	// Committed returns the sequence of the stream up to which everything is
	// durable, as the router knows it; 0 while no router runs.
	Committed func() uint64
	Log       *slog.Logger
}

// Tree is the ledger's tree. Its methods may be called by any number of
// goroutines until Close.
type Tree struct {
	cfg    Config
	root   *os.Root
	keys   keys
	hashes *hashes
	// head is the published head: durable, and shown to whoever asks.
	head    atomic.Pointer[signed]
	trouble atomic.Pointer[error]

	// turn is held, by a value in it, by whoever appends. It is held while
	// files are written; readers never take it. It guards the rest.
	turn chan struct{}
	// size is how many entries are in the tree, end the end of their chain, and
	// sequence where in the stream the last one is. Of end and sequence only
	// known says whether they are known.
	size     uint64
	end      ledger.Chain
	sequence uint64
	known    bool
}

// signed is a head with its signature.
type signed struct {
	proof.Head
	note []byte
	at   time.Time
}

// Open opens the tree of a folder, or makes it. It does not look at the ledger.
func Open(cfg Config) (*Tree, error) {
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the ledger's tree: %w", err)
	}
	t := &Tree{cfg: cfg, root: root, turn: make(chan struct{}, 1)}
	if err := t.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the ledger's tree: %w", err), t.Close())
	}
	return t, nil
}

func (t *Tree) open() error {
	if err := t.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	msg, err := readFile(t.root, headFile, maxHead)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	if t.keys, err = loadKeys(t.root, missing); err != nil {
		return err
	}
	if missing {
		return t.begin()
	}
	head, err := proof.OpenHead(msg, t.keys.known())
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, headFile, err)
	}
	if t.hashes, err = openHashes(t.root, hashesFile, head.Size); err != nil {
		return err
	}
	root, err := tlog.TreeHash(int64(head.Size), t.hashes.settled())
	if err != nil {
		return err
	}
	if root != head.Root {
		var r ledger.Report
		if err := t.verifyHashes(context.Background(), head, &r); err != nil {
			return err
		}
		return fmt.Errorf("%w: entry %d: %s", ErrDamaged, r.Faults[0].Entry, r.Faults[0].Problem)
	}
	t.size = head.Size
	t.head.Store(&signed{Head: head, note: msg})
	return nil
}

// begin makes an empty tree. A crash in here leaves a folder without a head,
// and the next Open begins again.
func (t *Tree) begin() (err error) {
	if t.hashes, err = openHashes(t.root, hashesFile, 0); err != nil {
		return err
	}
	err = t.publish()
	if head := t.head.Load(); head != nil {
		head.at = time.Time{} // it says nothing yet: whoever asks is to wait
	}
	return err
}

// known is the verifier of heads that this tree signed.
func (k keys) known() note.Verifier {
	v, err := note.NewVerifier(k.verifier)
	if err != nil {
		panic(err) // it was read once before
	}
	return v
}

// Close closes the files.
func (t *Tree) Close() error {
	var err error
	if t.hashes != nil {
		err = t.hashes.file.Close()
	}
	return errors.Join(err, t.root.Close())
}

// Key returns the public key that members verify with.
func (t *Tree) Key() string { return t.keys.verifier }

// Ready returns nil when the tree follows the ledger, else what went wrong.
func (t *Tree) Ready() error {
	if err := t.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// leaf is the leaf of an entry.
func (t *Tree) leaf(number uint64, raw []byte) (*proof.Leaf, error) {
	return proof.NewLeaf(raw, t.keys.entryKey(number, raw))
}

// take takes the turn, unless the context ends first.
func (t *Tree) take(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the ledger's tree: %w", ctx.Err())
	}
}

func (t *Tree) give() { <-t.turn }

// publish makes the tree durable and signs its head. The caller has the turn.
func (t *Tree) publish() error {
	if err := t.hashes.flush(); err != nil {
		return err
	}
	if err := t.hashes.file.Sync(); err != nil {
		return fmt.Errorf("making the tree durable: %w", err)
	}
	root, err := tlog.TreeHash(int64(t.size), t.hashes)
	if err != nil {
		return err
	}
	h := &signed{Head: proof.Head{Origin: t.keys.signer.Name(), Size: t.size, Root: root}, at: time.Now()}
	if h.note, err = h.Sign(t.keys.signer); err != nil {
		return fmt.Errorf("signing the head: %w", err)
	}
	// A crash before this leaves the head before, which nobody has seen beyond.
	if err := writeFile(t.root, headFile, h.note); err != nil {
		return fmt.Errorf("keeping the head: %w", err)
	}
	t.head.Store(h)
	return nil
}
