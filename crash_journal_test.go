//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"sync"
)

// journal is an append-only file of JSON lines. The machine does not fail in
// these trials, only the broker, so that a line which is written is kept.
type journal struct {
	mu   sync.Mutex // guards file
	file *os.File
}

func newJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	return &journal{file: f}, err
}

// write appends the lines, all in one write.
func (j *journal) write(lines ...any) error {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for _, l := range lines {
		if err := out.Encode(l); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err := j.file.Write(b.Bytes())
	return err
}
