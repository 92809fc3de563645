package native

import "encoding/binary"

// Content gathers what a record says in a form that does not depend on its
// layout: the order of an export's columns, trailing blanks, kinds of line
// break and empty fields make no difference. The zero Content is ready.
type Content struct{ b []byte }

// Add adds a field that is not empty. The caller adds the fields of a record
// always in the same order.
func (c *Content) Add(name, value string) {
	if value == "" {
		return
	}
	for _, s := range []string{name, value} {
		c.b = binary.AppendUvarint(c.b, uint64(len(s)))
		c.b = append(c.b, s...)
	}
}

// Bytes returns what was gathered.
func (c *Content) Bytes() []byte { return c.b }
