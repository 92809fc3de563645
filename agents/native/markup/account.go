package markup

import (
	"slices"

	"liaison/agents"
	"liaison/agents/native"
)

// Fields says what becomes of the attributes and parts of an element, by their
// names: nothing means that the message has its text, [Parts] that it is
// accounted for by itself, and anything else is the reason why it stays behind.
// The element's own text, if it may have one, has the empty name.
type Fields map[string]string

// Parts is for an element that has parts or attributes of its own.
const Parts = "parts"

// unknown is why a field stays behind that no table has.
const unknown = "it is not known here"

// Account goes through an element. It lists as dropped, below a path, what the
// message does not say, and finds what would get lost without anybody noticing:
// a field that stands twice unless it may, and parts within what is read as a
// text, or a text beside parts.
func Account(r *agents.Record, e *native.Element, path string, fields Fields, repeated ...string) {
	seen := map[string]bool{}
	note := func(k *native.Element) {
		if seen[k.Name] && !slices.Contains(repeated, k.Name) {
			fault(r, k, "the field stands twice", "leave one of them out")
		}
		seen[k.Name] = true
		reason, ok := fields[k.Name]
		switch {
		case !ok:
			Drop(r, k, path, unknown)
		case reason == "" && len(k.Kids) > 0:
			fault(r, k, "there are elements where a text is read: what stands in them would be lost", "write the text without elements")
		case reason == "":
			for _, a := range k.Attrs {
				Drop(r, &native.Element{Name: k.Name + "/" + a.Name, Text: a.Value}, path, unknown)
			}
		case reason != Parts:
			Drop(r, k, path, reason)
		}
	}
	for _, a := range e.Attrs {
		note(&native.Element{Name: a.Name, Line: e.Line, Text: a.Value})
	}
	for _, k := range e.Kids {
		note(k)
	}
	if _, ok := fields[""]; !ok && !native.Unknown(e.Text) {
		fault(r, e, "a text stands where elements are read, and would be lost", "put it into the element where it belongs")
	}
}

func fault(r *agents.Record, k *native.Element, problem, advice string) {
	r.Faults = append(r.Faults, agents.Fault{Line: k.Line, Field: k.Name, Problem: problem, Advice: advice})
}

// Drop lists an element as dropped, once, if it says anything.
func Drop(r *agents.Record, k *native.Element, path, reason string) {
	one := agents.Dropped{Field: path + k.Name, Reason: reason}
	if !k.Empty() && !slices.Contains(r.Dropped, one) {
		r.Dropped = append(r.Dropped, one)
	}
}
