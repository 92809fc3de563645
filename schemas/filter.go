package schemas

import "slices"

// Filter says which messages a desk or a reader wants. An empty list wants
// everything; between the lists all must agree, within a list one is enough.
type Filter struct {
	Kinds []Kind `json:"kinds,omitempty"`
	// CrimeTypes match any of a message's crime types, or an ancestor of one.
	CrimeTypes []Code `json:"crime_types,omitempty"`
	// Areas match any of a message's jurisdictions, or an ancestor of one.
	Areas     []Code    `json:"areas,omitempty"`
	Urgencies []Urgency `json:"urgencies,omitempty"`
}

// DeliveredKinds are the kinds of message that a desk can get, and so the ones
// that a filter can want.
func DeliveredKinds() []Kind { return slices.Clone(deliverable) }

// Matches says whether the filter wants the message, which must be as the
// recipient gets it: codes of withheld items must not be in it.
func (f Filter) Matches(m *Message) bool {
	return hasAny(f.Kinds, m.Kind) && hasAny(f.Urgencies, m.Urgency) &&
		f.wantsCrime(m) && f.wantsArea(m)
}

func (f Filter) wantsCrime(m *Message) bool {
	if len(f.CrimeTypes) == 0 {
		return true
	}
	for _, c := range m.CrimeTypes {
		if CrimeTypes().WithinAny(c, f.CrimeTypes) {
			return true
		}
	}
	return false
}

func (f Filter) wantsArea(m *Message) bool {
	if len(f.Areas) == 0 {
		return true
	}
	for _, j := range m.Jurisdictions {
		if Jurisdictions().WithinAny(j.Code, f.Areas) {
			return true
		}
	}
	return false
}

func hasAny[T comparable](want []T, have T) bool {
	if len(want) == 0 {
		return true
	}
	for _, w := range want {
		if w == have {
			return true
		}
	}
	return false
}
