package native

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Bounds of one record of an XML export.
const (
	// MaxXMLRecord bounds its bytes.
	MaxXMLRecord = 256 << 10
	// maxXMLDepth and maxXMLElements bound its elements.
	maxXMLDepth    = 8
	maxXMLElements = 4096
)

// XMLFault says what is wrong in an XML export, and where. Returned as an
// error, it means that the file cannot be read beyond that line.
type XMLFault struct {
	Line int
	// Field is the element or attribute, or empty.
	Field string
	Problem
}

// Error gives the fault in one line.
func (f *XMLFault) Error() string { return fmt.Sprintf("line %d: %s", f.Line, f.Problem.Error()) }

// XMLRecord is one record: either its element, or what is wrong with it.
type XMLRecord struct {
	Line    int
	Raw     string
	Element *Element
	Fault   *XMLFault
}

// XMLRecords finds the records in an XML export by their tags alone, one by
// one, so that no file fills the memory and a record that is no well-formed XML
// does not stop those after it. A comment or CDATA is passed over as a whole: a
// tag in it is no tag. A record that is not closed, or opens a comment that is
// not closed, ends where the next one begins.
type XMLRecords struct {
	scan  xmlScanner
	root  string
	names []string

	record strings.Builder
	over   bool   // the record in hand is too long and is not kept
	spoilt string // why it cannot be read
	inside string // the name of the record in hand, "" between records
	stray  bool   // what is in hand is no record
	first  int    // the line on which it begins
	held   *xmlMarkup
	opened bool // the root element has begun
	closed bool // and ended
}

// NewXMLRecords reads an export whose first element is root and whose records
// are the elements of these names directly below it. It is decoded by its byte
// order mark, else by what it declares, else it is UTF-8.
func NewXMLRecords(r io.Reader, root string, names ...string) (*XMLRecords, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(1024)
	if err != nil && err != io.EOF {
		return nil, err
	}
	text, err := xmlText(in, head)
	if err != nil {
		return nil, err
	}
	return &XMLRecords{scan: newXMLScanner(text), root: root, names: names}, nil
}

