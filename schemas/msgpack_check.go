package schemas

import (
	"encoding/binary"
	"unicode/utf8"
)

// wireType is the type of a MessagePack value, as far as the contract cares.
type wireType byte

const (
	wireNone   wireType = iota // not a value: cut short, or the byte 0xc1
	wireNil                    // nil
	wireBool                   // false, true
	wireInt                    // any integer; n bytes follow the first one
	wireFloat                  // n bytes follow
	wireText                   // n bytes follow
	wireBinary                 // n bytes follow
	wireExt                    // n bytes follow, after the type
	wireList                   // n values follow
	wireMap                    // n pairs follow
)

// header is the head of one MessagePack value.
type header struct {
	wire wireType
	// next is the position after the head.
	next int
	// n counts the bytes of a scalar, the values of a list or the pairs of a
	// map. It is as declared: nothing has been compared with it.
	n uint64
}

// readHeader reads the head at a position. Both the structural check and the
// decoder use it, so that they can never disagree about where a value ends.
func readHeader(b []byte, at int) header {
	if at >= len(b) {
		return header{next: at}
	}
	c := b[at]
	switch {
	case c <= 0x7f || c >= 0xe0:
		return header{wireInt, at + 1, 0}
	case c <= 0x8f:
		return header{wireMap, at + 1, uint64(c & 0x0f)}
	case c <= 0x9f:
		return header{wireList, at + 1, uint64(c & 0x0f)}
	case c <= 0xbf:
		return header{wireText, at + 1, uint64(c & 0x1f)}
	}
	f := wideForms[c-0xc0]
	if f.length == 0 {
		return header{f.wire, at + 1, uint64(f.fixed)}
	}
	if len(b)-at-1 < int(f.length) {
		return header{next: at}
	}
	n := uint64(0)
	switch f.length {
	case 1:
		n = uint64(b[at+1])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b[at+1:]))
	case 4:
		n = uint64(binary.BigEndian.Uint32(b[at+1:]))
	}
	return header{f.wire, at + 1 + int(f.length), n + uint64(f.fixed)}
}

// wideForms describes the first bytes 0xc0 to 0xdf: how many bytes of length
// follow, and how many bytes of payload belong to it beyond that length.
var wideForms = [32]struct {
	wire   wireType
	length uint8
	fixed  uint8
}{
	0x00: {wire: wireNil},
	0x02: {wire: wireBool}, 0x03: {wire: wireBool},
	0x04: {wireBinary, 1, 0}, 0x05: {wireBinary, 2, 0}, 0x06: {wireBinary, 4, 0},
	0x07: {wireExt, 1, 1}, 0x08: {wireExt, 2, 1}, 0x09: {wireExt, 4, 1},
	0x0a: {wireFloat, 0, 4}, 0x0b: {wireFloat, 0, 8},
	0x0c: {wireInt, 0, 1}, 0x0d: {wireInt, 0, 2}, 0x0e: {wireInt, 0, 4}, 0x0f: {wireInt, 0, 8},
	0x10: {wireInt, 0, 1}, 0x11: {wireInt, 0, 2}, 0x12: {wireInt, 0, 4}, 0x13: {wireInt, 0, 8},
	0x14: {wireExt, 0, 2}, 0x15: {wireExt, 0, 3}, 0x16: {wireExt, 0, 5}, 0x17: {wireExt, 0, 9}, 0x18: {wireExt, 0, 17},
	0x19: {wireText, 1, 0}, 0x1a: {wireText, 2, 0}, 0x1b: {wireText, 4, 0},
	0x1c: {wireList, 2, 0}, 0x1d: {wireList, 4, 0},
	0x1e: {wireMap, 2, 0}, 0x1f: {wireMap, 4, 0},
}

// msgPackEnd returns the position after the value at a position, whatever the
// value is. It only follows lengths, in time linear in the input.
func msgPackEnd(b []byte, at int) (int, *MalformedError) {
	for pending := uint64(1); pending > 0; pending-- {
		h := readHeader(b, at)
		left := uint64(len(b) - h.next)
		switch h.wire {
		case wireNone:
			return 0, cutShort(b, at)
		case wireList, wireMap:
			children := h.n
			if h.wire == wireMap {
				children *= 2
			}
			if children > left {
				return 0, malformed(at, MalformedEnd, "a list or map announces more values than there are bytes left")
			}
			pending += children
			at = h.next
		default:
			if h.n > left {
				return 0, malformed(at, MalformedEnd, "a value announces more bytes than there are left")
			}
			at = h.next + int(h.n)
		}
	}
	return at, nil
}

func cutShort(b []byte, at int) *MalformedError {
	if at < len(b) && b[at] == 0xc1 {
		return malformed(at, MalformedEncoding, "MessagePack has no value that begins with 0xc1")
	}
	return malformed(at, MalformedEnd, "the MessagePack ends in the middle of a value")
}

