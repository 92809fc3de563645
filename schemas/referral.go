package schemas

// ReferralForm is which form of the National Referral Mechanism was used.
type ReferralForm string

// The forms. An adult must consent to being referred; for a child no consent
// is needed, and a person whose age is in doubt is presumed a child.
const (
	AdultForm ReferralForm = "adult"
	ChildForm ReferralForm = "child"
)

// ReferralConsent is how a person consented to being referred.
type ReferralConsent string

// Signed is the one way in which an adult consents.
const Signed ReferralConsent = "signed"

// Sex is a person's sex, as far as it decides which provider of support takes
// the person in. Left out, it is not known or not told.
type Sex string

// The sexes that providers of support tell apart.
const (
	Female Sex = "female"
	Male   Sex = "male"
)

// AdultFrom is the age from which a person is no child (Council of Europe
// Convention on Action against Trafficking in Human Beings art 4(d)).
const AdultFrom = 18

// Referral is the body of a referral of a possible victim to a competent
// authority (National Referral Mechanism, from 1 April 2009). Its items carry the
// indicators; its originator is the first responder.
type Referral struct {
	Form ReferralForm `json:"form"`
	// Consent says that the adult has signed; a child's form has none.
	Consent ReferralConsent `json:"consent,omitempty"`
	// Sex decides, with the type of exploitation, which provider of support may
	// have the referral.
	Sex Sex `json:"sex,omitempty"`
	// To are the competent authority and whoever supports or protects the
	// person: each gets what the law and the handling codes let it have. Those
	// whom the protocol tells of every child get the referral of one unnamed, and
	// so does the provider that takes such persons in, if support is needed and
	// the sender names none.
	To []MemberID `json:"to"`
	// Support are codes of the list of support needs.
	Support []Code `json:"support,omitempty"`
	// Earlier names earlier referrals of the same person: re-trafficking.
	Earlier []MessageRef `json:"earlier,omitempty"`
}

// Stage is a stage of a competent authority's decision.
type Stage string

// The stages.
const (
	ReasonableGrounds Stage = "reasonable-grounds"
	ConclusiveGrounds Stage = "conclusive-grounds"
)

// FindingResult is what a competent authority found.
type FindingResult string

// The results. A negative decision is reopened if new information arrives.
const (
	Positive FindingResult = "positive"
	Negative FindingResult = "negative"
	Reopened FindingResult = "reopened"
)

// Finding is the body of a decision about a referral. It carries no
// information but that, and goes to the first responder in all cases.
type Finding struct {
	// Of names the referral.
	Of     MessageRef    `json:"of"`
	Stage  Stage         `json:"stage"`
	Result FindingResult `json:"result"`
	// To are those notified.
	To []MemberID `json:"to"`
	// ReflectionUntil is the last day of the reflection period, if it is longer
	// than the protocol's.
	ReflectionUntil Date `json:"reflection_until,omitzero"`
}
