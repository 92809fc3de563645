package police

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// node is one element of a report, or one field of the flat form.
type node struct {
	name  string
	line  int
	text  string
	attrs []attr
	kids  []*node
}

type attr struct{ name, value string }

// Bounds of one report.
const (
	maxReport = 256 << 10
	maxDepth  = 8
	maxNodes  = 4096
)

// value returns an attribute, or the text of the only child of that name.
func (n *node) value(name string) string {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value
		}
	}
	if k := n.kid(name); k != nil {
		return k.text
	}
	return ""
}

func (n *node) kid(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

func (n *node) all(name string) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.name == name {
			out = append(out, k)
		}
	}
	return out
}

// lineOf returns where a value stands.
func (n *node) lineOf(name string) int {
	if k := n.kid(name); k != nil {
		return k.line
	}
	return n.line
}

// content adds all that the node says, in a fixed order.
func (n *node) content(c *native.Content, path string) {
	path += "/" + n.name
	c.Add("in", path)
	attrs := slices.Clone(n.attrs)
	slices.SortFunc(attrs, func(a, b attr) int { return strings.Compare(a.name, b.name) })
	for _, a := range attrs {
		c.Add(path+"@"+a.name, a.value)
	}
	c.Add(path, n.text)
	for _, k := range n.kids {
		k.content(c, path)
	}
}

// clean cleans every text below the node.
func (n *node) clean() *agents.Fault {
	var p *native.Problem
	if n.text, p = native.Clean(n.text); p != nil {
		return &agents.Fault{Line: n.line, Field: n.name, Problem: p.What, Advice: p.Advice}
	}
	for i := range n.attrs {
		if n.attrs[i].value, p = native.Clean(n.attrs[i].value); p != nil {
			return &agents.Fault{Line: n.line, Field: n.attrs[i].name, Problem: p.What, Advice: p.Advice}
		}
	}
	for _, k := range n.kids {
		if f := k.clean(); f != nil {
			return f
		}
	}
	return nil
}

// parseXML reads the one element of a text that begins on the given line.
// Entities other than XML's own five are errors, so that none can grow or
// fetch anything.
func parseXML(text string, line int) (*node, *agents.Fault) {
	p := parser{d: xml.NewDecoder(strings.NewReader(text)), line: line}
	p.d.Entity = map[string]string{}
	if err := p.run(); err != nil {
		at, _ := p.d.InputPos()
		return nil, &agents.Fault{Line: line + at - 1, Field: "report", Problem: "the report is no well-formed XML: " + describe(err), Advice: "export it again"}
	}
	return p.root, p.root.clean()
}

type parser struct {
	d     *xml.Decoder
	line  int
	root  *node
	stack []*node
	nodes int
}

func (p *parser) run() error {
	for {
		token, err := p.d.Token()
		if err == io.EOF {
			if p.root == nil || len(p.stack) > 0 {
				return errors.New("it does not end")
			}
			return nil
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
				p.stack[len(p.stack)-1].text += string(t)
			}
		case xml.Directive:
			return errors.New("it has a document type")
		}
	}
}

func (p *parser) start(t xml.StartElement) error {
	if p.nodes++; p.nodes > maxNodes || len(p.stack) >= maxDepth {
		return fmt.Errorf("it has more than %d elements, or more than %d within each other", maxNodes, maxDepth)
	}
	at, _ := p.d.InputPos()
	n := &node{name: t.Name.Local, line: p.line + at - 1}
	for _, a := range t.Attr {
		n.attrs = append(n.attrs, attr{a.Name.Local, a.Value})
	}
	switch {
	case len(p.stack) > 0:
		above := p.stack[len(p.stack)-1]
		above.kids = append(above.kids, n)
	case p.root != nil:
		return errors.New("a second report begins in it")
	default:
		p.root = n
	}
	p.stack = append(p.stack, n)
	return nil
}

// describe gives the kind of a syntax error and nothing of the text.
func describe(err error) string {
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	for _, known := range []string{"illegal character", "invalid character entity", "invalid UTF-8", "unexpected EOF", "unquoted or missing attribute", "closed by"} {
		if strings.Contains(syntax.Msg, known) {
			return known
		}
	}
	return "syntax error"
}
