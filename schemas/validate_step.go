package schemas

import (
	"slices"
	"time"
)

func (v *validator) request(at place, r *Request) {
	v.recipients(at, r.To)
	if r.Gateway != "" && !r.Gateway.Valid() {
		v.add(at.field("gateway"), FaultForm, "this is no code", "write the id of a row of the protocol's gateways, or leave it out")
	}
	v.dayAhead(at.field("needed_by"), r.NeededBy)
}

func (v *validator) answer(at place, a *Reply) {
	v.ref(at.field("of"), a.Of)
	v.notOwn(at.field("of"), a.Of)
	word(v, at.field("status"), a.Status, replies)
}

func (v *validator) tasking(at place, t *Tasking) {
	v.ref(at.field("of"), t.Of)
	word(v, at.field("action"), t.Action, taskings)
	v.recipient(at.field("to"), t.To)
	if t.Strand != "" {
		v.code(at.field("strand"), CrimeTypes(), t.Strand)
	}
	v.reason(at.field("reason"), t.Reason, t.Action == TaskingDecline, declines)
}

func (v *validator) feedback(at place, f *Feedback) {
	v.ref(at.field("of"), f.Of)
	v.recipients(at, f.To)
	results := at.field("results")
	if len(f.Results) == 0 {
		v.add(results, FaultMissing, "there is no result", "give at least one code of the list results, such as \"no-further-action\"")
	}
	v.codeList(results, Results(), f.Results, MaxCrimeTypes)
	v.codeList(at.field("charged_as"), CrimeTypes(), f.ChargedAs, MaxCrimeTypes)
	v.codeList(at.field("assessed_as"), CrimeTypes(), f.AssessedAs, MaxCrimeTypes)
	word(v, at.field("status"), f.Status, statuses)
	if f.Strand != "" && !slices.Contains(v.m.CrimeTypes, f.Strand) {
		v.notInMessage(at.field("strand"), "crime type")
	}
	if slices.Contains(f.Results, CaseReopened) && f.Status != CaseOpen {
		v.add(at.field("status"), FaultContradiction, "what is reopened is open", "write \"open\", or leave the result \"reopened\" out")
	}
}

func (v *validator) referral(at place, f *Referral) {
	word(v, at.field("form"), f.Form, forms)
	switch consent := at.field("consent"); {
	case f.Consent != "" && f.Consent != Signed:
		v.add(consent, FaultUnknownCode, "the value is not \"signed\"", "an adult consents by signature")
	case f.Form == AdultForm && f.Consent == "":
		v.add(consent, FaultMissing, "an adult is referred only with consent", "write \"signed\" once the form is; if the age is in doubt, use the child's form")
	case f.Form == ChildForm && f.Consent != "":
		v.add(consent, FaultContradiction, "a child's form has no consent", "leave the field out")
	}
	if f.Sex != "" {
		word(v, at.field("sex"), f.Sex, sexes)
	}
	switch f.Form {
	case AdultForm:
		v.adultForm(at.field("form"))
	case ChildForm:
		v.childForm(at.field("form"))
	}
	v.recipients(at, f.To)
	v.codeList(at.field("support"), SupportNeeds(), f.Support, MaxIndicators)
	earlier := at.field("earlier")
	v.count(earlier, len(f.Earlier), MaxLinks)
	for i, r := range f.Earlier {
		v.ref(earlier.at(i), r)
		unique(v, earlier, f.Earlier, i)
	}
}

// childForm checks that the dates of birth leave it possible that one of the
// victims is a child: an adult is referred only with consent.
func (v *validator) childForm(at place) {
	adult := -1
	for i := range v.m.Subjects {
		switch s := &v.m.Subjects[i]; {
		case s.Position != "victim":
		case !s.SurelyAdult(v.m.Created.Time):
			return
		default:
			adult = i
		}
	}
	if adult >= 0 && v.createdPlausible() {
		v.addf(at, FaultContradiction, "use the adult's form, with the person's signed consent", "by the date of birth subjects[%d] is an adult for certain", adult)
	}
}

// adultForm checks that nothing in the message says that the person may be a
// child: a person whose age is in doubt is presumed to be one and referred on the
// child's form (Council of Europe Convention on Action against Trafficking in
// Human Beings art 10(3)).
func (v *validator) adultForm(at place) {
	const advice = "use the child's form: whose age is in doubt is presumed a child, and needs no consent; another person who may be a child has a referral of its own"
	for i := range v.m.Subjects {
		s := &v.m.Subjects[i]
		if from, _ := s.Born.Ages(v.m.Created.Time); s.Position == "victim" && !s.Born.IsZero() && v.createdPlausible() && from < AdultFrom {
			v.addf(at, FaultContradiction, advice, "by the date of birth of subjects[%d] the victim may be under %d", i, AdultFrom)
		}
	}
	for i := range v.m.Items {
		harm := slices.ContainsFunc(v.m.ItemCrimeTypes(i), func(c Code) bool { return CrimeTypes().Within(c, "child-harm") })
		sign := slices.ContainsFunc(v.m.Items[i].Indicators, func(c Code) bool { return Indicators().Within(c, "child") })
		if harm || sign {
			v.addf(at, FaultContradiction, advice, "items[%d] speaks of a child, by its crime type or an indicator", i)
		}
	}
}

func (v *validator) finding(at place, f *Finding) {
	v.ref(at.field("of"), f.Of)
	word(v, at.field("stage"), f.Stage, stages)
	word(v, at.field("result"), f.Result, findings)
	v.recipients(at, f.To)
	until := at.field("reflection_until")
	v.dayAhead(until, f.ReflectionUntil)
	if !f.ReflectionUntil.IsZero() && (f.Stage != ReasonableGrounds || f.Result != Positive) {
		v.add(until, FaultContradiction, "only positive reasonable grounds begin a reflection period", "leave the date out")
	}
	if f.ReflectionUntil.Full() {
		v.notFar(until, f.ReflectionUntil.Start())
	}
}

