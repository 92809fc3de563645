package schemas

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/vmihailenco/msgpack/v5"
)

// Decode reads one message, strictly, in the encoding that its first byte
// tells: JSON begins with "{", perhaps after white space, and MessagePack with
// a map. Both encodings accept exactly the same messages. Fields that the
// contract does not have, repeated and case-folded names, null, values of
// another type, positional records, binary and extension types, invalid UTF-8
// and bytes that follow are refused, as is what exceeds a bound. Every error
// is a *MalformedError.
//
// Decode does not judge what the message says: call Derive and Validate.
func Decode(b []byte) (*Message, error) { return decode(b, MaxMessage, false) }

// DecodeCopy reads a message that the broker delivered or stored: like Decode,
// but fields that this version does not know are ignored, so that a broker can
// be upgraded before its readers, and the bound is MaxCopy.
func DecodeCopy(b []byte) (*Message, error) { return decode(b, MaxCopy, true) }

func decode(b []byte, limit int, lax bool) (*Message, error) {
	if len(b) > limit {
		return nil, oversize("the message", len(b), limit)
	}
	r := reader{lax: lax}
	switch encodingOf(b) {
	case mapJSON:
		if at := invalidUTF8(b); at >= 0 {
			return nil, malformed(at, MalformedUTF8, "the JSON is not valid UTF-8")
		}
		r.source = newJSONSource(b)
	case mapMsgPack:
		if err := checkMsgPack(b); err != nil {
			return nil, err
		}
		r.source = &msgPackSource{b: b}
	case listJSON, listMsgPack:
		return nil, malformed(0, MalformedType, "this is a list, where one message is wanted")
	default:
		return nil, malformed(0, MalformedEncoding, "this begins neither like a JSON object nor like a MessagePack map")
	}
	m := new(Message)
	m.read(&r)
	if r.err == nil {
		r.err = r.source.finish()
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// encoding is what the first byte tells about an input.
type encoding byte

const (
	encodingUnknown encoding = iota
	mapJSON
	listJSON
	mapMsgPack
	listMsgPack
)

func encodingOf(b []byte) encoding {
	if len(b) == 0 {
		return encodingUnknown
	}
	switch h := readHeader(b, 0); h.wire {
	case wireMap:
		return mapMsgPack
	case wireList:
		return listMsgPack
	}
	// A head that is cut short still tells the encoding, so that the error is
	// about the end and not about the encoding.
	switch b[0] {
	case 0xde, 0xdf:
		return mapMsgPack
	case 0xdc, 0xdd:
		return listMsgPack
	}
	switch i := skipSpace(b, 0); {
	case i < len(b) && b[i] == '{':
		return mapJSON
	case i < len(b) && b[i] == '[':
		return listJSON
	}
	return encodingUnknown
}

// skipSpace returns the position of the next byte that is no JSON white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// invalidUTF8 returns the position of the first invalid byte, or -1.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

var errNoMessage = errors.New("encoding a message: there is none")

// EncodeJSON writes a message as JSON, always the same bytes for the same
// message: fields in the order of the struct, no white space, and absent what
// is empty.
func EncodeJSON(m *Message) ([]byte, error) {
	if m == nil {
		return nil, errNoMessage
	}
	return json.Marshal(m)
}

// EncodeMsgPack writes a message as MessagePack, always the same bytes for the
// same message: fields in the order of the struct, the shortest form of every
// length and integer, and absent what is empty. It is the canonical encoding.
func EncodeMsgPack(m *Message) ([]byte, error) {
	p := packers.Get().(*packer)
	defer p.release()
	b, err := p.encode(m)
	return bytes.Clone(b), err
}

// Digest is the SHA-256 hash of a message's canonical encoding.
type Digest [sha256.Size]byte

// DigestOf hashes the canonical encoding of a message, so that a message has
// the same digest however it was sent. Run Derive first: a message whose codes
// the sender wrote out and one that leaves them to the items are the same.
func DigestOf(m *Message) (Digest, error) {
	p := packers.Get().(*packer)
	defer p.release()
	b, err := p.encode(m)
	if err != nil {
		return Digest{}, err
	}
	return DigestOfCanonical(b), nil
}

// DigestOfCanonical is DigestOf for a message that EncodeMsgPack has encoded.
func DigestOfCanonical(b []byte) Digest { return sha256.Sum256(b) }

// packer writes MessagePack into its own buffer. It keeps the first error,
// so that the writers of the types need not look at it.
type packer struct {
	buf bytes.Buffer
	enc *msgpack.Encoder
	err error
}

var packers = sync.Pool{New: func() any {
	p := new(packer)
	p.enc = msgpack.NewEncoder(&p.buf)
	return p
}}

// release gives the packer back for reuse; what encode returned is then gone.
func (p *packer) release() {
	if p.buf.Cap() <= MaxCopy {
		packers.Put(p)
	}
}

// encode returns the canonical encoding, valid until the packer is released.
func (p *packer) encode(m *Message) ([]byte, error) {
	if m == nil {
		return nil, errNoMessage
	}
	p.buf.Reset()
	p.err = nil
	p.message(m)
	if p.err != nil {
		return nil, p.err
	}
	return p.buf.Bytes(), nil
}

func (p *packer) keep(err error) {
	if p.err == nil {
		p.err = err
	}
}

// open begins a map of so many fields that are always there, and one for each
// of the optional ones that is present.
func (p *packer) open(always int, optional ...bool) {
	for _, present := range optional {
		if present {
			always++
		}
	}
	p.keep(p.enc.EncodeMapLen(always))
}

func (p *packer) key(name string) { p.keep(p.enc.EncodeString(name)) }

func (p *packer) text(name, s string) {
	if !utf8.ValidString(s) {
		p.keep(errors.New("encoding a message: the field " + name + " is not valid UTF-8"))
	}
	p.key(name)
	p.keep(p.enc.EncodeString(s))
}

func (p *packer) optionalText(name, s string) {
	if s != "" {
		p.text(name, s)
	}
}

func (p *packer) optionalDate(name string, d Date) {
	if !d.IsZero() {
		p.text(name, d.String())
	}
}

func (p *packer) integer(name string, n int) {
	p.key(name)
	p.keep(p.enc.EncodeInt(int64(n)))
}

// list begins a list; the caller writes its values. It says whether there are any.
func (p *packer) list(name string, n int) bool {
	if n == 0 {
		return false
	}
	p.key(name)
	p.keep(p.enc.EncodeArrayLen(n))
	return true
}

func packTexts[T ~string](p *packer, name string, list []T) {
	p.list(name, len(list))
	for _, s := range list {
		if !utf8.ValidString(string(s)) {
			p.keep(errors.New("encoding a message: the field " + name + " is not valid UTF-8"))
		}
		p.keep(p.enc.EncodeString(string(s)))
	}
}

func packIntegers(p *packer, name string, list []int) {
	p.list(name, len(list))
	for _, n := range list {
		p.keep(p.enc.EncodeInt(int64(n)))
	}
}
