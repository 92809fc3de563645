package tree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"

	"liaison/broker/ledger"
	"liaison/schemas"
	"liaison/schemas/proof"
)

// memory is a ledger in memory. Sequences leave room for copies.
type memory struct {
	entries []*jetstream.RawStreamMsg
	chain   ledger.Chain
	reads   int // entries that were given to a reader
}

// add appends n decisions, each disclosing to a member.
func (m *memory) add(t testing.TB, n int, member string) {
	t.Helper()
	for range n {
		number := m.chain.Number + 1
		id := schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012d", number))
		e := &ledger.Entry{Kind: ledger.DecisionEntry, At: time.Unix(int64(number), 0).UTC(), Policy: "3f8a", Intake: number, Copies: 2, Message: id,
			Originator: "gla", Commitment: proof.Commit("salt", []byte(id)), Outcomes: []schemas.Outcome{{Message: id, Member: schemas.MemberID(member),
				Outcome: schemas.Disclosed, Items: []schemas.ItemOutcome{{Outcome: schemas.Disclosed, Gateway: "gangmasters-19"}}}}}
		raw, chain, err := m.chain.Seal(e)
		if err != nil {
			t.Fatal(err)
		}
		m.chain = chain
		m.entries = append(m.entries, &jetstream.RawStreamMsg{Subject: ledger.AddressOf(e), Data: raw, Sequence: number*3 - 2})
	}
}

func (m *memory) Last(context.Context) (ledger.Stored, ledger.Chain, error) {
	if len(m.entries) == 0 {
		return ledger.Stored{}, ledger.Chain{}, nil
	}
	s, err := stored(m.entries[len(m.entries)-1])
	return s, ledger.Chain{Number: s.Number, Hash: ledger.HashOf(s.Raw)}, err
}

func stored(m *jetstream.RawStreamMsg) (ledger.Stored, error) {
	e, err := ledger.Parse(m.Data)
	return ledger.Stored{Entry: e, Address: m.Subject, Raw: m.Data, Sequence: m.Sequence}, err
}

// Numbered looks where the entry should be, and then everywhere.
func (m *memory) Numbered(_ context.Context, number uint64) (ledger.Stored, error) {
	for i := -1; i < len(m.entries); i++ {
		at := i
		if i < 0 {
			at = int(number) - 1
		}
		if at < 0 || at >= len(m.entries) {
			continue
		}
		m.reads++
		if s, err := stored(m.entries[at]); err == nil && s.Number == number {
			return s, nil
		}
	}
	return ledger.Stored{}, ledger.ErrNotFound
}

func (m *memory) Raw(_ context.Context, after uint64) iter.Seq2[*jetstream.RawStreamMsg, error] {
	return func(yield func(*jetstream.RawStreamMsg, error) bool) {
		for _, e := range m.entries[min(int(after+2)/3, len(m.entries)):] {
			if e.Sequence <= after {
				continue
			}
			if m.reads++; !yield(e, nil) {
				return
			}
		}
	}
}

// clone is the same ledger, to be doctored.
func (m *memory) clone() *memory {
	c := &memory{chain: m.chain}
	for _, e := range m.entries {
		c.entries = append(c.entries, &jetstream.RawStreamMsg{Subject: e.Subject, Data: bytes.Clone(e.Data), Sequence: e.Sequence})
	}
	return c
}