// maxKeys bounds the keys of one map. The largest of the contract has 17; the
// bound keeps the search for repeated keys short on hostile input.
const maxKeys = 64

// maxOpenKeys bounds the keys of all maps that lie within each other at one
// time, so that they fit in an array.
const maxOpenKeys = 2 * maxKeys

// checkMsgPack checks the structure of a whole MessagePack value before
// anything is decoded: all of the input consumed, depth and keys bounded,
// every declared length within what is left, keys that are texts and differ,
// valid UTF-8, no binary and no extension types. What passes can be decoded
// with memory in proportion to its length. It does not know the contract.
func checkMsgPack(b []byte) *MalformedError {
	c := msgPackChecker{b: b}
	end, err := c.value(0)
	for err == nil && c.depth > 0 {
		top := &c.open[c.depth-1]
		if top.left == 0 {
			c.known = top.keys
			c.depth--
			continue
		}
		top.left--
		if top.isMap {
			if end, err = c.key(end, top); err != nil {
				break
			}
		}
		end, err = c.value(end)
	}
	if err == nil && end != len(b) {
		return malformed(end, MalformedTrailing, "bytes follow the message")
	}
	return err
}

// seenKey is a key that has been seen: where it lies, and its first eight
// bytes, which nearly always tell it from others at once.
type seenKey struct {
	first      uint64
	start, end uint32
}

// msgPackChecker walks a value without recursion and without memory of its own:
// a hostile input can grow neither the stack nor the heap.
type msgPackChecker struct {
	b     []byte
	open  [MaxDepth]openValue
	depth int
	// keys has the keys of all open maps, one map after the other, and known
	// says how many those are.
	keys  [maxOpenKeys]seenKey
	known int
}

// openValue is a list or map whose values are being walked.
type openValue struct {
	left  int // values or pairs still to come
	isMap bool
	keys  int // where the map's keys begin in the checker's array
}

// value checks the value at a position and opens it if it has children.
func (c *msgPackChecker) value(at int) (int, *MalformedError) {
	h := readHeader(c.b, at)
	left := uint64(len(c.b) - h.next)
	switch h.wire {
	case wireNone:
		return 0, cutShort(c.b, at)
	case wireBinary:
		return 0, malformed(at, MalformedType, "binary values are not part of the contract")
	case wireExt:
		return 0, malformed(at, MalformedType, "extension types are not part of the contract: times and dates are texts")
	case wireList, wireMap:
		return h.next, c.enter(at, h, left)
	}
	if h.n > left {
		return 0, malformed(at, MalformedEnd, "a value announces more bytes than there are left")
	}
	end := h.next + int(h.n)
	if h.wire == wireText && !utf8.Valid(c.b[h.next:end]) {
		return 0, malformed(at, MalformedUTF8, "a text is not valid UTF-8")
	}
	return end, nil
}

func (c *msgPackChecker) enter(at int, h header, left uint64) *MalformedError {
	isMap, children := h.wire == wireMap, h.n
	if isMap {
		children *= 2
	}
	switch {
	case children > left:
		return malformed(at, MalformedEnd, "a list or map announces more values than there are bytes left")
	case c.depth == MaxDepth:
		return malformed(at, MalformedDepth, "lists and maps lie too deep within each other")
	case isMap && h.n > maxKeys:
		return malformed(at, MalformedCount, "a map has more keys than any of the contract")
	}
	c.open[c.depth] = openValue{left: int(h.n), isMap: isMap, keys: c.known}
	c.depth++
	return nil
}

// key checks the key at a position and remembers it.
func (c *msgPackChecker) key(at int, m *openValue) (int, *MalformedError) {
	h := readHeader(c.b, at)
	if h.wire == wireNone {
		return 0, cutShort(c.b, at)
	}
	if h.wire != wireText {
		return 0, malformed(at, MalformedKey, "a key is not a text")
	}
	end, err := c.value(at)
	if err != nil {
		return 0, err
	}
	key := c.b[h.next:end]
	first := firstBytes(key)
	for _, k := range c.keys[m.keys:c.known] {
		if k.first == first && string(c.b[k.start:k.end]) == string(key) {
			return 0, malformed(at, MalformedDuplicate, "a key stands twice in a map")
		}
	}
	if c.known == maxOpenKeys {
		return 0, malformed(at, MalformedCount, "maps within each other have more keys than the contract needs")
	}
	c.keys[c.known] = seenKey{first, uint32(h.next), uint32(end)}
	c.known++
	return end, nil
}

// firstBytes packs the first eight bytes of a key, or fewer, into an integer.
func firstBytes(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.LittleEndian.Uint64(key)
	}
	var n uint64
	for i, c := range key {
		n |= uint64(c) << (8 * i)
	}
	return n
}
