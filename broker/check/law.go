package check

import (
	"slices"
	"strconv"

	"liaison/schemas"
)

// matter is one item and one recipient, while the law is asked.
type matter struct {
	*judged
	item   int
	to     schemas.MemberID
	origin schemas.MemberID
	// by is how the origin obtained the item, as the bars read it.
	by string
	// home says that the item is the recipient's own information.
	home bool
}

// The reasons of the protocol, as the ledger has them.
const (
	open         = "permitted"
	notConcerned = "not-concerned"
	noDesk       = "no-desk"
	victimFirst  = "victim-first"
	noMember     = "not-a-member"
)

// ruling is what the tables say of an item and a recipient: the reason, and if
// it is open, for each leg the gateways that would do, the first being the one
// to take.
type ruling struct {
	reason string
	legs   [][]row
}

// rule puts an item that concerns a recipient through the tests.
func (j *judged) rule(to schemas.MemberID, item int) ruling {
	m := j.message
	if m.Bare() {
		return j.ruleStep(to)
	}
	q := &matter{judged: j, item: item, to: to, origin: m.ItemOrigin(item)}
	if _, ok := j.tables.member(m.Originator, j.day); !ok {
		return ruling{reason: "unknown-originator"}
	}
	if _, ok := j.tables.member(q.origin, j.day); !ok {
		return ruling{reason: "unknown-origin"}
	}
	if !j.suitsSupport(to, item) {
		return ruling{reason: "not-suited"}
	}
	q.home, q.by = q.origin == to, q.obtained()
	givers := []schemas.MemberID{m.Originator}
	if q.origin != m.Originator && !q.home {
		givers = append(givers, q.origin)
	}
	for _, from := range givers {
		if q.barred(from) {
			return ruling{reason: "bar"}
		}
	}
	found, consent := ruling{reason: open}, true
	for _, from := range givers {
		ready, waiting := q.gateways(from)
		if len(ready)+len(waiting) == 0 {
			return ruling{reason: "gateway"}
		}
		consent = consent && len(ready) > 0
		found.legs = append(found.legs, ready)
	}
	for _, test := range []func() string{q.handling, q.marking, q.acceptance} {
		if reason := test(); reason != "" {
			return ruling{reason: reason}
		}
	}
	if !consent {
		return ruling{reason: "consent"}
	}
	return found
}

var waysOfObtaining = []string{"inspection-power", "volunteered", "complaint", "public", "partner", "interception", "financial-report"}

// obtained reads an unknown way of obtaining as the bars of the origin say.
func (q *matter) obtained() string {
	by := string(q.message.Items[q.item].ObtainedBy)
	if slices.Contains(waysOfObtaining, by) {
		return by
	}
	for _, b := range q.tables.rows["bars"] {
		if b["unknown_as"] != "" && b.on(q.day) && q.tables.names(b["origins"], q.origin) {
			return b["unknown_as"]
		}
	}
	return ""
}

// covers says whether a bar covers a disclosure by a member.
func (q *matter) covers(b row, from schemas.MemberID) bool {
	return b.on(q.day) && (b["holders"] == "" || q.tables.names(b["holders"], from)) &&
		(b["origins"] == "" || q.tables.names(b["origins"], q.origin) && !q.home) && aboutSort(b, q.message, q.by)
}

// aboutSort says whether a bar is about information that was obtained and came
// in that way.
func aboutSort(b row, m *schemas.Message, by string) bool {
	if !b.allows("obtained_by", by) || slices.Contains(b.words("unless_obtained_by"), by) {
		return false
	}
	return b["channels"] == "" || m.Tip != nil && slices.Contains(b.words("channels"), string(m.Tip.Channel))
}

// barred says whether a bar covers the disclosure and has no open exception:
// for every gateway, or for one that leads to the recipient.
func (q *matter) barred(from schemas.MemberID) bool {
	leads := func(g row) bool { return q.tables.names(g["from"], from) && q.leads(g) && q.fits(g) }
	return slices.ContainsFunc(q.tables.rows["bars"], func(b row) bool {
		return q.covers(b, from) && !q.excepted(b, func(e row) bool {
			return e["gateways"] == "" || slices.ContainsFunc(q.tables.rows["gateways"], func(g row) bool {
				return slices.Contains(e.words("gateways"), g["id"]) && leads(g)
			})
		})
	})
}

// excepted says whether a bar has an exception that is open to the recipient
// and lets through what is asked.
func (q *matter) excepted(b row, lets func(row) bool) bool {
	return slices.ContainsFunc(q.tables.rows["exceptions"], func(e row) bool {
		return slices.Contains(e.words("bars"), b["id"]) && e.on(q.day) && q.tables.names(e["to"], q.to) && q.onRecord(e) && lets(e)
	})
}

// onRecord says whether everything that a row requires first is on record.
func (q *matter) onRecord(r row) bool {
	for _, id := range r.words("conditions") {
		met := slices.ContainsFunc(q.tables.rows["conditions"], func(c row) bool {
			return c["id"] == id && c.on(q.day) && q.record.has(schemas.Code(c["authority"]), q.item, q.to)
		})
		if !met {
			return false
		}
	}
	return true
}

