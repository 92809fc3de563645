package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"liaison/schemas"
)

// Commit binds a message's content to an entry without revealing it: the
// SHA-256 of the salt, a line feed and the content, in hexadecimal. Whoever has
// both can check it; without the salt nobody can guess short contents.
func Commit(salt string, content []byte) string {
	h := sha256.New()
	h.Write([]byte(salt))
	h.Write([]byte{'\n'})
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// CheckSent checks that a message is the very one that was decided about, by
// the salt that its originator was given.
func (s *Sent) CheckSent(m *schemas.Message, salt string) error {
	if m.ID != s.Message || m.Originator != s.Originator {
		return fmt.Errorf("the proof is about %s/%s, and the message is %s/%s", s.Originator, s.Message, m.Originator, m.ID)
	}
	content, err := schemas.EncodeMsgPack(m)
	if err != nil {
		return fmt.Errorf("encoding the message: %w", err)
	}
	if Commit(salt, content) != s.Commitment {
		return errors.New("the ledger does not commit to this content with this salt")
	}
	return nil
}

// CheckReceived checks that a copy is of the message that was disclosed, and has
// as many items as were disclosed. The wording of a copy is not in the ledger.
func (r *Received) CheckReceived(m *schemas.Message) error {
	if m.ID != r.Message || m.Originator != r.Originator {
		return fmt.Errorf("the proof is about %s/%s, and the copy is of %s/%s", r.Originator, r.Message, m.Originator, m.ID)
	}
	if len(m.Items) != len(r.Items) {
		return fmt.Errorf("%d items were disclosed, and the copy has %d", len(r.Items), len(m.Items))
	}
	return nil
}
