package policy

import "liaison/schemas"

// The reasons of an item's outcome, in the order of the tests. They go into
// the ledger and are part of the contract: none is ever given a new meaning.
const (
	// ReasonPermitted discloses: every test was passed.
	ReasonPermitted schemas.Code = "permitted"
	// ReasonNotConcerned withholds an item that no rule says the member is to
	// hear, though another item of the message concerns it (need to know).
	ReasonNotConcerned schemas.Code = "not-concerned"
	// ReasonUnknownOriginator withholds because the sender is not a member on
	// the day.
	ReasonUnknownOriginator schemas.Code = "unknown-originator"
	// ReasonUnknownOrigin withholds because the member whose information the
	// item is said to be is not a member on the day, so that nobody can say
	// which law guards it.
	ReasonUnknownOrigin schemas.Code = "unknown-origin"
	// ReasonSupport withholds a referral from a provider of support that does
	// not take in such a person, by providers.csv: type of exploitation, sex, age,
	// area or what is needed do not fit, or are not known.
	ReasonSupport schemas.Code = "not-suited"
	// ReasonBar withholds under an absolute bar, such as the Employment
	// Agencies Act 1973 s.9(4).
	ReasonBar schemas.Code = "bar"
	// ReasonGateway withholds because no legal gateway leads to the member
	// from the sender, or from the item's origin.
	ReasonGateway schemas.Code = "gateway"
	// ReasonUngraded withholds because the item has no 5x5x5 evaluation, and
	// the hub has none for information of its sort, or no handling code; only
	// the hub may have it, to grade it.
	ReasonUngraded schemas.Code = "ungraded"
	// ReasonHandling withholds because the item's handling codes do not open
	// it to the member.
	ReasonHandling schemas.Code = "handling"
	// ReasonMarking withholds because the message is marked above the
	// member's or the system's ceiling.
	ReasonMarking schemas.Code = "marking"
	// ReasonConditions withholds because the member has not accepted the
	// conditions that the item's handling code makes binding.
	ReasonConditions schemas.Code = "conditions"
	// ReasonConsent withholds because the only gateway requires a consent or
	// an authority that has not been recorded.
	ReasonConsent schemas.Code = "consent"
	// ReasonVictimFirst withholds because members that must have the message
	// first, to look for a victim, have not got every item that speaks of one.
	ReasonVictimFirst schemas.Code = "victim-first"
	// ReasonNoStep withholds a step that the protocol does not know between
	// these members.
	ReasonNoStep schemas.Code = "no-step"
	// ReasonNotMember withholds from a holder of what is recalled or corrected
	// that is no member: it may not have a correction, which tells more, and
	// where the tables no longer know it, it cannot be told of a recall.
	ReasonNotMember schemas.Code = "not-a-member"
)

var reasonTexts = map[schemas.Code]string{
	ReasonPermitted:         "every test was passed",
	ReasonNotConcerned:      "no rule says that the member is to hear this item",
	ReasonUnknownOriginator: "the sender is not a member on the day",
	ReasonUnknownOrigin:     "the item's origin is not a member on the day, so that no law can be tested",
	ReasonSupport:           "the provider of support is not known to take in such a person: see 'liaison support find'",
	ReasonBar:               "an absolute bar on disclosure covers the item, and no exception is open",
	ReasonGateway:           "no legal gateway leads to the member from the sender and from the item's origin",
	ReasonUngraded:          "the item is not graded, or has no handling code; only the hub may have it, to grade it",
	ReasonHandling:          "the item's handling codes do not open it to the member",
	ReasonMarking:           "the message is marked above the ceiling of the member or of the system",
	ReasonConditions:        "the member has not accepted the conditions that the handling code makes binding",
	ReasonConsent:           "the only gateway requires a consent or an authority that has not been recorded",
	ReasonNoStep:            "the protocol has no such step between these members",
	ReasonNotMember:         "it has something of what this is about, and is no member of the protocol",
	ReasonVictimFirst:       "there may be a victim, and neither the UKHTC nor the competent authority has the message",
}

// Reasons lists the reason codes in the order of the tests.
func Reasons() []schemas.Code {
	return []schemas.Code{ReasonPermitted, ReasonNotConcerned, ReasonUnknownOriginator, ReasonUnknownOrigin, ReasonSupport,
		ReasonBar, ReasonGateway, ReasonHandling, ReasonUngraded, ReasonMarking, ReasonConditions, ReasonConsent, ReasonVictimFirst, ReasonNoStep, ReasonNotMember}
}

// ReasonText says in plain words what a reason code of this package means, or
// returns "" for a code that is not one.
func ReasonText(code schemas.Code) string { return reasonTexts[code] }
