package intake

import (
	"context"
	"errors"
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
	// root returns the message that began the matter which a message belongs to.
	root func(schemas.MessageRef) (schemas.MessageRef, error)
	// last is the sequence of the last step in each matter.
	last map[schemas.MessageRef]uint64
	// before is the last sequence that was there when this was first asked, and since
	// a commit that may have been stored or not: what was taken then is not in last.
	before uint64
	asked  bool
}

// pruneAt is how many steps are kept before those that are decided are left out.
const pruneAt = 1000

// add takes up the steps among records that are stored now, those among them that
// were stored before.
func (u *undecided) add(records []*record) error {
	decided := u.decided()
	for _, r := range records {
		if r.receipt.Refusal != nil || r.receipt.Sequence <= decided {
			continue
		}
		for _, of := range about(r.message) {
			root, err := u.root(of)
			if err != nil {
				return err
			}
			u.last[root] = max(u.last[root], r.receipt.Sequence)
		}
	}
	if len(u.last) > pruneAt {
		for of, at := range u.last {
			if at <= decided {
				delete(u.last, of)
			}
		}
	}
	return nil
}

// waits says whether something that a step is about, or another step in its
// matter, is accepted, or about to be, and was not decided when everything up to a
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
	root, err := s.undecided.root(of)
	if err != nil || s.undecided.last[root] > decided {
		return true, err
	}
	address := schemas.IntakeAddress(of.Originator, of.ID)
	if slices.ContainsFunc(fresh, func(r *record) bool { return r.address == address }) {
		return true, nil
	}
	if !s.undecided.asked {
		if s.undecided.before, err = s.lastThere(ctx); err != nil {
			return false, err
		}
		s.undecided.asked = true
	}
	if decided < s.undecided.before {
		return true, nil
	}
	waits := false
	err = s.lookUp(ctx, schemas.IntakeName, []string{address}, func(msg *jetstream.RawStreamMsg) { waits = msg.Sequence > decided })
	return waits, err
}

// lastThere is the sequence of the last message that the intake has: what it lacks
// behind that nobody decides.
func (s *store) lastThere(ctx context.Context) (uint64, error) {
	stream, err := s.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return 0, fmt.Errorf("asking how far the intake is: %w", err)
	}
	switch last, err := stream.GetLastMsgForSubject(ctx, ">"); {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("asking how far the intake is: %w", err)
	default:
		return last.Sequence, nil
	}
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
