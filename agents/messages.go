package agents

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"liaison/schemas"
)

// Encoded is one encoded message of a file.
type Encoded struct {
	// Where is the file and the line, or the position in the file's bundle.
	Where string
	Raw   []byte
}

// Files yields the encoded messages of files, "-" being standard input. An error
// belongs to one file; reading goes on with the next. When the context ends, so
// does the reading, even of a pipe into which nobody writes.
func Files(ctx context.Context, names []string, stdin io.Reader) iter.Seq2[Encoded, error] {
	return func(yield func(Encoded, error) bool) {
		for _, name := range names {
			open, shown := func() (io.ReadCloser, error) { return os.Open(name) }, name
			if name == "-" {
				open, shown = func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }, "standard input"
			}
			in := readable(ctx, open)
			for e, err := range Messages(in, shown) {
				if !yield(e, err) {
					in.Close()
					return
				}
			}
			in.Close()
		}
	}
}

// readable returns what open gives, readable until the context ends. Nothing
// else can end the opening of a pipe or the reading of a terminal, so the
// goroutine that does it is left behind then, until the other end closes.
func readable(ctx context.Context, open func() (io.ReadCloser, error)) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { in.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer stop()
		source, err := open()
		if err != nil {
			in.CloseWithError(err)
			return
		}
		defer source.Close()
		_, err = io.Copy(in, source)
		in.CloseWithError(err)
	}()
	return out
}

// Messages reads the encoded messages of a file: one message or one bundle in
// JSON or MessagePack, or JSON lines with a message or a bundle each. It hands
// on what is no message like any other, to be judged by whoever judges; an
// error means that the file cannot be read further.
func Messages(r io.Reader, name string) iter.Seq2[Encoded, error] {
	return func(yield func(Encoded, error) bool) {
		in := bufio.NewReaderSize(r, schemas.MaxBundleBytes+1)
		start, err := in.Peek(schemas.MaxBundleBytes)
		if err != nil && err != io.EOF {
			yield(Encoded{Where: name}, fmt.Errorf("reading %s: %w", name, err))
			return
		}
		first, _, isLine := bytes.Cut(bytes.TrimLeft(start, " \t\r\n"), []byte("\n"))
		if isLine && json.Valid(first) {
			readLines(in, name, yield)
			return
		}
		whole, err := io.ReadAll(io.LimitReader(in, schemas.MaxBundleBytes+1))
		if err != nil {
			yield(Encoded{Where: name}, fmt.Errorf("reading %s: %w", name, err))
			return
		}
		split(whole, name, yield)
	}
}

func readLines(in *bufio.Reader, name string, yield func(Encoded, error) bool) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, schemas.MaxBundleBytes+1)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) > 0 && !split(bytes.Clone(line), fmt.Sprintf("%s:%d", name, n), yield) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(Encoded{Where: name}, fmt.Errorf("reading %s, line %d: %w", name, n+1, err))
	}
}

// split hands on a message, or each one of a bundle, and says whether more is
// wanted.
func split(raw []byte, where string, yield func(Encoded, error) bool) bool {
	parts, err := schemas.Split(raw)
	if err != nil {
		parts = [][]byte{raw}
	}
	for i, part := range parts {
		e := Encoded{Where: where, Raw: part}
		if len(parts) > 1 {
			e.Where = fmt.Sprintf("%s, message %d", where, i+1)
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}