// leads says whether a gateway leads to the recipient, for information of the
// item's origin.
func (q *matter) leads(g row) bool {
	return g["nature"] != "exemption" && g.on(q.day) && q.tables.names(g["to"], q.to) &&
		(g["origins"] == "" || q.tables.names(g["origins"], q.origin)) && q.extends(g)
}

// extends says whether the provision extends to where the recipient acts.
func (q *matter) extends(g row) bool {
	if g["to_areas"] == "" {
		return true
	}
	return slices.ContainsFunc(q.tables.members[q.to].words("areas"), func(a string) bool {
		if a[0] == '=' {
			a = a[1:]
		}
		return schemas.Jurisdictions().WithinAny(schemas.Code(a), g.codes("to_areas"))
	})
}

// fits says whether a gateway covers the item, whoever gets it. All sectors of
// the message must be within its sectors, and there must be one.
func (q *matter) fits(g row) bool {
	if !g.allows("purposes", string(q.message.Purpose)) || !g.allows("obtained_by", q.by) {
		return false
	}
	if wanted := g.codes("sectors"); len(wanted) > 0 {
		outside := func(c schemas.Code) bool { return !schemas.Sectors().WithinAny(c, wanted) }
		if len(q.message.Sectors) == 0 || slices.ContainsFunc(q.message.Sectors, outside) {
			return false
		}
	}
	wanted := g.codes("crime_types")
	return len(wanted) == 0 || slices.ContainsFunc(q.message.ItemCrimeTypes(q.item), func(c schemas.Code) bool { return schemas.CrimeTypes().WithinAny(c, wanted) })
}

// gateways returns those by which a member may give the item to the recipient
// now, and those that wait for something to be recorded, in order of
// preference. Rows that name origins displace the others.
func (q *matter) gateways(from schemas.MemberID) (ready, waiting []row) {
	var leading []row
	special := false
	for _, g := range q.tables.rows["gateways"] {
		if q.tables.names(g["from"], from) && q.leads(g) {
			leading = append(leading, g)
			special = special || g["origins"] != ""
		}
	}
	for _, g := range leading {
		if special != (g["origins"] != "") || !q.fits(g) || !q.passes(g, from) {
			continue
		}
		if q.onRecord(g) {
			ready = append(ready, g)
		} else {
			waiting = append(waiting, g)
		}
	}
	return ready, waiting
}

// passes says whether every bar on the disclosure lets the gateway through.
func (q *matter) passes(g row, from schemas.MemberID) bool {
	return !slices.ContainsFunc(q.tables.rows["bars"], func(b row) bool {
		return q.covers(b, from) && !q.excepted(b, func(e row) bool { return e.allows("gateways", g["id"]) })
	})
}

// grading returns the hub's grade for an item that nobody graded, or nil.
func (j *judged) grading(item int) row {
	it := &j.message.Items[item]
	if it.Source != "" || it.Information != 0 {
		return nil
	}
	for _, g := range j.tables.rows["gradings"] {
		if g.on(j.day) && g.allows("obtained_by", string(it.ObtainedBy)) &&
			(g["channels"] == "" || j.message.Tip != nil && slices.Contains(g.words("channels"), string(j.message.Tip.Channel))) {
			return g
		}
	}
	return nil
}

func (q *matter) handlingRow(code string) row {
	for _, h := range q.tables.rows["handling"] {
		if h["code"] == code && h.on(q.day) {
			return h
		}
	}
	return nil
}

// handling says why the handling codes do not open the item, or "".
func (q *matter) handling() string {
	if q.home {
		return ""
	}
	it, hub := &q.message.Items[q.item], q.grading(q.item)
	var codes []string
	for _, n := range it.Handling {
		codes = append(codes, strconv.Itoa(n))
	}
	if len(codes) == 0 && hub != nil {
		codes = []string{hub["handling"]}
	}
	opened := false
	for _, code := range codes {
		h := q.handlingRow(code)
		if h["recipients"] == "" {
			return "handling"
		}
		opened = opened || q.tables.names(h["recipients"], q.to)
	}
	if len(codes) > 0 && !opened {
		return "handling"
	}
	graded := len(codes) > 0 && (hub != nil || it.Source.Known() && it.Information.Known())
	if !graded && !q.tables.names(q.handlingRow("0")["recipients"], q.to) {
		return "ungraded"
	}
	return ""
}

func (q *matter) marking() string {
	for _, ceiling := range []string{q.tables.members[q.to]["ceiling"], q.tables.settings["ceiling"]} {
		if q.message.Marking.Above(schemas.Marking(ceiling)) {
			return "marking"
		}
	}
	return ""
}

// acceptance says that conditions wait for the recipient's acceptance, or "".
func (q *matter) acceptance() string {
	if q.home || slices.Contains(q.record.accepted[q.to], q.item) {
		return ""
	}
	it := &q.message.Items[q.item]
	for _, n := range it.Handling {
		h := q.handlingRow(strconv.Itoa(n))
		if h == nil {
			return "handling"
		}
		if h["acceptance"] == "always" || h["acceptance"] == "if-stated" && it.Conditions != "" && q.tables.names(h["recipients"], q.to) {
			return "conditions"
		}
	}
	return ""
}
