package native

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// Line is one line of a text export.
type Line struct {
	// Text is the line without its break.
	Text string
	// Number counts lines from 1.
	Number int
	// Ended says that a line break follows; without one the file may have been
	// cut short in the line.
	Ended bool
	// Over says that the line is longer than the limit, of which Text is then
	// the beginning.
	Over bool
}

// Lines reads a text line by line and never holds more of a line than its
// limit. A line feed ends a line, with or without a carriage return before it.
type Lines struct {
	in    *bufio.Reader
	limit int
	n     int
	ahead *Line // a line that was put back
}

// NewLines returns a reader of lines of at most limit bytes.
func NewLines(r io.Reader, limit int) *Lines {
	return &Lines{in: bufio.NewReaderSize(r, 64<<10), limit: limit}
}

// PutBack makes Next return the line once more: it begins what comes next. One
// line at a time can be put back.
func (l *Lines) PutBack(line Line) { l.ahead = &line }

// NextNotBlank returns the next line that holds more than white space.
func (l *Lines) NextNotBlank() (Line, error) {
	for {
		line, err := l.Next()
		if err != nil || strings.TrimSpace(line.Text) != "" {
			return line, err
		}
	}
}

// Next returns the next line, or io.EOF after the last one.
func (l *Lines) Next() (Line, error) {
	if l.ahead != nil {
		line := *l.ahead
		l.ahead = nil
		return line, nil
	}
	var b strings.Builder
	line := Line{Number: l.n + 1}
	for {
		part, err := l.in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return Line{}, err
		}
		if room := l.limit + 2 - b.Len(); len(part) > room { // two more for the break
			part = part[:room]
			line.Over = true
		}
		b.Write(part)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == io.EOF && b.Len() == 0 {
			return Line{}, io.EOF
		}
		l.n++
		line.Ended = err == nil
		line.Text = b.String()
		if line.Ended && !line.Over {
			line.Text = strings.TrimSuffix(strings.TrimSuffix(line.Text, "\n"), "\r")
		}
		line.Over = line.Over || len(line.Text) > l.limit
		return line, nil
	}
}
