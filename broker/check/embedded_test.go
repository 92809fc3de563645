package check

import (
	"context"
	"io/fs"
	"iter"

	"liaison/deploy/protocol"
)

// embedded is a source of the embedded tables, and of nothing else.
type embedded struct{}

func (embedded) End(context.Context, string) (uint64, error) { return 0, nil }

func (embedded) Read(context.Context, string, uint64) iter.Seq2[Record, error] {
	return func(func(Record, error) bool) {}
}

func (embedded) One(context.Context, string, uint64) (Record, bool, error) {
	return Record{}, false, nil
}

func (embedded) Acts(context.Context, uint64) iter.Seq2[Record, error] {
	return func(func(Record, error) bool) {}
}

func (embedded) Tables(string) (fs.FS, error) { return protocol.Tables, nil }