var xmlDeclared = regexp.MustCompile(`^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

func xmlText(in io.Reader, head []byte) (io.Reader, error) {
	name := "utf-8"
	if m := xmlDeclared.FindSubmatch(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))); m != nil {
		name = strings.ToLower(string(m[1]))
	}
	switch name {
	case "utf-8", "us-ascii", "ascii", "utf-16":
		return transform.NewReader(in, unicode.BOMOverride(transform.Nop)), nil
	case "windows-1252", "cp1252", "iso-8859-1", "latin1":
		return transform.NewReader(in, unicode.BOMOverride(charmap.Windows1252.NewDecoder())), nil
	}
	return nil, xmlFault(1, "", "export it as utf-8 or windows-1252", "the file declares an encoding that is not read here")
}

func xmlFault(line int, field, advice, what string, args ...any) *XMLFault {
	return &XMLFault{Line: line, Field: field, Problem: *problem(advice, what, args...)}
}

// wholeXML is the advice where a file ends or breaks off too early.
const wholeXML = "export it again; what was read before this line has been dealt with"

// Next returns the next record, io.EOF after the end of the root element, or an
// *XMLFault for the whole file.
func (x *XMLRecords) Next() (XMLRecord, error) {
	for {
		m, err := x.markup()
		if err == io.EOF {
			return x.ended()
		}
		if err != nil {
			return XMLRecord{}, err
		}
		done, err := x.tag(m)
		if err != nil {
			return XMLRecord{}, err
		}
		if done {
			return x.whole(), nil
		}
	}
}

// markup returns the next piece of markup, and keeps the text before it.
func (x *XMLRecords) markup() (xmlMarkup, error) {
	if m := x.held; m != nil {
		x.held = nil
		return *m, nil
	}
	for {
		c, err := x.scan.byte()
		switch {
		case err != nil:
			return xmlMarkup{}, err
		case c == '<':
			return x.scan.markup()
		case x.inside == "":
		case x.record.Len() < MaxXMLRecord:
			x.record.WriteByte(c)
		default:
			x.over = true
		}
	}
}

// tag deals with one piece of markup; it says when a record is complete.
func (x *XMLRecords) tag(m xmlMarkup) (bool, error) {
	known := slices.Contains(x.names, m.name()) && !m.broken
	switch {
	case m.doctype():
		return false, xmlFault(m.line, "", "export it without", "the file has a document type, which may define entities without bound or fetch other files")
	case m.other() && m.broken && (!x.opened || x.closed):
		return false, xmlFault(m.line, "", wholeXML, "a comment outside of <%s> does not end", x.root)
	case m.other():
		x.aside(m)
	case !x.opened:
		if m.name() != x.root || m.closing() || m.broken {
			return false, xmlFault(m.line, "", "put the right export into this folder", "the first element is not <%s>", x.root)
		}
		x.opened, x.closed = true, m.selfClosing()
		return false, nil
	case x.closed:
		return false, xmlFault(m.line, "", wholeXML, "elements follow the end of <%s>", x.root)
	case m.name() == x.root && m.closing() && !m.broken && (x.inside == "" || x.stray):
		x.closed = true
		return x.inside != "", nil
	case x.inside != "" && known && !m.closing():
		x.held, x.spoilt = &m, "another record begins before this one ends"
		return true, nil
	case x.inside == "" && !m.closing():
		x.begin(m, !known)
	}
	if x.inside == "" {
		return false, nil
	}
	x.keep(m)
	return known && !x.stray && (m.closing() || m.selfClosing()), nil
}

func (x *XMLRecords) begin(m xmlMarkup, stray bool) {
	x.record.Reset()
	x.inside, x.stray, x.first, x.over, x.spoilt = m.name(), stray, m.line, false, ""
}

// aside deals with a comment or CDATA. Where one was not closed, the end of a
// later one may make several records look like one, all but the first hidden.
func (x *XMLRecords) aside(m xmlMarkup) {
	switch {
	case m.broken && x.inside == "":
		x.begin(m, true)
	case m.broken:
		x.spoilt = "a comment or CDATA in it does not end"
	case x.inside != "" && x.begins(m.text):
		x.spoilt = "a comment or CDATA in it holds the beginning of another record"
	}
}

// begins says whether a text holds the beginning of a record.
func (x *XMLRecords) begins(text string) bool {
	for _, name := range x.names {
		_, after, ok := strings.Cut(text, "<"+name)
		if ok && (after == "" || strings.ContainsAny(after[:1], " \t\r\n/>")) {
			return true
		}
	}
	return false
}

func (x *XMLRecords) keep(m xmlMarkup) {
	if m.over || x.record.Len()+len(m.text)+1 > MaxXMLRecord {
		x.over = true
		return
	}
	x.record.WriteByte('<')
	x.record.WriteString(m.text)
}

// whole returns the record in hand.
func (x *XMLRecords) whole() XMLRecord {
	r := XMLRecord{Line: x.first, Raw: x.record.String()}
	if r.Raw == "" { // its very first tag was too long to be kept
		r.Raw = "<" + shown(x.inside)
	}
	name := shown(x.inside)
	switch {
	case x.stray:
		r.Fault = xmlFault(x.first, name, "put each record into one of these: "+strings.Join(x.names, ", "), "what begins here is no record that is known here, and was not read")
	case x.spoilt != "":
		r.Fault = xmlFault(x.first, name, "correct it and export it again; the records before and after it are dealt with", "%s", x.spoilt)
	case x.over:
		r.Fault = xmlFault(x.first, name, "split it", "the record has more than %d KiB", MaxXMLRecord>>10)
	default:
		r.Element, r.Fault = parseElement(r.Raw, x.first)
	}
	x.inside, x.stray = "", false
	return r
}

func (x *XMLRecords) ended() (XMLRecord, error) {
	switch {
	case x.stray:
		return x.whole(), nil
	case x.inside != "":
		r := XMLRecord{Line: x.first, Raw: x.record.String() + " ",
			Fault: xmlFault(x.first, shown(x.inside), "export it again", "the record does not end: the file may have been cut short")}
		x.inside = ""
		return r, nil
	case !x.opened:
		return XMLRecord{}, xmlFault(x.scan.line, "", "put the right export into this folder", "the file has no element <%s>", x.root)
	case !x.closed:
		return XMLRecord{}, xmlFault(x.scan.line, "", wholeXML, "the file does not end with </%s>: it may have been cut short", x.root)
	}
	return XMLRecord{}, io.EOF
}