func (v *validator) notice(at place, n *Notice) {
	word(v, at.field("about"), n.About, notices)
	if n.About == NoticeMissingChild || n.About == NoticeFoundChild {
		if n.Of != (MessageRef{}) {
			v.ref(at.field("of"), n.Of)
		}
	} else {
		v.ref(at.field("of"), n.Of)
	}
	v.recipients(at, n.To)
	ranOut := n.About == NoticeLapsed || n.About == NoticeEscalated
	switch {
	case (ranOut || n.About.ChangesClock()) && !n.Clock.Valid():
		v.add(at.field("clock"), FaultMissing, "no clock is named", "name the clock that ran out, or that is changed")
	case !ranOut && !n.About.ChangesClock() && (n.Clock != "" || n.Step != "" || n.Strand != "" || !n.Due.IsZero()):
		v.add(at, FaultBrokerOnly, "only a notice that a clock ran out, or is changed, has a clock", "leave clock, due, step and strand out")
	}
	if n.Strand != "" && !n.Strand.Valid() {
		v.add(at.field("strand"), FaultForm, "this is no code", "write the strand's crime type, or leave it out")
	}
	v.reason(at.field("reason"), n.Reason, n.About.ChangesClock(), changes)
	if n.About.ChangesClock() {
		v.changedClock(at, n)
	}
}

// changedClock checks what a notice that changes a clock says of it.
func (v *validator) changedClock(at place, n *Notice) {
	if n.Step != "" {
		v.add(at.field("step"), FaultBrokerOnly, "only the broker escalates", "leave step out")
	}
	due := at.field("due")
	switch {
	case n.About != NoticeExtended && !n.Due.IsZero():
		v.add(due, FaultContradiction, "only an extension says when the duty is due", "leave due out")
	case n.About == NoticeExtended && n.Due.IsZero():
		v.add(due, FaultMissing, "it is not said when the duty is due now", "give the new time, such as 2010-08-14T16:00:00Z")
	case n.About == NoticeExtended && v.createdPlausible() && !n.Due.After(v.m.Created.Time):
		v.add(due, FaultPast, "the duty would be due before the message was made", "give a time that is to come")
	case n.About == NoticeExtended:
		v.notFar(due, n.Due.Time)
	}
}

func (v *validator) recall(at place, c *Recall) {
	v.ref(at.field("of"), c.Of)
	v.own(at.field("of"), c.Of)
	v.reason(at.field("reason"), c.Reason, true, recalls)
}

func (v *validator) confirmation(at place, c *Confirmation) {
	v.ref(at.field("of"), c.Of)
	v.notOwn(at.field("of"), c.Of)
	word(v, at.field("answer"), c.Answer, confirmed)
	v.reason(at.field("reason"), c.Reason, c.Answer == Kept, retentions)
}

func (v *validator) correction(at place, c *Correction) {
	v.ref(at.field("of"), c.Of)
	v.own(at.field("of"), c.Of)
}

// recipients checks the members that a message names in the field to.
func (v *validator) recipients(at place, list []MemberID) {
	to := at.field("to")
	if len(list) == 0 {
		v.add(to, FaultMissing, "nobody is named", "name the members that it is for")
	}
	v.count(to, len(list), MaxRecipients)
	for i, m := range list {
		v.recipient(to.at(i), m)
		unique(v, to, list, i)
	}
}

func (v *validator) recipient(at place, m MemberID) {
	v.member(at, m)
	if m != "" && m == v.m.Originator {
		v.add(at, FaultSelfLink, "the member writes to itself", "name another member")
	}
}

func (v *validator) ref(at place, r MessageRef) {
	v.member(at.field("originator"), r.Originator)
	v.id(at.field("id"), r.ID)
	if r.ID == v.m.ID && r.Originator == v.m.Originator {
		v.add(at, FaultSelfLink, "the message names itself", "name another message")
	}
}

// own and notOwn check whose message a step is about.
func (v *validator) own(at place, r MessageRef) {
	if r.Originator != "" && r.Originator != v.m.Originator {
		v.add(at.field("originator"), FaultContradiction, "the message is another member's", "only its originator can do this; send a tip, or a request, to tell it")
	}
}

func (v *validator) notOwn(at place, r MessageRef) {
	if r.Originator != "" && r.Originator == v.m.Originator {
		v.add(at.field("originator"), FaultSelfLink, "the message is the member's own", "name another member's message")
	}
}

// reason checks a code that is there if it is wanted, and only then.
func (v *validator) reason(at place, c Code, wanted bool, known []Code) {
	if wanted {
		word(v, at, c, known)
	} else if c != "" {
		v.add(at, FaultContradiction, "there is nothing to give a reason for", "leave the field out")
	}
}

// notFar checks that more time is not given for longer than one message may.
func (v *validator) notFar(at place, until time.Time) {
	if v.createdPlausible() && until.After(v.m.Created.AddDate(0, 0, MaxAhead)) {
		v.addf(at, FaultFuture, "name an earlier day, and extend again when it comes", "it is more than %d days after the message was made", MaxAhead)
	}
}

// dayAhead checks a whole date that is not before the message was made.
func (v *validator) dayAhead(at place, d Date) {
	switch {
	case d.IsZero():
	case !d.Full():
		v.add(at, FaultForm, "the date lacks the day or the month", "give a whole date, such as 2010-08-14")
	case v.createdPlausible() && d.first().Before(v.m.Created.UTC().Truncate(24*time.Hour)):
		v.add(at, FaultPast, "the date is before the message was made", "check the date, or leave it out")
	}
}
