package intake

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/schemas"
)

// errFull says that the intake has reached its bound.
var errFull = errors.New("the intake has reached its bound")

// overhead is more than what the engine and the headers add to a record.
const overhead = 512

// room is how much of its share of the store the intake has left, so that what
// it takes leaves decisions and copies theirs. The engine would bound a stream,
// too, but holds each message of a batch against all that are before it in the
// batch: a third of the work of a large one. It is used by one goroutine.
type room struct {
	most    int64  // bytes that the stream may have
	left    int64  // no more than there really is
	looked  bool   // left was ever known
	openeds uint64 // how often the streams had been opened again by then
}

// take takes the room for records, or returns errFull. What was taken and then
// not used is found again when there seems to be no more.
func (s *store) take(ctx context.Context, records []*record) error {
	need := int64(0)
	for _, r := range records {
		need += int64(len(r.canonical) + len(r.address) + overhead)
	}
	if !s.room.looked || s.room.openeds != s.opened.Load() || s.room.left < need {
		if err := s.room.look(ctx, s.js, s.opened.Load()); err != nil {
			return err
		}
	}
	if s.room.left < need {
		return errFull
	}
	s.room.left -= need
	return nil
}

func (r *room) look(ctx context.Context, js jetstream.JetStream, openeds uint64) error {
	stream, err := js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("asking how full the intake is: %w", err)
	}
	r.left, r.looked, r.openeds = r.most-int64(stream.CachedInfo().State.Bytes), true, openeds
	return nil
}
