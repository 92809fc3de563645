package schemas

import (
	"fmt"
	"strings"
)

// source is an encoded message that is read value by value, from the first to
// the last. Both encodings offer the same sorts of value through it, so that
// one set of readers serves both and they accept the same messages.
type source interface {
	// openMap and openList enter the next value, which must be one.
	openMap() *MalformedError
	openList() *MalformedError
	// key returns the next key of the open map, or false and leaves the map.
	// The key is valid until the source is gone.
	key() ([]byte, bool, *MalformedError)
	// more says whether the open list has another value; if not it is left.
	more() (bool, *MalformedError)
	// text and integer return the next value, which must be one. The text is
	// valid until the source is gone.
	text() ([]byte, *MalformedError)
	integer() (int64, *MalformedError)
	// skip passes over the next value.
	skip() *MalformedError
	// finish reports an error if anything follows.
	finish() *MalformedError
	// offset is the position reached, for errors.
	offset() int
}

// reader reads the contract's types out of a source. After the first error it
// reads nothing more and keeps the error, so that the readers of the types
// need not look at it.
type reader struct {
	source source
	// lax ignores fields that the contract does not have.
	lax bool
	err *MalformedError
	// current is the key of the field being read.
	current []byte
	// path is where the reader is; only an error makes a text of it.
	path  [2 * maxSteps]step
	depth int
}

// step is one level of the path: a field of a map, or a position in a list.
type step struct {
	field []byte
	index int
}

func (r *reader) fail(err *MalformedError) {
	if r.err == nil {
		err.Path = r.pathText()
		r.err = err
	}
}

func (r *reader) pathText() string {
	var s strings.Builder
	for _, p := range r.path[:r.depth] {
		switch {
		case p.field == nil && p.index >= 0:
			fmt.Fprintf(&s, "[%d]", p.index)
		case p.field != nil && s.Len() > 0:
			s.WriteString("." + string(p.field))
		default:
			s.Write(p.field)
		}
	}
	return s.String()
}

// open enters a map. Every open is followed by calls of field until it
// returns false.
func (r *reader) open() {
	if r.err != nil {
		return
	}
	if err := r.source.openMap(); err != nil {
		r.fail(err)
		return
	}
	r.path[r.depth] = step{index: -1}
	r.depth++
}

// field moves to the next field of the open map, whose name is then current.
func (r *reader) field() bool {
	if r.err != nil {
		return false
	}
	r.path[r.depth-1].field = nil
	key, ok, err := r.source.key()
	if err != nil {
		r.fail(err)
		return false
	}
	if !ok {
		r.depth--
		return false
	}
	r.current = key
	r.path[r.depth-1].field = key
	return true
}

// unknown deals with a field that the contract does not have. Its name stays
// out of the error: it need not be a name of ours.
func (r *reader) unknown() {
	r.path[r.depth-1].field = nil
	if !r.lax {
		r.fail(malformed(r.source.offset(), MalformedField, "the contract has no such field here"))
		return
	}
	if err := r.source.skip(); err != nil {
		r.fail(err)
	}
}

func (r *reader) bytes() []byte {
	if r.err != nil {
		return nil
	}
	b, err := r.source.text()
	if err != nil {
		r.fail(err)
	}
	return b
}

func (r *reader) text() string { return string(r.bytes()) }

// word reads a text that is probably a word of the contract, of which there
// is one copy for all messages.
func (r *reader) word() string {
	b := r.bytes()
	if w, ok := vocabulary()[string(b)]; ok {
		return w
	}
	return string(b)
}

// integer reads an integer of the contract, all of which fit into 32 bits.
func (r *reader) integer() int {
	if r.err != nil {
		return 0
	}
	at := r.source.offset()
	n, err := r.source.integer()
	if err == nil && n != int64(int32(n)) {
		err = malformed(at, MalformedType, "the integer is out of range")
	}
	if err != nil {
		r.fail(err)
	}
	return int(n)
}

// readList reads a list of at most limit values. An empty list is the same as
// none.
func readList[T any](r *reader, limit int, read func(*reader, *T)) []T {
	if r.err != nil {
		return nil
	}
	if err := r.source.openList(); err != nil {
		r.fail(err)
		return nil
	}
	var list []T
	r.path[r.depth] = step{}
	r.depth++
	for {
		more, err := r.source.more()
		if err != nil {
			r.fail(err)
		}
		if !more || r.err != nil {
			break
		}
		if len(list) == limit {
			r.depth--
			r.fail(malformed(r.source.offset(), MalformedCount, fmt.Sprintf("the list has more than %d values", limit)))
			break
		}
		r.path[r.depth-1].index = len(list)
		list = append(list, *new(T))
		read(r, &list[len(list)-1])
	}
	r.depth--
	return list
}

func readText[T ~string](r *reader, s *T) { *s = T(r.text()) }

func readWord[T ~string](r *reader, s *T) { *s = T(r.word()) }

func readInteger[T ~int](r *reader, n *T) { *n = T(r.integer()) }

func readTime(r *reader, t *Time) { readParsed(r, t, parseTime) }

// readDate reads a date; the empty text is the same as none.
func readDate(r *reader, d *Date) { readParsed(r, d, parseOptionalDate) }

func readParsed[T any](r *reader, v *T, parse func(string) (T, error)) {
	at := r.source.offset()
	s := r.text()
	if r.err != nil {
		return
	}
	parsed, err := parse(s)
	if err != nil {
		r.fail(malformed(at, MalformedType, err.Error()))
	}
	*v = parsed
}
