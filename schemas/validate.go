package schemas

import (
	"slices"
	"time"
)

// Bounds of the time of creation.
const (
	// CreatedAhead is how far a sender's clock may be ahead of the broker's.
	CreatedAhead = 5 * time.Minute
	// firstYear is the earliest year in which a record can have been made.
	firstYear = 1990
	// dayAhead is the grace for dates, which have no time zone.
	dayAhead = 24 * time.Hour
)

// maxSuggestions bounds the searches for what a mistyped code may have meant,
// so that a hostile message cannot buy time with wrong codes.
const maxSuggestions = 16

// Validate reports every fault of a message, each with its path, up to
// MaxFaults. The message is judged as Message.Derive would complete it; it is
// not changed. now is the time of the check, for dates in the future. It
// checks the message alone: whether its originator is a member, or its marking
// below the ceiling, is the broker's to say.
func Validate(m *Message, now time.Time) []Fault {
	if m == nil {
		return []Fault{{Code: FaultMissing, Problem: "there is no message", Advice: "send one"}}
	}
	derived := *m
	derived.Derive()
	v := validator{m: &derived, now: now, day: now}
	if v.createdPlausible() {
		v.day = m.Created.Time
	}
	v.envelope()
	v.code(root.field("purpose"), Purposes(), m.Purpose)
	if m.Bare() {
		v.bare()
	} else {
		v.codes()
		v.items()
		v.subjects()
	}
	v.body()
	return v.all()
}

// validator gathers the faults of one message.
type validator struct {
	faultList
	m *Message
	// now is the time of the check and day the one on which codes must be
	// valid: the day of creation, or now if that makes no sense.
	now, day time.Time
	// mentioned marks the subjects that items refer to.
	mentioned [MaxSubjects]bool
	suggested int
}

func (v *validator) envelope() {
	m := v.m
	if m.Schema != Schema {
		v.addf(root.field("schema"), FaultVersion, "write schema 1 and the fields of that version",
			"the schema is %d, and this is version %d of the contract", m.Schema, Schema)
	}
	v.id(root.field("id"), m.ID)
	v.member(root.field("originator"), m.Originator)
	if m.Reference != "" {
		v.line(root.field("reference"), m.Reference, MaxReference)
	}
	v.created()
	word(v, root.field("kind"), m.Kind, kinds)
	word(v, root.field("marking"), m.Marking, markings)
	word(v, root.field("urgency"), m.Urgency, urgencies)
	v.links(root.field("links"), m.Links)
	if m.WithheldItems != 0 {
		v.add(root.field("withheld_items"), FaultBrokerOnly, "only the broker says what a copy lacks", "leave the field out")
	}
	if m.Review.IsZero() {
		return
	}
	at := root.field("review")
	switch {
	case !m.Review.Full():
		v.add(at, FaultForm, "the date of review lacks the day or the month", "give a whole date, such as 2010-08-14")
	case v.createdPlausible() && m.Review.first().Before(m.Created.UTC().Truncate(24*time.Hour)):
		v.add(at, FaultPast, "the date of review is before the message was created", "give the day by which it must be reviewed, or leave it out")
	}
}

func (v *validator) createdPlausible() bool {
	c := v.m.Created
	return !c.IsZero() && c.Year() >= firstYear && !c.After(v.now.Add(CreatedAhead))
}

func (v *validator) created() {
	at, c := root.field("created"), v.m.Created
	switch {
	case c.IsZero():
		v.add(at, FaultMissing, "the time of creation is missing", "write it as 2009-08-14T09:30:00Z")
	case c.Year() < firstYear:
		v.addf(at, FaultPast, "check the year and the order of day and month", "the message was created before %d", firstYear)
	case c.After(v.now.Add(CreatedAhead)):
		v.addf(at, FaultFuture, "check the clock and that the time is in UTC, not in British Summer Time",
			"the message was created more than %d minutes in the future", int(CreatedAhead.Minutes()))
	}
}

// codes checks the codes of the whole message. A list that is just what Derive
// makes of the items' is judged there, so that a fault has the path of what
// the sender wrote.
func (v *validator) codes() {
	m := v.m
	v.codeList(root.field("sectors"), Sectors(), m.Sectors, MaxSectors)
	items := Message{Items: m.Items}
	items.Derive()
	crimes, areas := root.field("crime_types"), root.field("jurisdictions")
	switch {
	case len(m.CrimeTypes) == 0:
		v.add(crimes, FaultMissing, "neither the message nor an item has a crime type", "give at least one crime type, or a group of crime types")
	case slices.Equal(m.CrimeTypes, items.CrimeTypes):
		v.count(crimes, len(m.CrimeTypes), MaxCrimeTypes)
	default:
		v.codeList(crimes, CrimeTypes(), m.CrimeTypes, MaxCrimeTypes)
	}
	switch {
	case len(m.Jurisdictions) == 0:
		v.add(areas, FaultMissing, "neither the message nor an item has a jurisdiction", "give at least one area; \"uk\" if no more is known")
	case slices.Equal(m.Jurisdictions, items.Jurisdictions):
		v.count(areas, len(m.Jurisdictions), MaxJurisdictions)
	default:
		v.jurisdictions(areas, m.Jurisdictions)
	}
}

// codeList checks a list of codes. It does not say whether the list may be empty.
func (v *validator) codeList(at place, list *CodeList, codes []Code, limit int) {
	v.count(at, len(codes), limit)
	for i, c := range codes {
		v.code(at.at(i), list, c)
		unique(v, at, codes, i)
	}
}

// code checks a code that must be there.
func (v *validator) code(at place, list *CodeList, c Code) {
	if c == "" {
		v.add(at, FaultMissing, "the code is missing", "write a code of the list "+list.Name())
		return
	}
	e, ok := list.Lookup(c)
	if !ok {
		v.unknown(at, string(c), "of the list "+list.Name(), list.names, list.aliases)
		return
	}
	if !ValidOn(e.ValidFrom, e.ValidTo, v.day) {
		v.addf(at, FaultNotValidThen, "use the code that was in force on the day of creation",
			"%q was not valid on %s", c, v.day.UTC().Format(time.DateOnly))
	}
}

func (v *validator) jurisdictions(at place, list []Jurisdiction) {
	v.count(at, len(list), MaxJurisdictions)
	for i, j := range list {
		here := at.at(i)
		v.code(here.field("code"), Jurisdictions(), j.Code)
		word(v, here.field("role"), j.Role, roles)
		unique(v, at, list, i)
	}
}

func (v *validator) links(at place, list []Link) {
	v.count(at, len(list), MaxLinks)
	for i, l := range list {
		here := at.at(i)
		v.member(here.field("originator"), l.Originator)
		v.id(here.field("id"), l.ID)
		word(v, here.field("relation"), l.Relation, relations)
		if l.ID == v.m.ID && l.Originator == v.m.Originator {
			v.add(here, FaultSelfLink, "the message names itself", "name another message, or leave the link out")
		}
		unique(v, at, list, i)
	}
}
