package hmrc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// taxReader takes an export apart into records of 200 bytes.
type taxReader struct {
	in *bufio.Reader
	// lines is set if the records stand on lines of their own.
	lines   *native.Lines
	inLines bool
	n       int // records begun, or lines
}

// taxText is one record, not yet understood.
type taxText struct {
	text string
	line int
	cut  bool // it is not 200 bytes long
	odd  bool // it has bytes that are not printable ASCII
}

func (t taxText) bad() bool { return t.cut || t.odd }

// lost says that the record cannot begin here.
func (t taxText) lost() bool {
	switch t.text[:2] {
	case typeBusiness, typeIndividual, typeTrailer:
		return strings.TrimSpace(t.text[134:]) != ""
	}
	return true
}

func newTaxReader(r io.Reader) *taxReader {
	return &taxReader{in: bufio.NewReaderSize(r, 64<<10)}
}

// errEnd is the end of a file that has not had its last record.
var errEnd = &agents.FileFault{Line: 1, Problem: "the file does not end with its last record (rec_type 99): it may have been cut short", Advice: "export it again; what was read before this line has been dealt with"}

// next returns the next record. The end of the file is a *agents.FileFault,
// since it may only come behind the last record.
func (t *taxReader) next() (taxText, error) {
	if t.n == 0 {
		head, err := t.in.Peek(TaxRecord + 2)
		if err != nil && err != io.EOF {
			return taxText{}, err
		}
		if t.inLines = bytes.IndexByte(head, '\n') >= 0; t.inLines {
			t.lines = native.NewLines(t.in, TaxRecord)
		}
	}
	for {
		text, err := t.raw()
		if err == io.EOF {
			end := *errEnd
			end.Line = max(t.n, 1)
			return taxText{}, &end
		}
		if err != nil {
			return taxText{}, err
		}
		if strings.Trim(text, " \r\n\x1a") == "" { // blank lines, and the mark of the end in old systems
			continue
		}
		one := taxText{text: text, line: t.n, cut: len(text) != TaxRecord}
		one.odd = strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
		return one, nil
	}
}

// raw returns the next line, or the next 200 bytes.
func (t *taxReader) raw() (string, error) {
	t.n++
	if t.inLines {
		line, err := t.lines.Next()
		if err == nil && !line.Ended {
			line.Text = strings.TrimSuffix(line.Text, "\r")
		}
		return line.Text, err
	}
	b := make([]byte, TaxRecord)
	n, err := io.ReadFull(t.in, b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return string(b[:n]), nil
	}
	return string(b[:n]), err
}
