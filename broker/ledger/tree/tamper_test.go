package tree

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/ledger"
	"liaison/deploy/evidence"
	"liaison/schemas/proof"
)

// tampering is a ledger with its tree, of which one thing at a time is altered.
type tampering struct {
	*testing.T
	dir   string
	m     *memory
	tree  *Tree
	step  int
	count int
}

// TestATamperingIsFound is the small form of TestEveryTamperingIsFound that runs
// each time: every bit of some of the bytes.
func TestATamperingIsFound(t *testing.T) { tamperings(t, 4, 97) }

// TestEveryTamperingIsFound alters every bit of every entry, of its address, of
// the tree's hashes, of the signed head and of a whole proof of each form; cuts,
// drops, doubles, exchanges and forges entries at every place:
//
//	LIAISON_LOAD=1 go test -run TestEveryTamperingIsFound -timeout 0 -v ./broker/ledger/tree
func TestEveryTamperingIsFound(t *testing.T) {
	if os.Getenv("LIAISON_LOAD") != "1" {
		t.Skip("NOT RUN: takes minutes; set LIAISON_LOAD=1")
	}
	began := time.Now()
	counts := tamperings(t, 5, 1)
	total := 0
	var kinds []string
	for kind, n := range counts {
		total += n
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(kinds)
	if total < 100_000 {
		t.Errorf("only %d tamperings", total)
	}
	evidence.Record(t, evidence.Row{Name: "ledger-tampering", Part: "audit",
		Fault: "one bit of a ledger, its tree, its head or a proof altered; entries cut off, dropped, doubled, exchanged, forged and the chain sealed anew",
		How:   "every bit of 5 entries with their addresses, of the tree's hashes, of the signed head, and of a proof of each form; every place",
		Runs:  total, Command: "LIAISON_LOAD=1 go test -run TestEveryTamperingIsFound -timeout 0 -v ./broker/ledger/tree",
		Note: fmt.Sprintf("all found, and what lies in the ledger located at its entry (%s), in %.0f s", strings.Join(kinds, ", "), time.Since(began).Seconds())})
}

// tamperings carries them out on a ledger of so many entries, on every step-th
// byte, and counts them by kind.
func tamperings(t *testing.T, entries, step int) map[string]int {
	d := &tampering{T: t, dir: folderOf(t), m: &memory{}, step: step}
	d.m.add(t, entries, "lincolnshire")
	d.tree = open(t, d.dir, d.m)
	follows(t, d.tree, d.m)
	counts := map[string]int{}
	for kind, run := range map[string]func(){"entries": d.entries, "addresses": d.addresses, "hashes": d.hashes, "head": d.head,
		"places": d.places, "proofs": d.proofs} {
		d.count = 0
		run()
		if counts[kind] = d.count; d.count == 0 {
			t.Errorf("nothing of the %s was tampered with", kind)
		}
	}
	t.Log(counts)
	return counts
}

// flips calls fn for each bit, with that bit of b itself altered meanwhile.
func (d *tampering) flips(b []byte, fn func(what string)) {
	for i := 0; i < len(b); i += d.step {
		for bit := range 8 {
			b[i] ^= 1 << bit
			fn(fmt.Sprintf("bit %d of byte %d", bit, i))
			b[i] ^= 1 << bit
			d.count++
		}
	}
}

// located requires that verification of a ledger names an entry.
func (d *tampering) located(m *memory, what string, number int) {
	d.Helper()
	d.tree.cfg.Ledger = m
	r, err := d.tree.Verify(d.Context(), time.Time{})
	d.tree.cfg.Ledger = d.m
	if err != nil {
		d.Errorf("%s: %v", what, err)
	}
	if !slices.ContainsFunc(r.Faults, func(f ledger.ChainFault) bool { return f.Entry == uint64(number) }) {
		d.Errorf("%s: entry %d is not among the faults %+v", what, number, r.Faults)
	}
}

func (d *tampering) entries() {
	m := d.m.clone()
	for i, e := range m.entries {
		d.flips(e.Data, func(what string) { d.located(m, fmt.Sprintf("entry %d: %s", i+1, what), i+1) })
	}
}

func (d *tampering) addresses() {
	m := d.m.clone()
	for i, e := range m.entries {
		address := []byte(e.Subject)
		d.flips(address, func(what string) {
			e.Subject = string(address)
			d.located(m, fmt.Sprintf("the address of entry %d: %s", i+1, what), i+1)
		})
		e.Subject = string(address)
	}
}

// hashes alters the tree's file under the open tree, which must find it, and
// under the next one that opens it.
func (d *tampering) hashes() {
	file := read(d, d.dir, hashesFile)
	intact := bytes.Clone(file)
	d.flips(file, func(what string) {
		d.overwrite(file)
		r, err := d.tree.Verify(d.Context(), time.Time{})
		if err != nil || len(r.Faults) == 0 {
			d.Errorf("the tree's hashes: %s: %+v, %v", what, r, err)
		}
	})
	d.overwrite(intact)
	for cut := 1; cut <= len(file); cut += d.step {
		write(d, d.dir, hashesFile, intact[:len(file)-cut])
		d.refusesToOpen(fmt.Sprintf("%d bytes of the tree's hashes cut off", cut))
	}
	write(d, d.dir, hashesFile, intact)
	d.tree.Close()
	d.tree = open(d, d.dir, d.m)
}

func (d *tampering) overwrite(b []byte) {
	if _, err := d.tree.hashes.file.WriteAt(b, 0); err != nil {
		d.Fatal(err)
	}
}

func (d *tampering) refusesToOpen(what string) {
	d.count++
	tr, err := Open(config(d, d.dir, d.m))
	if err == nil {
		tr.Close()
	}
	if !errors.Is(err, ErrDamaged) {
		d.Errorf("%s: opened with %v", what, err)
	}
}

func (d *tampering) head() {
	head := read(d, d.dir, headFile)
	intact := bytes.Clone(head)
	d.flips(head, func(what string) {
		d.count--
		write(d, d.dir, headFile, head)
		d.refusesToOpen("the signed head: " + what)
	})
	write(d, d.dir, headFile, intact)
}

// places alters whole entries at each place, also with the chain sealed anew
// behind them, which only the tree can find.
func (d *tampering) places() {
	n := len(d.m.entries)
	for i := range n {
		for what, doctor := range map[string]func(m *memory){
			"cut off from": func(m *memory) { m.entries = m.entries[:i] },
			"dropped":      func(m *memory) { m.entries = slices.Delete(m.entries, i, i+1) },
			"doubled":      func(m *memory) { m.entries = slices.Insert(m.entries, i, m.entries[i]) },
			"emptied":      func(m *memory) { m.entries[i].Data = nil },
			"forged":       func(m *memory) { m.reseal(d, i, func(e *ledger.Entry) { e.Outcomes[0].Member = "merseyside" }) },
			"left out":     func(m *memory) { m.leaveOut(d, i) },
			"sent again":   func(m *memory) { m.reseal(d, i, func(e *ledger.Entry) { e.At = e.At.Add(time.Nanosecond) }) },
		} {
			m := d.m.clone()
			doctor(m)
			number := i + 1
			if what == "doubled" {
				number++ // the second stands where the next must be
			}
			d.count++
			d.located(m, fmt.Sprintf("entry %d %s", i+1, what), min(number, n+1))
		}
		for j := range i {
			m := d.m.clone()
			m.entries[i].Data, m.entries[j].Data = m.entries[j].Data, m.entries[i].Data
			d.count++
			d.located(m, fmt.Sprintf("entries %d and %d exchanged", j+1, i+1), j+1)
		}
	}
}

// reseal changes an entry and seals the chain anew behind it.
func (m *memory) reseal(t testing.TB, from int, change func(*ledger.Entry)) {
	var chain ledger.Chain
	for i, old := range m.entries {
		e, err := ledger.Parse(old.Data)
		if err != nil {
			t.Fatal(err)
		}
		if i == from && change != nil {
			change(&e)
		}
		raw, next, err := chain.Seal(&e)
		if err != nil {
			t.Fatal(err)
		}
		chain, m.entries[i] = next, &jetstream.RawStreamMsg{Subject: old.Subject, Data: raw, Sequence: old.Sequence}
	}
}

// leaveOut drops an entry and seals the chain anew, as if it had never been.
func (m *memory) leaveOut(t testing.TB, i int) {
	m.entries = slices.Delete(m.entries, i, i+1)
	m.reseal(t, 0, nil)
}

// proofs alters a proof of each form, and the older head that it extends.
func (d *tampering) proofs() {
	key, number, since := d.tree.keys.known(), uint64(4), uint64(3)
	past := &memory{entries: d.m.entries[:since]}
	before := folderOf(d)
	write(d, before, keyFile, read(d, d.dir, keyFile))
	tr := open(d, before, past)
	follows(d, tr, past)
	older, err := tr.Head(d.Context(), 0)
	if err != nil {
		d.Fatal(err)
	}
	for _, form := range []struct {
		name string
		make func() ([]byte, error)
	}{
		{"head", func() ([]byte, error) { return d.tree.Head(d.Context(), since) }},
		{"sender", func() ([]byte, error) { return d.tree.Prove(d.Context(), number, "gla", since) }},
		{"member", func() ([]byte, error) { return d.tree.Prove(d.Context(), number, "lincolnshire", since) }},
		{"audit", func() ([]byte, error) { return d.tree.Prove(d.Context(), number, "", since) }},
	} {
		b, err := form.make()
		if err != nil {
			d.Fatal(err)
		}
		if _, err := proof.Verify(b, key, older); err != nil {
			d.Fatalf("the proof %s as it is: %v", form.name, err)
		}
		d.flips(b, func(what string) {
			if _, err := proof.Verify(b, key, older); err == nil {
				d.Errorf("the proof %s: %s: it holds", form.name, what)
			}
		})
		for cut := 1; cut <= len(b); cut += d.step {
			d.count++
			if _, err := proof.Verify(b[:len(b)-cut], key, older); err == nil {
				d.Errorf("the proof %s, %d bytes cut off, holds", form.name, cut)
			}
		}
		if form.name == "head" {
			d.flips(older, func(what string) {
				if _, err := proof.Verify(b, key, older); err == nil {
					d.Errorf("the older head: %s: it is extended", what)
				}
			})
		}
	}
}