// folderOf is a broker's folder, with the folder of keys that accounts make.
func folderOf(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string, m *memory) *Tree {
	t.Helper()
	tr, err := Open(config(t, dir, m))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func config(t testing.TB, dir string, m Ledger) Config {
	return Config{Dir: dir, Ledger: m, Committed: func() uint64 { return 0 }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// follows brings a tree up to its ledger and verifies all of it.
func follows(t testing.TB, tr *Tree, m *memory) {
	t.Helper()
	if err := tr.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := tr.Verify(t.Context(), time.Time{})
	if err != nil || len(r.Faults) > 0 || r.Signed != uint64(len(m.entries)) || r.Last != r.Signed {
		t.Fatalf("the ledger of %d entries verifies as %+v, %v", len(m.entries), r, err)
	}
}

func TestTheTreeIsTheOneOfAllLeaves(t *testing.T) {
	dir, m := folderOf(t), &memory{}
	tr := open(t, dir, m)
	var leaves []tlog.Hash
	for range 20 {
		m.add(t, 17, "lincolnshire")
		follows(t, tr, m)
		for _, e := range m.entries[len(leaves):] {
			leaf, err := tr.leaf(uint64(len(leaves))+1, e.Data)
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leaf.Hash())
		}
		if head := tr.head.Load(); head.Root != rootOf(leaves) {
			t.Fatalf("the root of %d entries is %s, want %s", len(leaves), head.Root, rootOf(leaves))
		}
		if len(leaves)%100 == 0 { // and opened again
			if err := tr.Close(); err != nil {
				t.Fatal(err)
			}
			tr = open(t, dir, m)
		}
	}
}

// rootOf is RFC 6962, section 2.1, word for word.
func rootOf(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(rootOf(leaves[:k]), rootOf(leaves[k:]))
}

func TestProofsOfEveryEntryAndEveryHead(t *testing.T) {
	m := &memory{}
	tr := open(t, folderOf(t), m)
	var heads [][]byte
	for range 20 {
		m.add(t, 1, "lincolnshire")
		follows(t, tr, m)
		head, err := tr.Head(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		heads = append(heads, head)
	}
	key := tr.keys.known()
	for i, older := range heads {
		number := uint64(i) + 1
		for _, to := range []schemas.MemberID{"gla", "lincolnshire", ""} {
			b, err := tr.Prove(t.Context(), number, to, number)
			if err != nil {
				t.Fatal(err)
			}
			p, err := proof.Verify(b, key, older)
			if err != nil || p.Number != number || (p.Sent != nil) != (to == "gla") || (p.Received != nil) != (to == "lincolnshire") || (p.Entry != nil) != (to == "") {
				t.Errorf("entry %d for %q: %+v, %v", number, to, p, err)
			}
		}
	}
	for _, number := range []uint64{0, 21, 1 << 40} {
		if _, err := tr.Prove(t.Context(), number, "gla", 0); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("entry %d is proved: %v", number, err)
		}
	}
	if _, err := tr.Prove(t.Context(), 3, "hmrc", 0); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a member that had nothing of entry 3 is given a proof: %v", err)
	}
}

// TestWhatACrashLeavesBehind cuts the work of publishing at each of its steps.
func TestWhatACrashLeavesBehind(t *testing.T) {
	dir, m := folderOf(t), &memory{}
	tr := open(t, dir, m)
	m.add(t, 5, "lincolnshire")
	follows(t, tr, m)
	before := read(t, dir, headFile)
	hashes := read(t, dir, hashesFile)
	m.add(t, 6, "lincolnshire")
	follows(t, tr, m)
	all := read(t, dir, hashesFile)
	after := read(t, dir, headFile)
	tr.Close()
	torn := bytes.Clone(all)
	for i := len(hashes); i < len(torn); i++ {
		torn[i] = 0 // the size of the file reached the disk, and not the bytes
	}
	for name, left := range map[string]struct{ hashes, head []byte }{
		"nothing new":           {hashes, before},
		"a part of a hash":      {all[:len(hashes)+7], before},
		"some hashes":           {all[:len(hashes)+64], before},
		"all hashes":            {all, before},
		"only their size":       {torn, before},
		"the head aside":        {all, before},
		"everything":            {all, after},
		"no head and no hashes": {nil, nil},
	} {
		write(t, dir, hashesFile, left.hashes)
		write(t, dir, headFile, left.head)
		if name == "the head aside" {
			write(t, dir, headFile+".new", after[:20])
		}
		tr := open(t, dir, m)
		follows(t, tr, m)
		if got := read(t, dir, hashesFile); !bytes.Equal(got, all) {
			t.Errorf("%s: the hashes are not the ones that were", name)
		}
		if got := read(t, dir, headFile); !bytes.Equal(got, after) {
			t.Errorf("%s: the head is not the one that was:\n%s\n%s", name, got, after)
		}
		tr.Close()
	}
}

func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// write gives a file of the folder a content; nil removes it.
func write(t testing.TB, dir, name string, b []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	err := os.Remove(path)
	if b != nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

func TestTheEndOfTheLedgerIsHeldAgainstTheTree(t *testing.T) {
	dir, m := folderOf(t), &memory{}
	tr := open(t, dir, m)
	m.add(t, 600, "lincolnshire")
	follows(t, tr, m)
	tr.Close()
	for name, c := range map[string]struct {
		doctor func(m *memory)
		want   string // "" means that it goes on
	}{
		"nothing":              {func(*memory) {}, ""},
		"more entries":         {func(m *memory) { m.add(t, 300, "ukhtc") }, ""},
		"one entry cut off":    {func(m *memory) { m.entries = m.entries[:599] }, "entry 600 is the first that is missing"},
		"half of it cut off":   {func(m *memory) { m.entries = m.entries[:300] }, "entry 301 is the first that is missing"},
		"all of it gone":       {func(m *memory) { m.entries = nil }, "entry 1 is the first that is missing"},
		"a fork at 123":        {func(m *memory) { fork(t, m, 123, 700) }, "entry 124 is not the one"},
		"a fork at the end":    {func(m *memory) { fork(t, m, 599, 600) }, "entry 600 is not the one"},
		"a shorter fork":       {func(m *memory) { fork(t, m, 50, 200) }, "entry 51 is not the one"},
		"another ledger":       {func(m *memory) { fork(t, m, 0, 600) }, "entry 1 is not the one"},
		"one of the last lost": {func(m *memory) { m.entries = append(m.entries[:450], m.entries[451:]...) }, "entry 451 is not the one"},
		"the first looked at":  {func(m *memory) { m.entries = append(m.entries[:344], m.entries[345:]...) }, "entry 345 is missing"},
		"the last altered":     {func(m *memory) { m.entries[599].Data[60] ^= 1 }, "entry 600 is not the one"},
	} {
		d := m.clone()
		c.doctor(d)
		tr := open(t, dir, d)
		err := tr.Check(t.Context())
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if c.want == "" {
			follows(t, tr, d)
		} else if _, err := tr.Prove(t.Context(), 601, "gla", 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: a proof is given: %v", name, err)
		}
		tr.Close()
		if c.want == "" && name != "nothing" {
			dir2 := folderOf(t) // it grew: the next ones need the tree of 600 entries
			write(t, dir2, keyFile, read(t, dir, keyFile))
			tr := open(t, dir2, m)
			follows(t, tr, m)
			tr.Close()
			dir = dir2
		}
	}
}

func TestAStartReadsOnlyTheEnd(t *testing.T) {
	dir, m := folderOf(t), &memory{}
	m.add(t, 3000, "lincolnshire")
	tr := open(t, dir, m)
	follows(t, tr, m)
	tr.Close()
	m.add(t, 10, "lincolnshire")
	m.reads = 0
	tr = open(t, dir, m)
	if err := tr.Check(t.Context()); err != nil || m.reads > endSize+2 {
		t.Errorf("a start reads %d entries of 3,010, %v", m.reads, err)
	}
	m.reads = 0
	if err := tr.catchUp(t.Context()); err != nil || m.reads != 10 || tr.head.Load().Size != 3010 {
		t.Errorf("catching up with 10 entries reads %d, %v", m.reads, err)
	}
}

// fork keeps some entries of a ledger and goes on otherwise up to a number.
func fork(t testing.TB, m *memory, keep, to int) {
	t.Helper()
	m.entries, m.chain = m.entries[:keep], ledger.Chain{}
	if keep > 0 {
		m.chain = ledger.Chain{Number: uint64(keep), Hash: ledger.HashOf(m.entries[keep-1].Data)}
	}
	m.add(t, to-keep, "merseyside")
}

func TestAnEntryThatDoesNotFollowStopsTheFollower(t *testing.T) {
	for name, doctor := range map[string]func(m *memory){
		"a lost entry":     func(m *memory) { m.entries = append(m.entries[:7], m.entries[8:]...) },
		"an altered entry": func(m *memory) { m.entries[7].Data = bytes.Replace(m.entries[7].Data, []byte("19"), []byte("18"), 1) },
		"an undecodable":   func(m *memory) { m.entries[7].Data = []byte("{") },
	} {
		m := &memory{}
		cfg := config(t, folderOf(t), m)
		cfg.Committed = func() uint64 { return m.entries[len(m.entries)-1].Sequence }
		tr, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		m.add(t, 5, "lincolnshire")
		follows(t, tr, m)
		m.add(t, 5, "lincolnshire")
		doctor(m)
		if err := tr.Run(t.Context()); !errors.Is(err, ErrDamaged) || !errors.Is(tr.Ready(), ErrDamaged) {
			t.Errorf("%s: the follower ends with %v and says %v", name, err, tr.Ready())
		}
		tr.Close()
	}
}

func TestTheTreeIsNeverAheadOfWhatIsCommitted(t *testing.T) {
	m := &memory{}
	cfg := config(t, folderOf(t), m)
	committed := uint64(0)
	cfg.Committed = func() uint64 { return committed }
	tr, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	m.add(t, 10, "lincolnshire")
	for n := uint64(1); n <= 10; n++ {
		committed = n*3 - 2
		if err := tr.catchUp(t.Context()); err != nil || tr.head.Load().Size != n {
			t.Fatalf("with %d entries committed the head has %d, %v", n, tr.head.Load().Size, err)
		}
		committed++ // its copies
		if err := tr.catchUp(t.Context()); err != nil || tr.head.Load().Size != n {
			t.Fatalf("with %d entries and a copy committed the head has %d, %v", n, tr.head.Load().Size, err)
		}
	}
}

func TestKeysThatAreMissingOrOpenToOthersAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists instead of modes")
	}
	dir, m := folderOf(t), &memory{}
	tr := open(t, dir, m)
	m.add(t, 3, "lincolnshire")
	follows(t, tr, m)
	tr.Close()
	if key, err := PublicKey(dir); err != nil || key != tr.Key() || strings.Contains(key, "PRIVATE") {
		t.Errorf("the public key is %q, %v", key, err)
	}
	path := filepath.Join(dir, keyFile)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(config(t, dir, m)); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("a key that others can read: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(config(t, dir, m)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a tree without its key: %v", err)
	}
}
