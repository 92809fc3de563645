package hmrc

import (
	"slices"
	"strings"
	"unicode"

	"liaison/agents/native"
)

// complainants is what a record says of those who complained, to find it again
// in texts that would leave.
type complainants struct {
	words map[string]bool // of their names
	full  [][]string      // the words of each name
	marks []string        // numbers and addresses, letters and digits only
}

// Bounds below which a match would mean nothing.
const (
	shortestName = 3
	shortestMark = 6
)

// learn takes in an element that identifies a person, with all its parts.
func (c *complainants) learn(e *native.Element) {
	for _, a := range e.Attrs {
		c.part(a.Name, a.Value)
	}
	for _, k := range e.Kids {
		c.learn(k)
	}
	if len(e.Kids) == 0 {
		c.part(e.Name, e.Text)
	}
}

func (c *complainants) part(field, value string) {
	switch field {
	case "worker", "third_party", "caller", "name", "alias", "surname", "forename":
		c.names(value)
		return
	}
	if mark := bare(value); len(mark) >= shortestMark && !native.Unknown(value) {
		c.marks = append(c.marks, mark)
	}
}

// names takes in the words of a name, without titles.
func (c *complainants) names(value string) {
	if c.words == nil {
		c.words = map[string]bool{}
	}
	words := wordsOf(native.Name(native.OneLine(value)))
	if len(words) > 0 {
		c.full = append(c.full, words)
	}
	for _, word := range words {
		if len([]rune(word)) >= shortestName {
			c.words[word] = true
		}
	}
}

// namedIn says whether a text repeats any word of a name, or a number or an
// address. A name that is also a common word makes it cry too often, which
// costs a look, and never too seldom.
func (c *complainants) namedIn(text string) bool {
	for _, word := range wordsOf(text) {
		if c.words[word] {
			return true
		}
	}
	return c.marked(text)
}

// placedIn says whether a place repeats a whole name, or a number or an address.
// A single word is not enough: many people have the name of a town.
func (c *complainants) placedIn(place string) bool {
	have := wordsOf(place)
	for _, name := range c.full {
		missing := slices.ContainsFunc(name, func(word string) bool { return !slices.Contains(have, word) })
		if len(name) > 1 && !missing {
			return true
		}
	}
	return c.marked(place)
}

func (c *complainants) marked(text string) bool {
	all := bare(text)
	for _, mark := range c.marks {
		if strings.Contains(all, mark) {
			return true
		}
	}
	return false
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
}

// bare leaves letters and digits.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
