package adaptertest

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/schemas"
)

// seedBytes bounds a seed. Whoever fuzzes spends as many executions on making an
// input smaller as it has bytes, and the golden tests read the files whole.
const seedBytes = 2 << 10

// Fuzz reads arbitrary bytes as an export of each suite. Whatever they are, no
// adapter may panic, break the rules for records, take memory without bound,
// make a message that cannot be encoded and read back, or read the same bytes
// differently a second time. Seeds are the beginnings of the agency's samples
// and testdata.
func Fuzz(f *testing.F, agency string, suites ...Suite) {
	// An execution allocates as much as the collector waits for by default.
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	for _, dir := range []string{filepath.Join("..", "..", "deploy", "samples", agency), "testdata"} {
		if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "fuzz" {
				return cmp.Or(err, fs.SkipDir)
			}
			if d.IsDir() || strings.HasSuffix(name, ".golden.jsonl") {
				return nil
			}
			seed, err := os.ReadFile(name)
			if len(seed) > seedBytes {
				seed = seed[:bytes.LastIndexByte(seed[:seedBytes], '\n')+1]
			}
			f.Add(seed)
			return err
		}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, export []byte) {
		for _, s := range suites {
			s.fuzz(t, export)
		}
	})
}

// perByte and atLeast bound the memory that may be taken, all in all, to read an
// export.
const (
	perByte = 4 << 10
	atLeast = 64 << 20
)

func (s Suite) fuzz(t *testing.T, export []byte) {
	before := allocated()
	first, fault := s.records(t, export)
	if used := allocated() - before; used > atLeast+perByte*uint64(len(export)) {
		t.Errorf("%d bytes took %d MiB", len(export), used>>20)
	}
	again, faultAgain := s.records(t, export)
	if !reflect.DeepEqual(first, again) || !reflect.DeepEqual(fault, faultAgain) {
		t.Errorf("the same bytes were read differently:\n%s", gocmp.Diff(lines(t, first, fault), lines(t, again, faultAgain)))
	}
	s.refusable(t, first)
}

// allocated is how many bytes the process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// refusable completes the messages as the agent does: one that is not valid is
// rejected, and every other must survive its encodings.
func (s Suite) refusable(t *testing.T, records []agents.Record) {
	t.Helper()
	refused := map[*schemas.Message]bool{}
	s.complete(t, records, func(r agents.Record, _ schemas.Fault) { refused[r.Message] = true })
	for _, r := range records {
		if r.Message == nil || refused[r.Message] {
			continue
		}
		packed, err := schemas.EncodeMsgPack(r.Message)
		if err != nil {
			t.Fatalf("line %d: encoding: %v", r.Line, err)
		}
		back, err := schemas.Decode(packed)
		if err != nil && len(packed) <= schemas.MaxMessage {
			t.Fatalf("line %d: reading back: %v", r.Line, err)
		}
		if err != nil {
			continue // too large; the agent rejects it
		}
		if again, err := schemas.EncodeMsgPack(back); err != nil || !bytes.Equal(packed, again) {
			t.Errorf("line %d: the message is another one when it is read back: %v", r.Line, err)
		}
	}
}
