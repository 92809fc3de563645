package check

import (
	"context"
	"io/fs"
	"iter"
	"time"

	"liaison/schemas"
)

// Record is one stored message of a stream.
type Record struct {
	Sequence uint64
	Address  string
	Header   map[string][]string
	Data     []byte
	// Stored is when the engine stored it.
	Stored time.Time
}

// header returns the only value of a header, or "".
func (r *Record) header(name string) string {
	if v := r.Header[name]; len(v) == 1 {
		return v[0]
	}
	return ""
}

// Source is where the streams and the tables are read. The names of the streams
// are schemas.IntakeName and ledger.Stream.
type Source interface {
	// End returns the sequence of the last message that a stream says it stored.
	End(ctx context.Context, stream string) (uint64, error)
	// Read yields the messages of a stream that can be read, in order, up to a
	// sequence. After an error it ends.
	Read(ctx context.Context, stream string, to uint64) iter.Seq2[Record, error]
	// One returns the message at a sequence, or false if it cannot be read.
	One(ctx context.Context, stream string, sequence uint64) (Record, bool, error)
	// Acts yields the entries of the ledger that are about no single message, in
	// order, behind a sequence. They stand at addresses that begin "decision._.".
	// After an error it ends.
	Acts(ctx context.Context, after uint64) iter.Seq2[Record, error]
	// Tables returns the set of protocol tables of that hash.
	Tables(hash string) (fs.FS, error)
}

// Desk is a desk that was ever enrolled, a revoked one too.
type Desk struct {
	Member schemas.MemberID
	Name   string
}

// String names the desk as member/name.
func (d Desk) String() string { return string(d.Member) + "/" + d.Name }
