package intake

import (
	"fmt"
	"slices"
	"strings"

	"liaison/broker/policy"
	"liaison/schemas"
)

// checkCodes refuses what a message names in the protocol's tables and is not
// there. That a row holds on the day is the router's to judge.
func checkCodes(m *schemas.Message, p *policy.Policy) *schemas.Refusal {
	var faults []schemas.Fault
	if m.Request != nil {
		faults = append(faults, checkGateway(p, "request.gateway", m.Request.Gateway)...)
	}
	if m.Case != nil {
		for i, s := range m.Case.Strands {
			faults = append(faults, checkGateway(p, fmt.Sprintf("case.strands[%d].gateway", i), s.Gateway)...)
		}
	}
	if m.Consent != nil {
		faults = append(faults, checkAuthority(p, m.Consent.Authority)...)
	}
	if len(faults) == 0 {
		return nil
	}
	return schemas.Refuse(schemas.RefusedInvalid, "name what is in the protocol's tables", faults...)
}

func checkGateway(p *policy.Policy, path string, named schemas.Code) []schemas.Fault {
	if _, ok := p.Gateway(named); ok || named == "" {
		return nil
	}
	var known []schemas.Code
	for _, g := range p.Gateways() {
		known = append(known, g.ID)
	}
	advice := "write the id of a row of gateways.csv, or leave it out"
	if near := schemas.Nearest(known, string(named)); near != "" {
		advice = fmt.Sprintf("did you mean %q? %s", near, advice)
	}
	return []schemas.Fault{{Path: path, Code: schemas.FaultUnknownCode, Problem: fmt.Sprintf("the protocol has no gateway %q", named), Advice: advice}}
}

// checkAuthority refuses an authority of which no condition can be met.
func checkAuthority(p *policy.Policy, named schemas.Code) []schemas.Fault {
	known := []string{string(schemas.AuthorityOriginator), string(schemas.AuthorityRecipient)}
	for _, c := range p.Conditions() {
		known = append(known, string(c.Authority))
	}
	slices.Sort(known)
	if known = slices.Compact(known); slices.Contains(known, string(named)) {
		return nil
	}
	return []schemas.Fault{{Path: "consent.authority", Code: schemas.FaultUnknownCode, Problem: fmt.Sprintf("the protocol has no authority %q", named),
		Advice: "name whose answer it is: " + strings.Join(known, ", ")}}
}
