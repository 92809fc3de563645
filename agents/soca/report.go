package soca

import (
	"regexp"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/agents/native/fivebyfive"
	"liaison/schemas"
)

// onward is a condition of everything that the Agency discloses.
const onward = "Not to be disclosed further without the consent of the Serious Organised Crime Agency: Serious Organised Crime and Police Act 2005 s.35."

// report makes a record of an intelligence report.
func (a *Adapter) report(e *native.Element, raw string) agents.Record {
	r := a.reports.Record(e, raw)
	if r.Message == nil {
		return r
	}
	for i := range r.Message.Items {
		r.Message.Items[i].Conditions = join(r.Message.Items[i].Conditions, onward)
	}
	return r
}

func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if !native.Unknown(p) {
			out = append(out, p)
		}
	}
	return strings.Join(out, "\n")
}

var reference = regexp.MustCompile(`^SOCA/[A-Z]{2,6}/[0-9]{2,4}/[0-9]{1,8}$`)

// own finds what is wrong with the fields that only the Agency's reports have.
func own(m *fivebyfive.Mapping) {
	if !reference.MatchString(m.Message.Reference) {
		m.Fault(m.Root, "soca_ref", "the reference is not of the form SOCA/<unit>/<year>/<number>", "correct it in the Agency's system")
	}
	if v := m.Root.Value("consent_required_onward"); !strings.EqualFold(v, "y") && !strings.EqualFold(v, "yes") {
		m.Fault(m.Root, "consent_required_onward", "the box is not Y, and the statute requires the Agency's consent to every further disclosure (SOCPA 2005 s.35)",
			"write Y; a consent that was given is recorded with the broker and not in the report")
	}
	for _, it := range m.Root.All("item") {
		if len([]rune(it.Value("conditions")))+len(onward) >= schemas.MaxConditions {
			m.Fault(it, "conditions", "the conditions are too long to stand with that of SOCPA 2005 s.35", "shorten them")
		}
	}
}
