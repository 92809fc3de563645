package schemas

import (
	"fmt"
	"strings"
)

// The codes of a MalformedError. They are part of the contract.
const (
	MalformedEncoding  Code = "encoding"       // neither JSON nor MessagePack, or not well formed in it
	MalformedEnd       Code = "cut-short"      // ends in the middle of a value
	MalformedTrailing  Code = "trailing-bytes" // something follows the value
	MalformedDepth     Code = "too-deep"       // lists and maps within each other beyond MaxDepth
	MalformedCount     Code = "too-many"       // a list is longer than the contract allows
	MalformedUTF8      Code = "not-utf8"       // a text is not valid UTF-8
	MalformedDuplicate Code = "duplicate-key"  // a map has the same key twice
	MalformedKey       Code = "key"            // a key of a map is not a text
	MalformedType      Code = "wrong-type"     // a value is not of the field's type
	MalformedField     Code = "unknown-field"  // the contract has no such field
	MalformedSize      Code = "oversize"       // larger than a message or bundle may be
)

// MalformedError says why bytes are no message of the contract. It never
// quotes what it read, since that may be about a person: it says where.
type MalformedError struct {
	// Offset is the position in the input at which the fault was found.
	Offset int64
	// Path names the field, such as "items[0].source", as far as it is known.
	// An unknown field has the path of the object that holds it.
	Path string
	// Code is one of the codes above.
	Code Code
	// Problem says what is wrong and Advice what to do, in words.
	Problem, Advice string
	// Oversize says that the input is too large; it was not looked at.
	Oversize bool
}

// Error gives the fault in one line.
func (e *MalformedError) Error() string {
	var s strings.Builder
	if e.Path != "" {
		s.WriteString(e.Path + ": ")
	}
	fmt.Fprintf(&s, "%s (%s, at byte %d)", e.Problem, e.Code, e.Offset)
	return s.String()
}

// Fault returns the error as a fault, to be part of a refusal.
func (e *MalformedError) Fault() Fault {
	problem := e.Problem
	if !e.Oversize {
		problem = fmt.Sprintf("%s, at byte %d", e.Problem, e.Offset)
	}
	return Fault{Path: e.Path, Code: e.Code, Problem: problem, Advice: e.Advice}
}

var malformedAdvice = map[Code]string{
	MalformedEncoding:  "send one message as a JSON object or a MessagePack map, or an array of messages",
	MalformedEnd:       "send the whole message; check that nothing on the way cuts it",
	MalformedTrailing:  "send one message, or put several into one array",
	MalformedDepth:     "send only the fields of the contract; none lies deeper than five levels",
	MalformedCount:     "split the record into several messages and link them with the relation \"part-of\"",
	MalformedUTF8:      "convert texts to UTF-8 before sending; exports of the day are often Windows-1252",
	MalformedDuplicate: "send every field once",
	MalformedKey:       "send field names as texts",
	MalformedType:      "send the type that the contract gives for the field; leave out what is not known instead of sending null",
	MalformedField:     "send only fields of the contract, spelt exactly, in lower case with underscores",
}

func malformed(offset int, code Code, problem string) *MalformedError {
	return &MalformedError{Offset: int64(offset), Code: code, Problem: problem, Advice: malformedAdvice[code]}
}

func oversize(what string, size, limit int) *MalformedError {
	has := fmt.Sprint(size)
	if size > MaxBundleBytes { // nobody reads further, so nobody knows
		has = fmt.Sprintf("more than %d", MaxBundleBytes)
	}
	return &MalformedError{Code: MalformedSize, Oversize: true,
		Problem: fmt.Sprintf("%s has %s bytes and may have %d", what, has, limit),
		Advice:  "split it: long records into several messages, long bundles into several submissions"}
}
