package schemas

import "encoding/binary"

// msgPackSource reads MessagePack that checkMsgPack has passed: every length
// is known to fit, so that it only compares sorts.
type msgPackSource struct {
	b  []byte
	at int
	// left counts the values, or pairs, that each open list or map still has.
	left  [MaxDepth]int
	depth int
}

func (s *msgPackSource) offset() int { return s.at }

func (s *msgPackSource) openMap() *MalformedError { return s.enter(wireMap, "a map is wanted here") }

func (s *msgPackSource) openList() *MalformedError { return s.enter(wireList, "a list is wanted here") }

func (s *msgPackSource) enter(want wireType, problem string) *MalformedError {
	h := readHeader(s.b, s.at)
	if h.wire != want {
		return malformed(s.at, MalformedType, problem)
	}
	s.left[s.depth] = int(h.n)
	s.depth++
	s.at = h.next
	return nil
}

func (s *msgPackSource) key() ([]byte, bool, *MalformedError) {
	if more, _ := s.more(); !more {
		return nil, false, nil
	}
	h := readHeader(s.b, s.at)
	s.at = h.next + int(h.n)
	return s.b[h.next:s.at], true, nil
}

func (s *msgPackSource) more() (bool, *MalformedError) {
	if s.left[s.depth-1] == 0 {
		s.depth--
		return false, nil
	}
	s.left[s.depth-1]--
	return true, nil
}

func (s *msgPackSource) text() ([]byte, *MalformedError) {
	h := readHeader(s.b, s.at)
	if h.wire != wireText {
		return nil, malformed(s.at, MalformedType, "a text is wanted here")
	}
	s.at = h.next + int(h.n)
	return s.b[h.next:s.at], nil
}

func (s *msgPackSource) integer() (int64, *MalformedError) {
	h := readHeader(s.b, s.at)
	if h.wire != wireInt {
		return 0, malformed(s.at, MalformedType, "an integer is wanted here")
	}
	first, payload := s.b[s.at], s.b[h.next:h.next+int(h.n)]
	if first == 0xcf && payload[0] >= 0x80 {
		return 0, malformed(s.at, MalformedType, "the integer is out of range")
	}
	s.at = h.next + int(h.n)
	return integerOf(first, payload), nil
}

// integerOf returns the value of an integer in any of MessagePack's forms.
func integerOf(first byte, payload []byte) int64 {
	switch first {
	case 0xcc:
		return int64(payload[0])
	case 0xcd:
		return int64(binary.BigEndian.Uint16(payload))
	case 0xce:
		return int64(binary.BigEndian.Uint32(payload))
	case 0xd0:
		return int64(int8(payload[0]))
	case 0xd1:
		return int64(int16(binary.BigEndian.Uint16(payload)))
	case 0xd2:
		return int64(int32(binary.BigEndian.Uint32(payload)))
	case 0xcf, 0xd3:
		return int64(binary.BigEndian.Uint64(payload))
	}
	return int64(int8(first))
}

func (s *msgPackSource) skip() (err *MalformedError) {
	s.at, err = msgPackEnd(s.b, s.at)
	return err
}

func (s *msgPackSource) finish() *MalformedError { return nil }
