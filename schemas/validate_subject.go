package schemas

import "slices"

// subjectFields says which fields a subject of each kind may have, and which
// of them identify it: at least one of those must be there.
var subjectFields = map[SubjectKind]struct{ permitted, identifying []string }{
	PersonSubject: {
		permitted:   []string{"name", "aliases", "born", "nationality", "position", "address", "postcode", "number"},
		identifying: []string{"name", "aliases", "address", "postcode", "number"},
	},
	BusinessSubject: {
		permitted:   []string{"name", "aliases", "address", "postcode", "number"},
		identifying: []string{"name", "aliases", "address", "postcode", "number"},
	},
	PremisesSubject: {
		permitted:   []string{"name", "aliases", "address", "postcode"},
		identifying: []string{"name", "aliases", "address", "postcode"},
	},
	VehicleSubject: {permitted: []string{"registration"}, identifying: []string{"registration"}},
	PhoneSubject:   {permitted: []string{"number"}, identifying: []string{"number"}},
}

func (v *validator) subjects() {
	at := root.field("subjects")
	v.count(at, len(v.m.Subjects), MaxSubjects)
	for i := range v.m.Subjects {
		here := at.at(i)
		v.subject(here, &v.m.Subjects[i])
		if i < MaxSubjects && !v.mentioned[i] {
			v.add(here, FaultUnmentioned, "no item mentions the subject, so that nobody could ever get it",
				"list its position in the subjects of an item, or leave it out")
		}
	}
}

func (v *validator) subject(at place, s *Subject) {
	word(v, at.field("kind"), s.Kind, subjectKinds)
	if s.Position != "" {
		word(v, at.field("position"), s.Position, positions)
	}
	v.subjectTexts(at, s)
	if !s.Born.IsZero() && s.Born.first().After(v.now) {
		v.add(at.field("born"), FaultFuture, "the date of birth is in the future", "check the century and the order of day and month")
	}
	fields, ok := subjectFields[s.Kind]
	if !ok {
		return
	}
	identified := false
	for _, name := range s.present() {
		if !slices.Contains(fields.permitted, name) {
			v.add(at.field(name), FaultMisplaced, "a subject of the kind \""+string(s.Kind)+"\" has no such field",
				"give the thing its own subject of the right kind, and list both in the item")
		}
		identified = identified || slices.Contains(fields.identifying, name)
	}
	if !identified {
		v.add(at, FaultUnidentified, "nothing identifies the subject", "give one of "+quoteWords(fields.identifying)+", or leave the subject out")
	}
}

// present lists the optional fields that the subject has.
func (s *Subject) present() []string {
	names := make([]string, 0, 9)
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"name", s.Name != ""}, {"aliases", len(s.Aliases) > 0}, {"born", !s.Born.IsZero()},
		{"nationality", s.Nationality != ""}, {"position", s.Position != ""}, {"address", s.Address != ""},
		{"postcode", s.Postcode != ""}, {"registration", s.Registration != ""}, {"number", s.Number != ""},
	} {
		if f.has {
			names = append(names, f.name)
		}
	}
	return names
}

func (v *validator) subjectTexts(at place, s *Subject) {
	for _, f := range [...]struct {
		name, text string
		limit      int
	}{
		{"name", s.Name, MaxName}, {"nationality", s.Nationality, MaxName}, {"postcode", s.Postcode, MaxMark},
		{"registration", s.Registration, MaxMark}, {"number", s.Number, MaxMark},
	} {
		if f.text != "" {
			v.line(at.field(f.name), f.text, f.limit)
		}
	}
	if s.Address != "" {
		v.prose(at.field("address"), s.Address, MaxAddress)
	}
	aliases := at.field("aliases")
	v.count(aliases, len(s.Aliases), MaxAliases)
	for i, alias := range s.Aliases {
		v.line(aliases.at(i), alias, MaxName)
		unique(v, aliases, s.Aliases, i)
	}
}
