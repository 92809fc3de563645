package police

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/fivebyfive"
	"liaison/schemas"
)

// Adapter reads the reports of one force.
type Adapter struct{ form fivebyfive.Form }

// New returns the adapter of a force, which is named like its area:
// "lincolnshire".
func New(member schemas.MemberID) (*Adapter, error) {
	e, ok := schemas.Jurisdictions().Lookup(schemas.Code(member))
	if !ok || (e.Kind != "police-force-area" && e.Kind != "non-territorial-force") {
		return nil, fmt.Errorf("%q is no police force; use the code of its area, such as lincolnshire", member)
	}
	return &Adapter{fivebyfive.Form{
		Member: member, Body: "force", Reference: "urn", Fields: []string{"force_code"}, Own: own(member),
	}}, nil
}

// Name returns "police".
func (*Adapter) Name() string { return "police" }

// Read reads one export: XML if it begins with "<", else the flat form.
func (a *Adapter) Read(r io.Reader, _ string, take func(agents.Record) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(1024)
	if err != nil && err != io.EOF {
		return err
	}
	if !looksXML(head) {
		return a.readForms(native.Text(in), take)
	}
	text, fault := xmlText(in, head)
	if fault != nil {
		return fault
	}
	s := newSplitter(bufio.NewReaderSize(text, 64<<10))
	for {
		c, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(a.fromXML(c)); err != nil {
			return err
		}
	}
}

func (a *Adapter) fromXML(c chunk) agents.Record {
	if c.fault != nil {
		return agents.Record{Line: c.line, Raw: c.text, Faults: []agents.Fault{*c.fault}}
	}
	root, fault := parseXML(c.text, c.line)
	if fault != nil {
		return agents.Record{Line: c.line, Raw: c.text, Faults: []agents.Fault{*fault}}
	}
	return a.form.Record(root, c.text)
}

var urn = regexp.MustCompile(`^([A-Za-z0-9-]{2,40})/[0-9]{1,8}/[0-9]{2}$`)

// own finds a report that is not of this force.
func own(member schemas.MemberID) func(*fivebyfive.Mapping) {
	return func(m *fivebyfive.Mapping) {
		force := strings.ToLower(m.Root.Value("force_code"))
		if area, ok := native.Force(force); !ok || string(area.Code) != string(member) {
			m.Fault(m.Root, "force_code", "the report is not of the force "+string(member)+", for which this agent was started", "send it through the agent of its own force")
		}
		if parts := urn.FindStringSubmatch(m.Message.Reference); parts == nil || strings.ToLower(parts[1]) != force {
			m.Fault(m.Root, "urn", "the reference is not of the form <force_code>/<number>/<year>, with this report's force code", "correct it in the force's system")
		}
	}
}

// looksXML says whether the first sign is "<", in whichever encoding.
func looksXML(head []byte) bool {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		head = bytes.TrimPrefix(head, []byte(mark))
	}
	head = bytes.TrimLeft(head, " \t\r\n\x00")
	return len(head) > 0 && head[0] == '<'
}

var declared = regexp.MustCompile(`^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

// xmlText decodes an XML file to UTF-8: by its byte order mark, else by what it
// declares, else it is UTF-8.
func xmlText(in io.Reader, head []byte) (io.Reader, *agents.FileFault) {
	name := "utf-8"
	if m := declared.FindSubmatch(head); m != nil {
		name = strings.ToLower(string(m[1]))
	}
	switch name {
	case "utf-8", "us-ascii", "ascii", "utf-16":
		return transform.NewReader(in, unicode.BOMOverride(transform.Nop)), nil
	case "windows-1252", "cp1252", "iso-8859-1", "latin1":
		return transform.NewReader(in, unicode.BOMOverride(charmap.Windows1252.NewDecoder())), nil
	}
	return nil, &agents.FileFault{Line: 1, Problem: "the file declares an encoding that is not read here", Advice: "export it as windows-1252 or utf-8"}
}
