package police

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
)

// Bounds of one report.
const (
	maxReport = 256 << 10
	maxDepth  = 8
	maxNodes  = 4096
)

// clean cleans every text of the element and below it.
func clean(e *native.Element) *agents.Fault {
	var p *native.Problem
	if e.Text, p = native.Clean(e.Text); p != nil {
		return &agents.Fault{Line: e.Line, Field: e.Name, Problem: p.What, Advice: p.Advice}
	}
	for i := range e.Attrs {
		if e.Attrs[i].Value, p = native.Clean(e.Attrs[i].Value); p != nil {
			return &agents.Fault{Line: e.Line, Field: e.Attrs[i].Name, Problem: p.What, Advice: p.Advice}
		}
	}
	for _, k := range e.Kids {
		if f := clean(k); f != nil {
			return f
		}
	}
	return nil
}

// parseXML reads the one element of a text that begins on the given line.
// Entities other than XML's own five are errors, so that none can grow or
// fetch anything.
func parseXML(text string, line int) (*native.Element, *agents.Fault) {
	p := parser{d: xml.NewDecoder(strings.NewReader(text)), line: line}
	p.d.Entity = map[string]string{}
	if err := p.run(); err != nil {
		at, _ := p.d.InputPos()
		return nil, &agents.Fault{Line: line + at - 1, Field: "report", Problem: "the report is no well-formed XML: " + describe(err), Advice: "export it again"}
	}
	return p.root, clean(p.root)
}

type parser struct {
	d     *xml.Decoder
	line  int
	root  *native.Element
	stack []*native.Element
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
				p.stack[len(p.stack)-1].Text += string(t)
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
	n := &native.Element{Name: t.Name.Local, Line: p.line + at - 1}
	for _, a := range t.Attr {
		n.Attrs = append(n.Attrs, native.Attr{Name: a.Name.Local, Value: a.Value})
	}
	switch {
	case len(p.stack) > 0:
		above := p.stack[len(p.stack)-1]
		above.Kids = append(above.Kids, n)
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
