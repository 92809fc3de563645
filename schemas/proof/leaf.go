package proof

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// View says which view of an entry a part of a leaf commits to.
type View string

// The views.
const (
	EntryView  View = "entry"
	SenderView View = "sender"
	MemberView View = "member"
)

// leastParts is the least number of commitments in a leaf.
const leastParts = 64

// Key is the key of one entry: it opens every commitment of its leaf.
type Key [32]byte

// Part is one view of an entry, with the salt of its commitment.
type Part struct {
	View View
	Salt tlog.Hash
	Text []byte
}

// commitment binds the part without revealing it.
func (p Part) commitment() tlog.Hash {
	b := make([]byte, 0, 64+len(p.Text))
	b = append(b, "liaison part v1\n"...)
	b = append(b, p.View...)
	b = append(b, '\n')
	b = append(b, p.Salt[:]...)
	b = append(b, p.Text...)
	return sha256.Sum256(b)
}

// Leaf is an entry as the tree holds it.
type Leaf struct {
	Number uint64
	// Parts are the views that it commits to, the "entry" first.
	Parts []Part
	// Commitments are those of the parts and the fillers, sorted.
	Commitments []tlog.Hash
}

// NewLeaf builds the leaf of an entry from its bytes as stored.
func NewLeaf(raw []byte, key Key) (*Leaf, error) {
	var e stored
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("reading an entry: %w", err)
	}
	parts, err := e.views(raw)
	if err != nil {
		return nil, fmt.Errorf("writing the views of entry %d: %w", e.Number, err)
	}
	count := leastParts
	for count < len(parts) {
		count *= 2
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	stream := make([]byte, count*tlog.HashSize)
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(stream, stream)
	l := &Leaf{Number: e.Number, Parts: parts, Commitments: make([]tlog.Hash, count)}
	for i := range l.Commitments {
		h := tlog.Hash(stream[i*tlog.HashSize:])
		if i < len(parts) {
			parts[i].Salt = h
			h = parts[i].commitment()
		}
		l.Commitments[i] = h
	}
	slices.SortFunc(l.Commitments, compare)
	return l, nil
}

// Hash is the hash of the leaf in the tree.
func (l *Leaf) Hash() tlog.Hash { return leafHash(l.Number, l.Commitments) }

func leafHash(number uint64, commitments []tlog.Hash) tlog.Hash {
	b := make([]byte, 0, 40+len(commitments)*tlog.HashSize)
	b = append(b, "liaison leaf v1\n"...)
	b = strconv.AppendUint(b, number, 10)
	b = append(b, '\n')
	for _, c := range commitments {
		b = append(b, c[:]...)
	}
	return tlog.RecordHash(b)
}

// checkCommitments refuses a list that NewLeaf could not have made.
func checkCommitments(list []tlog.Hash) error {
	if n := len(list); n < leastParts || n&(n-1) != 0 {
		return fmt.Errorf("a leaf cannot have %d commitments", n)
	}
	for i := range list[1:] {
		if compare(list[i], list[i+1]) >= 0 {
			return fmt.Errorf("the leaf's commitments are not sorted")
		}
	}
	return nil
}

func compare(a, b tlog.Hash) int { return bytes.Compare(a[:], b[:]) }
