package schemas

import "time"

// Clock is a duty: who owes what about which matter, by when.
type Clock struct {
	// Of is the message that began the matter.
	Of MessageRef `json:"of"`
	// Name is the clock's in the protocol's table of deadlines.
	Name Code `json:"clock"`
	// Owes is the member whose duty it is, and To the one that it is owed to,
	// if it is one member's.
	Owes MemberID `json:"owes"`
	To   MemberID `json:"to,omitempty"`
	// Strand is the strand of a case whose clock it is, if it is one's.
	Strand Code `json:"strand,omitempty"`
	// Started and Due are by the ledger's times and the tables of that time. A
	// clock that waits for something has no due time yet.
	Started time.Time `json:"started"`
	Due     time.Time `json:"due,omitzero"`
	// Waits is what the clock waits for before it runs.
	Waits Code `json:"waits,omitempty"`
	// Paused is since when the clock stands still; zero while it goes.
	Paused time.Time `json:"paused,omitzero"`
	// Changes are the last of what was done to it.
	Changes []ClockChange `json:"changes,omitempty"`
	// Lapsed is when it last ran out without having been met. It stays on record
	// whatever comes after.
	Lapsed time.Time `json:"lapsed,omitzero"`
	// Ended is when the duty ended; zero while it runs. End says how, and EndedBy
	// is the ledger entry that ended it.
	Ended   time.Time `json:"ended,omitzero"`
	End     ClockEnd  `json:"end,omitempty"`
	EndedBy uint64    `json:"ended_by,omitempty"`
}

// ClockEnd is how a duty ended.
type ClockEnd string

// How a duty can end.
const (
	// EndMet: what was owed was done, in time or late.
	EndMet ClockEnd = "met"
	// EndFellAway: there is nothing to do any more.
	EndFellAway ClockEnd = "fell-away"
	// EndPassedOn: another member has it now.
	EndPassedOn ClockEnd = "passed-on"
	// EndOver: a period has passed.
	EndOver ClockEnd = "over"
)

// ClockChange is one change of a clock, as the ledger records it.
type ClockChange struct {
	Entry uint64      `json:"entry"`
	At    time.Time   `json:"at"`
	By    MemberID    `json:"by"`
	About NoticeAbout `json:"about"`
	// Was is when it was due before, and Due when it was after.
	Was    time.Time `json:"was,omitzero"`
	Due    time.Time `json:"due,omitzero"`
	Reason Code      `json:"reason"`
}

// Running says whether the duty is still open.
func (c *Clock) Running() bool { return c.Ended.IsZero() }

// Going says whether time counts against the duty: it is open, and its clock
// neither stands still nor waits.
func (c *Clock) Going() bool { return c.Running() && c.Paused.IsZero() && !c.Due.IsZero() }

// Overdue says whether the duty was not met in its time. What has run out once
// stays so when a clock on the wall is put back.
func (c *Clock) Overdue(now time.Time) bool {
	return c.Going() && (!now.Before(c.Due) || c.Lapsed.Equal(c.Due))
}

// Late says whether the duty was met, and not in its time.
func (c *Clock) Late() bool { return c.End == EndMet && !c.Due.IsZero() && c.Ended.After(c.Due) }
