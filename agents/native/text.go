package native

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Text decodes an export to UTF-8. A byte order mark decides; without one the
// text is Windows-1252, as the systems of 2009 write it. Nothing is guessed
// from the content: see Clean for what that lets through.
func Text(r io.Reader) io.Reader {
	return transform.NewReader(r, unicode.BOMOverride(charmap.Windows1252.NewDecoder()))
}

// Clean takes the blanks off both ends and makes every line break one line
// feed. It finds what no person wrote: control characters, bytes that mean
// nothing in Windows-1252, and UTF-8 that was read as Windows-1252.
func Clean(s string) (string, *Problem) {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.TrimSpace(s)
	var last rune
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return "", problem("export it again in Windows-1252, or in UTF-8 with a byte order mark", "the text has bytes that are no characters")
		case r < ' ' && r != '\n' && r != '\t', r == 0x7f, r >= 0x80 && r <= 0x9f:
			return "", problem("remove it in the agency's system and export again", "the text has the control character U+%04X", r)
		case misread(last, r):
			return "", problem("export it in Windows-1252, or in UTF-8 with a byte order mark",
				"the text is UTF-8 that claims to be Windows-1252: letters with accents and the pound sign would arrive garbled")
		}
		last = r
	}
	return s, nil
}

// continued are the characters of Windows-1252 whose bytes go on with a letter of
// several bytes in UTF-8, from 0x80 to 0x9f; those from 0xa0 to 0xbf are U+00A0
// to U+00BF.
const continued = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"

// misread says whether two characters are one of UTF-8 that was read as
// Windows-1252: the accented letters of Europe, or the quotes and dashes that
// word processors make. No language writes these pairs.
func misread(last, r rune) bool {
	goesOn := r >= 0xa0 && r <= 0xbf || strings.ContainsRune(continued, r)
	return goesOn && strings.ContainsRune("ÂÃÄÅ", last) || last == 'â' && (r == '€' || r == '‚')
}

// Unknown says whether a value is one of the ways of writing "not known".
func Unknown(s string) bool {
	switch strings.ToUpper(strings.Trim(strings.TrimSpace(s), ".")) {
	case "", "UNK", "UNKN", "UNKNOWN", "N/K", "NK", "NOT KNOWN", "N/A", "NOT STATED", "-", "--", "?":
		return true
	}
	return false
}

// List splits a value at semicolons, and drops blanks and the unknown.
func List(s string) []string {
	var out []string
	for _, part := range strings.Split(s, ";") {
		if part = strings.TrimSpace(part); !Unknown(part) {
			out = append(out, part)
		}
	}
	return out
}

// OneLine makes every run of blanks and line breaks one blank.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// AppendNew returns the list with those values that it does not have yet. It
// leaves the list itself as it was.
func AppendNew[T comparable](list []T, more ...T) []T {
	list = slices.Clip(list)
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}
