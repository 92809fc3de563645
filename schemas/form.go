package schemas

import "unicode/utf8"

// Valid says whether the member id has its form: up to MaxToken lower-case
// letters, digits and hyphens, the first one a letter. It becomes a token of
// an address and part of a file name, so that nothing else may be in it.
func (id MemberID) Valid() bool { return isToken(string(id)) }

// Valid says whether the code has the form of a code. It does not say that any
// list has it.
func (c Code) Valid() bool { return isToken(string(c)) }

// Valid says whether the id is a UUID in canonical form, in lower case. Version
// and variant are not looked at, as systems of the day number records with
// GUIDs that have others, but the UUID that is all zero is refused.
func (id ID) Valid() bool {
	if len(id) != 36 {
		return false
	}
	zero := true
	for i := range len(id) {
		switch c := id[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
			zero = zero && c == '0'
		default:
			return false
		}
	}
	return !zero
}

func isToken(s string) bool {
	if s == "" || len(s) > MaxToken || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// textForm is what a look at the characters of a text tells.
type textForm struct {
	length int  // in characters
	blank  bool // nothing but white space
	bad    rune // the first character that no text may have, or -1
}

// formOf looks at a text once. Line breaks and tabs are permitted in prose
// only.
func formOf(s string, prose bool) textForm {
	f := textForm{blank: true, bad: -1}
	for i, r := range s {
		f.length++
		if r == utf8.RuneError && !isReplacement(s[i:]) || !permitted(r, prose) {
			f.bad = r
			return f
		}
		if r != ' ' && r != '\n' && r != '\t' && r != 0xa0 {
			f.blank = false
		}
	}
	return f
}

// isReplacement tells the character U+FFFD, which may stand in a text that was
// converted with loss, from a byte that is not UTF-8.
func isReplacement(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n > 1
}

// permitted keeps out what cannot be written in XML, as one such character
// has blocked every later report in a member's own system; control characters
// of both ranges, the second of which is Windows-1252 read as Latin-1; and the
// overrides of direction, which make a text read differently from what it is.
func permitted(r rune, prose bool) bool {
	switch {
	case r == '\n' || r == '\t':
		return prose
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return false
	case r == 0x202d || r == 0x202e, r == 0xfffe || r == 0xffff:
		return false
	}
	return true
}
