package schemas

// NoticeAbout is what a notice says.
type NoticeAbout string

// What a notice can say.
const (
	// NoticeRemovalHold and its end are about the subject of a referral: no
	// removal and no detention while it is open.
	NoticeRemovalHold       NoticeAbout = "removal-hold"
	NoticeRemovalHoldLifted NoticeAbout = "removal-hold-lifted"
	// NoticeVictimStatus tells a prosecutor that a suspect was referred as a
	// possible victim.
	NoticeVictimStatus NoticeAbout = "victim-status"
	// NoticeMissingChild and NoticeFoundChild describe the child in items.
	NoticeMissingChild NoticeAbout = "missing-child"
	NoticeFoundChild   NoticeAbout = "found-child"
	// NoticeLapsed says that a duty was not met in its time, and
	// NoticeEscalated that the next in line is told. Only the broker sends them.
	NoticeLapsed    NoticeAbout = "lapsed"
	NoticeEscalated NoticeAbout = "escalated"
	// NoticeExtended gives a duty more time, NoticePaused stops its clock and
	// NoticeResumed lets it go on. Who may say so is the protocol's to say, by its
	// table of deadlines.
	NoticeExtended NoticeAbout = "clock-extended"
	NoticePaused   NoticeAbout = "clock-paused"
	NoticeResumed  NoticeAbout = "clock-resumed"
)

// ChangesClock says whether a notice of the sort changes a clock.
func (a NoticeAbout) ChangesClock() bool {
	return a == NoticeExtended || a == NoticePaused || a == NoticeResumed
}

// The reasons for changing a clock. That a person cooperates, or does not, is
// none.
const (
	ChangedAwaiting   Code = "awaiting-information"
	ChangedReceived   Code = "information-received"
	ChangedComplexity Code = "complexity"
	ChangedPerson     Code = "needs-of-the-person"
	ChangedCapacity   Code = "no-capacity"
	ChangedCourt      Code = "proceedings"
)

// Notice is the body of a notice. Without items it carries no information but
// what it is about.
type Notice struct {
	About NoticeAbout `json:"about"`
	// Of names the message that it is about, if there is one.
	Of MessageRef `json:"of,omitzero"`
	// To are the members told.
	To []MemberID `json:"to"`
	// Clock is the duty that was not met, or that is changed, and Due when it
	// should have been met, or is due now that it is extended.
	Clock Code `json:"clock,omitempty"`
	Due   Time `json:"due,omitzero"`
	// Step is how far it was escalated. Only the broker sets it.
	Step Code `json:"step,omitempty"`
	// Strand is the strand whose clock it is, if it is a strand's.
	Strand Code `json:"strand,omitempty"`
	// Reason is why the clock is changed.
	Reason Code `json:"reason,omitempty"`
}
