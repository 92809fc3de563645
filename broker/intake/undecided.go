package intake

import (
	"context"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/schemas"
)

// undecided has the steps that are accepted and not decided yet: how their
// matters stand nobody knows before. It is used by the goroutine that commits.
type undecided struct {
	// decided returns the sequence up to which everything is decided.
	decided func() uint64
	// last is the sequence of the last step about each message.
	last map[schemas.MessageRef]uint64
	// before is the last sequence that was taken when this was first asked: what
	// an earlier start took is not in last.
	before uint64
	asked  bool
}

// pruneAt is how many steps are kept before those that are decided are left out.
const pruneAt = 1000

// add takes up the steps among records that were just stored.
func (u *undecided) add(records []*record) {
	for _, r := range records {
		if r.receipt.Refusal != nil {
			continue
		}
		for _, of := range about(r.message) {
			u.last[of] = max(u.last[of], r.receipt.Sequence)
		}
	}
	if len(u.last) > pruneAt {
		decided := u.decided()
		for of, at := range u.last {
			if at <= decided {
				delete(u.last, of)
			}
		}
	}
}

// waits says whether something that a step is about, or another step about the
// same, is accepted, or about to be, and was not decided when everything up to a
// sequence was.
func (s *store) waits(ctx context.Context, m *schemas.Message, fresh []*record, decided uint64) (bool, error) {
	for _, of := range about(m) {
		if waits, err := s.waitsFor(ctx, of, fresh, decided); err != nil || waits {
			return waits, err
		}
	}
	return false, nil
}

func (s *store) waitsFor(ctx context.Context, of schemas.MessageRef, fresh []*record, decided uint64) (bool, error) {
	if s.undecided.last[of] > decided {
		return true, nil
	}
	address := schemas.IntakeAddress(of.Originator, of.ID)
	if slices.ContainsFunc(fresh, func(r *record) bool { return r.address == address }) {
		return true, nil
	}
	if !s.undecided.asked {
		stream, err := s.js.Stream(ctx, schemas.IntakeName)
		if err != nil {
			return false, fmt.Errorf("asking how far the intake is: %w", err)
		}
		s.undecided.before, s.undecided.asked = stream.CachedInfo().State.LastSeq, true
	}
	if decided < s.undecided.before {
		return true, nil
	}
	waits := false
	err := s.lookUp(ctx, schemas.IntakeName, []string{address}, func(msg *jetstream.RawStreamMsg) { waits = msg.Sequence > decided })
	return waits, err
}

// about is what a step is about, the version of a case that a case takes the place
// of, or the earlier referrals that a referral names; nothing if the message is no
// step.
func about(m *schemas.Message) []schemas.MessageRef {
	if m.Referral != nil {
		return m.Referral.Earlier
	}
	of, ok := m.Of()
	if m.Case != nil {
		of, ok = m.Replaces()
	}
	if !ok {
		return nil
	}
	return []schemas.MessageRef{of}
}
