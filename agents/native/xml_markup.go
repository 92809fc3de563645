package native

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// xmlScanner reads an XML file byte by byte and counts its lines.
type xmlScanner struct {
	// in can look ahead as far as a record may be long.
	in   *bufio.Reader
	line int
	// at is how many bytes were read, and absent up to where an end such as
	// "-->" was looked for in vain: nobody looks there twice.
	at     int
	absent map[string]int
}

func newXMLScanner(r io.Reader) xmlScanner {
	return xmlScanner{in: bufio.NewReaderSize(r, MaxXMLRecord+4096), line: 1, absent: map[string]int{}}
}

func (s *xmlScanner) byte() (byte, error) {
	c, err := s.in.ReadByte()
	if err == nil {
		s.at++
	}
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
	// broken says that another "<" came before the end of a tag, or that a
	// comment has no end within the length of a record.
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
	head, err := s.in.Peek(len("![CDATA["))
	if err != nil && err != io.EOF {
		return xmlMarkup{}, err
	}
	for _, pair := range [][2]string{{"!--", "-->"}, {"![CDATA[", "]]>"}, {"?", "?>"}} {
		if bytes.HasPrefix(head, []byte(pair[0])) {
			return s.until(pair[0], pair[1])
		}
	}
	if bytes.HasPrefix(head, []byte("!")) { // a document type is refused, however it goes on
		return xmlMarkup{line: s.line, text: "!"}, nil
	}
	return s.tag()
}

func (s *xmlScanner) tag() (xmlMarkup, error) {
	m := xmlMarkup{line: s.line}
	var b strings.Builder
	var quote, last byte
	for {
		c, err := s.byte()
		if err != nil {
			return xmlMarkup{}, err
		}
		if c == '<' {
			m.broken = true
			s.at--
			return m, s.in.UnreadByte()
		}
		if b.Len() < MaxXMLRecord {
			b.WriteByte(c)
		} else {
			m.over = true
		}
		m.text = b.String()
		switch {
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '>':
			m.empty = last == '/'
			return m, nil
		case c == '"' || c == '\'':
			quote = c
		}
		last = c
	}
}

// until reads up to an end. If there is none within the length of a record, it
// reads no more than the beginning: what one record opened and never closed
// must not swallow all that follow. Where half of that was looked through before,
// it does not look again, or a file of nothing else would take for ever.
func (s *xmlScanner) until(begin, end string) (xmlMarkup, error) {
	m := xmlMarkup{line: s.line}
	from := max(len(begin), s.absent[end]-s.at)
	if from > MaxXMLRecord/2 {
		m.text, m.broken = begin, true
		return m, s.skip(begin)
	}
	for n := 4096; ; n *= 4 {
		window, err := s.in.Peek(min(n, MaxXMLRecord))
		from = min(from, len(window))
		if i := bytes.Index(window[from:], []byte(end)); i >= 0 {
			m.text = string(window[:from+i+len(end)])
			return m, s.skip(m.text)
		}
		if err != nil && err != io.EOF {
			return m, err
		}
		from = max(from, len(window)-len(end)+1)
		if err == io.EOF || n >= MaxXMLRecord {
			s.absent[end] = s.at + from
			m.text, m.broken = begin, true
			return m, s.skip(begin)
		}
	}
}

// skip moves on over what has been looked at.
func (s *xmlScanner) skip(text string) error {
	s.at += len(text)
	s.line += strings.Count(text, "\n")
	_, err := s.in.Discard(len(text))
	return err
}
