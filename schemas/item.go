package schemas

import (
	"fmt"
	"log/slog"
)

// ObtainedBy says how the origin came by an item. It decides which statute
// guards the item: what an Employment Agency Standards inspector obtained by
// using powers may go almost nowhere (Employment Agencies Act 1973 s.9(4)),
// what was volunteered to the same inspector is outside that bar.
type ObtainedBy string

// The ways of obtaining an item.
const (
	ByInspectionPower ObtainedBy = "inspection-power"
	ByVolunteered     ObtainedBy = "volunteered"
	ByComplaint       ObtainedBy = "complaint"
	ByPublic          ObtainedBy = "public"
	ByPartner         ObtainedBy = "partner"
	// ByInterception is product of interception (Regulation of Investigatory
	// Powers Act 2000 Part 1): no gateway leads anywhere from it.
	ByInterception ObtainedBy = "interception"
	// ByFinancialReport is what a report of suspicion by the regulated sector
	// said (Proceeds of Crime Act 2002 ss.330-332): that there is such a report
	// must not reach its subject. It stays with the item when a case is made of
	// it, where the channel does not.
	ByFinancialReport ObtainedBy = "financial-report"
)

// Item is one graded piece of information, the unit of disclosure. The
// identity of a source never enters an item.
type Item struct {
	// Text is the information itself.
	Text string `json:"text"`
	// Source and Information are the 5x5x5 evaluation; both are left out
	// together when the information has not been graded.
	Source      SourceGrade `json:"source,omitempty"`
	Information InfoGrade   `json:"information,omitzero"`
	// Handling is a set of permissions, not a scale. Left empty, nobody has
	// permitted dissemination yet.
	Handling Handling `json:"handling,omitempty"`
	// Conditions are the originator's conditions of use in words; handling
	// code 5 requires them.
	Conditions string `json:"conditions,omitempty"`
	// Origin is the member whose information this is; empty means the
	// originator of the message.
	Origin MemberID `json:"origin,omitempty"`
	// ObtainedBy says how the origin obtained it. Required.
	ObtainedBy ObtainedBy `json:"obtained_by"`
	// Consents are claims that a consent exists. They open nothing: only a
	// recorded consent does.
	Consents []Code `json:"consents,omitempty"`
	// Indicators are codes of the list of trafficking indicators.
	Indicators []Code `json:"indicators,omitempty"`
	// CrimeTypes are the item's own; empty means the message's.
	CrimeTypes []Code `json:"crime_types,omitempty"`
	// Jurisdictions are the item's own; empty means the message's.
	Jurisdictions []Jurisdiction `json:"jurisdictions,omitempty"`
	// Links are the item's own; empty means the message's.
	Links []Link `json:"links,omitempty"`
	// Subjects are positions in the message's list of subjects.
	Subjects []int `json:"subjects,omitempty"`
	// Gateways are the codes of the legal gateways under which the recipient
	// got the item. Only the broker sets it, in copies; a submission that has
	// it is refused.
	Gateways []Code `json:"gateways,omitempty"`
	// GradedByHub flags that the origin did not grade the item, and that the
	// grade and handling code are those the hub gives to information of its
	// sort; it names the row of the protocol by which. Only the broker sets it.
	GradedByHub Code `json:"graded_by_hub,omitempty"`
}

// LogValue makes a logged item show its grading and never its text.
func (it Item) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("grade", string(it.Source)+it.Information.String()),
		slog.String("obtained_by", string(it.ObtainedBy)))
}

// String describes the item without its content.
func (it Item) String() string {
	return fmt.Sprintf("item %s%s (%d bytes)", it.Source, it.Information, len(it.Text))
}
