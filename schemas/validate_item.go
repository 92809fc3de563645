package schemas

import "slices"

func (v *validator) items() {
	at := root.field("items")
	if len(v.m.Items) == 0 {
		v.add(at, FaultMissing, "the message has no item", "give at least one item: the item is what is graded and disclosed")
	}
	v.count(at, len(v.m.Items), MaxItems)
	for i := range v.m.Items {
		v.item(at.at(i), &v.m.Items[i])
	}
}

func (v *validator) item(at place, it *Item) {
	v.prose(at.field("text"), it.Text, MaxText)
	v.grades(at, it)
	v.handling(at, it)
	if it.Origin != "" {
		v.member(at.field("origin"), it.Origin)
	}
	word(v, at.field("obtained_by"), it.ObtainedBy, obtainings)
	v.consents(at.field("consents"), it.Consents)
	v.codeList(at.field("indicators"), Indicators(), it.Indicators, MaxIndicators)
	v.itemCodes(at, it)
	v.links(at.field("links"), it.Links)
	v.mentions(at.field("subjects"), it.Subjects)
	if len(it.Gateways) > 0 {
		v.add(at.field("gateways"), FaultBrokerOnly, "only the broker says under which gateway a copy was given", "leave the field out")
	}
	if it.GradedByHub != "" {
		v.add(at.field("graded_by_hub"), FaultBrokerOnly, "only the broker says that the hub graded an item", "leave the field out")
	}
}

// grades checks the 5x5x5 evaluation. Information that nobody has graded is
// legal, since some members hold nothing else, but half a grading is not.
func (v *validator) grades(at place, it *Item) {
	if it.Source != "" {
		word(v, at.field("source"), it.Source, sources)
	}
	if it.Information != 0 && !it.Information.Known() {
		v.addf(at.field("information"), FaultUnknownCode, "write 1 to 5, as a number", "%d is not an intelligence evaluation", int(it.Information))
	}
	if (it.Source == "") == (it.Information == 0) {
		return
	}
	missing := "source"
	if it.Information == 0 {
		missing = "information"
	}
	v.add(at.field(missing), FaultHalfGraded, "the item has one of the two grades",
		"give both grades, or neither if it has not been graded; a source that is not tested is E, and what cannot be judged is 4")
}

// handling checks the set of permissions. An empty set is legal: nobody has
// permitted dissemination yet.
func (v *validator) handling(at place, it *Item) {
	here := at.field("handling")
	v.count(here, len(it.Handling), MaxHandling)
	for i, code := range it.Handling {
		if code < HandlingLawEnforcement || code > HandlingConditions {
			v.addf(here.at(i), FaultUnknownCode, "write 1 to 5, as numbers", "%d is not a handling code", code)
		}
		unique(v, here, it.Handling, i)
	}
	if it.Handling.Has(HandlingOriginatorOnly) && slices.ContainsFunc(it.Handling, func(code int) bool { return code != HandlingOriginatorOnly }) {
		v.add(here, FaultContradiction, "handling code 4 keeps the item with its originator, and another code permits its dissemination",
			"write 4 alone, or leave it out")
	}
	if it.Conditions != "" {
		v.prose(at.field("conditions"), it.Conditions, MaxConditions)
	} else if it.Handling.Has(HandlingConditions) {
		v.add(at.field("conditions"), FaultMissing, "handling code 5 permits dissemination under conditions, and there are none",
			"state the conditions that the recipient must observe")
	}
}

// consents checks claims of consent by their form alone: they open nothing,
// and which exist is known only to the broker.
func (v *validator) consents(at place, consents []Code) {
	v.count(at, len(consents), MaxConsents)
	for i, c := range consents {
		if !c.Valid() {
			v.addf(at.at(i), FaultForm, "write the code of the consent", "a code has 1 to %d lower-case letters, digits and hyphens, the first one a letter", MaxToken)
		}
		unique(v, at, consents, i)
	}
}

// itemCodes checks an item's own crime types and jurisdictions, which must be
// among the message's: a message is routed and filtered by those.
func (v *validator) itemCodes(at place, it *Item) {
	crimes, areas := at.field("crime_types"), at.field("jurisdictions")
	v.codeList(crimes, CrimeTypes(), it.CrimeTypes, MaxCrimeTypes)
	for i, c := range it.CrimeTypes {
		if !slices.Contains(v.m.CrimeTypes, c) {
			v.notInMessage(crimes.at(i), "crime type")
		}
	}
	v.jurisdictions(areas, it.Jurisdictions)
	for i, j := range it.Jurisdictions {
		if !slices.Contains(v.m.Jurisdictions, j) {
			v.notInMessage(areas.at(i), "jurisdiction, with its role,")
		}
	}
}

func (v *validator) notInMessage(at place, what string) {
	v.add(at, FaultNotInMessage, "the "+what+" is not among the message's",
		"add it to the message's list, or leave the message's list out: it is then made of the items'")
}

// mentions checks an item's references to subjects and remembers them.
func (v *validator) mentions(at place, subjects []int) {
	v.count(at, len(subjects), MaxSubjects)
	for i, n := range subjects {
		if n < 0 || n >= len(v.m.Subjects) {
			v.addf(at.at(i), FaultNotInMessage, "write the position of a subject in the message's list, counted from 0",
				"there is no subject %d: the message has %d", n, len(v.m.Subjects))
		} else if n < MaxSubjects {
			v.mentioned[n] = true
		}
		unique(v, at, subjects, i)
	}
}
