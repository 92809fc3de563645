package schemas

import "fmt"

// Split returns the encoded messages of a submission: the elements of a bundle
// (an array in JSON or MessagePack), or the one message. It copies nothing and
// decodes nothing. It only finds where each element ends, so that an element
// that is malformed does not spoil the others as long as its ends can be told;
// Decode judges each. Every error is a *MalformedError.
func Split(b []byte) ([][]byte, error) {
	if len(b) > MaxBundleBytes {
		return nil, oversize("the submission", len(b), MaxBundleBytes)
	}
	var parts [][]byte
	var err *MalformedError
	switch encodingOf(b) {
	case mapJSON, mapMsgPack:
		return [][]byte{b}, nil
	case listJSON:
		parts, err = splitJSON(b)
	case listMsgPack:
		parts, err = splitMsgPack(b)
	default:
		err = malformed(0, MalformedEncoding, "this begins neither like a JSON object or array nor like a MessagePack map or array")
	}
	if err != nil {
		return nil, err
	}
	if len(parts) == 0 {
		return nil, malformed(0, MalformedCount, "the bundle holds no message")
	}
	return parts, nil
}

func tooManyMessages(at int) *MalformedError {
	e := malformed(at, MalformedSize, fmt.Sprintf("the bundle has more than %d messages", MaxBundle))
	e.Oversize, e.Advice = true, "send several bundles"
	return e
}

func splitMsgPack(b []byte) ([][]byte, *MalformedError) {
	h := readHeader(b, 0)
	switch {
	case h.wire == wireNone:
		return nil, cutShort(b, 0)
	case h.n > uint64(len(b)-h.next):
		return nil, malformed(0, MalformedEnd, "the bundle announces more messages than there are bytes left")
	case h.n > MaxBundle:
		return nil, tooManyMessages(0)
	}
	parts := make([][]byte, 0, h.n)
	at := h.next
	for range h.n {
		end, err := msgPackEnd(b, at)
		if err != nil {
			return nil, err
		}
		parts = append(parts, b[at:end:end])
		at = end
	}
	if at != len(b) {
		return nil, malformed(at, MalformedTrailing, "bytes follow the bundle")
	}
	return parts, nil
}

func splitJSON(b []byte) ([][]byte, *MalformedError) {
	var parts [][]byte
	at := skipSpace(b, skipSpace(b, 0)+1)
	if at < len(b) && b[at] == ']' {
		return nil, afterBundle(b, at+1)
	}
	for {
		end, err := jsonEnd(b, at)
		if err != nil {
			return nil, err
		}
		if end == at {
			return nil, malformed(at, MalformedEncoding, "a value is missing in the bundle")
		}
		if len(parts) == MaxBundle {
			return nil, tooManyMessages(at)
		}
		parts = append(parts, b[at:end:end])
		at = skipSpace(b, end)
		switch {
		case at == len(b):
			return nil, malformed(at, MalformedEnd, "the bundle ends without \"]\"")
		case b[at] == ']':
			return parts, afterBundle(b, at+1)
		case b[at] != ',':
			return nil, malformed(at, MalformedEncoding, "a comma is missing in the bundle")
		}
		at = skipSpace(b, at+1)
	}
}

func afterBundle(b []byte, at int) *MalformedError {
	if at = skipSpace(b, at); at != len(b) {
		return malformed(at, MalformedTrailing, "something follows the bundle")
	}
	return nil
}

// jsonEnd returns the position after the JSON value at a position, found by
// its brackets and quotes alone.
func jsonEnd(b []byte, at int) (int, *MalformedError) {
	depth, inText := 0, false
	for i := at; i < len(b); i++ {
		switch c := b[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
			if !inText && depth == 0 {
				return i + 1, nil
			}
		case inText:
		case c == '{' || c == '[':
			depth++
		case (c == '}' || c == ']') && depth > 0:
			if depth--; depth == 0 {
				return i + 1, nil
			}
		case depth == 0 && (c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			return i, nil
		}
	}
	return 0, malformed(len(b), MalformedEnd, "the bundle ends in the middle of a value")
}
