package helpline

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"liaison/agents"
	"liaison/agents/native"
)

// maxCall bounds the bytes of one call. A message is smaller.
const maxCall = 256 << 10

// call is the text of one call, not yet understood.
type call struct {
	text string
	line int
	over bool
}

// calls finds the calls of an export without understanding them, so that one
// that is no JSON does not stop those after it.
type calls struct {
	in   *bufio.Reader
	line int
	// lines reads an export of one call a line; it is nil for an array.
	lines *native.Lines
	// before is the line before the first call, and any says that there was one.
	before int
	any    bool
	// begun says that the next call's opening brace has been read already.
	begun bool
}

func newCalls(r io.Reader) (*calls, error) {
	text := transform.NewReader(r, unicode.BOMOverride(transform.Nop))
	c := &calls{in: bufio.NewReaderSize(text, 64<<10), line: 1}
	first, err := c.sign()
	if err == io.EOF {
		return nil, &agents.FileFault{Line: 1, Problem: "the file is empty", Advice: "export it again"}
	}
	if err != nil {
		return nil, err
	}
	switch first {
	case '[':
		return c, nil
	case '{':
		c.in.UnreadByte() // it was just read
		c.before = c.line - 1
		c.lines = native.NewLines(c.in, maxCall)
		return c, nil
	}
	return nil, &agents.FileFault{Line: c.line, Problem: "the file begins neither with a call nor with an array of calls", Advice: "export it as JSON, one call a line or all in an array"}
}

// next returns the next call, io.EOF, or a *agents.FileFault.
func (c *calls) next() (call, error) {
	if c.lines != nil {
		return c.nextLine()
	}
	if c.begun {
		c.begun = false
		return c.object()
	}
	first, err := c.sign()
	if err == nil && c.any && first == ',' {
		if first, err = c.sign(); first == ']' {
			return call{}, c.broken("a comma stands before the end of the array")
		}
	} else if err == nil && c.any && first != ']' {
		return call{}, c.broken("no comma stands between two calls")
	}
	switch {
	case err == io.EOF:
		return call{}, c.broken("the array does not end: the file may have been cut short")
	case err != nil:
		return call{}, err
	case first == ']':
		return call{}, c.end()
	case first != '{':
		return call{}, c.broken("something that is no call stands in the array")
	}
	c.any = true
	return c.object()
}

func (c *calls) nextLine() (call, error) {
	for {
		line, err := c.lines.Next()
		if err != nil {
			return call{}, err
		}
		if strings.TrimSpace(line.Text) != "" {
			return call{text: line.Text, line: c.before + line.Number, over: line.Over}, nil
		}
	}
}

func (c *calls) broken(problem string) error {
	return &agents.FileFault{Line: c.line, Problem: problem, Advice: "export it again; what was read before this line has been dealt with"}
}

// end looks for what must not stand behind the array.
func (c *calls) end() error {
	_, err := c.sign()
	if err == nil {
		return c.broken("something stands behind the end of the array")
	}
	return err
}

// byte returns the next byte and counts lines.
func (c *calls) byte() (byte, error) {
	b, err := c.in.ReadByte()
	if b == '\n' && err == nil {
		c.line++
	}
	return b, err
}

// sign returns the next byte that is not blank.
func (c *calls) sign() (byte, error) {
	for {
		b, err := c.byte()
		if err != nil || !strings.ContainsRune(" \t\r\n", rune(b)) {
			return b, err
		}
	}
}

// object reads on from an opening brace to the one that closes it, or to the
// beginning of the next call if this one is spoilt.
func (c *calls) object() (call, error) {
	one := call{line: c.line}
	var text strings.Builder
	text.WriteByte('{')
	for braces := (nesting{depth: 1}); braces.depth > 0; {
		b, err := c.byte()
		if err == io.EOF {
			return call{}, c.broken(fmt.Sprintf("the file ends within the call of line %d: it may have been cut short", one.line))
		}
		if err != nil {
			return call{}, err
		}
		if b == '{' && braces.spoilt && !braces.quoted && c.begins() {
			c.begun = true
			break
		}
		braces.step(b)
		if one.over = one.over || text.Len() >= maxCall; !one.over {
			text.WriteByte(b)
		}
	}
	one.text = text.String()
	return one, nil
}

// nesting follows the braces and strings of a call. A string cannot have a line
// break, so that one which is not closed ends with its line; then braces may
// have been counted wrongly too, and the call is spoilt.
type nesting struct {
	depth                   int
	quoted, escaped, spoilt bool
}

func (n *nesting) step(b byte) {
	switch {
	case b == '\n':
		n.spoilt = n.spoilt || n.quoted
		n.quoted, n.escaped = false, false
	case n.escaped:
		n.escaped = false
	case n.quoted && b == '\\':
		n.escaped = true
	case b == '"':
		n.quoted = !n.quoted
	case n.quoted:
	case b == '{':
		n.depth++
	case b == '}':
		n.depth--
	}
}

// begins says whether a call begins behind the brace that was just read. Only
// a call's own object begins with its reference.
func (c *calls) begins() bool {
	ahead, _ := c.in.Peek(64) // fewer at the end of the file
	return strings.HasPrefix(strings.TrimLeft(string(ahead), " \t\r\n"), `"call_ref"`)
}
