package schemas

import "sync"

// The words of the contract's short vocabularies.
var (
	kinds        = []Kind{KindTip, KindCase, KindConsent}
	answers      = []ConsentAnswer{Given, Refused}
	markings     = []Marking{NotProtectivelyMarked, Protect, Restricted, Confidential, Secret, TopSecret}
	urgencies    = []Urgency{Routine, Priority, Immediate}
	roles        = []Role{RoleIncident, RoleResidence, RoleBusiness, RoleRecoveredAt, RoleTransit}
	relations    = []Relation{Supersedes, PartOf, SeeAlso, Promotes}
	sources      = []SourceGrade{SourceAlwaysReliable, SourceMostlyReliable, SourceSometimesReliable, SourceUnreliable, SourceUntested}
	obtainings   = []ObtainedBy{ByInspectionPower, ByVolunteered, ByComplaint, ByPublic, ByPartner, ByInterception, ByFinancialReport}
	statuses     = []CaseStatus{CaseOpen, CaseSuspended, CaseClosed}
	positions    = []string{"suspect", "victim", "witness", "worker", "associate"}
	subjectKinds = []SubjectKind{PersonSubject, BusinessSubject, PremisesSubject, VehicleSubject, PhoneSubject}
)

// vocabulary has one copy of every word and code of the contract. Decoding
// takes words from it: messages are held for long and in great numbers, and
// nearly all their short texts are these.
var vocabulary = sync.OnceValue(func() map[string]string {
	words := map[string]string{}
	addWords(words, kinds)
	addWords(words, markings)
	addWords(words, urgencies)
	addWords(words, roles)
	addWords(words, relations)
	addWords(words, sources)
	addWords(words, obtainings)
	addWords(words, statuses)
	addWords(words, answers)
	addWords(words, positions)
	addWords(words, subjectKinds)
	for _, l := range []*CodeList{CrimeTypes(), Jurisdictions(), Sectors(), Purposes(), Indicators(), Channels()} {
		addWords(words, l.names)
	}
	return words
})

func addWords[T ~string](to map[string]string, words []T) {
	for _, w := range words {
		to[string(w)] = string(w)
	}
}
