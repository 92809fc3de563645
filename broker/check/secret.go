package check

import (
	"bytes"
	"slices"
	"strings"

	"liaison/schemas"
)

// minSecret is the length from which a text is searched for: a shorter one may
// stand anywhere by chance.
const minSecret = 4

// text is a value of a message, and what it is.
type text struct{ what, value string }

// secretIn looks in every byte of a copy, its address and its headers too, for
// what was written in the message and was withheld from its recipient, and
// returns what it is, or "". What a disclosed part says as well is no secret.
func (j *judged) secretIn(rec *Record, copied *schemas.Message, items []int) string {
	m := j.message
	if len(items) == len(m.Items) && len(m.Subjects) == 0 {
		return ""
	}
	var given []string
	for _, t := range textsOf(m, func(i int) bool { return slices.Contains(items, i) }) {
		given = append(given, t.value)
	}
	for _, t := range textsOf(m, func(i int) bool { return !slices.Contains(items, i) }) {
		known := func(g string) bool { return strings.Contains(g, t.value) }
		if len(t.value) < minSecret || slices.ContainsFunc(given, known) {
			continue
		}
		if holds(rec, copied, t.value) {
			return t.what
		}
	}
	return ""
}

// textsOf lists the texts of some of a message's items and of the subjects that
// they mention; those of the message as a whole belong to all items together.
func textsOf(m *schemas.Message, of func(int) bool) (list []text) {
	all, mentioned := true, map[int]bool{}
	for i, it := range m.Items {
		if !of(i) {
			all = false
			continue
		}
		list = append(list, text{"an item's text", it.Text}, text{"an item's conditions", it.Conditions})
		for _, n := range it.Subjects {
			mentioned[n] = true
		}
	}
	for n, s := range m.Subjects {
		if !mentioned[n] {
			continue
		}
		list = append(list, text{"a subject's name", s.Name}, text{"a subject's address", s.Address}, text{"a subject's postcode", s.Postcode},
			text{"a vehicle's registration", s.Registration}, text{"a number", s.Number})
		for _, a := range s.Aliases {
			list = append(list, text{"a subject's alias", a})
		}
	}
	if all && m.Case != nil {
		list = append(list, text{"an operation", m.Case.Operation})
	}
	return list
}

// holds searches the bytes of a copy, and those of its canonical encoding,
// since JSON may write the same text in another way.
func holds(rec *Record, copied *schemas.Message, secret string) bool {
	if strings.Contains(rec.Address, secret) || bytes.Contains(rec.Data, []byte(secret)) {
		return true
	}
	for name, values := range rec.Header {
		if strings.Contains(name, secret) || slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, secret) }) {
			return true
		}
	}
	canonical, err := schemas.EncodeMsgPack(copied)
	return err == nil && bytes.Contains(canonical, []byte(secret))
}
