package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"liaison/schemas"
)

// person is who needs support, as far as it is known.
type person struct {
	crimes, needs []schemas.Code
	sex           schemas.Sex
	ages          *Ages // the least and the greatest that it may be
	areas         []schemas.Code
}

// personIn is the person that a referral is about, as one of its items has it.
// The form says whether a child is to be presumed, and the date of birth of the
// one victim that it mentions narrows that.
func personIn(m *schemas.Message, i int) person {
	r := m.Referral
	w := person{crimes: m.ItemCrimeTypes(i), needs: r.Support, sex: r.Sex, ages: &Ages{schemas.AdultFrom, oldest}}
	if r.Form != schemas.AdultForm {
		w.ages = &Ages{0, schemas.AdultFrom - 1}
	}
	var born []schemas.Date
	for _, s := range m.Subjects {
		if s.Position == "victim" && !s.Born.IsZero() {
			born = append(born, s.Born)
		}
	}
	if len(born) == 1 {
		least, greatest := born[0].Ages(m.Created.Time)
		if least <= w.ages.To && greatest >= w.ages.From {
			w.ages = &Ages{max(least, w.ages.From), min(greatest, w.ages.To)}
		}
	}
	for _, j := range m.ItemJurisdictions(i) {
		w.areas = append(w.areas, j.Code)
	}
	return w
}

// tests hold a person against the row, of a provider with these areas. What is
// needed is asked only if something is.
func (r *Provider) tests(w person, areas []Area) []schemas.SupportTest {
	if len(r.Areas) > 0 {
		areas = r.Areas
	}
	sex := schemas.FitsNot
	switch {
	case r.Sexes.Any || w.sex != "" && slices.Contains(r.Sexes.Words, schemas.Code(w.sex)):
		sex = schemas.Fits
	case w.sex == "" || !r.Sexes.known():
		sex = schemas.FitUnknown
	}
	list := []schemas.SupportTest{
		{What: "exploitation", Fit: r.Exploitation.fit(schemas.CrimeTypes(), w.crimes), Wanted: joinWords(w.crimes), Takes: r.Exploitation.String()},
		{What: "sex", Fit: sex, Wanted: string(w.sex), Takes: r.Sexes.String()},
		{What: "age", Fit: r.Ages.fit(w.ages), Wanted: w.ages.String(), Takes: r.Ages.String()},
		{What: "area", Fit: fitAreas(areas, w.areas), Wanted: joinWords(w.areas), Takes: areaWords(areas)},
	}
	if len(w.needs) > 0 {
		list = append(list, schemas.SupportTest{What: "needs", Fit: r.Needs.fit(schemas.SupportNeeds(), w.needs), Wanted: joinWords(w.needs), Takes: r.Needs.String()})
	}
	return list
}

// fit says whether every age that somebody may have is taken in, or none.
func (a *Ages) fit(of *Ages) schemas.Fit {
	switch {
	case a == nil || of == nil:
		return schemas.FitUnknown
	case of.From >= a.From && of.To <= a.To:
		return schemas.Fits
	case of.To < a.From || of.From > a.To:
		return schemas.FitsNot
	}
	return schemas.FitUnknown
}

func (a *Ages) String() string {
	switch {
	case a == nil:
		return ""
	case a.From == a.To:
		return strconv.Itoa(a.From)
	case a.To == oldest:
		return fmt.Sprintf("%d and over", a.From)
	}
	return fmt.Sprintf("%d to %d", a.From, a.To)
}

func fitAreas(areas []Area, of []schemas.Code) schemas.Fit {
	if len(areas) == 0 || len(of) == 0 {
		return schemas.FitUnknown
	}
	in := func(c schemas.Code) bool {
		return slices.ContainsFunc(areas, func(a Area) bool {
			return a.Code == c || !a.Only && schemas.Jurisdictions().Within(c, a.Code)
		})
	}
	if slices.ContainsFunc(of, in) {
		return schemas.Fits
	}
	return schemas.FitsNot
}

func areaWords(areas []Area) string {
	var codes []schemas.Code
	for _, a := range areas {
		if !a.Only {
			codes = append(codes, a.Code)
		}
	}
	return joinWords(codes)
}

func joinWords[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, w := range list {
		texts[i] = string(w)
	}
	return strings.Join(texts, " ")
}
