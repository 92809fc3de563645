package schemas

import (
	"log/slog"
	"slices"
	"time"
)

// SubjectKind says what a subject is.
type SubjectKind string

// The kinds of subject.
const (
	PersonSubject   SubjectKind = "person"
	BusinessSubject SubjectKind = "business"
	PremisesSubject SubjectKind = "premises"
	VehicleSubject  SubjectKind = "vehicle"
	PhoneSubject    SubjectKind = "phone"
)

// Subject is a person, business, place or thing that items refer to. Which
// fields may be present depends on the kind; a field that does not belong to
// the kind is a fault.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	// Name is a person's, business's or place's name as the record gives it.
	Name string `json:"name,omitempty"`
	// Aliases are further names.
	Aliases []string `json:"aliases,omitempty"`
	// Born is a person's date of birth, as far as it is known.
	Born Date `json:"born,omitzero"`
	// Nationality is a person's nationality as the record gives it; it plays
	// no part in any decision.
	Nationality string `json:"nationality,omitempty"`
	// Position is what a person is in the matter: "suspect", "victim",
	// "witness", "worker" or "associate".
	Position string `json:"position,omitempty"`
	// Address and Postcode say where a person, business or place is.
	Address  string `json:"address,omitempty"`
	Postcode string `json:"postcode,omitempty"`
	// Registration is a vehicle's registration mark.
	Registration string `json:"registration,omitempty"`
	// Number is a telephone number, a company number or a licence number.
	Number string `json:"number,omitempty"`
}

// VictimPosition is the position of a person who may be a victim.
const VictimPosition = "victim"

// PerhapsVictim says whether the subject is a person who may be a victim.
func (s *Subject) PerhapsVictim() bool {
	return s.Kind == PersonSubject && s.Position == VictimPosition
}

// SurelyAdult says whether a person has turned 18 by a day, whatever of the date
// of birth is unknown. A person whose age is in doubt is presumed a child.
func (s *Subject) SurelyAdult(day time.Time) bool {
	if s.Born.IsZero() {
		return false
	}
	year, month, born := s.Born.Parts()
	latest := time.Date(year, time.Month(month), born, 0, 0, 0, 0, time.UTC)
	switch {
	case month == 0:
		latest = time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC)
	case born == 0:
		latest = time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return !latest.AddDate(18, 0, 0).After(day)
}

// MeetsVictim says whether the message is a tip or a case about somebody who may
// be a victim.
func (m *Message) MeetsVictim() bool {
	return (m.Tip != nil || m.Case != nil) && slices.ContainsFunc(m.Subjects, func(s Subject) bool { return s.PerhapsVictim() })
}

// LogValue makes a logged subject show its kind and never who it is.
func (s Subject) LogValue() slog.Value { return slog.StringValue(string(s.Kind)) }

// String names the kind of subject and never who it is.
func (s Subject) String() string { return string(s.Kind) }
