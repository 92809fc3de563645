package schemas

import (
	"testing"
	"time"
)

// benchMessage is the contract's example, and benchNow a day on which it is valid.
const benchMessage = "testdata/vectors/accept-tip.txt"

var benchNow = time.Date(2009, 8, 14, 12, 0, 0, 0, time.UTC)

func benchVector(b *testing.B) vector {
	b.Helper()
	v, err := readVector(benchMessage)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func benchmarkBytes(b *testing.B, in []byte, run func([]byte) error) {
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if err := run(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckMsgPack(b *testing.B) {
	benchmarkBytes(b, benchVector(b).msgPack, func(in []byte) error {
		if err := checkMsgPack(in); err != nil {
			return err
		}
		return nil
	})
}

func BenchmarkDecodeMsgPack(b *testing.B) {
	benchmarkBytes(b, benchVector(b).msgPack, func(in []byte) error { _, err := Decode(in); return err })
}

func BenchmarkDecodeJSON(b *testing.B) {
	benchmarkBytes(b, benchVector(b).json, func(in []byte) error { _, err := Decode(in); return err })
}

func benchmarkMessage(b *testing.B, run func(*Message) error) {
	m, err := Decode(benchVector(b).msgPack)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := run(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeMsgPack(b *testing.B) {
	benchmarkMessage(b, func(m *Message) error { _, err := EncodeMsgPack(m); return err })
}

func BenchmarkEncodeJSON(b *testing.B) {
	benchmarkMessage(b, func(m *Message) error { _, err := EncodeJSON(m); return err })
}

func BenchmarkDigest(b *testing.B) {
	benchmarkMessage(b, func(m *Message) error { _, err := DigestOf(m); return err })
}

func BenchmarkValidate(b *testing.B) {
	benchmarkMessage(b, func(m *Message) error {
		if faults := Validate(m, benchNow); len(faults) > 0 {
			b.Fatal(faults)
		}
		return nil
	})
}
