package native

import (
	"regexp"
	"strings"
)

var (
	postcode     = regexp.MustCompile(`^([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})$`)
	findPostcode = regexp.MustCompile(`(?i)\b[A-Z]{1,2}[0-9][0-9A-Z]? *[0-9][A-Z]{2}\b`)
)

// Postcode writes a postcode in upper case with its space: "pe218xx" becomes
// "PE21 8XX". Unknown gives the empty string.
func Postcode(s string) (string, *Problem) {
	if Unknown(s) {
		return "", nil
	}
	m := postcode.FindStringSubmatch(strings.ToUpper(strings.Join(strings.Fields(s), "")))
	if m == nil {
		return "", problem("correct it, or leave it empty", "the postcode is not of the form AA9 9AA")
	}
	return m[1] + " " + m[2], nil
}

// PostcodeIn finds the postcode in an address, or returns the empty string if
// there is none or more than one.
func PostcodeIn(address string) string {
	found := findPostcode.FindAllString(address, 2)
	if len(found) != 1 {
		return ""
	}
	code, _ := Postcode(found[0]) // an unfit one counts as none
	return code
}

// outward returns the part before the space.
func outward(code string) string {
	out, _, _ := strings.Cut(code, " ")
	return out
}
