package native

import (
	"slices"
	"strconv"
	"strings"

	"liaison/schemas"
)

// Grades reads the evaluations of a source and of a piece of information. Both
// unknown means ungraded; one without the other is a problem.
func Grades(source, information string) (schemas.SourceGrade, schemas.InfoGrade, *Problem) {
	if Unknown(source) && Unknown(information) {
		return "", 0, nil
	}
	if Unknown(source) || Unknown(information) {
		return "", 0, problem("give both evaluations, or neither for ungraded information", "source and information are graded together and one of the two is missing")
	}
	s := schemas.SourceGrade(strings.ToUpper(strings.TrimSpace(source)))
	if !s.Known() {
		return "", 0, problem("use A, B, C, D or E", "%q is no source evaluation", shown(source))
	}
	n, err := strconv.Atoi(strings.TrimSpace(information))
	if err != nil || !schemas.InfoGrade(n).Known() {
		return "", 0, problem("use 1, 2, 3, 4 or 5", "%q is no intelligence evaluation", shown(information))
	}
	return s, schemas.InfoGrade(n), nil
}

// Handling reads a set of handling codes, separated by anything that is no
// digit: "1", "1,2", "2 & 5". Unknown gives the empty set, with which nobody
// has permitted dissemination.
func Handling(s string) (schemas.Handling, *Problem) {
	if Unknown(s) {
		return nil, nil
	}
	var set schemas.Handling
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;/&+", r) }) {
		n, err := strconv.Atoi(word)
		if err != nil || n < schemas.HandlingLawEnforcement || n > schemas.HandlingConditions {
			return nil, problem("use the codes 1 to 5", "%q is no handling code", shown(s))
		}
		if !set.Has(n) {
			set = append(set, n)
		}
	}
	if len(set) == 0 {
		return nil, problem("use the codes 1 to 5", "%q is no handling code", shown(s))
	}
	slices.Sort(set)
	return set, nil
}

// Marking reads a protective marking in words. A record without one is a
// problem: nobody else can say how sensitive it is.
func Marking(s string) (schemas.Marking, *Problem) {
	word := strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' }), "-"))
	if word == "npm" {
		return schemas.NotProtectivelyMarked, nil
	}
	if m := schemas.Marking(word); m.Rank() > 0 {
		return m, nil
	}
	if Unknown(s) {
		return "", problem("mark it in the agency's system and export again", "the record has no protective marking")
	}
	return "", problem("use NOT PROTECTIVELY MARKED, PROTECT, RESTRICTED, CONFIDENTIAL, SECRET or TOP SECRET", "%q is no protective marking", shown(s))
}

// Codes reads codes of a list, separated by semicolons. An unknown code is a
// problem: the message would not find those who must have it.
func Codes(list *schemas.CodeList, s string) ([]schemas.Code, *Problem) {
	var out []schemas.Code
	for _, word := range List(s) {
		c := schemas.Code(strings.ToLower(word))
		if _, ok := list.Lookup(c); !ok {
			c = schemas.Code(strings.ToUpper(word))
		}
		if _, ok := list.Lookup(c); !ok {
			return nil, problem("use a code of that list", "%q is not in the list of %s", shown(word), list.Name())
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out, nil
}

// Obtained says how information was obtained, in the words of the contract. An
// explicit word decides; otherwise the channel does where it says so clearly;
// otherwise it is read as obtained by an inspector's powers, which is the
// reading that opens the fewest doors.
func Obtained(explicit string, channel schemas.Code) (schemas.ObtainedBy, *Problem) {
	if !Unknown(explicit) {
		o := schemas.ObtainedBy(strings.ReplaceAll(strings.ToLower(OneLine(explicit)), " ", "-"))
		switch o {
		case schemas.ByInspectionPower, schemas.ByVolunteered, schemas.ByComplaint, schemas.ByPublic, schemas.ByPartner:
			return o, nil
		}
		return "", problem("use inspection-power, volunteered, complaint, public or partner", "%q is no way of obtaining information", shown(explicit))
	}
	switch channel {
	case "complaint", "helpline", "union":
		return schemas.ByComplaint, nil
	case "anonymous", "crimestoppers", "public", "media":
		return schemas.ByPublic, nil
	case "partner", "ngo":
		return schemas.ByPartner, nil
	}
	return schemas.ByInspectionPower, nil
}
