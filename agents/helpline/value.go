package helpline

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// Bounds of one call.
const (
	maxDepth  = 8
	maxValues = 4000
)

// value is one value of a call, with the name under which it stands and the
// line on which it ends.
type value struct {
	name string
	line int
	// text is a string, a number as it was written, or true or false; it is
	// empty for null, for an object and for a list.
	text string
	// parts are the fields of an object, or the values of a list.
	parts []*value
}

// part returns a field of an object, or nil.
func (v *value) part(name string) *value {
	if v == nil {
		return nil
	}
	for _, p := range v.parts {
		if p.name == name {
			return p
		}
	}
	return nil
}

// get returns the text of a field, cleaned of what means "not known".
func (v *value) get(name string) string {
	p := v.part(name)
	if p == nil || native.Unknown(p.text) {
		return ""
	}
	return p.text
}

// lineOf returns the line of a field, or of the object where it is missing.
func (v *value) lineOf(name string) int {
	if p := v.part(name); p != nil {
		return p.line
	}
	return v.line
}

// empty says whether nothing is known of the value.
func (v *value) empty() bool {
	return native.Unknown(v.text) && !slices.ContainsFunc(v.parts, func(p *value) bool { return !p.empty() })
}

// content adds the value in a form that does not depend on the order of keys.
func (v *value) content(c *native.Content, path string) {
	c.Add(path, v.text)
	parts := slices.Clone(v.parts)
	slices.SortStableFunc(parts, func(a, b *value) int { return strings.Compare(a.name, b.name) })
	for i, p := range parts {
		name := p.name
		if name == "" {
			name = fmt.Sprint(i)
		}
		p.content(c, path+"/"+name)
	}
}

// parser reads one call with the line of everything in it. The standard
// library's way into a struct would take the last of two equal keys, and tell
// no lines.
type parser struct {
	text   string
	first  int
	in     *json.Decoder
	values int
}

func parse(c call) (*value, *agents.Fault) {
	p := &parser{text: c.text, first: c.line, in: json.NewDecoder(strings.NewReader(c.text))}
	p.in.UseNumber()
	if c.over {
		return nil, p.fault("", fmt.Sprintf("the call has more than %d bytes", maxCall), "split it")
	}
	v, fault := p.value("", 0)
	if fault != nil {
		return nil, fault
	}
	if _, err := p.in.Token(); err != io.EOF {
		return nil, p.fault("", "something stands behind the call", "write each call on a line of its own, or all in one array")
	}
	v.line = c.line
	return v, nil
}

func (p *parser) line() int {
	return p.first + strings.Count(p.text[:min(int(p.in.InputOffset()), len(p.text))], "\n")
}

func (p *parser) fault(field, problem, advice string) *agents.Fault {
	return &agents.Fault{Line: p.line(), Field: field, Problem: problem, Advice: advice}
}

// value reads the next value, which stands under a name in an object.
func (p *parser) value(name string, depth int) (*value, *agents.Fault) {
	token, err := p.in.Token()
	if err != nil {
		return nil, p.fault(field(name), "the call is no JSON from here on", "export it again; check quotes, commas and line breaks within texts")
	}
	v := &value{name: name, line: p.line()}
	if p.values++; p.values > maxValues || depth > maxDepth {
		return nil, p.fault(field(name), fmt.Sprintf("the call has more than %d values, or they lie more than %d deep", maxValues, maxDepth), "split it")
	}
	switch t := token.(type) {
	case json.Delim:
		return v, p.inside(v, t == '{', depth)
	case string:
		var bad *native.Problem
		if v.text, bad = native.Clean(t); bad != nil {
			return nil, p.fault(field(name), bad.What, bad.Advice)
		}
	case json.Number:
		v.text = t.String()
	case bool:
		v.text = fmt.Sprint(t)
	}
	return v, nil
}

// inside reads the fields of an object or the values of a list.
func (p *parser) inside(v *value, object bool, depth int) *agents.Fault {
	for p.in.More() {
		name := ""
		if object {
			key, err := p.in.Token()
			if err != nil {
				return p.fault(field(v.name), "the call is no JSON from here on", "export it again; check quotes, commas and line breaks within texts")
			}
			if name = key.(string); v.part(name) != nil { // the decoder takes nothing else for a key
				return p.fault(field(name), "a field stands twice, and which of the two is meant nobody can tell", "leave one of them out")
			}
		}
		part, fault := p.value(name, depth+1)
		if fault != nil {
			return fault
		}
		v.parts = append(v.parts, part)
	}
	if _, err := p.in.Token(); err != nil {
		return p.fault(field(v.name), "the call is no JSON from here on", "export it again; check quotes, commas and line breaks within texts")
	}
	return nil
}

// field names a key in a fault only if it is one of the layout: what else
// stands there may be anything.
func field(name string) string {
	if _, ok := callFields[name]; ok {
		return name
	}
	if _, ok := issueFields[name]; ok {
		return name
	}
	return ""
}
