package docket

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"liaison/broker/policy"
	"liaison/schemas"
)

// Clock is a duty as the docket keeps it.
type Clock struct {
	schemas.Clock
	// Ladder is who is told when it has run out, and when; Told counts the steps
	// that were taken, and Next is when the next one is, zero if there is none.
	Ladder []policy.Told `json:"ladder,omitempty"`
	Told   int           `json:"told,omitempty"`
	Next   time.Time     `json:"next,omitzero"`
	// Urgency and Nation are those of the thread.
	Urgency schemas.Urgency `json:"urgency"`
	Nation  schemas.Code    `json:"nation"`
	// Protected says that only those of the thread may know of it.
	Protected bool `json:"protected,omitempty"`
}

// key is the clock's name in the file: one clock of a name for each member and
// thread.
func (c *Clock) key() []byte {
	return []byte(c.Of.String() + "\x00" + string(c.Name) + "\x00" + string(c.Owes))
}

// dueKey orders the clocks by when something is to be done.
func dueKey(at time.Time, clock []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano())), clock...)
}

func dueOf(key []byte) (time.Time, []byte) {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key))).UTC(), key[8:]
}

// schedule sets when something is next to be done about the clock.
func (c *Clock) schedule() {
	c.Next = time.Time{}
	if c.Running() && c.Told < len(c.Ladder) {
		c.Next = c.Ladder[c.Told].At
	}
}

// noticeID is the id of the notice of one step: always the same.
func (c *Clock) noticeID(step int) schemas.ID {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", c.key(), c.Started.UnixNano(), step))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return schemas.ID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs
	}
	return b
}
