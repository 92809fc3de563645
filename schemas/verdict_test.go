package schemas

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzSameVerdict turns any MessagePack into the JSON of the same value: both
// must be refused, or decode to the same message with the same faults.
func FuzzSameVerdict(f *testing.F) {
	seed(f, same)
	f.Fuzz(func(t *testing.T, b []byte) {
		if checkMsgPack(b) != nil || encodingOf(b) != mapMsgPack {
			return
		}
		text, _ := transcode(nil, b, 0)
		for _, lax := range []bool{false, true} {
			packed, packedErr := decode(b, MaxCopy, lax)
			plain, plainErr := decode(text, 8*MaxCopy, lax)
			if (packedErr == nil) != (plainErr == nil) {
				t.Fatalf("lax %v: MessagePack: %v; JSON: %v; %s", lax, packedErr, plainErr, text)
			}
			if packedErr != nil {
				if p, j := packedErr.(*MalformedError), plainErr.(*MalformedError); p.Code != j.Code || p.Path != j.Path {
					t.Fatalf("MessagePack: %v; JSON: %v; %s", p, j, text)
				}
				continue
			}
			if diff := cmp.Diff(packed, plain); diff != "" {
				t.Fatalf("(-MessagePack +JSON):\n%s", diff)
			}
			if diff := cmp.Diff(Validate(packed, fuzzNow), Validate(plain, fuzzNow)); diff != "" {
				t.Fatalf("(-MessagePack +JSON):\n%s", diff)
			}
		}
	})
}

// transcode appends the value at a position as JSON and returns what follows.
// It is written without the code under test, but for readHeader.
func transcode(out, b []byte, at int) ([]byte, int) {
	h := readHeader(b, at)
	end := h.next + int(h.n)
	switch h.wire {
	case wireNil:
		return append(out, "null"...), h.next
	case wireBool:
		return strconv.AppendBool(out, b[at] == 0xc3), h.next
	case wireInt:
		return append(out, integerText(b[at], b[h.next:end])...), end
	case wireFloat:
		return append(out, floatText(b[h.next:end])...), end
	case wireText:
		return append(out, quote(b[h.next:end])...), end
	}
	brackets := "[]"
	if h.wire == wireMap {
		brackets = "{}"
	}
	out, at = append(out, brackets[0]), h.next
	for i := range h.n {
		if i > 0 {
			out = append(out, ',')
		}
		if h.wire == wireMap {
			out, at = transcode(out, b, at)
			out = append(out, ':')
		}
		out, at = transcode(out, b, at)
	}
	return append(out, brackets[1]), at
}

func quote(b []byte) []byte {
	q, err := json.Marshal(string(b))
	if err != nil {
		panic(err)
	}
	return q
}

func integerText(first byte, payload []byte) string {
	if first == 0xcf {
		return strconv.FormatUint(binary.BigEndian.Uint64(payload), 10)
	}
	return strconv.FormatInt(integerOf(first, payload), 10)
}

// floatText always has a point or an exponent.
func floatText(payload []byte) string {
	v := 0.0
	if len(payload) == 4 {
		v = float64(math.Float32frombits(binary.BigEndian.Uint32(payload)))
	} else {
		v = math.Float64frombits(binary.BigEndian.Uint64(payload))
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "0.5"
	}
	return fmt.Sprintf("%e", v)
}
