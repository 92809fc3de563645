package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"liaison/agents"
	"liaison/agents/crimestoppers"
	"liaison/agents/eas"
	"liaison/agents/gla"
	"liaison/agents/helpline"
	"liaison/agents/hmrc"
	"liaison/agents/police"
	"liaison/agents/soca"
	"liaison/agents/ukba"
	"liaison/schemas"
)

// agency is one whose exports the program reads.
type agency struct {
	name string
	// member is whose records they are; empty where it must be said which.
	member schemas.MemberID
	// example is such a member.
	example schemas.MemberID
	adapter func(schemas.MemberID) (agents.Adapter, error)
	// generate writes invented native records.
	generate func(w io.Writer, m schemas.MemberID, count int, seed int64) error
}

// agencies are the six agencies, and the sources of the hub.
var agencies = []agency{
	{name: "crimestoppers", member: crimestoppers.Member, adapter: always(crimestoppers.New()), generate: forAll(crimestoppers.Generate)},
	{name: "eas", member: eas.Member, adapter: always(eas.New()), generate: forAll(eas.Generate)},
	{name: "gla", member: gla.Member, adapter: always(gla.New()), generate: forAll(gla.Generate)},
	{name: "helpline", member: helpline.Member, adapter: always(helpline.New()), generate: forAll(helpline.Generate)},
	{name: "hmrc", example: hmrc.MinimumWageMember, adapter: hmrc.New, generate: hmrc.Generate},
	{name: "police", example: "lincolnshire", adapter: newPolice, generate: generatePolice},
	{name: "soca", member: soca.Member, adapter: always(soca.New()), generate: forAll(soca.Generate)},
	{name: "ukba", member: ukba.Member, adapter: always(ukba.New()), generate: forAll(ukba.Generate)},
}

func always(a agents.Adapter) func(schemas.MemberID) (agents.Adapter, error) {
	return func(schemas.MemberID) (agents.Adapter, error) { return a, nil }
}

func forAll(generate func(io.Writer, int, int64) error) func(io.Writer, schemas.MemberID, int, int64) error {
	return func(w io.Writer, _ schemas.MemberID, count int, seed int64) error { return generate(w, count, seed) }
}

func newPolice(m schemas.MemberID) (agents.Adapter, error) { return police.New(m) }

func generatePolice(w io.Writer, m schemas.MemberID, count int, seed int64) error {
	a, err := police.New(m)
	if err != nil {
		return err
	}
	return a.Generate(w, count, seed)
}

func agencyNames() []string {
	var names []string
	for _, a := range agencies {
		names = append(names, a.name)
	}
	return names
}

// findAgency returns an agency and whose records it is to read.
func findAgency(name, member string) (agency, schemas.MemberID, error) {
	for _, a := range agencies {
		if a.name != name {
			continue
		}
		m := cmp.Or(schemas.MemberID(member), a.member)
		if m == "" {
			return a, "", usageError{fmt.Errorf("say whose records they are, such as --member %s", a.example)}
		}
		return a, m, nil
	}
	return agency{}, "", usageError{fmt.Errorf("there is no agent for %q; there are %s", name, strings.Join(agencyNames(), ", "))}
}
