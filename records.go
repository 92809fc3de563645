package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"liaison/schemas"
)

// fileRecord is one encoded message of a file.
type fileRecord struct {
	// where is the file and the line, or the position in the file's bundle.
	where string
	raw   []byte
}

// readFiles yields the encoded messages of files, "-" being standard input. A
// file holds one message or bundle in JSON or MessagePack, or JSON lines with
// one message each. An error belongs to one file; reading goes on with the next.
func readFiles(names []string, stdin io.Reader) iter.Seq2[fileRecord, error] {
	return func(yield func(fileRecord, error) bool) {
		for _, name := range names {
			in, shown, err := openFile(name, stdin)
			if err == nil {
				err = readRecords(in, shown, func(r fileRecord) bool { return yield(r, nil) })
				in.Close()
			}
			if err == errStopped || (err != nil && !yield(fileRecord{where: shown}, err)) {
				return
			}
		}
	}
}

var errStopped = fmt.Errorf("the reader has had enough")

func openFile(name string, stdin io.Reader) (io.ReadCloser, string, error) {
	if name == "-" {
		return io.NopCloser(stdin), "standard input", nil
	}
	f, err := os.Open(name)
	return f, name, err
}

// readRecords tells the form of a file by its beginning.
func readRecords(r io.Reader, name string, take func(fileRecord) bool) error {
	in := bufio.NewReaderSize(r, schemas.MaxBundleBytes+1)
	start, err := in.Peek(schemas.MaxBundleBytes)
	if err != nil && err != io.EOF {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	first, _, isLine := bytes.Cut(bytes.TrimLeft(start, " \t\r\n"), []byte("\n"))
	if isLine && json.Valid(first) {
		return readLines(in, name, take)
	}
	whole, err := io.ReadAll(io.LimitReader(in, schemas.MaxBundleBytes+1))
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return split(whole, name, "", take)
}

func readLines(in *bufio.Reader, name string, take func(fileRecord) bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, schemas.MaxBundleBytes+1)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := split(bytes.Clone(line), name, fmt.Sprintf(":%d", n), take); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading %s, line %d: %w", name, n+1, err)
	}
	return nil
}

// split hands on a message, or each one of a bundle. What is neither is handed
// on as it is, to be judged like any other message.
func split(raw []byte, name, line string, take func(fileRecord) bool) error {
	parts, err := schemas.Split(raw)
	if err != nil {
		parts = [][]byte{raw}
	}
	for i, part := range parts {
		where := name + line
		if len(parts) > 1 {
			where = fmt.Sprintf("%s%s, message %d", name, line, i+1)
		}
		if !take(fileRecord{where: where, raw: part}) {
			return errStopped
		}
	}
	return nil
}
