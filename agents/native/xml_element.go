package native

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Element is one element of a record.
type Element struct {
	Name string
	Line int
	// Text is its own text, without that of its parts.
	Text  string
	Attrs []Attr
	Kids  []*Element
}

// Attr is an attribute of an element.
type Attr struct{ Name, Value string }

// Value returns an attribute, or the text of the first part of that name.
func (e *Element) Value(name string) string {
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	if k := e.Kid(name); k != nil {
		return k.Text
	}
	return ""
}

// Kid returns the first part of that name, or nil.
func (e *Element) Kid(name string) *Element {
	for _, k := range e.Kids {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// All returns the parts of that name.
func (e *Element) All(name string) []*Element {
	var out []*Element
	for _, k := range e.Kids {
		if k.Name == name {
			out = append(out, k)
		}
	}
	return out
}

// LineOf returns where a value stands.
func (e *Element) LineOf(name string) int {
	if k := e.Kid(name); k != nil {
		return k.Line
	}
	return e.Line
}

// Empty says whether nothing is known of the element and its parts.
func (e *Element) Empty() bool {
	for _, a := range e.Attrs {
		if !Unknown(a.Value) {
			return false
		}
	}
	for _, k := range e.Kids {
		if !k.Empty() {
			return false
		}
	}
	return Unknown(e.Text)
}

// AddTo adds all that the element says, whatever the order of its attributes.
func (e *Element) AddTo(c *Content) { e.addTo(c, "") }

func (e *Element) addTo(c *Content, path string) {
	path += "/" + e.Name
	c.Add("in", path)
	attrs := slices.Clone(e.Attrs)
	slices.SortFunc(attrs, func(a, b Attr) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range attrs {
		c.Add(path+"@"+a.Name, a.Value)
	}
	c.Add(path, e.Text)
	for _, k := range e.Kids {
		k.addTo(c, path)
	}
}

// Clean cleans every text of the element, and of its parts.
func (e *Element) Clean() *XMLFault {
	var p *Problem
	if e.Text, p = Clean(e.Text); p != nil {
		return &XMLFault{Line: e.Line, Field: e.Name, Problem: *p}
	}
	for i := range e.Attrs {
		if e.Attrs[i].Value, p = Clean(e.Attrs[i].Value); p != nil {
			return &XMLFault{Line: e.Line, Field: e.Attrs[i].Name, Problem: *p}
		}
	}
	for _, k := range e.Kids {
		if f := k.Clean(); f != nil {
			return f
		}
	}
	return nil
}

// parseElement reads the one element of a text that begins on the given line.
// Entities other than XML's own five are errors, so that none can grow or fetch
// anything.
func parseElement(text string, line int) (*Element, *XMLFault) {
	p := elementParser{d: xml.NewDecoder(strings.NewReader(text)), line: line}
	p.d.Entity = map[string]string{}
	if err := p.run(); err != nil {
		at, _ := p.d.InputPos()
		return nil, xmlFault(line+at-1, "", "export it again", "the record is no well-formed XML: %s", describeXML(err))
	}
	if f := p.root.Clean(); f != nil {
		return nil, f
	}
	return p.root, nil
}

type elementParser struct {
	d        *xml.Decoder
	line     int
	root     *Element
	stack    []*Element
	elements int
}

func (p *elementParser) run() error {
	for {
		token, err := p.d.Token()
		if err == io.EOF && p.root != nil && len(p.stack) == 0 {
			return nil
		}
		if err == io.EOF {
			return errors.New("it does not end")
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := p.start(t); err != nil {
				return err
			}
		case xml.EndElement:
			p.stack = p.stack[:len(p.stack)-1]
		case xml.CharData:
			if len(p.stack) > 0 {
				p.stack[len(p.stack)-1].Text += string(t)
			}
		case xml.Directive:
			return errors.New("it has a document type")
		}
	}
}

func (p *elementParser) start(t xml.StartElement) error {
	if p.elements++; p.elements > maxXMLElements || len(p.stack) >= maxXMLDepth {
		return fmt.Errorf("it has more than %d elements, or more than %d within each other", maxXMLElements, maxXMLDepth)
	}
	at, _ := p.d.InputPos()
	e := &Element{Name: t.Name.Local, Line: p.line + at - 1}
	for _, a := range t.Attr {
		e.Attrs = append(e.Attrs, Attr{a.Name.Local, a.Value})
	}
	switch {
	case len(p.stack) > 0:
		above := p.stack[len(p.stack)-1]
		above.Kids = append(above.Kids, e)
	case p.root != nil:
		return errors.New("a second record begins in it")
	default:
		p.root = e
	}
	p.stack = append(p.stack, e)
	return nil
}

// describeXML gives the kind of a syntax error and nothing of the text, except
// for the number of a character that XML does not have.
func describeXML(err error) string {
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	if code, ok := strings.CutPrefix(syntax.Msg, "illegal character code "); ok {
		return "it has the character " + code + ", which is outside XML's character set"
	}
	for _, known := range []string{"invalid character entity", "invalid UTF-8", "unexpected EOF", "unquoted or missing attribute", "closed by"} {
		if strings.Contains(syntax.Msg, known) {
			return known
		}
	}
	return "syntax error"
}
