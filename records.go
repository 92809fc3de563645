package main

import (
	"fmt"
	"io"
	"iter"
	"os"

	"liaison/agents"
)

// readFiles yields the encoded messages of files, "-" being standard input. An
// error belongs to one file; reading goes on with the next.
func readFiles(names []string, stdin io.Reader) iter.Seq2[agents.Encoded, error] {
	return func(yield func(agents.Encoded, error) bool) {
		for _, name := range names {
			in, shown, err := openFile(name, stdin)
			if err != nil {
				if !yield(agents.Encoded{Where: name}, err) {
					return
				}
				continue
			}
			for e, err := range agents.Messages(in, shown) {
				if !yield(e, err) {
					in.Close()
					return
				}
			}
			in.Close()
		}
	}
}

func openFile(name string, stdin io.Reader) (io.ReadCloser, string, error) {
	if name == "-" {
		return io.NopCloser(stdin), "standard input", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, name, fmt.Errorf("reading messages: %w", err)
	}
	return f, name, nil
}
