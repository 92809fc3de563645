package schemas

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var fuzzNow = time.Date(2009, 8, 14, 12, 0, 0, 0, time.UTC)

// seed adds every form of every vector.
func seed(f *testing.F, wrap func([]byte) []byte) {
	for _, v := range readVectors(f) {
		for _, b := range v.inputs() {
			if len(b) < 4096 {
				f.Add(wrap(b))
			}
		}
	}
}

func same(b []byte) []byte { return b }

// FuzzDecode: whatever decodes is one and the same message in both encodings,
// and its canonical encoding is a fixed point.
func FuzzDecode(f *testing.F) {
	seed(f, same)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			if m != nil {
				t.Fatal("a message with an error")
			}
			return
		}
		checkTravels(t, m)
		lax, err := DecodeCopy(b)
		if err != nil {
			t.Fatalf("DecodeCopy refuses what Decode accepts: %v", err)
		}
		if diff := cmp.Diff(m, lax); diff != "" {
			t.Fatalf("Decode and DecodeCopy differ:\n%s", diff)
		}
	})
}

// checkTravels checks that a message goes through both encodings unchanged.
func checkTravels(t *testing.T, m *Message) {
	t.Helper()
	packed, err := EncodeMsgPack(m)
	if err != nil {
		t.Fatal(err)
	}
	json, err := EncodeJSON(m)
	if err != nil {
		t.Fatal(err)
	}
	for form, b := range map[string][]byte{"MessagePack": packed, "JSON": json} {
		got, err := decode(b, 8*MaxMessage, false)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if diff := cmp.Diff(m, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", form, diff)
		}
		if again, err := EncodeMsgPack(got); err != nil || !bytes.Equal(again, packed) {
			t.Fatalf("%s: the canonical encoding changes on the way (%v)", form, err)
		}
	}
}

// FuzzDecodeCopy: a lax reader takes no more than fields it does not know.
func FuzzDecodeCopy(f *testing.F) {
	seed(f, same)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeCopy(b)
		if err != nil {
			return
		}
		checkTravels(t, m)
	})
}

// FuzzSplit: the parts lie in the input one after the other, whole messages
// survive in a bundle, and a bundle of the parts splits in the same way.
func FuzzSplit(f *testing.F) {
	seed(f, same)
	seed(f, func(b []byte) []byte { return bytes.Join([][]byte{[]byte("["), b, []byte(","), b, []byte("]")}, nil) })
	seed(f, func(b []byte) []byte { return append([]byte{0x92}, append(bytes.Clone(b), b...)...) })
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, err := Split(b)
		if err != nil {
			return
		}
		if len(parts) == 0 || len(parts) > MaxBundle {
			t.Fatalf("%d parts", len(parts))
		}
		rest := b
		for i, p := range parts {
			at := bytes.Index(rest, p)
			if len(p) == 0 || at < 0 {
				t.Fatalf("part %d is empty or not in order in the input", i)
			}
			rest = rest[at+len(p):]
		}
		checkJoined(t, b, parts)
	})
}

// checkJoined bundles the parts again, where they are of the bundle's encoding.
func checkJoined(t *testing.T, b []byte, parts [][]byte) {
	t.Helper()
	var joined []byte
	switch encodingOf(b) {
	case listJSON:
		joined = append(append([]byte{'['}, bytes.Join(parts, []byte(","))...), ']')
	case listMsgPack:
		joined = append([]byte{0xdc, byte(len(parts) >> 8), byte(len(parts))}, bytes.Join(parts, nil)...)
	default:
		return
	}
	again, err := Split(joined)
	if err != nil && len(joined) <= MaxBundleBytes {
		t.Fatalf("a bundle of the same parts is refused: %v", err)
	}
	if err == nil && len(again) != len(parts) {
		t.Fatalf("%d parts became %d", len(parts), len(again))
	}
}

// FuzzValidate: it ends, has no fault without path, code and words, and does
// not change the message.
func FuzzValidate(f *testing.F) {
	seed(f, same)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		before, _ := EncodeMsgPack(m)
		faults := Validate(m, fuzzNow)
		after, _ := EncodeMsgPack(m)
		if !bytes.Equal(before, after) {
			t.Fatal("Validate changed the message")
		}
		if len(faults) > MaxFaults+1 {
			t.Fatalf("%d faults", len(faults))
		}
		for _, f := range faults {
			if f.Code == "" || f.Problem == "" || f.Advice == "" || (f.Path == "" && f.Code != FaultMore) {
				t.Fatalf("an incomplete fault: %+v", f)
			}
		}
		if len(faults) == 0 {
			m.Derive()
			if again := Validate(m, fuzzNow); len(again) > 0 {
				t.Fatalf("deriving makes it invalid: %v", again[0])
			}
		}
	})
}

// FuzzCheckMsgPack: what the structural check passes has an end that is found
// by lengths alone, and it is the end of the input.
func FuzzCheckMsgPack(f *testing.F) {
	seed(f, same)
	f.Fuzz(func(t *testing.T, b []byte) {
		if checkMsgPack(b) != nil {
			return
		}
		if end, err := msgPackEnd(b, 0); err != nil || end != len(b) {
			t.Fatalf("the check passes %d bytes, and the value ends at %d (%v)", len(b), end, err)
		}
	})
}
