package adaptertest

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"liaison/agents"
)

// poison puts bytes that no person wrote into the middle record of three: the
// other two must come through.
func (s Suite) poison(t *testing.T) {
	var export bytes.Buffer
	s.Generate(&export, 3)
	clean, _ := s.Read(t, export.Bytes())
	if len(ids(clean)) != 3 {
		t.Fatalf("three generated records gave %d messages", len(ids(clean)))
	}
	needle := []byte("record number 1 ")
	if bytes.Count(export.Bytes(), needle) != 1 {
		t.Fatal("the generator must write \"record number 1 \" into the text of its second record")
	}
	for name, bad := range map[string]string{"NUL": "\x00", "escape": "\x1b[2J", "undefined byte": "\x81"} {
		records, fault := s.Read(t, bytes.Replace(export.Bytes(), needle, append([]byte(bad), needle...), 1))
		got := ids(records)
		if fault != nil || len(got) != 2 || got[0] != ids(clean)[0] || got[1] != ids(clean)[2] {
			t.Errorf("%s: the neighbours did not come through: %d messages, %v", name, len(got), fault)
		}
	}
}

// hostile files end soon, without a panic and without a message.
func (s Suite) hostile(t *testing.T) {
	files := map[string]string{
		"empty":          "",
		"blank":          " \r\n\r\n",
		"NULs":           strings.Repeat("\x00", 1<<16),
		"one long line":  strings.Repeat("x", 10<<20),
		"one long quote": "\"" + strings.Repeat("x\n", 5<<20),
		"UTF-16 noise":   "\xff\xfe" + strings.Repeat("\x00\xd8", 1000),
		"invalid UTF-8":  strings.Repeat("\xf0\x28\x8c\x28\n", 1000),
		"many angles":    strings.Repeat("<", 1<<20),
		"a PDF":          "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
	}
	for name, text := range s.Hostile {
		files[name] = text
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			records, fault := s.Read(t, []byte(text))
			if n := len(ids(records)); n != 0 {
				t.Errorf("%d messages were made of it", n)
			}
			if fault == nil && len(records) == 0 {
				t.Error("nobody is told that nothing was read")
			}
		})
	}
}

// memory reads a long export and looks at what it holds on the way.
func (s Suite) memory(t *testing.T) {
	const many = 20_000
	r, w := io.Pipe()
	go func() {
		s.Generate(w, many)
		w.Close()
	}()
	n, peak := 0, uint64(0)
	err := s.Adapter.Read(r, "export", func(rec agents.Record) error {
		if n++; n%4000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
		return nil
	})
	if err != nil || n != many {
		t.Fatalf("read %d of %d records: %v", n, many, err)
	}
	if peak > 48<<20 {
		t.Errorf("held %d MiB while reading", peak>>20)
	}
}

// stops says that an adapter ends at once, and with the error it was given.
func (s Suite) stops(t *testing.T) {
	var export bytes.Buffer
	s.Generate(&export, 5)
	enough := errors.New("enough")
	n := 0
	err := s.Adapter.Read(&export, "export", func(agents.Record) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("went on to record %d and ended with %v", n, err)
	}
	broken := errors.New("the disk is broken")
	s.Generate(&export, 1)
	err = s.Adapter.Read(io.MultiReader(&export, brokenReader{broken}), "export", func(agents.Record) error { return nil })
	if !errors.Is(err, broken) {
		t.Errorf("a broken disk gave %v", err)
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }
