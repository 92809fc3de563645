package adaptertest

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"liaison/agents"
	"liaison/schemas"
)

// Fuzz reads arbitrary bytes as an export of each suite. Whatever they are, no
// adapter may panic, break the rules for records, take memory without bound,
// make a message that cannot be encoded and read back, or read the same bytes
// differently a second time. Seeds are the agency's samples and testdata.
func Fuzz(f *testing.F, agency string, suites ...Suite) {
	for _, dir := range []string{filepath.Join("..", "..", "deploy", "samples", agency), "testdata"} {
		if err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "fuzz" {
				return cmp.Or(err, fs.SkipDir)
			}
			if d.IsDir() || strings.HasSuffix(name, ".golden.jsonl") {
				return nil
			}
			seed, err := os.ReadFile(name)
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
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	first, fault := s.refusable(t, export)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > atLeast+perByte*uint64(len(export)) {
		t.Errorf("%d bytes took %d MiB", len(export), used>>20)
	}
	again, faultAgain := s.refusable(t, export)
	if diff := gocmp.Diff(lines(t, first, fault), lines(t, again, faultAgain)); diff != "" {
		t.Errorf("the same bytes were read differently:\n%s", diff)
	}
}

// refusable reads as the agent does: a message that is not valid is rejected.
// Every other one must survive its encodings.
func (s Suite) refusable(t *testing.T, export []byte) ([]agents.Record, *agents.FileFault) {
	t.Helper()
	records, fault := s.read(t, export, func(r *agents.Record, f schemas.Fault) {
		r.Faults = append(r.Faults, agents.Fault{Line: r.Line, Field: f.Path, Problem: f.Problem, Advice: f.Advice})
	})
	for i, r := range records {
		if r.Message == nil {
			continue
		}
		if len(r.Faults) > 0 {
			records[i].Message = nil
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
	return records, fault
}
