package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// The checks of single values, which every part of a message shares. Nothing
// here quotes a value that is not a code of the contract: it may be a name
// that came into the wrong field.

func (v *validator) id(at place, id ID) {
	switch {
	case id == "":
		v.add(at, FaultMissing, "the id is missing", "give every record its own UUID, always the same for the same record")
	case !id.Valid():
		v.add(at, FaultForm, "the id is not a UUID in its canonical form", "write 36 characters in lower case, such as 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11")
	}
}

func (v *validator) member(at place, id MemberID) {
	switch {
	case id == "":
		v.add(at, FaultMissing, "the member is missing", "write the member's id, such as \"gla\"")
	case !id.Valid():
		v.addf(at, FaultForm, "write the member's id, such as \"gla\"",
			"a member's id has 1 to %d lower-case letters, digits and hyphens, the first one a letter", MaxToken)
	}
}

// line checks a text of one line.
func (v *validator) line(at place, s string, limit int) { v.text(at, formOf(s, false), limit) }

// prose checks a text that may have several lines.
func (v *validator) prose(at place, s string, limit int) { v.text(at, formOf(s, true), limit) }

func (v *validator) text(at place, f textForm, limit int) {
	switch {
	case f.bad >= 0:
		v.addf(at, FaultCharacter, "convert the text to UTF-8 (exports of the day are often Windows-1252), end lines with a line feed alone, and leave control characters out",
			"the text has the character U+%04X, number %d, which it may not have", f.bad, f.length)
	case f.blank:
		v.add(at, FaultMissing, "the text is empty", "write the text, or leave the field out if it is optional")
	case f.length > limit:
		v.addf(at, FaultTooLong, "shorten it; a long account becomes several items or messages",
			"the text has %d characters and may have %d", f.length, limit)
	}
}

func (v *validator) count(at place, n, limit int) {
	if n > limit {
		v.addf(at, FaultTooMany, "split the record into several messages and link them with the relation \"part-of\"",
			"the list has %d values and may have %d", n, limit)
	}
}

// word checks a value of a short vocabulary, in which it must be.
func word[T ~string](v *validator, at place, w T, known []T) {
	switch {
	case slices.Contains(known, w):
	case v.full():
		v.beyond++
	case w == "":
		v.add(at, FaultMissing, "the value is missing", "write one of "+quoteWords(known))
	default:
		codes := make([]Code, len(known))
		for i, k := range known {
			codes[i] = Code(k)
		}
		v.unknown(at, string(w), "of "+quoteWords(known), codes, nil)
	}
}

// unknown reports a value that is none of a list, with the nearest that is.
func (v *validator) unknown(at place, typed, list string, known []Code, aliases map[string]Code) {
	if v.full() {
		v.beyond++
		return
	}
	advice := "use a code of the contract, spelt exactly"
	if v.suggested < maxSuggestions {
		v.suggested++
		if near := suggest(known, aliases, typed); near != "" {
			advice = fmt.Sprintf("did you mean %q?", near)
		}
	}
	v.add(at, FaultUnknownCode, "the value is none "+list, advice)
}

// unique reports the value at a position if it has stood before in the list.
func unique[T comparable](v *validator, at place, list []T, position int) {
	for i, earlier := range list[:position] {
		if earlier == list[position] {
			v.addf(at.at(position), FaultDuplicate, "leave one of them out", "the same value stands at position %d", i)
			return
		}
	}
}

func quoteWords[T ~string](words []T) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", string(w))
	}
	return strings.Join(quoted, ", ")
}
