package gla

import (
	"fmt"
	"slices"
	"strings"

	"liaison/agents"
	"liaison/agents/native"
	"liaison/schemas"
)

// layout is one of the Authority's exports.
type layout struct {
	// key is the column that has the reference. An export is known by it.
	key string
	// columns are all that the export may have, of which the first required
	// must be there, in any order.
	columns  []string
	required int
	// several says that consecutive rows with one reference are one record.
	several bool
	fill    func(*mapping)
}

// Columns are the columns of the intelligence reports. The first fourteen must
// be there.
var Columns = []string{
	"gla_ref", "received_at", "source_type", "source_grade", "intel_grade", "handling_code", "subject",
	"labour_provider", "labour_user", "worker_nationality", "worker_count", "location", "narrative", "marking",
	"crime_codes", "sectors", "area", "conditions", "obtained_by", "origin", "indicators", "urgency", "operation",
}

// LicenceColumns are the columns of the licence register. The first fifteen
// must be there.
var LicenceColumns = []string{
	"urn", "business_name", "trading_names", "legal_entity_type", "company_no", "vat_no", "principal_authority", "named_persons",
	"address", "postcode", "status", "issue_date", "expiry_date", "sectors", "areas_supplied",
	"status_date", "marking", "handling_code", "conditions", "area",
}

// InspectionColumns are the columns of the inspections. The first nine must be
// there.
var InspectionColumns = []string{
	"inspection_ref", "urn", "type", "date", "officer", "workers_interviewed", "standards_failed", "total_points", "outcome",
	"business_name", "location", "area", "sectors", "marking", "handling_code", "conditions", "urgency",
}

var layouts = []*layout{
	{key: "gla_ref", columns: Columns, required: 14, several: true, fill: (*mapping).report},
	{key: "inspection_ref", columns: InspectionColumns, required: 9, fill: (*mapping).inspection},
	{key: "urn", columns: LicenceColumns, required: 15, fill: (*mapping).licence},
}

// layoutOf returns the layout of a header. One that has no known reference is
// held against that of the intelligence reports.
func layoutOf(names []string) *layout {
	for _, l := range layouts {
		if slices.Contains(names, l.key) {
			return l
		}
	}
	return layouts[0]
}

// fits finds what is wrong with a header.
func (l *layout) fits(names []string) *agents.FileFault {
	for i, name := range names {
		if !slices.Contains(l.columns, name) || slices.Contains(names[:i], name) {
			return &agents.FileFault{Problem: fmt.Sprintf("column %d of the header is unknown or stands twice", i+1),
				Advice: "use each of these once: " + strings.Join(l.columns, ", ")}
		}
	}
	for _, name := range l.columns[:l.required] {
		if !slices.Contains(names, name) {
			return &agents.FileFault{Problem: fmt.Sprintf("the header has no column %s", name), Advice: "export it with all of these: " + strings.Join(l.columns[:l.required], ", ")}
		}
	}
	return nil
}

// sameReport says whether the row continues the report. A row with a fault does
// as far as its reference can be made out, so that a report never goes out
// without one of its rows.
func (l *layout) sameReport(report []row, next row) bool {
	ref := report[0].ref
	return l.several && len(report) < maxRows && ref != "" && (next.ref == ref || next.cut && strings.HasPrefix(ref, next.ref))
}

// record makes a record of the rows of one report.
func (l *layout) record(report []row) agents.Record {
	m := mapping{rows: report, at: report[0], subjects: map[schemas.SubjectKind]map[string]int{}}
	m.record.Line = report[0].line
	var raw strings.Builder
	var content native.Content
	for _, r := range report {
		raw.WriteString(r.raw)
		if r.fault != nil {
			m.record.Faults = append(m.record.Faults, *r.fault)
		}
		for _, name := range l.columns {
			content.Add(name, r.values[name])
		}
	}
	m.record.Raw, m.record.Content = raw.String(), content.Bytes()
	m.record.Reference = native.OneLine(report[0].values[l.key])
	if len(m.record.Faults) > 0 {
		return m.record
	}
	if l.fill(&m); len(m.record.Faults) == 0 && m.record.Kept == "" {
		m.record.Message = &m.message
	}
	return m.record
}
