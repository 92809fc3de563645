package native

import (
	"bufio"
	"strings"
)

// xmlScanner reads an XML file byte by byte and counts its lines.
type xmlScanner struct {
	in   *bufio.Reader
	line int
}

func (s *xmlScanner) byte() (byte, error) {
	c, err := s.in.ReadByte()
	if c == '\n' {
		s.line++
	}
	return c, err
}

// xmlMarkup is what stands between "<" and its end, which it includes.
type xmlMarkup struct {
	text string
	line int
	over bool // it was longer than a record, and text is its beginning
	// broken says that another "<" came before its end: it is no tag.
	broken bool
	empty  bool // it ends with "/>"
}

func (m xmlMarkup) doctype() bool {
	return strings.HasPrefix(m.text, "!") && !strings.HasPrefix(m.text, "!--") && !strings.HasPrefix(m.text, "![CDATA[")
}

func (m xmlMarkup) other() bool {
	return strings.HasPrefix(m.text, "!") || strings.HasPrefix(m.text, "?")
}
func (m xmlMarkup) closing() bool     { return strings.HasPrefix(m.text, "/") }
func (m xmlMarkup) selfClosing() bool { return m.empty && !m.other() }

func (m xmlMarkup) name() string {
	name := strings.TrimPrefix(m.text, "/")
	if i := strings.IndexAny(name, " \t\r\n/>"); i >= 0 {
		return name[:i]
	}
	return name
}

// markup reads to the end of what "<" began. In a tag another "<" may not stand,
// not even between quotes: it ends the tag as broken, so that an apostrophe
// behind a stray "<" does not swallow the records that follow.
func (s *xmlScanner) markup() (xmlMarkup, error) {
	m := xmlMarkup{line: s.line}
	var b strings.Builder
	var tail [3]byte
	var quote byte
	for {
		c, err := s.byte()
		if err != nil {
			return xmlMarkup{}, err
		}
		if c == '<' && !m.other() {
			m.broken = true
			return m, s.in.UnreadByte()
		}
		tail = [3]byte{tail[1], tail[2], c}
		if b.Len() < MaxXMLRecord {
			b.WriteByte(c)
		} else {
			m.over = true
		}
		m.text = b.String()
		if quote != 0 {
			if c == quote {
				quote = 0
			}
			continue
		}
		if m.complete(tail) {
			m.empty = string(tail[1:]) == "/>"
			return m, nil
		}
		if (c == '"' || c == '\'') && !m.other() {
			quote = c
		}
	}
}

// complete says whether the markup ends with its last three bytes.
func (m xmlMarkup) complete(tail [3]byte) bool {
	switch text := m.text; {
	case strings.HasPrefix(text, "!--"):
		return len(text) >= len("!---->")-1 && string(tail[:]) == "-->"
	case strings.HasPrefix(text, "![CDATA["):
		return string(tail[:]) == "]]>"
	case strings.HasPrefix(text, "?"):
		return string(tail[1:]) == "?>"
	case strings.HasPrefix(text, "!D"):
		return true // a document type is refused, however it goes on
	}
	return tail[2] == '>'
}
