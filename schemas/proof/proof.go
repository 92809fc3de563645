package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Version is the version of the proofs that this package writes and reads.
const Version = 1

// MaxSize bounds a proof: an entry has at most 1 MiB, in JSON within JSON.
const MaxSize = 8 << 20

// Proof is what a broker proves: its head, on request that this extends an
// older one, and on request that an entry is in it. Its JSON form is compact,
// and the only one that is accepted.
type Proof struct {
	Version int `json:"proof"`
	// Head is the signed note.
	Head  string     `json:"head"`
	Since *Extension `json:"since,omitempty"`
	Entry *Inclusion `json:"entry,omitempty"`
}

// Extension proves that a head extends an older one of so many entries.
type Extension struct {
	Size uint64      `json:"size"`
	Path []tlog.Hash `json:"path,omitempty"`
}

// Inclusion proves that an entry is in the tree, and shows something of it.
type Inclusion struct {
	Number uint64 `json:"number"`
	// Leaf has the commitments of the entry's leaf.
	Leaf []tlog.Hash `json:"leaf"`
	// Path leads from the leaf to the head.
	Path []tlog.Hash `json:"path,omitempty"`
	// Shown is the view that is shown. It is absent where Audit is there.
	Shown *Shown `json:"shown,omitempty"`
	Audit *Audit `json:"audit,omitempty"`
}

// Shown opens one commitment.
type Shown struct {
	View View      `json:"view"`
	Salt tlog.Hash `json:"salt"`
	Text string    `json:"text"`
}

// Audit opens them all: from the entry's bytes and its key the whole leaf
// follows.
type Audit struct {
	Key   tlog.Hash `json:"key"`
	Entry string    `json:"entry"`
}

// Proven is what a proof that holds has shown.
type Proven struct {
	Head Head
	// Older is the older head, if the proof was held against one.
	Older *Head
	// Number is that of the entry, or 0; one of the others then says what was
	// shown of it.
	Number   uint64
	Received *Received
	Sent     *Sent
	// Entry are the bytes of the entry as stored.
	Entry []byte
}

// Encode writes a proof.
func (p *Proof) Encode() ([]byte, error) {
	b, err := json.Marshal(p)
	return append(b, '\n'), err
}

// decode reads a proof. Whatever could be changed without a change of meaning
// is refused, so that every byte counts.
func decode(b []byte) (*Proof, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("it has more than %d bytes", MaxSize)
	}
	p := new(Proof)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, err
	}
	if p.Version != Version {
		return nil, fmt.Errorf("it has version %d, and this program reads version %d", p.Version, Version)
	}
	again, err := p.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("it is written in another way than its broker writes it")
	}
	return p, nil
}

// Verify checks a proof with the broker's public key, and that its head extends
// that of an older proof if one is given. The error says what does not hold.
func Verify(b []byte, key note.Verifier, older []byte) (Proven, error) {
	p, err := decode(b)
	if err != nil {
		return Proven{}, fmt.Errorf("reading the proof: %w", err)
	}
	var out Proven
	if out.Head, err = OpenHead([]byte(p.Head), key); err != nil {
		return Proven{}, err
	}
	if err := p.extends(&out, key, older); err != nil {
		return Proven{}, err
	}
	if p.Entry == nil {
		return out, nil
	}
	if err := p.Entry.verify(&out); err != nil {
		return Proven{}, fmt.Errorf("entry %d: %w", p.Entry.Number, err)
	}
	return out, nil
}

// extends checks that the head extends the older one.
func (p *Proof) extends(out *Proven, key note.Verifier, older []byte) error {
	if older == nil {
		if p.Since != nil {
			return fmt.Errorf("the proof extends a head of %d entries: give that head as well", p.Since.Size)
		}
		return nil
	}
	before, err := decode(older)
	if err != nil {
		return fmt.Errorf("reading the older head: %w", err)
	}
	old, err := OpenHead([]byte(before.Head), key)
	if err != nil {
		return fmt.Errorf("the older head: %w", err)
	}
	out.Older = &old
	now := out.Head
	switch {
	case old.Size > now.Size:
		return fmt.Errorf("the ledger went back: its broker signed %d entries before, and now %d", old.Size, now.Size)
	case old.Size == now.Size && old.Root != now.Root:
		return fmt.Errorf("the ledger was forked: its broker signed two different ones of %d entries", now.Size)
	case p.Since == nil && old.Size == now.Size:
		return nil
	case p.Since == nil:
		return fmt.Errorf("nothing shows that the head of %d entries extends the one of %d: ask for a proof since %d", now.Size, old.Size, old.Size)
	case p.Since.Size != old.Size:
		return fmt.Errorf("the proof extends a head of %d entries, and the older head has %d", p.Since.Size, old.Size)
	}
	if !extended(p.Since.Path, old, now) {
		return fmt.Errorf("the ledger was forked or altered: its head of %d entries does not extend its head of %d", now.Size, old.Size)
	}
	return nil
}

func extended(path []tlog.Hash, old, now Head) bool {
	if old.Size == 0 {
		empty, _ := tlog.TreeHash(0, nil) // reads nothing
		return len(path) == 0 && old.Root == empty
	}
	return tlog.CheckTree(path, int64(now.Size), now.Root, int64(old.Size), old.Root) == nil
}

// verify checks that the entry is in the tree, and what is shown of it.
func (in *Inclusion) verify(out *Proven) error {
	if in.Number == 0 || in.Number > out.Head.Size {
		return fmt.Errorf("the head has %d entries", out.Head.Size)
	}
	if err := checkCommitments(in.Leaf); err != nil {
		return err
	}
	leaf := leafHash(in.Number, in.Leaf)
	if tlog.CheckRecord(in.Path, int64(out.Head.Size), out.Head.Root, int64(in.Number-1), leaf) != nil {
		return errors.New("the signed tree does not have this leaf at this place")
	}
	out.Number = in.Number
	switch {
	case in.Shown != nil && in.Audit == nil:
		return in.Shown.verify(in, out)
	case in.Audit != nil && in.Shown == nil:
		return in.Audit.verify(in, out)
	}
	return errors.New("the proof must show one thing")
}

func (s *Shown) verify(in *Inclusion, out *Proven) error {
	part := Part{View: s.View, Salt: s.Salt, Text: []byte(s.Text)}
	if !slices.Contains(in.Leaf, part.commitment()) {
		return fmt.Errorf("what is shown (%q) is not what the leaf commits to", s.View)
	}
	var number uint64
	var err error
	switch s.View {
	case MemberView:
		out.Received = new(Received)
		err = json.Unmarshal(part.Text, out.Received)
		number = out.Received.Entry
	case SenderView:
		out.Sent = new(Sent)
		err = json.Unmarshal(part.Text, out.Sent)
		number = out.Sent.Entry
	default:
		return fmt.Errorf("there is no view %q to be shown", s.View)
	}
	if err != nil {
		return fmt.Errorf("reading what is shown: %w", err)
	}
	if number != in.Number {
		return fmt.Errorf("what is shown says that it is entry %d", number)
	}
	return nil
}

func (a *Audit) verify(in *Inclusion, out *Proven) error {
	leaf, err := NewLeaf([]byte(a.Entry), Key(a.Key))
	if err != nil {
		return err
	}
	if leaf.Hash() != leafHash(in.Number, in.Leaf) {
		return errors.New("the entry and its key do not give this leaf")
	}
	out.Entry = []byte(a.Entry)
	return nil
}
