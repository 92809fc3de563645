package schemas

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonSource reads JSON by the strict rules of the Internet profile, RFC 7493:
// no repeated names, no invalid UTF-8.
type jsonSource struct {
	b []byte
	d *jsontext.Decoder
}

func newJSONSource(b []byte) *jsonSource {
	return &jsonSource{b: b, d: jsontext.NewDecoder(bytes.NewBuffer(b))}
}

func (s *jsonSource) offset() int { return int(s.d.InputOffset()) }

func (s *jsonSource) openMap() *MalformedError { return s.enter('{', "an object is wanted here") }

func (s *jsonSource) openList() *MalformedError { return s.enter('[', "an array is wanted here") }

func (s *jsonSource) enter(want jsontext.Kind, problem string) *MalformedError {
	if err := s.expect(want, problem); err != nil {
		return err
	}
	_, err := s.d.ReadToken()
	return s.fault(err)
}

// expect refuses a next value of another kind. If the next value cannot be
// read at all, that is said instead.
func (s *jsonSource) expect(want jsontext.Kind, problem string) *MalformedError {
	switch s.d.PeekKind() {
	case want:
		return nil
	case jsontext.KindInvalid:
		_, err := s.d.ReadToken()
		return s.fault(err)
	}
	return malformed(s.offset(), MalformedType, problem)
}

func (s *jsonSource) key() ([]byte, bool, *MalformedError) {
	if s.d.PeekKind() == jsontext.KindEndObject {
		_, err := s.d.ReadToken()
		return nil, false, s.fault(err)
	}
	name, err := s.quoted()
	return name, err == nil, err
}

func (s *jsonSource) more() (bool, *MalformedError) {
	if s.d.PeekKind() != jsontext.KindEndArray {
		return true, nil
	}
	_, err := s.d.ReadToken()
	return false, s.fault(err)
}

func (s *jsonSource) text() ([]byte, *MalformedError) {
	if err := s.expect(jsontext.KindString, "a text is wanted here"); err != nil {
		return nil, err
	}
	return s.quoted()
}

// quoted reads a string. The result lies in the input unless the string has
// an escape in it.
func (s *jsonSource) quoted() ([]byte, *MalformedError) {
	v, err := s.d.ReadValue()
	if err != nil {
		return nil, s.fault(err)
	}
	end := s.offset()
	inner := s.b[end-len(v)+1 : end-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, nil
	}
	plain, err := jsontext.AppendUnquote(nil, v)
	return plain, s.fault(err)
}

// integer reads a number that is written as an integer. What MessagePack has
// as a float, 1.0 and 1e0, is refused, and so is -0, which it does not have.
func (s *jsonSource) integer() (int64, *MalformedError) {
	if err := s.expect(jsontext.KindNumber, "an integer is wanted here"); err != nil {
		return 0, err
	}
	v, bad := s.d.ReadValue()
	if bad != nil {
		return 0, s.fault(bad)
	}
	if string(v) == "-0" || bytes.ContainsAny(v, ".eE") {
		return 0, malformed(s.offset()-len(v), MalformedType, "an integer is wanted here, without point or exponent")
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return 0, malformed(s.offset()-len(v), MalformedType, "the integer is out of range")
	}
	return n, nil
}

// skip passes over a value token by token: recursion would let a hostile
// input grow the stack.
func (s *jsonSource) skip() *MalformedError {
	for depth := s.d.StackDepth(); ; {
		if _, err := s.d.ReadToken(); err != nil {
			return s.fault(err)
		}
		if s.d.StackDepth() > MaxDepth {
			return malformed(s.offset(), MalformedDepth, "lists and maps lie too deep within each other")
		}
		if s.d.StackDepth() == depth {
			return nil
		}
	}
}

func (s *jsonSource) finish() *MalformedError {
	if _, err := s.d.ReadToken(); !errors.Is(err, io.EOF) {
		return malformed(s.offset(), MalformedTrailing, "something follows the message")
	}
	return nil
}

// fault translates an error of the JSON library, whose own words quote the
// input.
func (s *jsonSource) fault(err error) *MalformedError {
	if err == nil {
		return nil
	}
	at := s.offset()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at = int(syntax.ByteOffset)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return malformed(at, MalformedEnd, "the JSON ends in the middle of a value")
	case errors.Is(err, jsontext.ErrDuplicateName):
		return malformed(at, MalformedDuplicate, "a name stands twice in an object")
	}
	return malformed(at, MalformedEncoding, "this is not JSON")
}
