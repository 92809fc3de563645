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
)

// Notice is the body of a notice. Without items it carries no information but
// what it is about.
type Notice struct {
	About NoticeAbout `json:"about"`
	// Of names the message that it is about, if there is one.
	Of MessageRef `json:"of,omitzero"`
	// To are the members told.
	To []MemberID `json:"to"`
	// Clock is the duty that was not met, and Due when it should have been;
	// Step is how far it was escalated. Only the broker sets them.
	Clock Code `json:"clock,omitempty"`
	Due   Time `json:"due,omitzero"`
	Step  Code `json:"step,omitempty"`
}
