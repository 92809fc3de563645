package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"liaison/schemas"
)

var update = flag.Bool("update", false, "write the golden proofs anew")

// hub is a broker that is nothing but a ledger in memory, with fixed keys.
type hub struct {
	t       testing.TB
	signer  note.Signer
	key     note.Verifier
	entries [][]byte
	hashes  []tlog.Hash
}

func newHub(t testing.TB) *hub {
	t.Helper()
	private, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), "liaison/test")
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{t: t}
	if h.signer, err = note.NewSigner(private); err != nil {
		t.Fatal(err)
	}
	if h.key, err = note.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hub) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, h.hashes[i])
	}
	return out, nil
}

func (h *hub) keyOf(raw []byte) Key {
	return sha256.Sum256(append([]byte("a secret of the tests"), raw...))
}

// add appends an entry that discloses to some members and withholds from others.
func (h *hub) add(disclosed, withheld []string) {
	h.t.Helper()
	number := len(h.entries) + 1
	var outcomes []schemas.Outcome
	for _, m := range disclosed {
		outcomes = append(outcomes, schemas.Outcome{Message: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", Member: schemas.MemberID(m), Outcome: schemas.Disclosed, Desks: []string{"main"},
			Items: []schemas.ItemOutcome{
				{Index: 0, Outcome: schemas.Withheld, Reason: "bar-of-" + schemas.Code(m), Rule: "row-of-" + schemas.Code(m)},
				{Index: 1, Outcome: schemas.Disclosed, Reason: "gateway", Rule: "row-" + schemas.Code(m), Gateway: "gateway-" + m, Statute: "Statute of " + m}}})
	}
	for _, m := range withheld {
		outcomes = append(outcomes, schemas.Outcome{Message: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", Member: schemas.MemberID(m), Outcome: schemas.Withheld,
			Items: []schemas.ItemOutcome{{Index: 0, Outcome: schemas.Withheld, Reason: "bar-of-" + schemas.Code(m)}, {Index: 1, Outcome: schemas.Withheld, Reason: "bar-of-" + schemas.Code(m)}}})
	}
	raw, err := json.Marshal(map[string]any{"entry": number, "previous": "canary-previous", "kind": "decision", "at": "2009-08-14T09:30:00.5Z", "policy": "3f8a",
		"intake": 4711, "message": "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", "originator": "gla", "account": "canary-account", "route": "canary.route",
		"commitment": Commit("salt", []byte("content")), "day": "2009-08-14", "waiting": []int{0}, "outcomes": outcomes})
	if err != nil {
		h.t.Fatal(err)
	}
	h.addRaw(raw)
}

func (h *hub) addRaw(raw []byte) {
	h.t.Helper()
	leaf, err := NewLeaf(raw, h.keyOf(raw))
	if err != nil {
		h.t.Fatal(err)
	}
	more, err := tlog.StoredHashesForRecordHash(int64(len(h.entries)), leaf.Hash(), h)
	if err != nil {
		h.t.Fatal(err)
	}
	h.entries, h.hashes = append(h.entries, raw), append(h.hashes, more...)
}

// head is the proof of the head alone.
func (h *hub) head(since int) *Proof {
	h.t.Helper()
	size := int64(len(h.entries))
	root, err := tlog.TreeHash(size, h)
	if err != nil {
		h.t.Fatal(err)
	}
	msg, err := Head{Origin: h.signer.Name(), Size: uint64(size), Root: root}.Sign(h.signer)
	if err != nil {
		h.t.Fatal(err)
	}
	p := &Proof{Version: Version, Head: string(msg)}
	if since > 0 {
		path, err := tlog.ProveTree(size, int64(since), h)
		if err != nil {
			h.t.Fatal(err)
		}
		p.Since = &Extension{Size: uint64(since), Path: path}
	}
	return p
}

// prove proves an entry to a member, or to an auditor.
func (h *hub) prove(number int, to string, since int) *Proof {
	h.t.Helper()
	p := h.head(since)
	raw := h.entries[number-1]
	leaf, err := NewLeaf(raw, h.keyOf(raw))
	if err != nil {
		h.t.Fatal(err)
	}
	path, err := tlog.ProveRecord(int64(len(h.entries)), int64(number-1), h)
	if err != nil {
		h.t.Fatal(err)
	}
	p.Entry = &Inclusion{Number: uint64(number), Leaf: leaf.Commitments, Path: path}
	if to == "" {
		p.Entry.Audit = &Audit{Key: tlog.Hash(h.keyOf(raw)), Entry: string(raw)}
		return p
	}
	for _, part := range leaf.Parts {
		if part.View == SenderView && to == "gla" || part.View == MemberView && strings.Contains(string(part.Text), `"member":"`+to+`"`) {
			p.Entry.Shown = &Shown{View: part.View, Salt: part.Salt, Text: string(part.Text)}
		}
	}
	return p
}

