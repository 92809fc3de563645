package police

import (
	"bufio"
	"io"
	"strings"

	"liaison/agents"
)

// chunk is the text of one report, not yet understood.
type chunk struct {
	text  string
	line  int
	fault *agents.Fault
}

// splitter finds the reports in an XML file by their tags alone, so that a
// report that is no well-formed XML does not stop those after it. Comments and
// CDATA are passed over as wholes: a tag in them is no tag.
type splitter struct {
	in     *bufio.Reader
	line   int
	report strings.Builder
	over   bool // the report in hand is too long and is not kept
	inside bool
	opened bool // the root element has begun
	closed bool // and ended
}

func newSplitter(in *bufio.Reader) *splitter { return &splitter{in: in, line: 1} }

var wholeFile = "export it again; what was read before this line has been dealt with"

// next returns the next report, io.EOF after the end of the root element, or a
// *agents.FileFault.
func (s *splitter) next() (chunk, error) {
	first := s.line
	for {
		c, err := s.byte()
		if err == io.EOF {
			return s.ended(first)
		}
		if err != nil {
			return chunk{}, err
		}
		if c != '<' {
			s.keep(c)
			continue
		}
		line := s.line
		m, err := s.markup()
		if err == io.EOF {
			return s.ended(first)
		}
		if err != nil {
			return chunk{}, err
		}
		done, err := s.tag(m)
		if err != nil {
			return chunk{}, err
		}
		if m.name() == "report" && !m.closing() {
			first = line
		}
		if done {
			return s.whole(first), nil
		}
	}
}

// tag deals with one piece of markup; it says when a report is complete.
func (s *splitter) tag(m markup) (bool, error) {
	switch {
	case m.doctype():
		return false, &agents.FileFault{Line: s.line, Problem: "the file has a document type, which may define entities without bound or fetch other files", Advice: "export it without"}
	case m.other():
	case !s.opened:
		if m.name() != "reports" || m.closing() {
			return false, &agents.FileFault{Line: s.line, Problem: "the first element is not <reports>", Advice: "export it as 5x5x5 reports"}
		}
		s.opened, s.closed = true, m.selfClosing()
	case s.closed:
		return false, &agents.FileFault{Line: s.line, Problem: "elements follow the end of <reports>", Advice: wholeFile}
	case s.inside && m.name() == "report" && !m.closing():
		s.over = true // the one before was never closed: both are rejected
	case !s.inside && m.name() == "report" && !m.closing():
		s.inside, s.over = true, false
		s.report.Reset()
	case !s.inside && m.name() == "reports" && m.closing():
		s.closed = true
	}
	if s.inside {
		s.keepAll(m)
	}
	if s.inside && m.name() == "report" && (m.closing() || m.selfClosing()) {
		s.inside = false
		return true, nil
	}
	return false, nil
}

func (s *splitter) whole(first int) chunk {
	c := chunk{text: s.report.String(), line: first}
	if s.over {
		c.fault = &agents.Fault{Line: first, Field: "report", Problem: "the report is longer than 256 KiB, or another one begins within it", Advice: "split it, or export it again"}
	}
	return c
}

func (s *splitter) ended(first int) (chunk, error) {
	switch {
	case s.inside:
		s.inside = false
		return chunk{text: s.report.String(), line: first, fault: &agents.Fault{Line: first, Field: "report",
			Problem: "the report does not end: the file may have been cut short", Advice: "export it again"}}, nil
	case !s.opened:
		return chunk{}, &agents.FileFault{Line: s.line, Problem: "the file has no element <reports>", Advice: "export it as 5x5x5 reports"}
	case !s.closed:
		return chunk{}, &agents.FileFault{Line: s.line, Problem: "the file does not end with </reports>: it may have been cut short", Advice: wholeFile}
	}
	return chunk{}, io.EOF
}

func (s *splitter) byte() (byte, error) {
	c, err := s.in.ReadByte()
	if c == '\n' {
		s.line++
	}
	return c, err
}

func (s *splitter) keep(c byte) {
	if s.inside && s.report.Len() < maxReport {
		s.report.WriteByte(c)
	} else if s.inside {
		s.over = true
	}
}

func (s *splitter) keepAll(m markup) {
	if m.over || s.report.Len()+len(m.text)+1 > maxReport {
		s.over = true
		return
	}
	s.report.WriteByte('<')
	s.report.WriteString(m.text)
}

// markup is what stands between "<" and its end, which it includes.
type markup struct {
	text string
	over bool
}

func (m markup) doctype() bool {
	return strings.HasPrefix(m.text, "!") && !strings.HasPrefix(m.text, "!--") && !strings.HasPrefix(m.text, "![CDATA[")
}
func (m markup) other() bool       { return strings.HasPrefix(m.text, "!") || strings.HasPrefix(m.text, "?") }
func (m markup) closing() bool     { return strings.HasPrefix(m.text, "/") }
func (m markup) selfClosing() bool { return strings.HasSuffix(m.text, "/>") }

func (m markup) name() string {
	name := strings.TrimPrefix(m.text, "/")
	if i := strings.IndexAny(name, " \t\r\n/>"); i >= 0 {
		return name[:i]
	}
	return name
}

// markup reads to the end of what "<" began.
func (s *splitter) markup() (markup, error) {
	var end ending
	for {
		c, err := s.byte()
		if err != nil {
			return markup{}, err
		}
		if end.after(c) {
			return markup{end.text.String(), end.over}, nil
		}
	}
}

// ending looks for the end of a piece of markup. Of more than a report may have
// it keeps only the beginning.
type ending struct {
	text  strings.Builder
	over  bool
	tail  [3]byte
	quote byte
}

// after takes the next byte and says whether it is the last one.
func (e *ending) after(c byte) bool {
	e.tail = [3]byte{e.tail[1], e.tail[2], c}
	if e.text.Len() < maxReport {
		e.text.WriteByte(c)
	} else {
		e.over = true
	}
	text, tail := e.text.String(), string(e.tail[:])
	switch {
	case strings.HasPrefix(text, "!--"):
		return len(text) >= len("!---->") && tail == "-->"
	case strings.HasPrefix(text, "![CDATA["):
		return tail == "]]>"
	case strings.HasPrefix(text, "?"):
		return tail[1:] == "?>"
	case strings.HasPrefix(text, "!"):
		return c == '>' || strings.HasPrefix(text, "!D")
	case e.quote != 0:
		if c == e.quote {
			e.quote = 0
		}
		return false
	case c == '"' || c == '\'':
		e.quote = c
		return false
	}
	return c == '>'
}
