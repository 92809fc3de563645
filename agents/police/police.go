package police

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/fivebyfive"
	"liaison/agents/native/markup"
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
	if _, isXML := native.XMLRoot(head); !isXML {
		return a.readForms(native.Text(in), take)
	}
	return markup.Export{Root: "reports", Names: []string{"report"}, Reference: markup.InElement("urn"), Record: a.form.Record}.Read(in, take)
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
