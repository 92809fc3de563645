package gla

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// lineReader finds the rows of a CSV file without understanding them, so that
// one bad row does not spoil those after it and no row fills the memory. A row
// goes on while a quote is open.
type lineReader struct {
	in   *bufio.Reader
	line int // lines read so far
	// oversize says that the last row was longer than maxRow and was skipped
	// up to its end.
	oversize bool
}

// row returns the next row that is not blank, the line on which it begins, and
// whether it ended with a line break.
func (l *lineReader) row() (text string, first int, complete bool, err error) {
	l.oversize = false
	var b strings.Builder
	open := false
	for {
		chunk, err := l.in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return "", 0, false, err
		}
		if first == 0 && len(chunk) > 0 {
			first = l.line + 1
		}
		for _, c := range chunk {
			open = open != (c == '"')
		}
		if b.Len()+len(chunk) <= maxRow {
			b.Write(chunk)
		} else {
			l.oversize = true
		}
		ended := len(chunk) > 0 && chunk[len(chunk)-1] == '\n'
		if ended {
			l.line++
		}
		switch {
		case err == io.EOF && blank(b.String()) && !l.oversize:
			return "", 0, false, io.EOF
		case err == io.EOF:
			return b.String(), first, false, nil
		case !ended, open && !l.oversize:
			continue
		case blank(b.String()) && !l.oversize:
			b.Reset()
			first = 0
			continue
		}
		return b.String(), first, true, nil
	}
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
