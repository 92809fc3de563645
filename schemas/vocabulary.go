package schemas

import "sync"

// The words of the contract's short vocabularies.
var (
	// deliverable are the kinds of message that a desk can get.
	deliverable = []Kind{KindTip, KindCase, KindRequest, KindAnswer, KindTasking, KindOutcome, KindReferral, KindDecision, KindNotice,
		KindRecall, KindRecallConfirmation, KindCorrection}
	kinds = []Kind{KindTip, KindCase, KindConsent, KindRequest, KindAnswer, KindTasking, KindOutcome, KindReferral, KindDecision, KindNotice,
		KindRecall, KindRecallConfirmation, KindCorrection}
	answers  = []ConsentAnswer{Given, Refused}
	replies  = []AnswerStatus{AnswerAcknowledged, AnswerFull, AnswerPartial, AnswerNoTrace, AnswerRefused}
	taskings = []TaskingAction{TaskingOffer, TaskingAccept, TaskingDecline, TaskingWithdraw}
	declines = []Code{DeclinedCapacity, DeclinedRemit, DeclinedArea, DeclinedConflict}
	forms    = []ReferralForm{AdultForm, ChildForm}
	sexes    = []Sex{Female, Male}
	stages   = []Stage{ReasonableGrounds, ConclusiveGrounds}
	findings = []FindingResult{Positive, Negative, Reopened}
	notices  = []NoticeAbout{NoticeRemovalHold, NoticeRemovalHoldLifted, NoticeVictimStatus, NoticeMissingChild, NoticeFoundChild, NoticeLapsed, NoticeEscalated,
		NoticeExtended, NoticePaused, NoticeResumed}
	changes      = []Code{ChangedAwaiting, ChangedReceived, ChangedComplexity, ChangedPerson, ChangedCapacity, ChangedCourt}
	recalls      = []Code{RecallInaccurate, RecallUnlawful, RecallSource, RecallError, RecallRetention}
	confirmed    = []ConfirmationAnswer{Deleted, Kept}
	retentions   = []Code{KeptCPIA, KeptProceedings, KeptSafety}
	markings     = []Marking{NotProtectivelyMarked, Protect, Restricted, Confidential, Secret, TopSecret}
	urgencies    = []Urgency{Routine, Priority, Immediate}
	roles        = []Role{RoleIncident, RoleResidence, RoleBusiness, RoleRecoveredAt, RoleTransit}
	relations    = []Relation{Supersedes, PartOf, SeeAlso, Promotes}
	sources      = []SourceGrade{SourceAlwaysReliable, SourceMostlyReliable, SourceSometimesReliable, SourceUnreliable, SourceUntested}
	obtainings   = []ObtainedBy{ByInspectionPower, ByVolunteered, ByComplaint, ByPublic, ByPartner, ByInterception, ByFinancialReport}
	statuses     = []CaseStatus{CaseOpen, CaseMonitoring, CaseClosed}
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
	addWords(words, replies)
	addWords(words, taskings)
	addWords(words, declines)
	addWords(words, forms)
	addWords(words, sexes)
	addWords(words, stages)
	addWords(words, findings)
	addWords(words, notices)
	addWords(words, changes)
	addWords(words, recalls)
	addWords(words, confirmed)
	addWords(words, retentions)
	addWords(words, positions)
	addWords(words, subjectKinds)
	for _, l := range []*CodeList{CrimeTypes(), Jurisdictions(), Sectors(), Purposes(), Indicators(), Channels(), Results(), SupportNeeds()} {
		addWords(words, l.names)
	}
	return words
})

func addWords[T ~string](to map[string]string, words []T) {
	for _, w := range words {
		to[string(w)] = string(w)
	}
}
