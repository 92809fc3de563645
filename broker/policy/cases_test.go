package policy_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"liaison/broker/policy"
	"liaison/schemas"
)

// readCases reads testdata/decisions.csv, in which "-" is the usual value.
func readCases(t *testing.T) (cases []map[string]string) {
	t.Helper()
	f, err := os.Open("testdata/decisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		c, usual := map[string]string{}, usualCase()
		for i, column := range rows[0] {
			if c[column] = row[i]; row[i] == "-" {
				c[column] = usual[column]
			}
			if row[i] == "none" {
				c[column] = ""
			}
		}
		cases = append(cases, c)
	}
	return cases
}

// usualCase has the values that a case has where it does not say.
func usualCase() map[string]string {
	return map[string]string{"crime": "forced-labour", "area": "lincolnshire", "sectors": "agriculture", "purpose": "prevent-detect-crime",
		"grade": "B2", "handling": "1", "obtained_by": "volunteered", "marking": "restricted", "channel": "intelligence-report"}
}

// messageOf builds the message of a case.
func messageOf(c map[string]string) *schemas.Message {
	it := schemas.Item{Text: "Invented.", ObtainedBy: schemas.ObtainedBy(c["obtained_by"]), Origin: schemas.MemberID(c["origin"])}
	if g := c["grade"]; g != "" {
		it.Source, it.Information = schemas.SourceGrade(g[:1]), schemas.InfoGrade(g[1]-'0')
	}
	for _, h := range strings.Fields(c["handling"]) {
		it.Handling = append(it.Handling, int(h[0]-'0'))
	}
	if c["conditions"] != "" {
		it.Conditions = "Not to be used in interview."
	}
	it.Indicators = codes(c["indicators"])
	m := &schemas.Message{Schema: 1, ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", Kind: schemas.KindTip,
		Originator: schemas.MemberID(c["sender"]), Created: schemas.At(august), Marking: schemas.Marking(c["marking"]),
		Urgency: schemas.Routine, Purpose: schemas.Code(c["purpose"]), CrimeTypes: codes(c["crime"]), Sectors: codes(c["sectors"]),
		Items: []schemas.Item{it}, Tip: &schemas.Tip{Channel: schemas.Code(c["channel"])}}
	if c["kind"] == "case" {
		m.Kind, m.Tip, m.Case = schemas.KindCase, nil, &schemas.Case{Status: schemas.CaseOpen, Lead: m.Originator}
	}
	for _, a := range codes(c["area"]) {
		m.Jurisdictions = append(m.Jurisdictions, schemas.Jurisdiction{Code: a, Role: schemas.RoleIncident})
	}
	return m
}

// recordedOf is what a case has on record for its item.
func recordedOf(c map[string]string) (rec policy.Recorded) {
	for _, w := range strings.Fields(c["recorded"]) {
		switch w {
		case "accepted":
			rec.Accepted = append(rec.Accepted, policy.Accepted{Member: schemas.MemberID(c["recipient"])})
		case "screened":
			rec.Screened = true
		default:
			rec.Consents = append(rec.Consents, policy.Consent{Authority: schemas.Code(w)})
		}
	}
	return rec
}

func codes(s string) (list []schemas.Code) {
	for _, w := range strings.Fields(s) {
		list = append(list, schemas.Code(w))
	}
	return list
}
