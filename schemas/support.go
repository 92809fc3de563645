package schemas

// SupportQuery asks who supports a person: the question of ask.support. What is
// left out is not known, and then no provider that makes a difference by it is
// known to fit.
type SupportQuery struct {
	// Exploitation are crime types: what was done to the person.
	Exploitation []Code `json:"exploitation,omitempty"`
	Sex          Sex    `json:"sex,omitempty"`
	// Age is in whole years.
	Age *int `json:"age,omitempty"`
	// Area is where support is needed.
	Area Code `json:"area,omitempty"`
	// Needs are codes of the list of support needs. Whoever offers one is of use.
	Needs []Code `json:"needs,omitempty"`
	// On is the day; left out, it is today.
	On Date `json:"on,omitzero"`
}

// SupportAnswer says who supports such a person.
type SupportAnswer struct {
	On Date `json:"on"`
	// Offers are in order: first those that fit by all that is on record, then
	// those of which something is not on record and must be asked.
	Offers []SupportOffer `json:"offers"`
	// Nearest are those that the fewest things keep from fitting, where nobody is
	// known to fit.
	Nearest []SupportOffer `json:"nearest,omitempty"`
}

// SupportOffer is a provider of support, and how far it fits.
type SupportOffer struct {
	// Row is the id of the row of the protocol's table of providers.
	Row Code `json:"row"`
	// Member is the provider's id, if it is a member; otherwise it is reached by
	// telephone alone.
	Member MemberID `json:"member,omitempty"`
	Name   string   `json:"name"`
	// Connected says that the member has a desk at this broker, so that a
	// referral reaches it.
	Connected bool `json:"connected"`
	// Tests say of each thing asked whether it fits.
	Tests []SupportTest `json:"tests"`
	// Since is the first day on which the row holds and Until the first on which
	// it no longer does; left out, there is no bound.
	Since Date `json:"since,omitzero"`
	Until Date `json:"until,omitzero"`
	// Source, Confidence and Notes say where the row comes from.
	Source     string `json:"source"`
	Confidence string `json:"confidence"`
	Notes      string `json:"notes,omitempty"`
}

// SupportTest is one thing that decides whether a provider fits.
type SupportTest struct {
	// What is "exploitation", "sex", "age", "area" or "needs".
	What string `json:"what"`
	Fit  Fit    `json:"fit"`
	// Wanted is what the person is or needs, and Takes whom or what the provider
	// takes or offers, in words.
	Wanted string `json:"wanted"`
	Takes  string `json:"takes"`
}

// Fit says whether something fits.
type Fit string

// How something fits.
const (
	Fits Fit = "yes"
	// FitUnknown says that it is not on record, or was not told.
	FitUnknown Fit = "unknown"
	FitsNot    Fit = "no"
)

// maxAge is more than anybody's age.
const maxAge = 130

// CheckSupport reports what is wrong with a question, each with its path.
func CheckSupport(q *SupportQuery) []Fault {
	v := validator{m: &Message{}}
	list := func(field string, of *CodeList, codes []Code, limit int) {
		v.count(root.field(field), len(codes), limit)
		for i, c := range codes[:min(len(codes), limit)] {
			if _, ok := of.Lookup(c); !ok {
				v.unknown(root.field(field).at(i), string(c), "of the list "+of.name, of.names, of.aliases)
			}
		}
	}
	list("exploitation", CrimeTypes(), q.Exploitation, MaxCrimeTypes)
	list("needs", SupportNeeds(), q.Needs, MaxIndicators)
	if q.Area != "" {
		if _, ok := Jurisdictions().Lookup(q.Area); !ok {
			v.unknown(root.field("area"), string(q.Area), "of the list jurisdictions", Jurisdictions().names, Jurisdictions().aliases)
		}
	}
	if q.Sex != "" {
		word(&v, root.field("sex"), q.Sex, sexes)
	}
	if q.Age != nil && (*q.Age < 0 || *q.Age > maxAge) {
		v.addf(root.field("age"), FaultForm, "give the age in whole years", "%d is nobody's age", *q.Age)
	}
	if !q.On.IsZero() && !q.On.Full() {
		v.add(root.field("on"), FaultForm, "the date lacks the day or the month", "give a whole date, such as 2009-08-14")
	}
	return v.all()
}
