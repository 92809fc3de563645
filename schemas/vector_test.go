package schemas

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the canonical MessagePack and digest of the accepted vectors anew")

// vector is one file of testdata/vectors; its README describes the form.
type vector struct {
	name, path  string
	expect      string
	now         time.Time
	faults      []string
	json        []byte
	msgPack     []byte
	sameJSON    [][]byte
	sameMsgPack [][]byte
	digest      string
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	paths, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	vectors := make([]vector, len(paths))
	for i, path := range paths {
		if vectors[i], err = readVector(path); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return vectors
}

func readVector(path string) (vector, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return vector{}, err
	}
	v := vector{path: path}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			return v, fmt.Errorf("no key in the line %.40q", line)
		}
		if err := v.set(key, value); err != nil {
			return v, fmt.Errorf("%s: %w", key, err)
		}
	}
	return v, nil
}

func (v *vector) set(key, value string) (err error) {
	switch key {
	case "name":
		v.name = value
	case "note":
	case "expect":
		v.expect = value
	case "now":
		v.now, err = time.Parse(time.RFC3339, value)
	case "fault":
		v.faults = append(v.faults, value)
	case "json":
		v.json = []byte(value)
	case "json-hex":
		v.json, err = hex.DecodeString(value)
	case "append-spaces":
		var n int
		n, err = strconv.Atoi(value)
		v.json = append(v.json, bytes.Repeat([]byte{' '}, n)...)
	case "same-json":
		v.sameJSON = append(v.sameJSON, []byte(value))
	case "msgpack":
		v.msgPack, err = hex.DecodeString(value)
	case "same-msgpack":
		var b []byte
		b, err = hex.DecodeString(value)
		v.sameMsgPack = append(v.sameMsgPack, b)
	case "digest":
		v.digest = value
	default:
		err = errors.New("unknown key")
	}
	return err
}

// inputs returns the forms of the vector's message, by name.
func (v *vector) inputs() map[string][]byte {
	in := map[string][]byte{}
	if v.json != nil {
		in["json"] = v.json
	}
	if v.msgPack != nil {
		in["msgpack"] = v.msgPack
	}
	for i, b := range v.sameJSON {
		in[fmt.Sprint("same-json ", i)] = b
	}
	for i, b := range v.sameMsgPack {
		in[fmt.Sprint("same-msgpack ", i)] = b
	}
	return in
}

// verdict judges a message as an intake does, and gives the outcome in the
// words of the vectors.
func verdict(b []byte, now time.Time) (expect string, faults []string) {
	_, refusal := Read(b, now)
	if refusal == nil {
		return "accept", nil
	}
	return string(refusal.Code), faultLines(refusal.Faults)
}

func faultLines(faults []Fault) []string {
	var lines []string
	for _, f := range faults {
		path := f.Path
		if path == "" {
			path = "-"
		}
		lines = append(lines, path+" "+string(f.Code))
	}
	slices.Sort(lines)
	return lines
}

func TestVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.name, func(t *testing.T) {
			if v.path != filepath.Join("testdata", "vectors", v.name+".txt") {
				t.Errorf("the name does not fit the file %s", v.path)
			}
			if v.expect == "accept" && *update {
				v.rewrite(t)
			}
			slices.Sort(v.faults)
			for form, b := range v.inputs() {
				expect, faults := verdict(b, v.now)
				if expect != v.expect {
					t.Errorf("%s: got %s, want %s", form, expect, v.expect)
				}
				if diff := cmp.Diff(v.faults, faults); diff != "" {
					t.Errorf("%s: faults (-want +got):\n%s", form, diff)
				}
			}
			if v.expect == "accept" && !t.Failed() {
				v.checkCanonical(t)
			}
		})
	}
}

// checkCanonical checks that all forms are one message, and that it is written
// exactly as the vector has it.
func (v *vector) checkCanonical(t *testing.T) {
	want, _ := Decode(v.json)
	for form, b := range v.inputs() {
		got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is another message (-json +%s):\n%s", form, form, diff)
		}
	}
	msgPack, err := EncodeMsgPack(want)
	if err != nil || !bytes.Equal(msgPack, v.msgPack) {
		t.Errorf("MessagePack: got %x (%v), want %x", msgPack, err, v.msgPack)
	}
	json, err := EncodeJSON(want)
	if err != nil || !bytes.Equal(json, v.json) {
		t.Errorf("JSON: got %s (%v), want %s", json, err, v.json)
	}
	want.Derive()
	digest, err := DigestOf(want)
	if got := hex.EncodeToString(digest[:]); err != nil || got != v.digest {
		t.Errorf("digest: got %s (%v), want %s", got, err, v.digest)
	}
}

func (v *vector) rewrite(t *testing.T) {
	m, err := Decode(v.json)
	if err != nil {
		t.Fatal(err)
	}
	if v.msgPack, err = EncodeMsgPack(m); err != nil {
		t.Fatal(err)
	}
	m.Derive()
	digest, err := DigestOf(m)
	if err != nil {
		t.Fatal(err)
	}
	v.digest = hex.EncodeToString(digest[:])
	text, err := os.ReadFile(v.path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "msgpack: ") && !strings.HasPrefix(line, "digest: ") {
			out.WriteString(line)
		}
	}
	fmt.Fprintf(&out, "msgpack: %x\ndigest: %s\n", v.msgPack, v.digest)
	if err := os.WriteFile(v.path, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