func encoded(t testing.TB, p *Proof) []byte {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// small is a ledger of seven entries, and the head of its first four.
func small(t testing.TB) (*hub, []byte) {
	h := newHub(t)
	var older []byte
	for n := range 7 {
		h.add([]string{"lincolnshire", "ukhtc"}[:1+n%2], []string{"hmrc"})
		if n == 3 {
			older = encoded(t, h.head(0))
		}
	}
	return h, older
}

// documents are one proof of each form, each since the older head.
func documents(t testing.TB) (h *hub, older []byte, docs map[string][]byte) {
	h, older = small(t)
	return h, older, map[string][]byte{
		"head": encoded(t, h.head(4)), "member": encoded(t, h.prove(6, "lincolnshire", 4)),
		"sender": encoded(t, h.prove(6, "gla", 4)), "audit": encoded(t, h.prove(6, "", 4)),
	}
}

// TestGolden pins the form: proofs that were given out once must verify for ever.
func TestGolden(t *testing.T) {
	h, older, docs := documents(t)
	docs["older"] = older
	for name, got := range docs {
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the proof %s is written otherwise than before:\n%s\n%s", name, got, want)
		}
		before := older
		if name == "older" {
			before = nil
		}
		p, err := Verify(want, h.key, before)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name != "older" && (p.Head.Size != 7 || p.Older.Size != 4) {
			t.Errorf("%s: heads of %d and %d entries", name, p.Head.Size, p.Older.Size)
		}
		if name == "member" && (p.Received == nil || p.Received.Member != "lincolnshire" || len(p.Received.Items) != 1 || p.Received.Items[0].Gateway != "gateway-lincolnshire") {
			t.Errorf("the member is shown %+v", p.Received)
		}
		if name == "sender" && (p.Sent == nil || p.Sent.Commitment != Commit("salt", []byte("content"))) {
			t.Errorf("the sender is shown %+v", p.Sent)
		}
		if name == "audit" && !bytes.Equal(p.Entry, h.entries[5]) {
			t.Errorf("the auditor is shown %s", p.Entry)
		}
	}
}

// TestEveryBitOfAProofCounts flips each bit of each proof, and of the older head
// that it is held against.
func TestEveryBitOfAProofCounts(t *testing.T) {
	h, older, docs := documents(t)
	step := 1
	if os.Getenv("LIAISON_LOAD") != "1" {
		step = 61 // the whole of it takes half a minute
	}
	flips := 0
	for name, doc := range docs {
		flips += eachFlip(doc, step, func(at int, b []byte) {
			if _, err := Verify(b, h.key, older); err == nil {
				t.Errorf("%s: bit %d of byte %d is flipped (%q), and the proof holds", name, at%8, at/8, doc[at/8])
			}
		})
	}
	flips += eachFlip(older, step, func(at int, b []byte) {
		if _, err := Verify(docs["head"], h.key, b); err == nil {
			t.Errorf("the older head: bit %d of byte %d is flipped (%q), and the proof holds", at%8, at/8, older[at/8])
		}
	})
	t.Logf("%d flips", flips)
}

// eachFlip calls fn with b, one bit flipped, for each bit of every step-th byte.
func eachFlip(b []byte, step int, fn func(at int, b []byte)) (flips int) {
	c := bytes.Clone(b)
	for i := 0; i < len(b); i += step {
		for bit := range 8 {
			c[i] ^= 1 << bit
			fn(8*i+bit, c)
			c[i] ^= 1 << bit
			flips++
		}
	}
	return flips
}

func TestAProofTellsAMemberNothingOfOthers(t *testing.T) {
	proveAmong := func(disclosed, withheld []string) ([]byte, *Proof) {
		h := newHub(t)
		h.add(disclosed, withheld)
		h.add(nil, nil)
		p := h.prove(1, "lincolnshire", 0)
		return encoded(t, p), p
	}
	var others, more []string
	for n := range 40 {
		others, more = append(others, fmt.Sprintf("canary%02d", n)), append(more, fmt.Sprintf("canary%02d", n+40))
	}
	alone, few := proveAmong([]string{"lincolnshire"}, nil)
	among, many := proveAmong(append([]string{"lincolnshire"}, others...), more)
	// What the text and everything in it in base64 or hexadecimal says.
	for _, word := range []string{"canary", "bar-of", "row-", "withheld", "4711", "hmrc"} {
		for _, form := range []string{word, base64.StdEncoding.EncodeToString([]byte(word))[:len(word)], hex.EncodeToString([]byte(word))} {
			if bytes.Contains(among, []byte(form)) {
				t.Errorf("the proof says %q", form)
			}
		}
	}
	for _, c := range many.Entry.Leaf {
		if bytes.Contains(c[:], []byte("canary")) {
			t.Error("a commitment has a name in it")
		}
	}
	// And how much of it there is: the same, whether it is alone or one of 81.
	if len(alone) != len(among) || many.Entry.Shown.Text != few.Entry.Shown.Text {
		t.Errorf("the proof has %d bytes if the member is alone, and %d among others:\n%s\n%s", len(alone), len(among), few.Entry.Shown.Text, many.Entry.Shown.Text)
	}
}

func TestWhatAMemberKnowsOpensNoOtherCommitment(t *testing.T) {
	h := newHub(t)
	h.add([]string{"lincolnshire", "ukhtc"}, nil)
	p := h.prove(1, "lincolnshire", 0)
	leaf, err := NewLeaf(h.entries[0], h.keyOf(h.entries[0]))
	if err != nil {
		t.Fatal(err)
	}
	// It may guess another's view word for word; without its salt it cannot tell.
	for _, other := range leaf.Parts {
		guess := Part{View: other.View, Salt: p.Entry.Shown.Salt, Text: other.Text}
		found := false
		for _, c := range p.Entry.Leaf {
			found = found || c == guess.commitment()
		}
		if own := string(other.Text) == p.Entry.Shown.Text; found != own {
			t.Errorf("the guess of the view %s is confirmed: %v", other.View, found)
		}
	}
	// The same entry elsewhere has other salts altogether.
	again, err := NewLeaf(h.entries[0], Key{1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Commitments {
		for j := range leaf.Commitments {
			if again.Commitments[i] == leaf.Commitments[j] {
				t.Error("two keys share a commitment")
			}
		}
	}
}

func TestForksAndRollbacksAreFoundByAnOlderHead(t *testing.T) {
	h, older := small(t)
	kept := encoded(t, h.head(0)) // seven entries
	// A ledger that was put back to four entries and went on otherwise.
	fork := newHub(t)
	for n := range 4 {
		fork.addRaw(h.entries[n])
	}
	back := encoded(t, fork.head(0))
	for range 4 {
		fork.add([]string{"merseyside"}, nil)
	}
	seven := newHub(t)
	for n := range 7 {
		seven.addRaw(fork.entries[n])
	}
	elsewhere := newHub(t)
	elsewhere.add([]string{"ukhtc"}, nil)
	for _, c := range []struct {
		name         string
		proof, older []byte
		want         string
	}{
		{"the same ledger", encoded(t, h.head(4)), older, ""},
		{"the same head", kept, kept, ""},
		{"a ledger that went back", back, kept, "went back"},
		{"one that went on otherwise", encoded(t, fork.head(7)), kept, "does not extend"},
		{"its entry", encoded(t, fork.prove(8, "merseyside", 7)), kept, "does not extend"},
		{"one of the same size", encoded(t, seven.head(0)), kept, "two different ones of 7"},
		{"its beginning, which is the same", encoded(t, fork.head(4)), older, ""},
		{"no proof of extension", encoded(t, h.head(0)), older, "ask for a proof since 4"},
		{"an extension of another head", encoded(t, h.head(3)), older, "the older head has 4"},
		{"an extension without the older head", encoded(t, h.head(4)), nil, "give that head"},
		{"another ledger", encoded(t, h.head(1)), encoded(t, elsewhere.head(0)), "does not extend"},
	} {
		_, err := Verify(c.proof, h.key, c.older)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestDishonestProofs are made by somebody who has the signing key or may choose
// what to show, and not the whole of a ledger that fits.
func TestDishonestProofs(t *testing.T) {
	h, _ := small(t)
	other := newHub(t)
	other.add([]string{"canary"}, nil)
	for name, c := range map[string]struct {
		change func(p *Proof)
		want   string
	}{
		"another's view":              {func(p *Proof) { p.Entry.Shown = other.prove(1, "canary", 0).Entry.Shown }, "not what the leaf commits to"},
		"the view of another entry":   {func(p *Proof) { p.Entry.Shown = h.prove(4, "lincolnshire", 0).Entry.Shown }, "not what the leaf commits to"},
		"the view under another name": {func(p *Proof) { p.Entry.Shown.View = SenderView }, "not what the leaf commits to"},
		"the entry as a view": {func(p *Proof) {
			leaf, _ := NewLeaf(h.entries[5], h.keyOf(h.entries[5]))
			p.Entry.Shown = &Shown{View: EntryView, Salt: leaf.Parts[0].Salt, Text: string(leaf.Parts[0].Text)}
		}, "no view"},
		"another place":       {func(p *Proof) { p.Entry.Number = 5 }, "does not have this leaf at this place"},
		"beyond the end":      {func(p *Proof) { p.Entry.Number = 8 }, "the head has 7"},
		"before the first":    {func(p *Proof) { p.Entry.Number = 0 }, "the head has 7"},
		"a path too long":     {func(p *Proof) { p.Entry.Path = append(p.Entry.Path, tlog.Hash{}) }, "does not have this leaf"},
		"a path too short":    {func(p *Proof) { p.Entry.Path = p.Entry.Path[1:] }, "does not have this leaf"},
		"no commitments":      {func(p *Proof) { p.Entry.Leaf = nil }, "cannot have 0"},
		"one more commitment": {func(p *Proof) { p.Entry.Leaf = append(p.Entry.Leaf, tlog.Hash{0: 255}) }, "cannot have 65"},
		"out of order":        {func(p *Proof) { l := p.Entry.Leaf; l[0], l[1] = l[1], l[0] }, "not sorted"},
		"nothing shown":       {func(p *Proof) { p.Entry.Shown = nil }, "must show one thing"},
		"two things shown":    {func(p *Proof) { p.Entry.Audit = h.prove(6, "", 0).Entry.Audit }, "must show one thing"},
		"another's key": {func(p *Proof) {
			p.Entry.Shown, p.Entry.Audit = nil, &Audit{Key: tlog.Hash{1}, Entry: string(h.entries[5])}
		}, "do not give this leaf"},
		"another entry": {func(p *Proof) {
			p.Entry.Shown, p.Entry.Audit = nil, &Audit{Key: tlog.Hash(h.keyOf(h.entries[5])), Entry: string(h.entries[4])}
		}, "do not give this leaf"},
		"a version to come": {func(p *Proof) { p.Version = 2 }, "version 2"},
		"two signatures": {func(p *Proof) {
			lines := strings.SplitAfter(p.Head, "\n")
			p.Head += lines[len(lines)-2]
		}, "in another way"},
		"a line more":       {func(p *Proof) { p.Head = resigned(t, h, "liaison/test\n7\n"+tlog.Hash{}.String()+"\nmore\n") }, "three lines"},
		"a plus sign":       {func(p *Proof) { p.Head = resigned(t, h, "liaison/test\n07\n"+tlog.Hash{}.String()+"\n") }, "in another way"},
		"of another origin": {func(p *Proof) { p.Head = resigned(t, h, "liaison/other\n7\n"+tlog.Hash{}.String()+"\n") }, "in another way"},
	} {
		p := h.prove(6, "lincolnshire", 0)
		c.change(p)
		if _, err := Verify(encoded(t, p), h.key, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, change := range map[string]func(string) string{
		"a space":       func(s string) string { return strings.Replace(s, ",", ", ", 1) },
		"a field more":  func(s string) string { return strings.Replace(s, "{", `{"more":1,`, 1) },
		"a field twice": func(s string) string { return strings.Replace(s, "{", `{"proof":1,`, 1) },
		"other case":    func(s string) string { return strings.Replace(s, `"head"`, `"HEAD"`, 1) },
		"no line feed":  strings.TrimSpace,
		"an escape":     func(s string) string { return strings.Replace(s, `liaison`, `l\u0069aison`, 1) },
	} {
		doc := string(encoded(t, h.prove(6, "lincolnshire", 0)))
		if _, err := Verify([]byte(change(doc)), h.key, nil); err == nil || change(doc) == doc {
			t.Errorf("%s: the proof holds", name)
		}
	}
}

func resigned(t *testing.T, h *hub, text string) string {
	t.Helper()
	msg, err := note.Sign(&note.Note{Text: text}, h.signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(msg)
}

func TestAnotherBrokersKeyVerifiesNothing(t *testing.T) {
	h, _ := small(t)
	_, public, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{8}, 64)), "liaison/test")
	if err != nil {
		t.Fatal(err)
	}
	other, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(encoded(t, h.prove(6, "gla", 0)), other, nil); err == nil || !strings.Contains(err.Error(), "not signed by") {
		t.Errorf("another key: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	h, older, docs := documents(f)
	for _, doc := range docs {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Verify(b, h.key, older)
		for _, doc := range docs {
			if bytes.Equal(b, doc) {
				return
			}
		}
		if err == nil && p.Head.Size != 7 {
			t.Errorf("holds: %q", b)
		}
	})
}
