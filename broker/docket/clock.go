package docket

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
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
	// Round counts how often it was given another time.
	Round int `json:"round,omitempty"`
	// Urgency and Nation are those of the thread.
	Urgency schemas.Urgency `json:"urgency"`
	Nation  schemas.Code    `json:"nation"`
	// Protected says that only those of the thread may know of it.
	Protected bool `json:"protected,omitempty"`
}

// maxChanges is how many changes of a clock are kept with it; all of them are
// steps of its thread.
const maxChanges = 16

// key is the clock's name in the file: one clock of a name for each member and
// thread, and each strand, and each member that is owed an outcome.
func (c *Clock) key() []byte {
	key := c.Of.String() + "\x00" + string(c.Name) + "\x00" + string(c.Owes)
	if c.Strand != "" || c.Name == policy.ClockOutcome {
		key += "\x00" + string(c.To) + "\x00" + string(c.Strand)
	}
	return []byte(key)
}

// dueKey orders the clocks by when something is to be done.
func dueKey(at time.Time, clock []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano())), clock...)
}

func dueOf(key []byte) (time.Time, []byte) {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key))).UTC(), key[8:]
}

// owedKeys are the clock's places in the index of what each member owes and is
// owed: what runs before what has ended, the soonest first, and what stands
// still last.
func (c *Clock) owedKeys() (keys [][]byte) {
	due := uint64(math.MaxInt64)
	if c.Going() || !c.Running() && !c.Due.IsZero() {
		due = uint64(c.Due.UnixNano())
	}
	for i, m := range []schemas.MemberID{c.Owes, c.To} {
		if m == "" || i == 1 && m == c.Owes {
			continue
		}
		key := owedPrefix(m, c.Running())
		keys = append(keys, append(binary.BigEndian.AppendUint64(key, due), c.key()...))
	}
	return keys
}

// owedPrefix begins the places of a member's clocks that run, or have ended.
func owedPrefix(m schemas.MemberID, running bool) []byte {
	state := byte(1)
	if running {
		state = 0
	}
	return append([]byte(m), 0, state)
}

// schedule sets when something is next to be done about the clock.
func (c *Clock) schedule() {
	c.Next = time.Time{}
	if c.Going() && c.Told < len(c.Ladder) {
		c.Next = c.Ladder[c.Told].At
	}
}

// isPeriod says whether the clock is no duty to act but a time that is given.
func (c *Clock) isPeriod() bool { return c.Name == policy.ClockReflection }

// asOf is the clock as a time sees it: a period ends by itself. That is not
// stored, so that a clock on the wall that runs ahead cannot end it.
func (c *Clock) asOf(now time.Time) schemas.Clock {
	v := c.Clock
	if c.isPeriod() && c.Running() && !now.Before(c.Due) {
		v.Ended, v.End = c.Due, schemas.EndOver
	}
	return v
}

// runsAt says whether the clock runs at a time; a period that is over does not.
func (c *Clock) runsAt(at time.Time) bool {
	v := c.asOf(at)
	return v.Running()
}

// lapse puts on record that the clock has run out by a time, if it has.
func (c *Clock) lapse(at time.Time) {
	if c.Going() && !c.isPeriod() && !at.Before(c.Due) {
		c.Lapsed = c.Due
	}
}

// noticeID is the id of the notice of one step: always the same. That for a member
// that is told apart has its name in it.
func (c *Clock) noticeID(step int, apart ...schemas.MemberID) schemas.ID {
	name := fmt.Appendf(nil, "%s\x00%d\x00%d", c.key(), c.Started.UnixNano(), step)
	if c.Round > 0 {
		name = fmt.Appendf(name, "\x00%d", c.Round)
	}
	for _, m := range apart {
		name = fmt.Appendf(name, "\x00%s", m)
	}
	sum := sha256.Sum256(name)
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
